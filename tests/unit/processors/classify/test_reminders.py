"""A paper about bills that were paid, or were not, is none of them."""

import pytest

from pipeline.model import PageText
from processors.classify.classifier import classify
from processors.contract import Page


@pytest.mark.parametrize(
    "title",
    [
        "REMITTANCE ADVICE",
        "Zahlungsavis",
        "2. Mahnung",
        "Payment reminder",
        "Betalningspåminnelse",
        "The following invoices are past due:",
        "Les factures suivantes restent impayées",
    ],
)
def test_a_reminder_or_an_advice_is_not_written_as_an_invoice(title: str):
    """It names numbers, days and sums of invoices."""
    text = (
        f"Otter Ltd\n{title}\nInvoice number   Invoice date   Due date   Amount due\n"
        "OT-71   02/03/2031   16/03/2031   45.00\nOT-80   09/03/2031   23/03/2031   60.00\n"
        "Total due   105.00\n"
    )
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))

    found = classify([page], media_type="text/plain")

    assert found.value != "invoice" or found.confidence < 0.95
