"""How amounts are typed in a column of texts."""

from decimal import Decimal

import pytest

from processors.learning import ColumnKind, choose, train
from processors.learning.text.number_form import form_of, typed
from tests.unit.processors.learning.documents import example, page, receipt


@pytest.mark.parametrize(
    ("values", "form", "amount"),
    [
        (["1.204,50", "33,10", "7,00 CHF", "2.000,00"], "1.234,56", "9.876,50"),
        (["12,00 kr", "1 310,25 kr", "2 004,10 kr"], "1 234,56 kr", "9 876,50 kr"),
        (["$12.00", "$1,310.25", "$4,000.00", "88"], "$1,234.56", "$9,876.50"),
        (["1204.5", "33.10", "1204.50"], "1234.56", "9876.50"),
        (["1.204,50", "33,10"], "1234,56", "9876,50"),
        (["12,00", "8,40"], "1234,56", "9876,50"),
        (["1'204.50", "CHF 3.10", "2'000.00"], "1'234.56", "9'876.50"),
        (["20", "1.204", "-3,00", "ask Anna", "1.204.50"], "", "9876.5"),
        ([], "", "9876.5"),
    ],
)
def test_the_commonest_form_is_learned(values: list[str], form: str, amount: str) -> None:
    """Marks and currency are typed as people mostly type them."""
    assert form_of(values) == form
    assert typed(Decimal("9876.5"), form) == amount


def test_signs_and_more_decimals_are_kept() -> None:
    """No form changes what an amount is."""
    assert typed(Decimal("-9876.5"), "$1,234.56") == "-$9,876.50"
    assert typed(Decimal("0.125"), "1.234,56") == "0.125"
    assert typed(Decimal("1E+3"), "1.234,56") == "1.000,00"


def test_an_amount_is_chosen_as_it_is_typed() -> None:
    """Who types amounts with a comma and a currency finds them so, and finds them right."""
    records = [example(n, f"{24 + n},10 Fr.") for n in range(40)]
    trained = train(records, kind=ColumnKind.AMOUNT)

    choice = choose(trained.model, [page(receipt(63))], {})

    assert choice is not None
    assert choice.value == "87,10 Fr."
