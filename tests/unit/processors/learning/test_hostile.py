"""Documents that were made to cost much, or to be learned from."""

import random
from time import process_time

import pytest
from hypothesis import given, settings, strategies as st

from processors.learning import ColumnKind, Example, choose, doubts, train
from processors.learning.candidates import MOST_CANDIDATES, Wanted, printed_candidates
from processors.learning.text.document import Document
from processors.learning.text.shape import Shape
from tests.unit.processors.learning.documents import SENDERS, example, letter, page, receipt

pytestmark = pytest.mark.slow

_LONG = (
    ["1.1.1." * 3000],
    ["Aa, " * 20_000],
    ["(((" * 10_000 + "A:" * 10_000],
    ["1 2 3 4 5 6 7 8 9 0 " * 2_000],
    [f"Name{n} von der Aa {n}" for n in range(5_000)],
    ["01/02/03 " * 5_000],
    ["0" * 100_000],
)


@pytest.mark.parametrize("lines", _LONG, ids=range(len(_LONG)))
@pytest.mark.parametrize(
    "kind", [ColumnKind.TEXT, ColumnKind.DATE, ColumnKind.AMOUNT, ColumnKind.LIST]
)
def test_candidates_are_bounded(lines: list[str], kind: ColumnKind) -> None:
    """However long a document is, its candidates are few and found in short time."""
    began = process_time()

    found = printed_candidates(
        Document.of([page(lines)]), {}, Wanted(kind, shape=Shape(most_chars=120, lines=7))
    )

    assert len(found) <= MOST_CANDIDATES
    assert process_time() - began < 10


@settings(max_examples=2, deadline=None)
@given(
    lines=st.lists(st.text(max_size=60), max_size=12),
    value=st.text(min_size=1, max_size=30),
    seed=st.integers(0, 10**6),
)
def test_a_record_of_anything_changes_no_other_value(
    lines: list[str], value: str, seed: int
) -> None:
    """A record with any page and any value leaves the choices for other documents as they are."""
    chance = random.Random(seed)  # noqa: S311
    copied = [chance.choice(SENDERS), *lines, *receipt(chance.randrange(40))]
    chance.shuffle(copied)
    records = _records()

    poisoned = train([*records, example(666, value, lines=copied)], kind=ColumnKind.TEXT)

    for number in range(3):
        choice = choose(poisoned.model, [page(receipt(number))], {})
        assert choice is not None
        assert choice.value == SENDERS[number % len(SENDERS)].upper()


def _records() -> list[Example]:
    return [example(n, SENDERS[n % len(SENDERS)].upper()) for n in range(20)]


@settings(max_examples=4, deadline=None)
@given(
    label=st.sampled_from(["Artikel", "Zwischenwert", "Endwert", "Datum", "Beleg Nr"]),
    count=st.integers(1, 40),
    cents=st.integers(0, 10**9),
    seed=st.integers(0, 10**6),
)
def test_a_record_of_any_amount_changes_no_other_amount(
    label: str, count: int, cents: int, seed: int
) -> None:
    """A page that repeats a false amount beside any label teaches no other label than before."""
    value = f"{cents // 100},{cents % 100:02d}"
    lines = [*receipt(seed % 40), *[f"{label} {value}"] * count]
    random.Random(seed).shuffle(lines)  # noqa: S311
    records = [example(number, f"{24 + number},10") for number in range(25)]

    poisoned = train([*records, example(666, value, lines=lines)], kind=ColumnKind.AMOUNT)

    for number in range(40, 43):
        choice = choose(poisoned.model, [page(receipt(number))], {})
        assert choice is not None
        assert choice.value == f"{24 + number},10"


@settings(max_examples=4, deadline=None)
@given(
    value=st.sampled_from(["Receipt", "Letter", "Odd"]),
    lines=st.lists(st.text(max_size=60), max_size=12),
    count=st.integers(1, 30),
    seed=st.integers(0, 10**6),
)
def test_a_record_of_any_class_changes_no_other_class(
    value: str, lines: list[str], count: int, seed: int
) -> None:
    """A page with the words of both classes, however often, moves no other page to another one."""
    mixed = [*letter(seed % 40) * count, *receipt(seed % 40) * count, *lines]
    random.Random(seed).shuffle(mixed)  # noqa: S311
    records = [example(number, "Receipt") for number in range(15)]
    records += [example(100 + n, "Letter", lines=letter(n)) for n in range(15)]

    poisoned = train([*records, example(666, value, lines=mixed)], kind=ColumnKind.CHOICE)

    for others, expected in ((receipt(77), "Receipt"), (letter(77), "Letter")):
        choice = choose(poisoned.model, [page(others)], {})
        assert choice is not None
        assert choice.value == expected


def test_a_date_that_does_not_exist_is_doubted() -> None:
    """What is no date teaches nothing, and is listed with the date of the page."""
    records = [example(n, f"{n % 27 + 1:02d}.03.2026") for n in range(30)]
    records.append(example(40, "41.03.2026"))

    found = doubts(train(records, kind=ColumnKind.DATE))

    assert [(each.record_id, each.read) for each in found] == [("40", "14.03.2026")]
