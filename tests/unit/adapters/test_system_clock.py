from datetime import timedelta

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
