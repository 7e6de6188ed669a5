"""Where the client takes the time from."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Says the time and waits. Pass your own to end waits early, or to make tests fast."""

    def now(self) -> datetime:
        """Return the present as an aware datetime in UTC."""

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start, never going back."""

    def sleep(self, seconds: float) -> None:
        """Wait. An error raised here ends the call that waits, before anything more is sent."""


class MachineClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the present as an aware datetime in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the client depends on nothing outside its folder

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start, never going back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait; not at all for zero or fewer seconds."""
        if seconds > 0:
            time.sleep(seconds)
