"""What is added to a total or taken from it: the total is what the bill is for."""

import pytest

from pipeline.model import Finding
from processors.confidence.model import MOST_UNANNOUNCED
from tests.unit.processors.confidence.test_probabilities import page, read
from tests.unit.processors.values.money.test_amounts import values_of


@pytest.mark.parametrize(
    ("total", "payment", "rest"),
    [
        ("Rechnungsbetrag: 840,00 EUR", "Teilzahlung 140,00", "Noch zu zahlen 700,00"),
        ("Gesamtbetrag 840,00 EUR", "abzgl. Teilzahlungen 140,00", "Zahlbetrag 700,00"),
        ("Total TTC 840,00 €", "Paiement partiel 140,00", "Net à payer 700,00"),
        ("Total factura 840,00 €", "Pago a cuenta 140,00", "Total a pagar 700,00"),
        ("Totale fattura 840,00 €", "Già versato 140,00", "Totale da pagare 700,00"),
        ("Totaalbedrag 840,00 €", "Reeds ontvangen 140,00", "Te betalen 700,00"),
        ("Totalt 840,00 kr", "Delbetalning 140,00", "Att betala 700,00 kr"),
        ("Invoice total 840.00", "Part payment 140.00", "Please pay 700.00"),
        ("Total 840.00", "Installment received 140.00", "Amount to pay 700.00"),
    ],
)
def test_the_rest_after_a_payment_is_not_the_total(total: str, payment: str, rest: str):
    """The bill is for all of it."""
    values = values_of(f"INVOICE 12\nOtter Ltd\n{total}\n{payment}\n{rest}")

    assert values["total"] == "840.00"


@pytest.mark.parametrize("discount", ["Discount 140.00", "Rabatt 140,00", "Remise 140,00"])
def test_what_is_left_after_a_discount_is_the_total(discount: str):
    """It was never paid."""
    values = values_of(f"INVOICE 12\nOtter Ltd\nTotal 840.00\n{discount}\nAmount to pay 700.00")

    assert values["total"] == "700.00"


@pytest.mark.parametrize(
    ("before", "tip", "after"),
    [
        ("Total $54.00", "Tip $6.00", "Grand total $60.00"),
        ("Total $54.00", "Gratuity $6.00", "Total paid $60.00"),
        ("Total $54.00", "Tip $6.00", "Total $60.00"),
        ("Total 54,00 €", "Pourboire 6,00 €", "Total payé 60,00 €"),
        ("Summe 54,00 €", "Trinkgeld 6,00 €", "Gesamtbetrag 60,00 €"),
        ("Total $54.00", "Service charge $6.00", "Amount due $60.00"),
    ],
)
def test_the_total_has_the_tip(before: str, tip: str, after: str):
    """It is printed before and after the tip."""
    lines = ("Subtotal $50.00", "Sales tax $4.00", before, tip, after)

    assert values_of("\n".join(("RECEIPT", *lines)))["total"] == "60.00"


@pytest.mark.parametrize("tip", ["Tip ____", "Suggested tip 18% $9.00", "Tip $0.00"])
def test_a_tip_that_nobody_gave_is_not_in_the_total(tip: str):
    """The total is what is printed."""
    assert (
        values_of(f"RECEIPT\nSubtotal $50.00\nTax $4.00\nTotal $54.00\n{tip}")["total"] == "54.00"
    )


def test_net_and_tax_of_the_largest_amount_are_no_surer_than_it():
    """Nothing says that the tax is in that amount."""
    lines = ("INVOICE 12", "Otter Ltd", "Hedge £96.00 including £16.00 VAT", "Limit £512.00")
    found = read([page(*lines)], Finding("invoice", 0.97, "it says so"))

    assert found["net"].confidence <= MOST_UNANNOUNCED


def test_the_total_of_a_payment_every_month_is_a_total():
    """One of several payments is not, and their sum with the tax is."""
    lines = "FACTURA 12\nCuota mensual 50,00\nIVA 21% 10,50\nTotal cuota 60,50 €"

    assert values_of(lines)["total"] == "60.50"
