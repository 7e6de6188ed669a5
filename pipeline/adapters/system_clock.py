"""The machine's clock: the only module that reads it."""

import time
from datetime import UTC, datetime


class SystemClock:
    """Tell the time of this machine and wait on it."""

    def now(self) -> datetime:
        """Return the present as an aware datetime in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this is the Clock that everybody else takes

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start, never going back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait; not at all for a number of seconds that is not positive."""
        if seconds > 0:
            time.sleep(seconds)
