"""How amounts are typed in a column of texts."""

from decimal import Decimal

import pytest

from pipeline.model import Finding
from processors.learning import ColumnKind, choose, train
from processors.learning.text.currency import is_of_page, marks_beside
from processors.learning.text.number_form import form_of, typed
from processors.values.lines import fold
from tests.unit.processors.learning.documents import example, page, receipt


@pytest.mark.parametrize(
    ("values", "form", "amount"),
    [
        (["1.204,50", "33,10", "7,00 CHF", "2.000,00"], "1.234,56", "9.876,50"),
        (["12,00 kr", "1 310,25 kr", "2 004,10 kr"], "1 234,56 kr", "9 876,50 kr"),
        (["$12.00", "$1,310.25", "$4,000.00", "-$5.00", "$88"], "$1,234.56", "$9,876.50"),
        (["$12.00", "$1,310.25", "$4,000.00", "88"], "1,234.56", "9,876.50"),
        (["12,00 EUR", "13,00 EUR", "9,00 USD", "8.00 EUR"], "1234,56", "9876,50"),
        (["12,00 EUR", "13,00 EUR", "9 USD"], "1234,56", "9876,50"),
        (["1.234,56-", "100,00-", "200,00"], "1234,56", "9876,50"),
        (["12,00-", "8,40-"], "1234,56", "9876,50"),
        (["100.50 CR", "80.10 CR"], "1234.56", "9876.50"),
        (["33,10 paid", "12,00 paid"], "1234,56", "9876,50"),
        (["paid 33,10", "paid 12,00"], "1234,56", "9876,50"),
        (["EUR 33,10 paid", "EUR 12,00 paid"], "1234,56", "9876,50"),
        (["12,00 TL", "see Anna", "8,40 TL"], "1234,56 TL", "9876,50 TL"),
        (["1204.5", "33.10", "1204.50"], "1234.56", "9876.50"),
        (["1.204,50", "33,10"], "1234,56", "9876,50"),
        (["12,00", "8,40"], "1234,56", "9876,50"),
        (["1'204.50", "CHF 3.10", "2'000.00"], "1'234.56", "9'876.50"),
        (["20", "1.204", "-3,00", "ask Anna", "1.204.50"], "", "9876.5"),
        ([], "", "9876.5"),
    ],
)
def test_the_commonest_form_is_learned(values: list[str], form: str, amount: str) -> None:
    """Marks are typed as people mostly type them, and a currency that all amounts have."""
    assert form_of(values) == form
    assert typed(Decimal("9876.5"), form) == amount


def test_signs_and_more_decimals_are_kept() -> None:
    """No form changes what an amount is."""
    assert typed(Decimal("-9876.5"), "$1,234.56") == "-$9,876.50"
    assert typed(Decimal("0.125"), "1.234,56") == "0,125"
    assert typed(Decimal("-1234.567"), "1.234,56 EUR") == "-1.234,567 EUR"
    assert typed(Decimal("1.234"), "1,234.56") == "1.234"
    assert typed(Decimal("1.234"), "") == "1.234"
    assert typed(Decimal("1E+3"), "1.234,56") == "1.000,00"


def test_an_amount_is_chosen_as_it_is_typed() -> None:
    """Who types amounts with a comma and a currency finds them so, and finds them right."""
    records = [example(n, f"{24 + n},10 Fr.") for n in range(40)]
    trained = train(records, kind=ColumnKind.AMOUNT)

    choice = choose(trained.model, [page(receipt(63))], {})

    assert choice is not None
    assert choice.value == "87,10 Fr."


@pytest.mark.parametrize(
    ("mark", "printed", "finding", "says"),
    [
        ("EUR", "#1 EUR", None, True),
        ("EUR", "€#1", None, True),
        ("€", "EUR #1", None, True),
        ("EUR", "#1", Finding("EUR", 0.95, ""), True),
        ("EUR", "#1", None, None),
        ("EUR", "#1", Finding("EUR", 0.6, "assumed"), None),
        ("EUR", "#1", Finding(None, 0.4, "unsure"), None),
        ("EUR", "#1 USD", None, False),
        ("EUR", "#1 USD", Finding("EUR", 0.95, ""), False),
        ("EUR", "#1 EUR", Finding("USD", 0.55, ""), False),
        ("EUR", "$ #1", None, False),
        ("EUR", "#1", Finding("CHF", 0.6, "assumed"), False),
        ("kr", "#1 kr.", Finding("SEK", 0.95, ""), True),
        ("kr", "#1 SEK", Finding("SEK", 0.95, ""), None),
        ("$", "$#1", None, True),
        ("$", "CA$#1", Finding("CAD", 0.95, ""), None),
        ("USD", "$#1", Finding("USD", 0.55, ""), None),
    ],
)
def test_a_page_has_the_currency_that_people_type_or_another(
    mark: str, printed: str, finding: Finding | None, says: object
) -> None:
    """A mark of several currencies is that of a page only where the page prints the same one."""
    start = printed.index("#1")
    beside = marks_beside(fold(printed), start, start + 2)

    assert is_of_page(mark, beside, finding) is says


def test_no_amount_is_written_in_another_currency_than_that_of_its_page() -> None:
    """Where people type one, the page has to say the same; another one is not even suggested."""
    records = [example(n, f"{24 + n},10 EUR", lines=with_total(n, "EUR")) for n in range(40)]
    trained = train(records, kind=ColumnKind.AMOUNT)

    found = [
        choose(trained.model, [page(with_total(427, mark))], {}) for mark in ("EUR", "", "USD")
    ]

    assert [(each.value, each.may_be_written) for each in found if each] == [
        ("451,10 EUR", True),
        ("451,10 EUR", False),
        ("451,10", False),
    ]


def with_total(number: int, mark: str) -> list[str]:
    """Return the lines of a drawn document whose last amount has a mark."""
    return [*receipt(number)[:-1], f"Endwert {24 + number},10 {mark}"]
