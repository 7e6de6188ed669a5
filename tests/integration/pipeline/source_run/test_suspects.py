"""Processes that really die while they read, and the runs that are lost with them."""

import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from flows.app import wiring
from flows.app.direct import work_directly
from flows.app.run_request import RunRequest
from infra.emulator import Emulator
from pipeline.model import Findings
from pipeline.ports import COOLING_TIME, MAX_DEATHS
from tests.crash.cells import COLUMNS, RENAME, document
from tests.fakes.reader import FakeReader
from tests.integration.pipeline.accounts import (
    Source,
    receipt,
    uploads,
    write_account,
    write_settings,
)
from tests.integration.pipeline.workspace import (
    CREDENTIALS,
    Workspace,
    cli,
    cli_command,
    worker_process,
)
from tests.support.forked import CONTEXT

pytestmark = pytest.mark.integration

PATIENCE_S = 120
DEADLY = document(66)


@dataclass
class SlowReader(FakeReader):
    """Takes some time for each document, so that kills meet readings."""

    seconds: float = 0.1

    def findings(self, path: Path, *, name: str, work_dir: Path) -> Findings:
        """Read a document slowly."""
        time.sleep(self.seconds)
        return super().findings(path, name=name, work_dir=work_dir)


class DeadlyReader(FakeReader):
    """Really kills its process over one document."""

    def findings(self, path: Path, *, name: str, work_dir: Path) -> Findings:
        """Read a document, or die."""
        if path.read_bytes() == DEADLY:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().findings(path, name=name, work_dir=work_dir)


@contextmanager
def staged(folder: Path, files: dict[str, bytes], source: Source) -> Iterator[Workspace]:
    """Set up an account with these uploads."""
    seed = write_account(folder / "seed", uploads(files), files)
    with Emulator(seed=seed) as emulator:
        config = write_settings(folder, emulator.url, source)
        yield Workspace(config, emulator, FakeReader(), timeout_s=30)


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the commands need."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


def wait_for(reached: Callable[[], bool]) -> None:
    """Wait until something has happened."""
    until = time.monotonic() + PATIENCE_S
    while not reached():
        assert time.monotonic() < until, "it never came so far"
        time.sleep(0.005)


def suspected(workspace: Workspace) -> tuple[list[str], list[str]]:
    """Return the files that are quarantined, and those that are suspects or being read."""
    states = list(workspace.states().values())
    names = {state.version: state.ref.name for state in states}
    with workspace.ledger() as ledger:
        suspects = ledger.files.suspects(list(names), "")
    quarantined = [s.ref.name for s in states if s.outcome is not None and s.outcome.quarantined]
    return quarantined, sorted(names[version] for version in suspects)


def being_read(workspace: Workspace) -> int:
    """Count the documents that a living run is reading, as the ledger knows."""
    path = workspace.config.parent / "ledger.db"
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path, timeout=30)) as database:
        try:
            found = database.execute(
                "SELECT count(*) FROM open_readings AS reading JOIN workers "
                "ON workers.id = reading.run_id WHERE NOT workers.lost"
            )
            return int(found.fetchone()[0])
        except sqlite3.OperationalError:  # not migrated yet
            return 0


# ---- kills from outside


class Command:
    """`run` as a user starts it."""

    def __init__(self, workspace: Workspace) -> None:
        self._process = subprocess.Popen(
            cli_command(workspace.config, "run"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def has_ended(self) -> bool:
        """Say whether it is over."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()


class Worker:
    """The same in a process that has imported everything already, with a reader that takes its time."""

    def __init__(self, workspace: Workspace) -> None:
        self._process = worker_process(workspace, reader=SlowReader)

    def has_ended(self) -> bool:
        """Say whether it is over."""
        return not self._process.is_alive()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.join()


def kill_often(
    workspace: Workspace, start: type[Command | Worker], *, kills: int, chance: random.Random
) -> int:
    """Start runs and kill them at random moments; return how many left suspects behind.

    Every second kill waits until something is being read.
    """
    met, finished = 0, False
    for number in range(kills):
        # Where nothing is left to do, a run makes few calls and reads nothing.
        until = workspace.calls() + (1 if finished else chance.randint(1, 9))
        aimed = number % 2 == 1 and not finished
        process = start(workspace)
        while not process.has_ended():
            if workspace.calls() >= until and (not aimed or being_read(workspace)):
                break
            # The local Caspio runs in this process: without a pause the run waits for this loop.
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.05 if aimed else 0.2))
        finished = process.has_ended()
        process.kill()
        met += bool(suspected(workspace)[1])
    return met


@pytest.mark.parametrize(
    ("start", "documents", "kills"),
    [
        (Worker, 12, 6),
        pytest.param(Command, 40, 50, marks=[pytest.mark.full, pytest.mark.timeout(1_800)]),
    ],
)
def test_random_kills_end_in_the_undisturbed_state(
    start: type[Command | Worker], documents: int, kills: int, tmp_path: Path
):
    """However often runs are killed, every document is done in the end, and none is suspected."""
    files = {
        f"scan{n}.txt": receipt(n, day=1 + n % 28) if start is Command else document(n)
        for n in range(1, documents + 1)
    }
    source = Source() if start is Command else Source(rename=RENAME, columns=COLUMNS)

    def run(workspace: Workspace) -> dict[str, Any]:
        if start is Command:
            assert cli(workspace.config, "run").returncode == 0
        else:
            workspace.run()
        return workspace.end_state()

    with staged(tmp_path / "undisturbed", files, source) as workspace:
        expected = run(workspace)
    with staged(tmp_path / "killed", files, source) as workspace:
        met = kill_often(workspace, start, kills=kills, chance=random.Random(kills))  # noqa: S311 - repeatable
        end = run(workspace)

        assert (end["account"], end["ledger"]) == (expected["account"], expected["ledger"])
        assert {status for _, status, _ in end["ledger"]} == {"done"}
        assert suspected(workspace) == ([], [])
        assert met >= kills // 6
        with workspace.ledger() as ledger:
            statuses = [run.status for run in ledger.usage.runs(limit=kills + 1)]
    assert statuses[0] == "done"
    assert set(statuses[1:]) <= {"lost", "done"}


# ---- documents that really kill


def deaths(workspace: Workspace) -> int:
    """Run with the deadly reader until a run survives; return how many died."""
    for number in range(20):
        process = worker_process(workspace, reader=DeadlyReader)
        process.join(PATIENCE_S)
        if process.exitcode == 0:
            return number
        assert process.exitcode == -signal.SIGKILL
    raise AssertionError("every run dies")


def test_a_document_that_really_kills_is_quarantined_for_a_time(tmp_path: Path):
    """Its first death and three alone; then the original is safe, the others are done, and a day later it may try again."""
    files = {f"scan{n}.txt": document(n) for n in range(1, 6)} | {"deadly.txt": DEADLY}
    source = Source(rename=RENAME, columns=COLUMNS)
    with staged(tmp_path, files, source) as workspace:
        died = [deaths(workspace)]
        statuses = [workspace.statuses()]
        quarantined = suspected(workspace)
        died.append(deaths(workspace))
        workspace.clock.advance(COOLING_TIME.total_seconds() + 60)
        died.append(deaths(workspace))
        statuses.append(workspace.statuses())
        workspace.clock.advance(COOLING_TIME.total_seconds() + 60)
        workspace.run()
        statuses.append(workspace.statuses())
        values = workspace.emulator.control.dump()["tables"]["Uploads"][5]

    digest = hashlib.sha256(DEADLY).hexdigest()
    (original,) = workspace.archive.rglob(digest)
    assert original.read_bytes() == DEADLY
    assert died == [1 + MAX_DEATHS, 0, 1]
    assert quarantined == (["deadly.txt"], ["deadly.txt"])
    others = {f"Uploads {pk} Scan": "done" for pk in range(1, 6)}
    assert statuses == [
        others | {"Uploads 6 Scan": "rejected"},
        others | {"Uploads 6 Scan": "rejected"},
        others | {"Uploads 6 Scan": "done"},
    ]
    assert values["Total"] == 66.5


# ---- runs that are asked to stop, and runs that are lost


def run_slowly(config: Path) -> None:
    """Do what `run` does, with a reader that needs longer than anybody waits."""
    wiring.open_reader = lambda *_, **__: _Opened(seconds=PATIENCE_S)  # type: ignore[assignment]
    os.environ.update(CREDENTIALS)
    work_directly(config, sources=(), request=RunRequest())


class _Opened(SlowReader):
    """A reader that the wiring can open and close."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        return


@contextmanager
def slow_run(workspace: Workspace) -> Iterator[Any]:
    """Start a run that reads for a long time, and wait until it does; it is killed at the end."""
    process = CONTEXT.Process(target=run_slowly, args=(workspace.config,))
    process.start()
    try:
        wait_for(lambda: not process.is_alive() or being_read(workspace) == 2)
        assert process.is_alive()
        yield process
    finally:
        process.kill()
        process.join()


TWO = {"one.txt": document(1), "two.txt": document(2)}


def test_a_deployment_that_kills_after_its_grace_makes_no_suspect(tmp_path: Path):
    """SIGTERM, some seconds, SIGKILL: what was being read all that time is suspected of nothing."""
    with staged(tmp_path, TWO, Source(rename="", columns=COLUMNS)) as workspace:
        for _ in range(2):
            with slow_run(workspace) as process:
                os.kill(process.pid, signal.SIGTERM)
                wait_for(lambda: being_read(workspace) == 0)
            left = suspected(workspace)

            assert left == ([], [])


def test_a_run_that_died_is_lost_at_once(tmp_path: Path):
    """`status` and `metrics` say so without waiting, and the next run reports it and does its work."""
    with staged(tmp_path, TWO, Source(rename="", columns=COLUMNS)) as workspace:
        with slow_run(workspace):
            during = json.loads(cli(workspace.config, "status", "--json").stdout)
        figures = cli(workspace.config, "metrics").stdout
        after = json.loads(cli(workspace.config, "status", "--json").stdout)
        shown = cli(workspace.config, "status").stdout
        report = workspace.run().document

    (run,) = during["runs"]
    assert (run["status"], during["workers"]) == ("running", [run["run_id"]])
    (run,) = after["runs"]
    assert (run["status"], run["finished_at"], after["workers"]) == ("lost", None, [])
    assert "lost" in shown
    assert "caspio_ingest_workers 0.0" in figures
    assert "caspio_ingest_leases 0.0" in figures
    assert (report["lost_runs"], report["documents"]["done"]) == ([run["run_id"]], 2)
