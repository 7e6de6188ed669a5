"""What `doctor` says, examined in the background: some checks take seconds and a few calls."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from flows.doctor.check import Check
from pipeline.ports import Clock

KEPT = timedelta(minutes=15)
"""How long the checks count; a visit after that has them made again. Each costs a few calls."""

READY_S = 120.0
"""Seconds that the first examination waits at most for what it would find missing."""

_log = structlog.get_logger()


def once_ready(
    ready: threading.Event, examine: Callable[[], Iterable[Check]]
) -> Callable[[], Iterable[Check]]:
    """Return checks that are made once something is ready, or `READY_S` seconds later."""

    def examine_then() -> Iterable[Check]:
        ready.wait(READY_S)
        return examine()

    return examine_then


@dataclass(frozen=True, slots=True)
class Examination:
    """The checks of an examination, and when it was; `at` is None while the first one is made.

    `is_running` says that another one is being made.
    """

    checks: tuple[Check, ...] = ()
    at: datetime | None = None
    is_running: bool = False

    @property
    def failed(self) -> list[Check]:
        """Return the checks that did not succeed, or that warn."""
        return [check for check in self.checks if not check.ok or check.remedy]


@dataclass(slots=True)
class Health:
    """Keeps the last examination. `examine` makes the checks."""

    examine: Callable[[], Iterable[Check]]
    clock: Clock
    _latest: Examination = field(default_factory=Examination)
    _running: threading.Thread | None = None
    _is_expired: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def latest(self) -> Examination:
        """Return the last examination at once; begin another one if it is too old."""
        with self._lock:
            at = self._latest.at
            is_old = at is None or self.clock.now() - at >= KEPT
            if (is_old or self._is_expired) and self._running is None:
                thread = threading.Thread(target=self._run, name="doctor", daemon=True)
                # First: it fails where there are too many. At its end it waits for the lock.
                thread.start()
                self._is_expired, self._running = False, thread
            return replace(self._latest, is_running=self._running is not None)

    def expire(self) -> None:
        """Have the next visit begin another examination; the last one is shown meanwhile."""
        with self._lock:
            self._is_expired = True

    def forget(self) -> None:
        """Show nothing of the last examination any more: what was examined has changed."""
        with self._lock:
            self._latest, self._is_expired = Examination(), True

    def wait(self) -> None:
        """Wait for the examination that is being made."""
        running = self._running
        if running is not None:
            running.join()

    def _run(self) -> None:
        try:
            checks = tuple(self.examine())
        except Exception as error:  # noqa: BLE001 - a check that fails must not end the page
            _log.error("the installation could not be examined", error=repr(error))
            problem = f"the examination ended with {type(error).__name__}; see the log."
            checks = (Check("doctor", ok=False, detail=problem, remedy="Run doctor again."),)
        with self._lock:
            self._latest = Examination(checks, self.clock.now())
            self._running = None
