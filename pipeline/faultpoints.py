"""Points between intent, effect and record where a test can kill this process, to show that the next run makes good.

The ports are wrapped only where a point is named (`CASPIO_FAULTPOINT`, see flows/app/wiring.py); otherwise nothing of this
is in the way. A point is "what before" or "what after", such as "rename_attachment effect after"; "#2" behind it waits
for the second time.
"""

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from pipeline.model import EffectKind
from pipeline.ports import Archive, Ledger, RecordTarget
from pipeline.record import Ports

Act = Callable[[str], None]

_EFFECTS = {
    "rename_attachment": EffectKind.RENAME_ATTACHMENT,
    "put_file": EffectKind.PUT_FILE,
    "delete_file": EffectKind.DELETE_FILE,
}
_AS_INTENDED = frozenset({"update", "insert", "delete"})
_LEDGER = frozenset(
    {
        *(
            "start_run",
            "finish_run",
            "seen",
            "archived",
            "save_reading",
            "planned",
            "finish",
            "succeeded_by",
        ),
        *("confirm_source", "keep_cursor", "keep_review_item", "join", "leave", "claim"),
    }
)


def kill_at(text: str) -> Act:
    """Return what kills this process, without any ado, when a point is reached for the n-th time ("point#n")."""
    point, _, number = text.partition("#")
    left = threading.Semaphore(int(number or 1) - 1)

    def act(reached: str) -> None:
        if reached == point and not left.acquire(blocking=False):
            os.kill(os.getpid(), signal.SIGKILL)

    return act


def watched(ports: Ports, act: Act) -> Ports:
    """Return the same parts, telling each point before and after it to `act`."""
    present = threading.local()
    return replace(
        ports,
        ledger=cast(
            "Ledger",
            _Watched(ports.ledger, act, lambda name, args: _ledger_point(name, args, present)),
        ),
        archive=cast("Archive", _Watched(ports.archive, act, _archive_point)),
        target=cast(
            "RecordTarget",
            _Watched(ports.target, act, lambda name, _: _target_point(name, present)),
        ),
    )


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


def _ledger_point(name: str, args: tuple[Any, ...], present: threading.local) -> str:
    if name == "intend":
        present.kind = args[0].kind
        return f"{args[0].kind} intent"
    if name == "settle":
        return f"{args[0].kind} {args[1]}"
    return f"ledger {name}" if name in _LEDGER else ""


def _archive_point(name: str, args: tuple[Any, ...]) -> str:
    if name not in {"put", "copy"}:
        return ""
    key = args[1 if name == "copy" else 0]
    top, _, rest = key.partition("/")
    return f"archive {name} {rest.rpartition('/')[2] if top == 'documents' else top}"


def _target_point(name: str, present: threading.local) -> str:
    """Name an effect; what changes rows carries out what this thread has just intended."""
    kind = getattr(present, "kind", "") if name in _AS_INTENDED else _EFFECTS.get(name)
    return f"{kind} effect" if kind else ""
