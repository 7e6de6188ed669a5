"""A date in a year that a column never had is less certain than others."""

from collections.abc import Sequence

import pytest

from processors.learning import ColumnKind, choose, train
from tests.unit.processors.learning.documents import example, page


def bill(number: int, year: int) -> list[str]:
    """Return the lines of a bill of a year."""
    return [f"Beleg Nr {number}", f"Datum {number % 27 + 1:02d}.03.{year}", "Danke"]


def certainty_of(years: Sequence[int], of_others: Sequence[int]) -> list[float]:
    """Return how certain dates of other years are in a column with records of some years."""
    records = [
        example(number, f"{year}-03-{number % 27 + 1:02d}", lines=bill(number, year))
        for number, year in enumerate(years)
    ]
    model = train(records, kind=ColumnKind.DATE).model
    choices = [choose(model, [page(bill(7, year))], {}) for year in of_others]
    assert [choice and choice.value for choice in choices] == [f"{y}-03-08" for y in of_others]
    return [choice.probability for choice in choices if choice]


@pytest.mark.slow
def test_a_year_that_nobody_typed_is_more_likely_misread() -> None:
    """The year after the latest one is only new, and one between two others is none of them."""
    years = [2022, 2024] * 100

    assert min(certainty_of(years, [2022, 2024, 2025])) >= 0.95
    assert max(certainty_of(years, [2015, 2023, 2026])) < 0.95


def test_where_each_year_is_another_one_a_new_one_is_no_sign() -> None:
    """Dates of birth are of any year."""
    known, new = certainty_of(range(1930, 1990), [1950, 2003])

    assert new > known - 0.02
