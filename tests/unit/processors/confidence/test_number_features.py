"""A number behind a title may be the year that a bill is for: then it is a suggestion."""

import pytest

from processors.confidence.logistic import logit
from processors.confidence.model import WRITE_AT, most_logit
from processors.contract import Page
from tests.unit.processors.confidence.test_probabilities import features_on, page


def is_sure(*lines: str) -> bool:
    """Return whether the number of a bill with these lines may be written."""
    pages: list[Page] = [page(*lines, "Otter Ltd", "Total $5.00")]
    return most_logit(features_on(pages, "invoice_number")) > logit(WRITE_AT)


@pytest.mark.parametrize(
    "title",
    [
        "Betriebskostenabrechnung 2030",
        "Wasserrechnung 2031",
        "Yearly Invoice 2031",
        "School Bill 2030-2031",
        "Harbor Dues Invoice 2031/32",
        "Facture 2031",
        "Fattura 2030",
        "Club Invoice - 2031",
        "Rent Invoice FY2031",
        "Radio Invoice Q2-2031",
        "Radio Invoice 2031 Q2",
        "Credit note 2031",
    ],
)
def test_a_year_right_behind_a_title_is_a_suggestion(title: str):
    """Landlords, clubs and towns send a bill for a year."""
    assert not is_sure(title, "Date: 3 May 2031")


def test_a_year_behind_a_title_is_one_without_a_date_too():
    """Nothing says that it is another year than that of the bill."""
    assert not is_sure("Yearly Invoice 2031")


@pytest.mark.parametrize(
    "title",
    [
        "Invoice No. 2031",
        "Invoice: 2031",
        "Invoice #2031",
        "Rechnung Nr. 2031",
        "Facture n° 2031",
        "Invoice 2031-001",
        "Invoice 2031-0032",
        "Invoice 20312",
        "Invoice 2031-07",
        "Invoice 2019",
        "Invoice 2047",
        "Rechnung 04/2031",
    ],
)
def test_what_is_no_year_of_the_bill_is_written(title: str):
    """Words for a number, more digits, or a year far from the day of the bill say so."""
    assert is_sure(title, "Date: 3 May 2031")
