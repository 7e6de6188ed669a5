import httpx
import pytest
from hypothesis import given, strategies as st

from pipeline.adapters.caspio.client.errors import Misconfigured, TooLate
from pipeline.adapters.caspio.client.http.rate import RateLimiter
from pipeline.adapters.caspio.client.http.transport import (
    UNTIL_S,
    CallCounter,
    MeteredTransport,
    default_timeout,
)
from tests.fakes.clock import FakeClock


@given(calls=st.integers(1, 300), period_s=st.integers(1, 60), idle_s=st.floats(0, 100))
def test_no_window_has_more_calls_than_the_rate(calls: int, period_s: int, idle_s: float) -> None:
    """However long nobody called, never more calls leave within one period than the rate says."""
    clock = FakeClock()
    limiter = RateLimiter(calls=calls, period_s=period_s, clock=clock)
    clock.advance(idle_s)
    left: list[float] = []

    for _ in range(2 * calls + 5):
        limiter.wait()
        left.append(clock.monotonic())

    allowed = calls + 1  # a window's two ends both count
    assert all(
        late - early >= period_s * 0.999 for early, late in zip(left, left[allowed:], strict=False)
    ), "too many calls in one window"


def test_a_few_calls_need_not_wait() -> None:
    """A modest burst leaves at once."""
    clock = FakeClock()
    limiter = RateLimiter.parse("2000/300s", clock=clock)

    for _ in range(20):
        limiter.wait()

    assert clock.slept == []


def test_a_backoff_stops_everybody() -> None:
    """After a refusal for the number of calls the next call waits as long as was asked."""
    clock = FakeClock()
    limiter = RateLimiter.parse("2000/300s", clock=clock)

    limiter.delay(7.0)
    limiter.wait()

    assert clock.monotonic() == pytest.approx(7.0, rel=0.01)


@pytest.mark.parametrize("text", ["", "2000", "2000/300", "-1/3s", "0/300s", "10/0s", "fast"])
def test_nonsense_is_refused(text: str) -> None:
    """A text that says no rate is a problem of the settings, with an example of how to write it."""
    with pytest.raises(Misconfigured, match="2000/300s"):
        RateLimiter.parse(text, clock=FakeClock())


class _Pool:
    """Permits of an account, as two workers share them."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._due_s = 0.0
        self.reservations = 0

    def reserve(self, permits: int, *, per_second: float) -> float:
        """Reserve permits."""
        self.reservations += 1
        start = max(self._due_s, self._clock.monotonic())
        self._due_s = start + permits / per_second
        return start - self._clock.monotonic()

    def delay(self, seconds: float) -> None:
        """Delay."""
        self._due_s = max(self._due_s, self._clock.monotonic() + seconds)


def test_workers_share_one_rate():
    """Two limiters with one pool together let no more calls leave in any window than the rate."""
    clock = FakeClock()
    pool = _Pool(clock)
    limiters = [RateLimiter.parse("200/10s", clock=clock, pool=pool) for _ in range(2)]
    left: list[float] = []
    for number in range(600):
        limiters[number % 2].wait()
        left.append(clock.monotonic())

    most = max(sum(start <= moment < start + 10 for moment in left) for start in left)
    assert most <= 200
    assert left[-1] < 600 / 20 * 1.3
    assert pool.reservations <= 600 / 2 + 2


def test_a_refusal_met_by_one_worker_holds_the_other():
    """With a pool, what Caspio asks one worker to wait the other waits, too."""
    clock = FakeClock()
    pool = _Pool(clock)
    one, other = (RateLimiter.parse("2000/300s", clock=clock, pool=pool) for _ in range(2))
    other.wait()
    one.delay(60)

    for _ in range(40):
        other.wait()

    assert clock.monotonic() >= 50


def test_a_call_that_wakes_up_too_late_is_not_sent() -> None:
    """A machine that is suspended while a call waits for its permit sends nothing afterwards."""

    class Suspended(FakeClock):
        def sleep(self, seconds: float) -> None:
            """Sleep for hours."""
            super().sleep(seconds + 7200)

    clock = Suspended()
    limiter = RateLimiter(calls=10, period_s=10, clock=clock)
    limiter.wait()

    with pytest.raises(TooLate):
        limiter.wait(until_s=clock.monotonic() + 2)


def test_a_call_is_connected_in_time_or_not_sent() -> None:
    """The waits for a connection, free or new, end with the time that a call has; others stay."""
    clock = FakeClock()
    limiter = RateLimiter(calls=1000, period_s=10, clock=clock)
    seen: list[dict[str, float]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(200)

    transport = MeteredTransport(httpx.MockTransport(answer), limiter=limiter, calls=CallCounter())
    with httpx.Client(transport=transport, timeout=default_timeout()) as client:
        for until_s in (clock.monotonic() + 2.0, None):
            client.get("http://127.0.0.1/x", extensions={UNTIL_S: until_s})

    assert seen[0] == {"connect": 2.0, "read": 60.0, "write": 60.0, "pool": 2.0}
    assert seen[1] == default_timeout().as_dict()
