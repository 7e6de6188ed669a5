"""Of two amounts that differ by rounding, the column has to show which one users type."""

import pytest

from processors.learning import ColumnKind, choose, train
from processors.learning.rounding import differs_by_rounding
from tests.unit.processors.learning.documents import example, page


def bill(number: int, cents: int) -> list[str]:
    """Return the lines of a bill whose amount is rounded to five cents before it is paid."""
    return [
        f"Kassa {number}",
        f"Kaffee {3 + number % 5},{cents:02d}",
        f"Summa {30 + number},{cents:02d}",
        f"Gerundet {30 + number},{(cents + 2) // 5 * 5:02d}",
    ]


def certainty_of(before: range, after: range, cents: int) -> float:
    """Return how certain a bill is where users typed the amount before, and the one after."""
    records = [
        example(n, f"{30 + n},{43 if n in before else 45}", lines=bill(n, 43))
        for n in (*before, *after)
    ]
    # In most records nothing is rounded.
    records += [example(n, f"{30 + n},40", lines=bill(n, 40)) for n in range(100, 200)]
    choice = choose(train(records, kind=ColumnKind.AMOUNT).model, [page(bill(90, cents))], {})
    assert choice
    return choice.probability


@pytest.mark.slow
def test_which_amount_users_type_is_a_habit_that_takes_some_records() -> None:
    """Until enough of them have shown it, such an amount is not certain, whatever the others say."""
    assert certainty_of(range(0), range(8), cents=43) < 0.95
    assert certainty_of(range(0), range(60), cents=43) >= 0.95
    assert certainty_of(range(60), range(0), cents=43) >= 0.95


@pytest.mark.slow
def test_where_users_type_the_one_or_the_other_neither_is_certain() -> None:
    """What is not rounded is as certain as before."""
    assert certainty_of(range(0, 60, 4), range(1, 60, 4), cents=43) < 0.95
    assert certainty_of(range(0, 60, 4), range(1, 60, 4), cents=40) >= 0.95


@pytest.mark.parametrize(
    ("one", "other", "is_so"),
    [
        ("17.62", "17.60", True),
        ("17.60", "17.62", True),
        ("-17.63", "-17.65", True),
        ("17.64", "17.6", True),
        ("17.68", "17.7", True),
        ("17.62", "17.62", False),
        ("17.61", "17.63", False),
        ("17.62", "17.7", False),
        ("17.62", "18", False),
    ],
)
def test_amounts_that_differ_by_rounding(one: str, other: str, *, is_so: bool) -> None:
    """One of them is of whole coins, and no other such amount is nearer."""
    assert differs_by_rounding(one, other) is is_so
