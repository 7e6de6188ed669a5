"""The bound that a count of right choices proves."""

import pytest

from processors.learning import clopper_pearson_lower, needed


@pytest.mark.parametrize(
    ("right", "asked", "bound"),
    [(149, 149, 0.9801), (235, 236, 0.9800), (10, 10, 0.7411), (182, 183, 0.9743), (0, 5, 0.0)],
)
def test_the_bound_is_that_of_clopper_and_pearson(right: int, asked: int, bound: float) -> None:
    """The bounds are those of published tables, to three digits."""
    assert clopper_pearson_lower(right, asked) == pytest.approx(bound, abs=2e-4)


@pytest.mark.parametrize(("right", "asked", "more"), [(0, 0, 149), (182, 183, 53), (149, 149, 0)])
def test_what_is_missing_is_the_fewest_that_prove_it(right: int, asked: int, more: int) -> None:
    """With as many more right choices the target is reached, and with one fewer it is not."""
    assert needed(right, asked, 0.98) == more
    assert clopper_pearson_lower(right + more, asked + more) >= 0.98
    if more:
        assert clopper_pearson_lower(right + more - 1, asked + more - 1) < 0.98


@pytest.mark.parametrize(("wrong", "in_all"), [(0, 187), (1, 336), (2, 450)])
def test_a_proof_at_every_look_takes_more(wrong: int, in_all: int) -> None:
    """One look is content with 149, 236 and 313 choices."""
    assert wrong + (needed(0, wrong, 0.98, at_every_look=True) or 0) == in_all
    assert needed(in_all - wrong, in_all, 0.98, at_every_look=True) == 0
    assert needed(in_all - wrong - 1, in_all - 1, 0.98, at_every_look=True) == 1


@pytest.mark.parametrize("at_every_look", [False, True])
def test_what_can_never_be_proven_is_said(at_every_look: bool) -> None:  # noqa: FBT001
    """No number of choices proves certainty, and none proves what most of them contradict."""
    assert needed(5, 5, 1.0, at_every_look=at_every_look) is None
    assert needed(0, 9_000, 0.98, at_every_look=at_every_look) is None


def test_more_right_than_asked_is_an_error() -> None:
    """A count that cannot be is refused."""
    with pytest.raises(ValueError, match="cannot be right"):
        clopper_pearson_lower(3, 2)
