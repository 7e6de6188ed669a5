"""What a clock promises."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The only place the time comes from."""

    def now(self) -> datetime:
        """Return the present as an aware datetime in UTC."""

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start, never going back."""

    def sleep(self, seconds: float) -> None:
        """Wait."""
