import pytest

from tests.crash.histories import problems

pytestmark = pytest.mark.integration

# Among them one in which a file is replaced right after it was moved, and one with three kills.
SEEDS = (35, 105, 118, 223)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_in_a_random_history(seed: int):
    """Whatever users, kills and lost answers do at any call; `make soak` plays 300 histories."""
    assert problems(seed) == []
