"""Columns that are looked up, and columns of lists."""

import pytest

from processors.learning import ColumnKind, Trained, choose, kind_of_values, train
from processors.learning.text.keys import date_order_of, key_of
from tests.unit.processors.learning.documents import example, letter, page, receipt

_FIRST = ("Anton", "Berta", "Cesar", "Dora", "Emil", "Frida", "Gustav", "Hanna")
_FORMS = ("Werke", "Handel", "Bau")


@pytest.fixture(scope="module")
def kinds() -> Trained:
    """Return what was learned of a type column with two types, and a third used once."""
    records = []
    for number in range(30):
        records.append(example(number, "Receipt"))
        records.append(example(100 + number, "Letter", lines=letter(number)))
    records.append(example(500, "Odd", lines=["Etwas ganz anderes", "steht hier einmal"]))
    return train(records, kind=ColumnKind.CHOICE)


def test_kinds_of_documents_are_distinguished(kinds: Trained) -> None:
    """The words of documents say which value of a closed set they have."""
    for lines, value in ((receipt(77), "Receipt"), (letter(77), "Letter")):
        choice = choose(kinds.model, [page(lines)], {})
        assert choice is not None
        assert choice.value == value
        assert choice.probability > 0.9


def test_a_value_that_nobody_typed_twice_is_not_learned(kinds: Trained) -> None:
    """A value of one record is not chosen, and not with much certainty in its place either."""
    choice = choose(kinds.model, [page(["Etwas ganz anderes", "steht hier einmal"])], {})

    assert choice is not None
    assert choice.value != "Odd"
    assert choice.probability < 0.9


def test_a_column_of_one_value_says_nothing() -> None:
    """Where all records have the same value, nobody has said when they would not."""
    trained = train([example(n, "Yes") for n in range(20)], kind=ColumnKind.YES_NO)

    assert choose(trained.model, [page(receipt(3))], {}) is None


def test_a_code_is_found_behind_a_label_without_any_mark() -> None:
    """Also where some people type it in several words, so that longer values are looked for."""

    def order(number: int) -> list[str]:
        return ["Quarzwerk Ost", f"Auftrag Nr KQ-{100 + number * 7}-B", "Danke", f"Lager {number}"]

    def as_typed(number: int) -> str:
        code = f"KQ-{100 + number * 7}-B"
        return f"KQ {100 + number * 7} B zum Lager" if number % 5 == 0 else code

    records = [example(number, as_typed(number), lines=order(number)) for number in range(30)]
    choice = choose(train(records, kind=ColumnKind.TEXT).model, [page(order(77))], {})

    assert choice is not None
    assert choice.value == "KQ-639-B"


def agreement(number: int) -> tuple[list[str], str]:
    """Return the lines of an agreement and its two parties."""
    one = f"{_FIRST[number % 8]} {_FORMS[number % 3]} {number + 10}"
    other = f"{_FIRST[(number + 3) % 8]} {_FORMS[(number + 1) % 3]} {number + 50}"
    lines = [
        "Vereinbarung zur Vertraulichkeit",
        f"die vereinbarung wird geschlossen zwischen {one}, nachstehend genannt geber,",
        f"und weiter mit der partei {other}, nachstehend genannt nehmer, in aller form.",
        "der Ort der Ausfuehrung ist fuer alle beteiligten stets Neustadt an der Donau.",
    ]
    return lines, f"{one}; {other}"


def test_the_names_of_a_list_are_learned_from_sentences() -> None:
    """Both parties of an agreement are found by the words before and after them."""
    records = []
    for number in range(30):
        lines, parties = agreement(number)
        records.append(example(number, parties, lines=lines))
    trained = train(records, kind=ColumnKind.LIST)
    lines, parties = agreement(44)

    choice = choose(trained.model, [page(lines)], {})

    assert choice is not None
    assert choice.value == parties


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1.2.2026", "2026-03-04", "5/6/26"], ColumnKind.DATE),
        (["A", "B", "A", "B", "A", "B", "A", "B"], ColumnKind.CHOICE),
        (["North Works", "South Works", "East Works"], ColumnKind.TEXT),
        (["", " "], ColumnKind.TEXT),
    ],
)
def test_the_kind_of_a_text_column_is_seen_from_its_values(
    values: list[str], kind: ColumnKind
) -> None:
    """Dates, closed sets and free texts are distinguished."""
    assert kind_of_values(values) is kind


@pytest.mark.parametrize(
    ("values", "order"),
    [
        (["25/12/2026", "03/04/2026"], "dmy"),
        (["12/25/2026", "03/04/2026"], "mdy"),
        (["03/04/2026"], ""),
        (["2026-12-25"], ""),
        (["25/12/2026", "12/25/2026"], ""),
    ],
)
def test_the_order_of_day_and_month_is_seen_from_the_values(values: list[str], order: str) -> None:
    """A day after the 12th shows the order; nothing is guessed without one."""
    assert date_order_of(values) == order


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("ACME (KL) Ltd.", "acme kl ltd", ColumnKind.TEXT),
        ("EUR 1.234,50", "1234.5", ColumnKind.AMOUNT),
        ("3 April 2026", "2026-04-03", ColumnKind.DATE),
        ("True", "yes", ColumnKind.YES_NO),
        ("B; A", "a ;b", ColumnKind.LIST),
    ],
)
def test_spellings_of_one_value_are_one_value(one: str, other: str, kind: ColumnKind) -> None:
    """Values are compared as their kind asks."""
    assert key_of(one, kind) == key_of(other, kind) != ""
