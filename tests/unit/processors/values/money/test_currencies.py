"""What `find_values` promises about the currencies of places."""

import pytest

from pipeline.model import PageText
from processors.contract import Page
from processors.values import find_values


def values_of(text: str) -> dict[str, str | None]:
    """Return the values found in a text."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    return {name: finding.value for name, finding in find_values([page]).items()}


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("統一編號 04595257\n小計 300元", "TWD"),
        ("香港 九龍\n合共 300元", "HKD"),
        ("北京 Beijing\n总计 300元", "CNY"),
        ("Tea\nTotal 300元", None),
    ],
)
def test_yuan_are_those_of_the_place_that_is_named(text: str, currency: str | None):
    """One sign is that of three currencies: of China, of Taiwan and of Hong Kong."""
    assert values_of(text)["currency"] == currency


@pytest.mark.parametrize(
    ("heading", "code"),
    [("Montant CHF", "CHF"), ("Importe MXN", "MXN"), ("Prezzo CHF", "CHF"), ("Preis CHF", "CHF")],
)
def test_a_code_behind_the_heading_of_a_column_is_the_currency(heading: str, code: str):
    """Nothing else says it beside an amount."""
    text = f"Facture 8\nle 9 juin 2031\nEau {heading}\nEau 333.00\nTotal 333.00"

    assert values_of(text)["currency"] == code


def test_no_currency_is_assumed_beside_the_code_of_another():
    """A sentence that names it says that the country's own may not be meant."""
    text = "Rechnung 8\nvom 9. Juni 2031\nNetto 5,00\nMwSt 19 % 0,95\nGesamtbetrag 5,95\n"

    assert values_of(text)["currency"] == "EUR"
    assert "currency" not in values_of(f"{text}Das CHF Konto bleibt")
