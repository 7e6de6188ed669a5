"""The account's limit of calls."""

import time
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How many API calls an account may make in any period of `seconds`."""

    calls: int
    seconds: float


class RateLimiter:
    """Counts the calls of each account; without a limit, every call is allowed."""

    def __init__(self, limit: RateLimit | None) -> None:
        self._limit = limit
        self._times: dict[str, deque[float]] = {}

    def allows(self, account: str) -> bool:
        """Count a call, unless it is over the limit; report whether it is allowed."""
        if self._limit is None:
            return True
        # A sliding window: only the calls of the last `seconds` count.
        now = time.monotonic()
        times = self._times.setdefault(account, deque())
        while times and times[0] <= now - self._limit.seconds:
            times.popleft()
        # A refused call does not count: a client that keeps calling is allowed again in time.
        if len(times) >= self._limit.calls:
            return False
        times.append(now)
        return True
