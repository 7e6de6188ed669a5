"""Gross pay, the rest on a card, a total without its tip, and what insurers pay are no totals."""

from pathlib import Path

import pytest

from tests.unit.processors import documents


def _value(text: str, name: str, folder: Path) -> str | None:
    found = documents.read(text.encode(), folder).fields.get(name)
    return found.value if found else None


PAYSLIPS = {
    "German": (
        (
            "Entgeltabrechnung Mai 2031\nOtter GmbH\nGesamt-Brutto 3.000,00\nLohnsteuer 400,00\n"
            "Netto-Verdienst 2.600,00\nAuszahlungsbetrag 2.000,00 EUR"
        ),
        "2000.00",
    ),
    "English": (
        (
            "Earnings statement\nOtter Inc\nGross pay $3,000.00\nTotal taxes $600.00\n"
            "Net pay $2,400.00\nTotal $3,000.00"
        ),
        "2400.00",
    ),
    "Italian": (
        "Busta paga\nOtter SRL\nTotale competenze 3.000,00\nNetto in busta 2.300,00",
        "2300.00",
    ),
    "without a payout": ("Loonstrook\nOtter BV\nTotaal bruto 3.000,00\nNetto 2.300,00", None),
}


@pytest.mark.parametrize(("text", "total"), PAYSLIPS.values(), ids=PAYSLIPS)
def test_the_total_of_a_payslip_is_what_is_paid_out(text: str, total: str | None, tmp_path: Path):
    """Gross pay is paid to nobody, and a payslip has no tax and no net amount of a bill."""
    assert _value(text, "total", tmp_path) == total
    assert _value(text, "net", tmp_path) is None


@pytest.mark.parametrize(
    "rest",
    [
        "Gift card 7.60\nRemaining balance 12.40",
        "Card balance 12.40",
        "Geschenkkarte 7.60\nRestbetrag 12.40",
        "Carte cadeau 7.60\nSolde restant 12.40",
        "STORED VALUE CARD 7.60\nBALANCE 12.40",
    ],
)
def test_the_rest_on_a_card_is_no_total(rest: str, tmp_path: Path):
    """Nobody has to pay what is left on a gift card."""
    text = f"Otter Books\n04/05/2031 12:30\nNovel 7.60\nTotal 7.60\n{rest}\n"

    assert _value(text, "total", tmp_path) == "7.60"
    assert _value(text, "amount_due", tmp_path) is None


@pytest.mark.parametrize(
    ("lines", "total"),
    [
        ("Total 45.00\nTip 9.00", None),
        ("Summe 45,00 EUR\nTrinkgeld 5,00 EUR", None),
        ("Total 45.00\nTip 9.00\nTotal 54.00", "54.00"),
        ("Subtotal 36.00\nTip 9.00\nTotal 45.00\nVISA 45.00", "45.00"),
        ("Total 45.00\nSuggested tip 18% 8.10", "45.00"),
        ("Total 45.00\nTip included 5.00", "45.00"),
        ("Total 45.00\nTip 0.00\nVISA 45.00", "45.00"),
        ("Total 45.00\nTip 5.00\nVISA 45.00", "45.00"),
    ],
)
def test_a_total_with_a_tip_written_below_it_is_open(lines: str, total: str | None, tmp_path: Path):
    """Nothing says what was paid, unless the sum of both is printed or the total was paid."""
    assert _value(f"Otter Grill\n04/05/2031 20:30\n{lines}\n", "total", tmp_path) == total


def test_what_the_insurance_paid_is_no_total(tmp_path: Path):
    """The charges of a medical bill are its total, and the patient's share is what is due."""
    text = (
        "Harbor Clinic LLC\nInvoice No. 5511\nTotal charges $450.00\nInsurance paid $390.00\n"
        "Patient responsibility $60.00\n"
    )

    assert _value(text, "total", tmp_path) == "450.00"
    assert _value(text, "amount_due", tmp_path) == "60.00"


@pytest.mark.parametrize("title", ["EXPLANATION OF BENEFITS", "Summary\nThis is not a bill"])
def test_what_says_that_it_is_no_bill_has_no_total(title: str, tmp_path: Path):
    """An insurer explains what a clinic has billed; the patient's share is what is due."""
    text = f"{title}\nTotal billed $450.00\nPlan paid $240.00\nAmount you owe $60.00\n"

    assert _value(text, "total", tmp_path) is None
