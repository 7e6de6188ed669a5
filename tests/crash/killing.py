"""Run a function in a process of its own, and kill that at a boundary of a sync or of a request.

The boundaries are before and after the calls that change something: intents and records in the
ledger, writes to the mirror and to the archive, calls that write to Caspio. `tests.crash.faultpoints` has
those of a run over sources.
"""

import os
import signal
from collections import Counter
from collections.abc import Callable, Mapping
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.crash.faultpoints import Act, kill_at
from tests.support.forked import CONTEXT

CHILD_S = 120
CALLS: Mapping[str, tuple[str, ...]] = {
    "pipeline.adapters.sql_ledger.syncs.syncs:SqlSyncs": (
        "intend", "settle", "save", "save_progress",
    ),
    "pipeline.adapters.sql_mirror.mirror:SqlMirror": ("create", "write"),
    "pipeline.adapters.caspio.record_table:CaspioRecordTable": ("insert", "update", "delete"),
    "pipeline.adapters.local_archive:LocalArchive": ("put",),
    "pipeline.adapters.sql_ledger.agents.calls:SqlAgents": (
        "begin_request", "begin_call", "settle_call", "settle_request", "release_request",
    ),
    "pipeline.adapters.caspio.client.client:CaspioClient": ("call",),
}  # fmt: skip
"""The classes whose calls are boundaries. Only the child changes them, and it ends."""


def killed_at(point: str, work: Callable[..., object], *arguments: object) -> bool:
    """Run a function in a process that is killed when it reaches a point; say whether it was."""
    return _apart(work, arguments, point=point) == -signal.SIGKILL


def points_of(log: Path, work: Callable[..., object], *arguments: object) -> list[str]:
    """Run a function in a process of its own, undisturbed; return the points it passes.

    Each is there once for each time it is passed, as `killed_at` takes it.
    """
    code = _apart(work, arguments, log=log)
    assert code == 0, f"the process ended with {code}"
    passed: Counter[str] = Counter()
    points = []
    for point in log.read_text(encoding="utf-8").splitlines():
        passed[point] += 1
        points.append(f"{point}#{passed[point]}")
    return points


def _apart(
    work: Callable[..., object],
    arguments: tuple[object, ...],
    *,
    point: str = "",
    log: Path | None = None,
) -> int | None:
    process = CONTEXT.Process(
        target=_run_here, args=(dict(os.environ), point, log, work, arguments)
    )
    process.start()
    process.join(CHILD_S)
    code = process.exitcode
    process.kill()
    process.join()
    process.close()
    return code


def _run_here(
    environment: Mapping[str, str],
    point: str,
    log: Path | None,
    work: Callable[..., object],
    arguments: tuple[object, ...],
) -> None:
    # The server that forks has the environment of the moment at which it was started.
    os.environ.update(environment)

    def note(reached: str) -> None:
        assert log is not None
        with log.open("a", encoding="utf-8") as lines:
            lines.write(f"{reached}\n")

    act = kill_at(point) if point else note
    for place, names in CALLS.items():
        module, _, name = place.partition(":")
        owner = getattr(import_module(module), name)
        for method in names:
            setattr(owner, method, _watched(getattr(owner, method), f"{name} {method}", act))
    work(*arguments)


def _watched(method: Callable[..., Any], name: str, act: Act) -> Callable[..., Any]:
    @wraps(method)
    def call(*args: Any, **options: Any) -> Any:
        act(f"{name} before")
        result = method(*args, **options)
        act(f"{name} after")
        return result

    return call
