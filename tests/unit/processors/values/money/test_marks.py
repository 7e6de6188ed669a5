"""The marks of currencies beside numbers, and numbers that are nothing but digits."""

from decimal import Decimal

import pytest

from processors.values.money.amounts import money_in, parse_number
from processors.values.money.marks import SHORT_SIGNS, lengths_of_marks, long_marks


@pytest.mark.parametrize("mark", sorted(long_marks()))
def test_each_mark_makes_money_of_a_whole_number(mark: str):
    """The end of a mark says how long it can be, and none is lost."""
    assert [amount.value for amount in money_in(f"for {mark} 71")] == [Decimal(71)]


def test_each_mark_is_as_long_as_its_end_says():
    """The longest is tried first."""
    for mark in long_marks() | SHORT_SIGNS:
        lengths = lengths_of_marks()[mark[-1]]
        assert len(mark) in lengths
        assert list(lengths) == sorted(lengths, reverse=True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0071", (Decimal(71), False)),
        ("\u0667\u0661", (Decimal(71), False)),
        ("7 1", (Decimal(71), False)),
        ("71-", (Decimal(71), True)),
        ("1" * 13, (Decimal("1" * 13), False)),
        ("1" * 14, None),
        ("", None),
        ("\u00b2", None),
    ],
)
def test_a_number_of_digits_alone_has_no_decimals(text: str, value: tuple[Decimal, bool] | None):
    """One that is too long is none, nor is a raised digit."""
    assert parse_number(text) == value
