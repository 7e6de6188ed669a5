"""What is learned from drawn records, and what is not."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from pipeline.model import Finding
from pipeline.model.learning import Stratum
from processors.learning import (
    Choice,
    ColumnKind,
    ColumnModel,
    Example,
    Judged,
    Trained,
    choose,
    doubts,
    train,
)
from tests.unit.processors.learning.documents import (
    SENDERS,
    example,
    page,
    project_of,
    receipt,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def senders() -> Trained:
    """Return what was learned from forty records of five senders, typed in capitals."""
    return train([sender_record(number) for number in range(40)], kind=ColumnKind.TEXT)


@pytest.fixture(scope="module")
def projects() -> Trained:
    """Return what was learned of a column that no finding is mapped to."""
    records = [example(number, project_of(number)) for number in range(40)]
    return train(records, kind=ColumnKind.TEXT)


def sender_record(number: int) -> Example:
    """Return a record whose column has the sender in capitals."""
    return example(number, SENDERS[number % len(SENDERS)].upper())


def chosen(trained: Trained, lines: Sequence[str]) -> str | None:
    """Return the value that a model chooses for a document."""
    choice = choose(trained.model, [page(lines)], {})
    return choice.value if choice else None


def test_a_column_without_a_finding_is_learned_from_the_words_beside_it(projects: Trained) -> None:
    """A code that no rule knows is found in a document of an unknown sender."""
    lines = receipt(77, sender="Unbekannt Handel", project="ZZ-12-345")

    choice = choose(projects.model, [page(lines)], {})

    assert choice is not None
    assert (choice.value, choice.stratum) == ("ZZ-12-345", Stratum.READ_ONLY)
    assert choice.probability > 0.8
    assert choice.place is not None
    assert choice.place.line == 4
    assert "kostentraeger" in choice.evidence.words


def test_a_known_value_is_written_as_it_is_usually_typed(senders: Trained) -> None:
    """What is printed in small letters is written in the capitals of the column."""
    choice = choose(senders.model, [page(receipt(3))], {})

    assert choice is not None
    assert (choice.value, choice.stratum) == ("MOLINO VERDE", Stratum.READ_AND_KNOWN)
    assert choice.evidence.known_records == 8
    assert choice.reason.startswith("read on line 1 of page 1; as in 8 records")


def test_a_misread_value_is_recognized_by_its_sender(senders: Trained) -> None:
    """With a letter misread the known value is chosen, and not said to be printed."""
    lines = ["M0lino Verde", *receipt(3)[1:]]

    choice = choose(senders.model, [page(lines)], {})

    assert choice is not None
    assert (choice.value, choice.stratum) == ("MOLINO VERDE", Stratum.KNOWN_ONLY)
    assert choice.may_be_written


def test_what_one_record_knows_is_not_written_without_being_printed() -> None:
    """A value of a single record may be wrong: it is a suggestion at most."""
    records = [sender_record(number) for number in range(20)]
    records.append(example(99, "SINGLE WORKS", lines=receipt(99, sender="Single Works")))
    trained = train(records, kind=ColumnKind.TEXT)
    lines = ["S1ngle W0rks", *receipt(99, sender="Single Works")[1:]]

    choice = choose(trained.model, [page(lines)], {})

    assert choice is not None
    if choice.value == "SINGLE WORKS":
        assert choice.stratum is Stratum.KNOWN_ONLY
        assert not choice.may_be_written


def test_a_stored_model_chooses_the_same(senders: Trained) -> None:
    """Storing and loading changes no choice and no probability."""
    loaded = ColumnModel.from_json(senders.model.to_json())

    for number in range(5):
        pages = [page(receipt(number))]
        assert choose(loaded, pages, {}) == choose(senders.model, pages, {})


def test_training_twice_gives_the_same_model() -> None:
    """Equal records make equal models."""
    records = [sender_record(number) for number in range(20)]

    assert train(records, kind=ColumnKind.TEXT).model == train(records, kind=ColumnKind.TEXT).model


def test_an_empty_value_is_no_label() -> None:
    """Records that nobody has filled in change nothing."""
    filled = [sender_record(number) for number in range(20)]
    empty = [example(100 + number, " ") for number in range(20)]

    assert (
        train([*filled, *empty], kind=ColumnKind.TEXT).model
        == train(filled, kind=ColumnKind.TEXT).model
    )


def test_copies_of_a_document_are_judged_without_each_other() -> None:
    """A record is not judged right because a copy of its document has the value."""
    records = [sender_record(number) for number in range(20)]
    odd = [example(50 + n, "SECRET NAME", lines=receipt(50), digest="the same") for n in range(3)]

    trained = train([*records, *odd], kind=ColumnKind.TEXT)

    judged = {each.record_id: each for each in trained.out_of_fold}
    for record in odd:
        choice = judged[record.record_id].choice
        assert choice is None or choice.value != "SECRET NAME"


@pytest.mark.parametrize("count", [1, 3, 10, 24])
def test_few_records_leave_the_rules_as_they_are(count: int) -> None:
    """Below 25 records what the rules find is what is chosen."""

    def found(number: int) -> dict[str, Finding]:
        return {"total": Finding(f"{24 + number}.10", 0.9, "labeled", page=1)}

    records = [example(n, f"{24 + n}.10", findings=found(n)) for n in range(count)]
    trained = train(records, kind=ColumnKind.AMOUNT, finding="total")

    choice = choose(trained.model, [page(receipt(60))], found(60))

    assert choice is not None
    assert choice.value == "84.10"
    assert choice.probability > 0.8


def test_dates_are_written_as_the_column_has_them() -> None:
    """The order and form of the column's dates is learned."""
    records = [example(n, f"{n % 27 + 1}/3/26") for n in range(30)]
    trained = train(records, kind=ColumnKind.DATE)

    assert chosen(trained, receipt(8)) == "9/3/26"


def test_a_wrong_value_among_the_filled_ones_is_found() -> None:
    """A total that is not what the page says is listed with what the page says."""
    records = [example(n, f"{24 + n}.10") for n in range(40)]
    records[7] = replace(records[7], value="13.10")
    trained = train(records, kind=ColumnKind.AMOUNT)

    found = doubts(trained)

    assert [(each.record_id, each.typed, each.read) for each in found][:1] == [
        ("7", "13.10", "31.10")
    ]
    assert len(found) <= 4


def test_other_spellings_of_what_was_typed_are_the_last_doubts(senders: Trained) -> None:
    """However sure they are, a value that is another one is not crowded out by them."""

    def judged(record_id: str, typed: str, read: str, chance: float) -> Judged:
        return Judged(record_id, typed, Choice(read, chance, Stratum.READ_ONLY), right=False)

    spelled = [judged(f"spelled {n}", f"{n}41", f"0{n}41", 0.99) for n in range(1, 9)]
    worded = [judged(f"worded {n}", "Travel", "Travel expenses", 0.98) for n in range(9)]
    others = [judged("slip", "141", "147", 0.6), judged("surer", "Travel", "Training", 0.7)]
    trained = replace(senders, out_of_fold=(*spelled, *worded, *others))

    assert [one.record_id for one in doubts(trained)] == ["surer", "slip"]
    assert [one.record_id for one in doubts(trained, at_most_share=0.2)] == [
        "surer",
        "slip",
        "spelled 1",
        "spelled 2",
    ]


def test_a_poisoned_record_changes_no_other_value(senders: Trained) -> None:
    """A document made to be learned from teaches its own value and nothing else."""
    records = [sender_record(number) for number in range(40)]
    lines = [word for sender in SENDERS for word in (sender, "Telefon", "PAY MALLORY")] * 5
    poisoned = train([*records, example(666, "MALLORY", lines=lines)], kind=ColumnKind.TEXT)

    for number in range(5):
        assert chosen(poisoned, receipt(number)) == chosen(senders, receipt(number))


def test_nothing_to_learn_from_is_no_error() -> None:
    """Without records, or without any text, nothing is chosen."""
    nothing = train([], kind=ColumnKind.TEXT, finding="company")

    assert choose(nothing.model, [page([])], {}) is None
    assert nothing.out_of_fold == ()
