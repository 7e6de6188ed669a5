import pytest

from tests.fakes.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    """Make a clock on which waiting costs no time."""
    return FakeClock()
