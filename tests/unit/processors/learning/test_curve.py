"""How right a column is by the number of its records."""

import pytest

from processors.learning import ColumnKind, Example, train
from processors.learning.curve import FEWEST_JUDGES, curve_of
from processors.learning.prepared import prepare
from tests.unit.processors.learning.documents import example, receipt
from tests.unit.processors.learning.test_kinds import agreement

_NAMES = ("Adler", "Birke", "Cedern", "Distel", "Eschen", "Falken", "Ginster", "Hasel", "Ilex")
_CENTERS = ("north", "orchid", "pebble", "quartz", "ribbon", "silver", "timber", "umber", "velvet")
_SENDERS = 20


def center_record(number: int, *, digest: str = "") -> Example:
    """Return a record of one of twenty senders in turn, whose cost center is not on the page."""
    row, place = divmod(number % _SENDERS, 9)
    lines = receipt(number, sender=f"{_NAMES[place]} {_NAMES[row][::-1]}")
    return example(number, f"{_CENTERS[place]} {_CENTERS[row]}", lines=lines, digest=digest)


@pytest.mark.slow
def test_more_records_make_more_choices_right() -> None:
    """What is known from its sender only is right once the sender was seen: ten are too few."""
    records = [center_record(number) for number in range(50)]

    curve = train(records, kind=ColumnKind.TEXT, with_curve=True).curve

    assert [size for size, _ in curve] == [10, 25]
    assert curve[0][1] < 0.5 < curve[1][1]


def test_a_copy_of_a_document_that_judges_teaches_nothing() -> None:
    """Where every record is a copy of a document that judges, there is nothing to learn from."""
    records = [center_record(number, digest=f"copy {number % 10}") for number in range(50)]

    assert train(records, kind=ColumnKind.TEXT, with_curve=True).curve == ()


@pytest.mark.slow
def test_a_list_is_right_with_all_of_its_names() -> None:
    """Both names of a list must be right; each is found by the words beside it."""
    records = []
    for number in range(50):
        lines, parties = agreement(number)
        # Of every other document a name is nowhere on the page: such a list is never right.
        typed = parties if number % 2 else f"{parties}; Niemand"
        records.append(example(number, typed, lines=lines))

    curve = train(records, kind=ColumnKind.LIST, with_curve=True).curve

    assert curve[-1] == (25, 0.5)


def test_few_records_have_no_curve() -> None:
    """Fewer than ten others would judge: their share would say nothing."""
    records = [center_record(number) for number in range(5 * FEWEST_JUDGES - 1)]
    prepared = prepare(records, ColumnKind.TEXT, folds=10, newest=100)

    assert curve_of(prepared, None) == ()
