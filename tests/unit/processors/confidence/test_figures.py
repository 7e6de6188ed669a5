"""The measures of probabilities that the documentation prints."""

import pytest

from tests.bench.confidence.figures import auroc, ece, figures
from tests.bench.values import same_date


def test_auroc_is_one_if_every_wrong_value_is_below_every_right_one() -> None:
    """It says how often a right value is above a wrong one."""
    assert auroc([(0.9, True), (0.8, True), (0.3, False)]) == 1.0
    assert auroc([(0.2, True), (0.8, False)]) == 0.0


def test_values_that_are_alike_are_a_half() -> None:
    """One number for all values separates nothing."""
    assert auroc([(0.7, True), (0.7, False)]) == 0.5
    assert auroc([(0.7, True)]) is None


def test_ece_is_the_distance_of_the_probability_from_the_share_of_right_values() -> None:
    """Of two values at 0.95 one is right: the error is 0.45."""
    assert ece([(0.95, True), (0.95, False)]) == pytest.approx(0.45)
    assert ece([(0.55, True), (0.55, False)]) == pytest.approx(0.05)


def test_what_is_written_reaches_the_limit() -> None:
    """Precision is that of written values, and the share is one of all right values."""
    made = figures(5, [(0.96, True), (0.95, False), (0.94, True)])

    assert (made.written, made.precision, made.share_written) == (2, 0.5, 0.5)


@pytest.mark.parametrize(
    "printed", ["04/03/2026", "4.3.26", "20260304", "2026-03-04", "4 Mar 2026"]
)
def test_a_printed_date_is_the_day_that_it_says(printed: str) -> None:
    """People type dates as they are printed; the day is first where it can be."""
    assert same_date(printed, "2026-03-04")
    assert not same_date(printed, "2026-04-03")


def test_no_month_is_the_thirteenth() -> None:
    """A date of a country that prints the month first is no wrong one."""
    assert same_date("12/13/2026", "2026-12-13")
    assert not same_date("12/11/2026", "2026-12-11")
