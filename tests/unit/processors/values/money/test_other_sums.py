"""What `find_values` promises about sums that are of more or less than the bill."""

import pytest

from pipeline.model import PageText
from processors.contract import Page
from processors.values import find_values


def values_of(text: str) -> dict[str, str | None]:
    """Return the values found in a text."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    return {name: finding.value for name, finding in find_values([page]).items()}


@pytest.mark.parametrize(
    "line",
    [
        "Total orders this year 918.00",
        "Total invoiced to date 918.00",
        "Summe im laufenden Jahr 918,00",
        "Installment 1 due 5 May 2031 30.00\nInstallment 2 due 5 June 2031 30.00",
        "1. Teilzahlung, fallig 30,00\n2. Teilzahlung, fallig 30,00",
    ],
)
def test_sums_of_years_and_parts_to_pay_are_no_total(line: str):
    """Beside the total of a bill, others are of many bills, or say when it is paid in parts."""
    assert values_of(f"Otter Ltd\nInvoice no 8\nTotal 60.00\n{line}")["total"] == "60.00"


def test_the_sum_of_a_year_is_the_total_where_it_is_the_only_one():
    """A fee may be for a year."""
    assert values_of("Otter Ltd\nInvoice no 8\nTotal for this year 60.00")["total"] == "60.00"


@pytest.mark.parametrize(
    "line",
    [
        "Total 60.00 including 10.00 VAT",
        "Total £60.00 (incl. VAT £10.00)",
        "Gesamtbetrag 60,00 EUR, davon MwSt 10,00 EUR",
        "Total TTC 60,00 € dont TVA 10,00 €",
    ],
)
def test_what_is_within_a_total_is_not_the_total(line: str):
    """A tax behind the total says how much of it is tax."""
    values = values_of(f"Otter Ltd\nInvoice no 8\n{line}")

    assert (values["total"], values["tax"]) == ("60.00", "10.00")


@pytest.mark.parametrize("words", ["sixty pounds", "Sixty-one hundred", "sechzig"])
def test_digits_that_repeat_words_are_no_credit(words: str):
    """Parentheses behind a sum in words are no minus."""
    assert values_of(f"Otter Ltd\nInvoice no 8\nTotal: {words} (£60.00)")["total"] == "60.00"


@pytest.mark.parametrize("counted", ["pieces", "cartons", "pallets", "nights"])
def test_what_is_counted_is_no_total(counted: str):
    """A delivery note sums up what was delivered."""
    assert values_of(f"Otter Ltd\nDelivery note\nCups 12\nTotal {counted} 12").get("total") is None


@pytest.mark.parametrize(
    ("due", "late"),
    [
        ("Amount due by 06/05/2031 $80.00", "Amount due after 06/05/2031 $88.00"),
        ("Total amount due $80.00", "Late amount due $88.00"),
        ("Amount due $80.00", "Amount due after June 5, 2031 $88.00"),
        ("Balance due $80.00", "Balance due after the due date $88.00"),
        ("Amount due $80.00", "If not paid by 20 May 2031 the total will be $88.00"),
        ("Zahlbetrag 80,00 EUR", "Zahlbetrag nach dem 5.6.2031 88,00 EUR"),
        ("Montant à payer 80,00 EUR", "Montant à payer après le 5 juin 2031 88,00 EUR"),
    ],
)
def test_what_is_due_late_is_not_due(due: str, late: str):
    """The sum with a surcharge is to be paid only by who is late."""
    found = values_of(f"Otter Water Ltd\nInvoice no 8\n{due}\n{late}")

    assert found["total"] in {"80.00", None}
    assert found.get("amount_due", "80.00") == "80.00"


@pytest.mark.parametrize("words", ["after discount", "after credits", "after 2 payments"])
def test_what_is_due_after_something_else_is_due(words: str):
    """Only a day makes a sum one that is paid late."""
    text = f"Otter Water Ltd\nInvoice no 8\nSubtotal $90.00\nAmount due {words} $80.00"

    assert values_of(text)["amount_due"] == "80.00"


@pytest.mark.parametrize(
    ("lines", "total"),
    [
        ("Net total 50.00\nTotal £60.00", "60.00"),
        ("Net total 50.00\nDelivery 4.00\nGrand total £64.80", "64.80"),
        ("Total 60.00\nRebate 10.00\nNet total 50.00", "50.00"),
        ("Net total 50.00\nTotal of the last three bills 900.00", "50.00"),
    ],
)
def test_a_net_total_above_a_larger_total_is_without_taxes(lines: str, total: str):
    """Below everything else, the same words mean what is left to pay."""
    assert values_of(f"Shop\nInvoice no: 8\n{lines}")["total"] == total


def test_an_amount_that_is_announced_as_something_else_is_not_the_largest():
    """Without a total, the largest amount is a guess, and a limit is not even that."""
    assert "total" not in values_of("Rill Ltd\nCredit limit requested: £5,000.00")
    assert values_of("INVOICE\nWheel £70.00\nSum insured £900.00")["total"] == "70.00"
