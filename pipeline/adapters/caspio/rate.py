"""Keep the number of calls under what the account allows, smoothly and for all threads together."""

import re
import threading

from pipeline.errors import BadSettings
from pipeline.ports import Clock

MAX_BURST = 20  # bursts near 30 calls a second were answered with refusals (caspio-api.md, section 5)

_RATE = re.compile(r"([0-9]+)/([0-9]+)s")


class RateLimiter:
    """A bucket of permits that refills evenly; each call takes one.

    In no window of the rate's length do more calls leave than the rate says: what the bucket holds when full is taken
    off the speed at which it refills.
    """

    def __init__(self, *, calls: int, period_s: float, clock: Clock) -> None:
        self._clock = clock
        self._burst = float(max(1, min(MAX_BURST, calls // 10)))
        self._per_second = max(calls - self._burst, 1.0) / period_s
        self._lock = threading.Lock()
        self._permits = self._burst
        self._filled_at = clock.monotonic()

    @classmethod
    def parse(cls, rate: str, *, clock: Clock) -> "RateLimiter":
        """Make a limiter from text such as "2000/300s".

        Raises:
            BadSettings: the text says no rate.
        """
        found = _RATE.fullmatch(rate)
        if found is None or "0" in (found[1].lstrip("0") or "0", found[2].lstrip("0") or "0"):
            raise BadSettings([f'rate = "{rate}" is not a rate; write calls/seconds, such as "2000/300s"'])
        return cls(calls=int(found[1]), period_s=float(found[2]), clock=clock)

    def wait(self) -> None:
        """Take one permit, waiting for it as long as it takes."""
        pause_s = self._take()
        if pause_s > 0:
            self._clock.sleep(pause_s)

    def hold(self, seconds: float) -> None:
        """Let no call of any thread leave for so many seconds: Caspio said it has had too many."""
        with self._lock:
            self._fill()
            self._permits = min(self._permits, 1.0 - seconds * self._per_second)

    def _take(self) -> float:
        """Book the next permit and return in how many seconds it is due: permits may be owed, and are in turn."""
        with self._lock:
            self._fill()
            self._permits -= 1.0
            return max(0.0, -self._permits / self._per_second)

    def _fill(self) -> None:
        now = self._clock.monotonic()
        self._permits = min(self._burst, self._permits + (now - self._filled_at) * self._per_second)
        self._filled_at = now
