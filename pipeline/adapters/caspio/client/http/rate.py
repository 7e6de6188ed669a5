"""Keep the number of calls under what the account allows, evenly and for all threads together."""

import re
import threading
from typing import Protocol

from pipeline.adapters.caspio.client.clock import Clock
from pipeline.adapters.caspio.client.errors import Misconfigured, TooLate

MAX_BURST = 20
"""Calls that may leave at once. Bursts near 30 a second were refused (caspio-api.md, section 5)."""

MAX_BLOCK = 10
"""Permits taken from the pool at once: one entry in the ledger for ten calls."""

WORKERS = 4
"""Workers for which a shared rate is exact. Each further one may add a block of calls."""

STALE_S = 1.0
"""A permit that is used so long after it was due would come on top of a later window's."""

_FEW_CALLS = 100  # below this rate, blocks are single permits and nothing is kept back for workers
_RATE = re.compile(r"([0-9]+)/([0-9]+)s")


class PermitPool(Protocol):
    """Where all workers of an account take their permits from."""

    def reserve(self, permits: int, *, per_second: float) -> float:
        """Reserve permits behind those of all workers; return when the first is due, in seconds."""

    def delay(self, seconds: float) -> None:
        """Make no permit that is reserved from now on due before so many seconds."""


class RateLimiter:
    """A bucket of permits that refills evenly; each call takes one.

    In no window of the rate's length do more calls leave than the rate says: what a full bucket
    holds is taken off the speed at which it refills (a token bucket of size b and speed r lets b +
    r * t calls pass in t seconds). With a pool the same holds for all workers together; permits are
    taken from there in small blocks.

    Args:
        calls: Calls in a window at most.
        period_s: Length of the window in seconds.
        clock: Waits for permits.
        pool: Shared by all workers of the account; None keeps the rate to this limiter.
    """

    def __init__(
        self, *, calls: int, period_s: float, clock: Clock, pool: PermitPool | None = None
    ) -> None:
        self._clock = clock
        self._pool = pool
        # A tenth of the rate, so that small rates do not leave in one burst.
        self._burst = float(max(1, min(MAX_BURST, calls // 10)))
        self._block = max(1, min(MAX_BLOCK, calls // 100))
        spare = self._burst
        if pool is not None and calls >= _FEW_CALLS:
            spare += WORKERS * self._block
        self._per_second = max(calls - spare, 1.0) / period_s
        self._left_in_block = 0
        self._due_at = 0.0
        self._lock = threading.Lock()
        self._permits = self._burst
        self._filled_at = clock.monotonic()

    @classmethod
    def parse(cls, rate: str, *, clock: Clock, pool: PermitPool | None = None) -> "RateLimiter":
        """Make a limiter from text such as "2000/300s".

        Raises:
            Misconfigured: the text is not a rate.
        """
        found = _RATE.fullmatch(rate)
        calls, period_s = (int(found[1]), int(found[2])) if found else (0, 0)
        if calls == 0 or period_s == 0:
            raise Misconfigured(
                [f'rate = "{rate}" is not a rate; write calls/seconds, such as "2000/300s"']
            )
        return cls(calls=calls, period_s=float(period_s), clock=clock, pool=pool)

    def wait(self, *, until_s: float | None = None) -> None:
        """Take one permit, waiting until it is due.

        Raises:
            TooLate: that is after `until_s`, by the clock's `monotonic`.
        """
        # The number of permits may be negative: threads that wait have taken theirs in advance, and
        # so keep their turn.
        with self._lock:
            self._fill()
            self._permits -= 1.0
            pause_s = max(0.0, -self._permits / self._per_second)
        if self._pool is not None:
            with self._lock:
                now = self._clock.monotonic()
                if self._left_in_block == 0 or now > self._due_at + STALE_S:
                    reserved_s = self._pool.reserve(self._block, per_second=self._per_second)
                    self._due_at = now + reserved_s
                    self._left_in_block = self._block
                due_at = self._due_at
                self._left_in_block -= 1
                self._due_at += 1 / self._per_second
            # A burst may leave before its permits are due: the pool knows only the even speed.
            pause_s = max(pause_s, due_at - self._burst / self._per_second - now)
        # Its permit is lost: others have theirs behind it already.
        if until_s is not None and self._clock.monotonic() + pause_s > until_s:
            raise TooLate("the call could not leave in time, and was not sent")
        if pause_s > 0:
            self._clock.sleep(pause_s)
        # A machine that was suspended meanwhile wakes up later than it meant to.
        if until_s is not None and self.left_s(until_s) < 0:
            raise TooLate("the wait for a permit took too long, and the call was not sent")

    def left_s(self, until_s: float) -> float:
        """Return the seconds that are left until a time by the clock's `monotonic`."""
        return until_s - self._clock.monotonic()

    def delay(self, seconds: float) -> None:
        """Let no call leave for so many seconds: not of this client, with a pool of no worker."""
        with self._lock:
            self._fill()
            self._permits = min(self._permits, 1.0 - seconds * self._per_second)
            self._left_in_block = 0
        if self._pool is not None:
            self._pool.delay(seconds)

    def _fill(self) -> None:
        now = self._clock.monotonic()
        refilled = self._permits + (now - self._filled_at) * self._per_second
        self._permits = min(self._burst, refilled)
        self._filled_at = now
