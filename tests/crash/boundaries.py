"""Boundaries before and after every call of a run, where a history lets something happen."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from pipeline.context import Ports
from pipeline.errors import EffectInDoubt
from tests.integration.pipeline.workspace import Workspace

ANY_CALL = "any call"
WRITES = frozenset({"update", "rename_attachment", "put_file", "delete_file", "insert"})
# Between this look and the write after it Caspio can hold no condition, nor until the answer to a
# rename is recorded (docs/reliability.md): what users do to files there cannot be seen.
OPENS_A_WINDOW = frozenset({"attachment", "file", "rename_attachment"})


class Killed(BaseException):
    """The process is gone: nothing of it does anything any more."""


Boundary = tuple[str, str, int]
"""A call, "before" or "after" it, and the how-manieth of these."""


@dataclass
class Boundaries:
    """The boundaries that all runs pass; `events` happen at some, and some answers are `lost`.

    Once `killed` is set, no call of the run gets through. While a thread is in one of the
    `windows`, files are left alone, and so are the attachments of the records `looked_at`, until
    they are renamed: the clock of a history does not move, so a look counts all the time.
    """

    events: dict[Boundary, Callable[[], None]] = field(default_factory=dict)
    lost: set[int] = field(default_factory=set)
    passed: Counter[tuple[str, str]] = field(default_factory=Counter)
    killed: bool = False
    windows: set[int] = field(default_factory=set)
    looked_at: set[str] = field(default_factory=set)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def pass_one(self, name: str, when: str) -> int:
        """Count a boundary, and let happen what happens there; return how many were passed."""
        with self._lock:
            if self.killed:
                raise Killed
            for counted in (name, ANY_CALL):
                self.passed[counted, when] += 1
                event = self.events.pop((counted, when, self.passed[counted, when]), None)
                if event is not None:
                    event()
            if self.killed:
                raise Killed
            return self.passed[ANY_CALL, when]

    def begin(self, call: str, args: Sequence[Any]) -> None:
        """Open a window before the look itself: other threads go on, and users act at their boundaries.

        Whoever just acts comes first.
        """
        with self._lock:
            if call in OPENS_A_WINDOW:
                self.windows.add(threading.get_ident())
            elif call == "attachments_of":
                self.looked_at |= {record.pk for record in args[0]}

    def end(self, call: str, args: Sequence[Any]) -> None:
        """Close the windows that a call ends."""
        with self._lock:
            if call not in OPENS_A_WINDOW:
                self.windows.discard(threading.get_ident())
            if call == "rename_attachment":
                self.looked_at.discard(args[0].pk)


class _Disturbed:
    """A port, each of whose calls has a boundary before and after it."""

    def __init__(self, inner: object, boundaries: Boundaries, *, at_caspio: bool) -> None:
        self._inner = inner
        self._boundaries = boundaries
        self._at_caspio = at_caspio

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(self._inner, attribute)
        if not callable(value):
            return _Disturbed(value, self._boundaries, at_caspio=False)

        def call(*args: Any, **options: Any) -> Any:
            boundaries = self._boundaries
            boundaries.pass_one(attribute, "before")
            if self._at_caspio:
                boundaries.begin(attribute, args)
            result = value(*args, **options)
            if self._at_caspio or attribute == "settle":
                boundaries.end(attribute, args)
            number = boundaries.pass_one(attribute, "after")
            if attribute in WRITES and number in boundaries.lost:
                raise EffectInDoubt("the answer was lost")
            return result

        return call


def disturbed(ports: Ports, boundaries: Boundaries) -> Ports:
    """Return the same ports; each call of source, target, ledger and archive has its boundaries."""
    around = {
        name: _Disturbed(getattr(ports, name), boundaries, at_caspio=name in {"source", "target"})
        for name in ("source", "target", "ledger", "archive")
    }
    return replace(ports, **cast("Any", around))


@dataclass
class DisturbedWorkspace(Workspace):
    """A workspace whose source, target, ledger and archive calls are boundaries."""

    boundaries: Boundaries = field(default_factory=Boundaries)
    disturbed: bool = True

    def _connect(self, stack: Any, reader: Any) -> Any:
        context = super()._connect(stack, reader)
        if not self.disturbed:
            return context
        ports = cast("Ports", context.ports)
        return replace(context, ports=disturbed(ports, self.boundaries))
