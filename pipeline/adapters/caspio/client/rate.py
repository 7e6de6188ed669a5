"""Keep the number of calls under what the account allows, smoothly and for all threads together."""

import re
import threading
from typing import Protocol

from pipeline.errors import BadSettings
from pipeline.ports import Clock

MAX_BURST = (
    20  # bursts near 30 calls a second were answered with refusals (caspio-api.md, section 5)
)

_RATE = re.compile(r"([0-9]+)/([0-9]+)s")


MAX_BLOCK = 10  # permits taken from the pool at once: one entry in the ledger for ten calls
WORKERS = 4  # with more than so many, a window may see a block more of each
STALE_S = 1.0  # a permit used so long after it was due would come on top of a later window's


class PermitPool(Protocol):
    """Where all workers of an account take their permits from."""

    def book(self, permits: int, *, per_second: float) -> float:
        """Book permits behind those of everybody; return in how many seconds the first is due."""

    def hold(self, seconds: float) -> None:
        """Let nothing booked from now on be due before so many seconds."""


class RateLimiter:
    """A bucket of permits that refills evenly; each call takes one.

    In no window of the rate's length do more calls leave than the rate says: what the bucket holds when full is taken
    off the speed at which it refills. With a pool the same holds for all workers together; permits come from there in
    small blocks.
    """

    def __init__(
        self, *, calls: int, period_s: float, clock: Clock, pool: PermitPool | None = None
    ) -> None:
        self._clock = clock
        self._pool = pool
        self._burst = float(max(1, min(MAX_BURST, calls // 10)))
        self._block = max(1, min(MAX_BLOCK, calls // 100))
        spare = self._burst + (WORKERS * self._block if pool and calls >= 100 else 0)  # noqa: PLR2004 - below, blocks are single permits
        self._per_second = max(calls - spare, 1.0) / period_s
        self._left = 0
        self._due_at = 0.0
        self._lock = threading.Lock()
        self._permits = self._burst
        self._filled_at = clock.monotonic()

    @classmethod
    def parse(cls, rate: str, *, clock: Clock, pool: PermitPool | None = None) -> "RateLimiter":
        """Make a limiter from text such as "2000/300s".

        Raises:
            BadSettings: the text says no rate.
        """
        found = _RATE.fullmatch(rate)
        if found is None or "0" in (found[1].lstrip("0") or "0", found[2].lstrip("0") or "0"):
            raise BadSettings(
                [f'rate = "{rate}" is not a rate; write calls/seconds, such as "2000/300s"']
            )
        return cls(calls=int(found[1]), period_s=float(found[2]), clock=clock, pool=pool)

    def wait(self) -> None:
        """Take one permit, waiting for it as long as it takes."""
        pause_s = max(self._take(), self._take_from(self._pool) if self._pool else 0.0)
        if pause_s > 0:
            self._clock.sleep(pause_s)

    def hold(self, seconds: float) -> None:
        """Let no call of any thread, with a pool of any worker, leave for so many seconds: Caspio has had too many."""
        with self._lock:
            self._fill()
            self._permits = min(self._permits, 1.0 - seconds * self._per_second)
            self._left = 0
        if self._pool:
            self._pool.hold(seconds)

    def _take_from(self, pool: PermitPool) -> float:
        """Use the next permit of the block and return in how many seconds it is due, the burst allowed for."""
        with self._lock:
            now = self._clock.monotonic()
            if self._left == 0 or now > self._due_at + STALE_S:
                self._due_at = now + pool.book(self._block, per_second=self._per_second)
                self._left = self._block
            due_at = self._due_at
            self._left -= 1
            self._due_at += 1 / self._per_second
        return max(0.0, due_at - self._burst / self._per_second - now)

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
