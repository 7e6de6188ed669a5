"""Behind a label that is not the seller's, a name is a suggestion at most."""

from pathlib import Path

import pytest

from processors.confidence.model import MOST_OF_SUGGESTION
from tests.unit.processors import documents

_REST = "Invoice No: R-88\nDate: 4 May 2031\nTotal: 120.00\n"


@pytest.mark.parametrize("label", ["Project", "Carrier", "Bank", "Manufacturer", "Projekt name"])
def test_a_name_behind_the_label_of_something_else_is_not_written(label: str, tmp_path: Path):
    """Who makes, carries or finances the goods need not be who sells them."""
    for text in (f"{label}: Fox Design Ltd\n{_REST}", f"{_REST}{label}: Fox Design Ltd\n"):
        fields = documents.read(text.encode(), tmp_path).fields

        assert "company" not in fields or fields["company"].confidence <= MOST_OF_SUGGESTION


@pytest.mark.parametrize("label", ["Seller", "Company", "Sold by"])
def test_a_name_behind_the_label_of_the_seller_may_be_written(label: str, tmp_path: Path):
    """The label says that it is the issuer's."""
    fields = documents.read(f"{label}: Fox Design Ltd\n{_REST}".encode(), tmp_path).fields

    assert fields["company"].confidence > MOST_OF_SUGGESTION


@pytest.mark.parametrize("label", ["Buyer", "Customer", "Client", "Kunde"])
def test_a_buyer_on_the_first_line_is_not_the_issuer(label: str, tmp_path: Path):
    """A colon makes a label of a word that may begin the name of a company."""
    fields = documents.read(f"{label}: Fox Design Ltd\n{_REST}".encode(), tmp_path).fields

    assert "company" not in fields
    assert fields["buyer"].value == "Fox Design Ltd"
