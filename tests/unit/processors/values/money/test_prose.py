"""What is no bill has no total and no number, although its sentences name some."""

import pytest

from processors.values import find_values
from tests.unit.processors.values.test_dates import page

_BILL = "Otter Ltd\nInvoice no: RT-8\nDate: 9 June 2031\nTotal £31.00"


def values_of(text: str) -> dict[str, str | None]:
    """Return the values found in a text."""
    return {name: finding.value for name, finding in find_values([page(text)]).items()}


@pytest.mark.parametrize(
    "line",
    [
        "The total market grew to £9,000.00 in this year.",
        "Buy cups for a total of £90.00 to get a free cup with it.",
        "La somme totale des ventes de la ville atteint 9 000,00 € cette année.",
        "A late fee of £90.00 is due if you pay after that.",
        "The total of your bill is below, for example £90.00.",
        "Total visitors 900",
        "Our carts and boats cost £900.00 in total each year.",
        "Limit of indemnity: £900.00 a claim, total £9,000.00",
    ],
)
def test_a_sentence_about_something_else_announces_no_total(line: str):
    """What is between the word for a sum and the amount says of what it is."""
    assert values_of(f"{_BILL}\n{line}")["total"] == "31.00"
    assert values_of(f"Notes of the spring\n{line}").get("total") is None


@pytest.mark.parametrize(
    "line",
    [
        "The total amount due for this order is £31.00.",
        "Your total comes to £31.00, payable within 9 days.",
        "Please pay a total of £31.00 by the end of June.",
        "Der Gesamtbetrag von 31,00 € ist bis zum 9. Juli zu zahlen.",
        "Le montant total de cette facture s'élève à 31,00 € TTC.",
    ],
)
def test_a_sentence_may_announce_the_total(line: str):
    """Nothing but small words and words of bills is between the word and the amount."""
    assert values_of(f"Otter Ltd\nInvoice no: RT-8\nDate: 9 June 2031\n{line}")["total"] == "31.00"


@pytest.mark.parametrize(
    "text",
    ["Job\nPay: £9,000.00 a year", "Lot 4: an old chest\nEstimate £70.00", "Save £20.00 on cups!"],
)
def test_the_largest_amount_of_what_may_be_no_bill_is_a_candidate_only(text: str):
    """Nothing in it is called a total, and nothing says that it is a bill."""
    assert values_of(text).get("total") is None
    assert values_of(f"INVOICE\n{text}")["total"] is not None


def test_a_number_for_example_is_not_that_of_the_document():
    """A page about bills shows what one looks like."""
    text = "The invoice number is at the top, for example RT-8."

    assert values_of(text).get("invoice_number") is None
    assert values_of(f"{_BILL}\n{text.replace('8', '9')}")["invoice_number"] == "RT-8"


def test_the_sum_that_an_insurer_pays_at_most_is_no_total():
    """Words for a sum are in its name."""
    assert values_of("Rill Insurance\nSum insured £9,000.00").get("total") is None
    assert values_of("Rill\nVersicherungssumme 9.000,00 €\nSumme 31,00 €")["total"] == "31.00"
