"""The machine's clock: the only module of the pipeline that reads it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

PATIENCE_S = 2.0
"""Seconds. A shorter wait belongs to the work in hand, which is finished after a request to stop.

A longer one is given up.
"""

_SLICE_S = 0.25  # a request to stop ends a wait at most this much later


# What goes on while the machine sleeps: `time.monotonic` does not on Linux and macOS, and
# what was looked at before would count for hours. Windows has neither name, and goes on.
_GOES_ON = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


class SystemClock:
    """Say the time of this machine and wait on it.

    Args:
        check: Called every quarter of a second during waits longer than PATIENCE_S. An error that
            it raises ends the wait: this is how a run that was asked to stop ends while it waits.
    """

    def __init__(self, check: Callable[[], None] = lambda: None) -> None:
        self._check = check

    def now(self) -> datetime:
        """Return the present as an aware datetime in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this is the Clock that everybody else takes

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start, never going back, sleep included."""
        return time.monotonic() if _GOES_ON is None else time.clock_gettime(_GOES_ON)

    def sleep(self, seconds: float) -> None:
        """Wait; not at all for zero or fewer seconds."""
        if seconds <= 0:
            return
        if seconds <= PATIENCE_S:
            time.sleep(seconds)
            return
        # In slices, and not on an event: a signal's handler that set one could interrupt the very
        # thread that has its lock.
        ends_at = time.monotonic() + seconds
        while (left_s := ends_at - time.monotonic()) > 0:
            self._check()
            time.sleep(min(_SLICE_S, left_s))
