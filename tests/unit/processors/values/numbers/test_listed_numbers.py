"""The number of another paper, or of a row in a list of bills, is not written as the document's."""

from pathlib import Path

import pytest

from processors.confidence.model import MOST_OF_SUGGESTION
from tests.unit.processors import documents


def test_a_list_of_bills_with_amounts_has_no_number(tmp_path: Path):
    """An advice of what was paid names the bills row by row."""
    text = (
        "Remittance advice\nOtter Ltd\nDate: 4 May 2031\nInvoice no. R-1001  10.00\n"
        "Invoice no. R-1002  20.00\nTotal paid 30.00\n"
    )

    assert documents.read(text.encode(), tmp_path).fields["invoice_number"].value is None


def test_a_number_with_its_amount_beside_it_is_that_of_a_bill(tmp_path: Path):
    """One row is no list."""
    text = "Otter Ltd\nInvoice no. R-1001  10.00\nDate: 4 May 2031\nTotal 10.00 EUR\n"

    assert documents.read(text.encode(), tmp_path).fields["invoice_number"].value == "R-1001"


@pytest.mark.parametrize("label", ["Original invoice no", "Ref. invoice no"])
def test_a_number_that_may_be_of_another_bill_is_a_suggestion_at_most(label: str, tmp_path: Path):
    """Such words are before the document's own number, too, but mostly before another one."""
    text = f"INVOICE\nOtter Ltd\n{label}: INV-100\nDate: 4 May 2031\nTotal EUR 50.00\n"

    found = documents.read(text.encode(), tmp_path).fields["invoice_number"]

    assert found.confidence <= MOST_OF_SUGGESTION
