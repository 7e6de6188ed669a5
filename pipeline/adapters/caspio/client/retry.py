"""Repeat what may be repeated: one policy, one loop.

A policy names the exceptions that may be repeated, and nothing else is. Pauses double, each between
half of and the whole of its length, so that clients that failed together do not come back together.
A pause that the server asks for (`Retry-After`) replaces the computed one. Above `longest_wait_s`
the call ends with PauseTooLong instead: a program that sleeps for an hour looks like one that
hangs.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from pipeline.adapters.caspio.client.clock import Clock
from pipeline.adapters.caspio.client.errors import PauseTooLong

T = TypeVar("T")

LONGEST_WAIT_S = 180.0
"""The longest `Retry-After` that is waited for, in seconds."""


class Repeatable(Exception):
    """An attempt failed in a way that may be repeated.

    Attributes:
        reason: What happened, for the message when the attempts are used up.
        retry_after_s: The pause that the server asks for in seconds, None where it asks for none.
    """

    def __init__(self, reason: str, retry_after_s: float | None = None) -> None:
        """Keep the reason and the pause."""
        self.reason = reason
        self.retry_after_s = retry_after_s
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Failures:
    """The attempts so far, all of which failed.

    Attributes:
        number: How many.
        spent_s: Seconds since the first one began.
        last: The exception of the last one.
    """

    number: int
    spent_s: float
    last: Exception


GiveUp = Callable[[Failures], Exception]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """When to repeat, how often, and after which pauses.

    Attributes:
        on: The exceptions that may be repeated.
        attempts: Attempts at most, the first included; None for as many as fit into `total_s`.
        total_s: Seconds from the first attempt; no pause is begun that would end later. None for no
            limit.
        first_pause_s: The pause after the first failure; it doubles with each further one.
        max_pause_s: The longest computed pause.
        longest_wait_s: The longest pause that is waited for when the server asks for one.
        jitter: Returns a number from 0 to 1 that shortens a pause by up to half.
    """

    on: tuple[type[Exception], ...]
    attempts: int | None = None
    total_s: float | None = None
    first_pause_s: float = 0.0
    max_pause_s: float = 30.0
    longest_wait_s: float = LONGEST_WAIT_S
    jitter: Callable[[], float] = random.SystemRandom().random

    def __post_init__(self) -> None:
        """Refuse a policy that would never end."""
        if self.attempts is None and self.total_s is None:
            raise ValueError("a retry policy needs attempts or total_s, or it would never end")

    def run(self, attempt: Callable[[], T], *, clock: Clock, give_up: GiveUp | None = None) -> T:
        """Return the first result that an attempt returns.

        Args:
            attempt: What to do; called once for each attempt.
            clock: Waits between attempts and measures the total time.
            give_up: Makes the error that is raised when the attempts or the time are used up; by
                default the last attempt's.

        Raises:
            PauseTooLong: the server asks for a longer pause than `longest_wait_s`.
        """
        started = clock.monotonic()
        number = 0
        while True:
            number += 1
            try:
                return attempt()
            except self.on as error:
                pause_s = self._pause(number, error)
                failures = Failures(number, clock.monotonic() - started, error)
                # A pause that would end after the total is not begun: nobody would use its end.
                is_late = self.total_s is not None and failures.spent_s + pause_s > self.total_s
                if is_late or number == self.attempts:
                    if give_up is None:
                        raise
                    raise give_up(failures) from error
            clock.sleep(pause_s)

    def _pause(self, number: int, error: Exception) -> float:
        retry_after_s: float | None = getattr(error, "retry_after_s", None)
        if retry_after_s is None:
            # 2.0 ** number would overflow after a thousand polls; the pause stopped growing long
            # before.
            whole = min(self.max_pause_s, self.first_pause_s * 2.0 ** min(number - 1, 64))
            return whole * (0.5 + self.jitter() / 2)
        if retry_after_s > self.longest_wait_s:
            raise PauseTooLong(
                f"{error} Caspio asks for a pause of {retry_after_s:,.0f} s, which is more than "
                f"the {self.longest_wait_s:.0f} s that are waited for. Try again after it.",
                pause_s=retry_after_s,
            ) from error
        return retry_after_s
