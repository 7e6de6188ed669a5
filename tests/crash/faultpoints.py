"""Points between intent, effect and record where a test kills a process, to show that the next run recovers.

A point is "what before" or "what after", such as "rename_attachment effect after"; a "#2" at the end
waits for the second time. The shipped package knows nothing of this: a test wraps the ports of a run
in its own process, and `python -m tests.crash.faulty_cli` wraps those of a command.
"""

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from pipeline.context import Ports
from pipeline.model import EffectKind
from pipeline.ports import Archive, Ledger, RecordTarget

POINT_VARIABLE = "CASPIO_FAULTPOINT"

Act = Callable[[str], None]

_FILE_CALLS = {
    "rename_attachment": EffectKind.RENAME_ATTACHMENT,
    "put_file": EffectKind.PUT_FILE,
    "delete_file": EffectKind.DELETE_FILE,
}
_ROW_CALLS = frozenset({"update", "insert", "delete"})
_LEDGER_CALLS = frozenset(
    {
        "start_run",
        "finish_run",
        "record_lost_runs",
        "seen",
        "reading_began",
        "reading_ended",
        "clear_suspects",
        "archived",
        "save_reading",
        "planned",
        "finish",
        "record_rename",
        "confirm_source",
        "save_column_types",
        "record_caught_up",
        "save_verify_progress",
        "block",
        "unblock",
        "save_review_item",
        "join",
        "leave",
        "claim",
    }
)


def kill_at(text: str) -> Act:
    """Return what kills this process at once when it reaches a point for the n-th time ("point#n")."""
    point, _, number = text.partition("#")
    left = threading.Semaphore(int(number or 1) - 1)

    def act(reached: str) -> None:
        if reached == point and not left.acquire(blocking=False):
            os.kill(os.getpid(), signal.SIGKILL)

    return act


def watched(ports: Ports, act: Act) -> Ports:
    """Return the same ports, each point before and after a call reported to `act`."""
    current = threading.local()
    return replace(
        ports,
        ledger=cast("Ledger", _WatchedLedger(ports.ledger, act, current)),
        archive=cast("Archive", _Watched(ports.archive, act, _archive_point)),
        target=cast(
            "RecordTarget",
            _Watched(ports.target, act, lambda name, _: _target_point(name, current)),
        ),
    )


def install(act: Act) -> None:
    """Let every run that this process connects from now on report its points to `act`."""
    from flows.app import wiring

    def watched_ports(**ports: Any) -> Ports:
        return watched(Ports(**ports), act)

    wiring.Ports = watched_ports  # type: ignore[misc, assignment, attr-defined]  # replaces the class that it builds


class _Watched:
    """A port whose calls that change something are points."""

    def __init__(
        self, inner: object, act: Act, name: Callable[[str, tuple[Any, ...]], str]
    ) -> None:
        self._inner = inner
        self._act = act
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        method = getattr(self._inner, attribute)

        def call(*args: Any, **options: Any) -> Any:
            point = self._name(attribute, args)
            if not point:
                return method(*args, **options)
            self._act(f"{point} before")
            result = method(*args, **options)
            self._act(f"{point} after")
            return result

        return call


class _WatchedLedger:
    """The ledger's ports, each watched."""

    def __init__(self, inner: Ledger, act: Act, current: threading.local) -> None:
        def name(method: str, args: tuple[Any, ...]) -> str:
            return _ledger_point(method, args, current)

        self.files = _Watched(inner.files, act, name)
        self.effects = _Watched(inner.effects, act, name)
        self.leases = _Watched(inner.leases, act, name)
        self.usage = _Watched(inner.usage, act, name)
        self.messages = inner.messages
        self.agents = inner.agents
        self.users = inner.users
        self.reviews = inner.reviews
        self.learning = inner.learning
        self.syncs = inner.syncs


def _ledger_point(name: str, args: tuple[Any, ...], current: threading.local) -> str:
    if name == "intend":
        current.kind = args[0].kind
        return f"{args[0].kind} intent"
    if name == "settle":
        return f"{args[0].kind} {args[1]}"
    return f"ledger {name}" if name in _LEDGER_CALLS else ""


def _archive_point(name: str, args: tuple[Any, ...]) -> str:
    if name not in {"put", "copy"}:
        return ""
    key = args[1 if name == "copy" else 0]
    top, _, rest = key.partition("/")
    return f"archive {name} {rest.rpartition('/')[2] if top == 'documents' else top}"


def _target_point(name: str, current: threading.local) -> str:
    """Name an effect; a call that changes rows carries out what this thread has just intended."""
    kind = getattr(current, "kind", "") if name in _ROW_CALLS else _FILE_CALLS.get(name)
    return f"{kind} effect" if kind else ""
