"""Documents of a kind for which people leave a column empty."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from pipeline.ports.learner import LearningExample
from processors.learner import left_empty
from processors.learning import ColumnKind, Example, train
from processors.learning.learner import Learned
from processors.learning.text.document import Document
from processors.learning.training import learned_of
from tests.unit.processors.learning.documents import example, page, project_of, receipt


def offer(number: int) -> list[str]:
    """Return the lines of an offer, which names a project as a receipt does."""
    return ["Angebot, freibleibend", "Gueltig vier Wochen ab heute", *receipt(number)[1:]]


def learned(filled: Iterable[int], empty: list[Example]) -> Learned:
    """Return what was learned of projects, from receipts and from records left empty."""
    records = [example(number, project_of(number)) for number in filled]
    return learned_of(train(records, kind=ColumnKind.TEXT, empty=empty).model)


def certainty(of: Learned, lines: list[str]) -> float:
    """Return how certain the project of a document is."""
    choice = of.choose(Document.of([page(lines)]), {})
    assert choice is not None
    return choice.probability


def test_a_value_is_not_certain_where_people_leave_the_column_empty() -> None:
    """Nobody would judge such a choice, so it would be written and never be wrong."""
    numbers = range(10, 40)
    offers = [example(100 + number, "", lines=offer(number)) for number in numbers]
    before, after = learned(numbers, []), learned(numbers, offers)

    assert certainty(before, offer(45)) > 0.9
    assert certainty(after, offer(45)) < 0.5
    assert certainty(after, receipt(45)) == certainty(before, receipt(45)) > 0.9


@pytest.mark.parametrize("one_of", [2, 4])
def test_what_is_forgotten_now_and_then_says_nothing(one_of: int) -> None:
    """Who fills in one of several records of a kind leaves the values of it as certain."""
    numbers = range(10, 74)
    filled = [number for number in numbers if number % one_of == 0]
    forgotten = [example(n, "", lines=receipt(n)) for n in numbers if n % one_of]
    before, after = learned(filled, []), learned(filled, forgotten)

    for number in range(75, 95):
        assert certainty(after, receipt(number)) == certainty(before, receipt(number))


def test_a_few_empty_records_and_those_that_were_not_read_say_nothing() -> None:
    """Four records are no kind of document, and of one that was not read it is not known."""
    offers = [example(100 + number, "", lines=offer(number)) for number in range(10, 14)]
    unread = [Example(str(number), "", [], {}, "") for number in range(30)]

    assert learned(range(10, 20), [*offers, *unread]).presence.classes is None


def test_only_periods_in_which_people_filled_the_column_count() -> None:
    """Before somebody began to fill it, and once nobody has to, it is empty for every document."""

    def record(number: int, value: str) -> LearningExample:
        return LearningExample(str(number), "", Path("none"), {}, value, 1.0, f"{number:03d}")

    began, ended = 100, 200
    records = [
        record(number, "P-1" if began <= number < ended and number % 3 else "")
        for number in range(300)
    ]

    kept = [int(one.key) for one in left_empty(records)]
    assert kept == [number for number in range(began, ended) if number % 3 == 0]
