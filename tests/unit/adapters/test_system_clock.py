import time
from datetime import timedelta

import pytest

from pipeline.adapters.system_clock import SystemClock


def test_the_present_is_utc() -> None:
    """The time carries its zone, and it is UTC."""
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_sleeping_takes_its_time_and_never_fails() -> None:
    """A wait lasts at least as long as asked; a negative one is none."""
    clock = SystemClock()
    before = clock.monotonic()

    clock.sleep(0.01)
    clock.sleep(-1)

    assert 0.009 < clock.monotonic() - before < 1


def test_time_goes_on_while_the_machine_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts for two seconds must not count for a night: Linux and macOS have a clock for that."""
    if not hasattr(time, "clock_gettime"):
        pytest.skip("the one clock of this system goes on")
    slept_s = 3600.0
    awake = time.clock_gettime
    monkeypatch.setattr(
        time,
        "clock_gettime",
        lambda clock: awake(clock) + slept_s * (clock == getattr(time, "CLOCK_BOOTTIME", clock)),
    )
    before = time.monotonic()

    assert SystemClock().monotonic() - before >= slept_s
