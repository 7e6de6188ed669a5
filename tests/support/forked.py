"""Processes forked from one that has imported everything: they begin where a new one imports for a second."""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

CONTEXT = multiprocessing.get_context("forkserver")
PRELOADED = (
    "alembic.command",
    "flows.api.app",
    "flows.app.explain",
    "flows.app.sync.run",
    "flows.app.verify",
    "flows.cli.show.document",
    "flows.cli.show.plan",
    "flows.cli.show.report",
    "flows.cli.show.state",
    "flows.cli.show.verify",
    "flows.doctor.installation",
    "flows.webhooks.status",
    "flows.webhooks.sync",
    "pipeline.adapters.sql_ledger",
    "pipeline.adapters.sql_mirror.mirror",
    "processors.sandbox.reader",
    "tests.fakes.reader",
    "tests.integration.pipeline.workspace",
)
# Nothing that starts threads, as NumPy does, and not Prefect, which reads the environment when it is imported.
CONTEXT.set_forkserver_preload([__name__, *PRELOADED])


def run_command(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path | None = None,
    timeout_s: float = 120,
) -> "subprocess.CompletedProcess[str]":
    """Run the command line as `subprocess.run` would, and return how it ended and what it printed."""
    with tempfile.TemporaryDirectory(prefix="command-") as name:
        out, err = Path(name, "out"), Path(name, "err")
        process = CONTEXT.Process(
            target=_command, args=(list(arguments), dict(environment), folder, out, err)
        )
        process.start()
        process.join(timeout_s)
        code = process.exitcode
        process.kill()
        process.join()
        process.close()
        said = (path.read_text(encoding="utf-8") if path.exists() else "" for path in (out, err))
        if code is None:
            raise subprocess.TimeoutExpired(list(arguments), timeout_s, *said)
        return subprocess.CompletedProcess(list(arguments), code, *said)


def _command(
    arguments: list[str],
    environment: dict[str, str],
    folder: Path | None,
    out: Path,
    err: Path,
) -> None:
    from flows.cli import main

    # The server that forks has the environment of the moment at which it was started.
    os.environ.clear()
    os.environ.update(environment)
    for path, descriptor in ((out, 1), (err, 2)):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    if folder is not None:
        os.chdir(folder)
    sys.argv = ["caspio-ingest", *arguments]
    main()
