"""What `find_values` promises about the currencies of places."""

from decimal import Decimal

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


@pytest.mark.parametrize(
    ("amount", "total", "currency"),
    [
        ("1,070.00 Baht", "1070.00", "THB"),
        ("Baht 1,070.00", "1070.00", "THB"),
        ("1.070 Rupiah", "1070", "IDR"),
        ("45.250 \u062f.\u0643", "45.250", "KWD"),
        ("45.250 \u0631.\u0639", "45.250", "OMR"),
        ("45.25 \u0631.\u0633", "45.25", "SAR"),
    ],
)
def test_the_name_of_a_currency_counts_as_its_mark(amount: str, total: str, currency: str):
    """It is written out, or in Arabic letters, whose dinars have three decimals."""
    found = values_of(f"Tea Co\nInvoice no: 8\nDate: 9 June 2031\nTotal {amount}")

    assert (Decimal(found["total"] or 0), found["currency"]) == (Decimal(total), currency)
