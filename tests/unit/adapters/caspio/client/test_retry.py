import pytest

from pipeline.adapters.caspio.client.errors import PauseTooLong
from pipeline.adapters.caspio.client.retry import Failures, Repeatable, RetryPolicy
from tests.fakes.clock import FakeClock


class Flaky:
    """Fails a number of times, then returns how often it was called."""

    def __init__(self, failures: int, error: Exception | None = None) -> None:
        self.failures = failures
        self.error = error or Repeatable("it is busy.")
        self.calls = 0

    def __call__(self) -> int:
        """Make an attempt."""
        self.calls += 1
        if self.calls <= self.failures:
            raise self.error
        return self.calls


def policy(**changes: object) -> RetryPolicy:
    """Make a policy without chance in its pauses."""
    given = {"on": (Repeatable,), "attempts": 6, "total_s": 180.0, "first_pause_s": 0.5}
    return RetryPolicy(**{**given, "jitter": lambda: 1.0, **changes})  # type: ignore[arg-type]  # a test names fields


def test_pauses_double_up_to_the_longest() -> None:
    """Each pause is twice the one before, until the longest."""
    clock = FakeClock()

    policy(max_pause_s=2.0).run(Flaky(5), clock=clock)

    assert clock.slept == [0.5, 1.0, 2.0, 2.0, 2.0]


def test_chance_shortens_a_pause_by_up_to_half() -> None:
    """Clients that failed together do not come back together."""
    clock = FakeClock()

    policy(jitter=lambda: 0.0).run(Flaky(1), clock=clock)

    assert clock.slept == [0.25]


def test_only_named_exceptions_are_repeated() -> None:
    """Anything else is raised by the first attempt."""
    flaky = Flaky(1, KeyError("a bug"))

    with pytest.raises(KeyError):
        policy().run(flaky, clock=FakeClock())

    assert flaky.calls == 1


def test_the_last_error_is_raised_when_attempts_are_used_up() -> None:
    """Without another error to give up with, the caller sees what the last attempt met."""
    flaky = Flaky(9)

    with pytest.raises(Repeatable, match="busy") as caught:
        policy(attempts=3).run(flaky, clock=FakeClock())

    assert (flaky.calls, caught.value.__cause__) == (3, None)


def test_no_pause_is_begun_that_ends_after_the_total() -> None:
    """The total time is kept, however many attempts are left."""
    clock = FakeClock()
    seen: list[Failures] = []

    def give_up(failures: Failures) -> Exception:
        seen.append(failures)
        return TimeoutError("given up")

    with pytest.raises(TimeoutError):
        policy(attempts=None, total_s=10.0, first_pause_s=4.0).run(
            Flaky(99), clock=clock, give_up=give_up
        )

    assert clock.slept == [4.0]
    assert (seen[0].number, seen[0].spent_s) == (2, 4.0)


def test_a_pause_that_is_asked_for_replaces_the_computed_one() -> None:
    """The server knows better when it can be asked again."""
    clock = FakeClock()

    policy().run(Flaky(1, Repeatable("wait.", retry_after_s=7.0)), clock=clock)

    assert clock.slept == [7.0]


def test_a_pause_that_is_too_long_is_not_waited_for() -> None:
    """A call that would sleep for hours ends at once and says how long the pause would be."""
    clock = FakeClock()

    with pytest.raises(PauseTooLong, match=r"7,200 s") as caught:
        policy().run(Flaky(1, Repeatable("wait.", retry_after_s=7200.0)), clock=clock)

    assert (clock.slept, caught.value.pause_s) == ([], 7200.0)


def test_an_error_of_the_clock_ends_the_wait() -> None:
    """A program that is asked to stop ends a call that waits, before the next attempt."""

    class Stopping(FakeClock):
        def sleep(self, seconds: float) -> None:
            raise InterruptedError(seconds)

    flaky = Flaky(1)
    with pytest.raises(InterruptedError):
        policy().run(flaky, clock=Stopping())

    assert flaky.calls == 1


def test_a_policy_ends() -> None:
    """A policy that would repeat for ever cannot be made."""
    with pytest.raises(ValueError, match="never end"):
        policy(attempts=None, total_s=None)
