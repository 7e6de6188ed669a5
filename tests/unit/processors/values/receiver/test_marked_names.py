"""Names in lists of values, beside labels of other columns, and of roles in XML."""

import pytest

from processors.detect.owners import owned
from tests.unit.processors.values.test_parties import values_of

_HEAD = "Otter Quill Ltd\n5 Heron Row\nEly CB7 4DL\nINVOICE 12\n"


@pytest.mark.parametrize("mark", [",", ";"])
def test_a_name_is_behind_its_label_in_a_list_of_values(mark: str):
    """A comma without a blank separates values as a colon does."""
    text = (
        f"Invoice{mark}INV-221\nSeller{mark}Heron Honey Ltd\nCustomer{mark}Moss Deli\nTotal £5.00"
    )
    found = values_of(text)

    assert (found["company"], found["buyer"]) == ("Heron Honey Ltd", "Moss Deli")


@pytest.mark.parametrize("other", ["Job site:", "Event place:", "Delivered by:"])
def test_a_label_beside_that_of_a_buyer_is_no_buyer(other: str):
    """Both have a colon, and their values are below them."""
    text = f"{_HEAD}Bill to:          {other}\nMoss Kiln Ltd     15 Fell Court\nTotal £5.00"

    assert values_of(text)["buyer"] == "Moss Kiln Ltd"


@pytest.mark.parametrize("label", ["NIP", "VAT no", "Tel", "Kontakt"])
def test_what_announces_a_number_is_no_name(label: str):
    """Its number may be in the next column."""
    assert values_of(f"INVOICE 12\n{label}\nMoss & Fell\nTotal £5.00")["company"] == "Moss & Fell"


def test_a_saint_is_no_street():
    """A street begins with its number or ends with its word."""
    assert values_of("St Ida's School\nBook fee £5.00\nTotal £5.00")["company"] == "St Ida's School"


@pytest.mark.parametrize(
    ("names", "label"),
    [
        (("Invoice", "Receptor", "Nombre"), "Receptor"),
        (("invoice", "to", "name"), "to"),
        (("Bill", "Payer", "CompanyName"), "Payer"),
        (("Request", "Partner", "billTo", "Contact", "Name"), "billTo"),
    ],
)
def test_the_name_of_a_party_has_its_label(names: tuple[str, ...], label: str):
    """A contact that has a role is the party."""
    assert owned(names).name == label
    assert not owned(names).is_apart


def test_what_is_alone_below_two_labels_is_not_sure_to_be_the_buyer():
    """Cells with lines of their own are below each other in the text of a page."""
    text = "INVOICE 12\n| From | To |\nOtter Quill\n5 Heron Row\n\nMoss Deli\nTotal £5.00"

    assert values_of(text).get("buyer") != "Otter Quill"


def test_a_firm_before_a_colon_may_be_anybody():
    """Above a name the same word is a form of address."""
    assert "buyer" not in values_of(f"{_HEAD}Firma: Moss Kiln GmbH\nTotal £5.00")
    assert values_of(f"{_HEAD}Firma\nMoss Kiln GmbH\nTotal £5.00")["buyer"] == "Moss Kiln GmbH"


def test_a_contact_of_a_customer_is_not_the_customer():
    """Who works there has a name of its own."""
    assert owned(("data", "customer", "contact", "name")).is_apart
