"""What `find_values` promises about names behind roles, and about whom a letter or a bill is to."""

import pytest

from tests.unit.processors.values.issuer.test_issuer import values_of
from tests.unit.processors.values.test_find_values import value


@pytest.mark.parametrize("role", ["Landlord", "Employer", "Auftragnehmer", "Sender", "Carrier"])
@pytest.mark.parametrize("head", ["Brindle Otter Ltd\n3 Fell Road", "INVOICE\nBrindle Tutors"])
def test_a_role_below_a_letterhead_is_not_the_seller(role: str, head: str):
    """Whom a bill is about has a role, too."""
    values = values_of(f"{head}\n{role}: Vole Estates Ltd\nInvoice no: 8\nTotal 5.00")

    assert values["company"] == next(line for line in head.split("\n") if "Brindle" in line)


def test_a_role_names_the_seller_where_nobody_heads_the_page():
    """A bill of a landlord may say so."""
    assert (
        values_of("INVOICE\nLandlord: Vole Estates Ltd\nTotal 5.00")["company"]
        == "Vole Estates Ltd"
    )


@pytest.mark.parametrize(
    "lines",
    [
        "For: Website",
        "From: Harwick\nTo: Wickham",
        "Fra: Harwick\nTil: Wickham",
        "To: Bo Fell <bo@fell.example>, Cy <cy@fell.example>",
    ],
)
def test_a_place_a_subject_or_a_mailbox_is_no_buyer(lines: str):
    """Small words before a name announce other things as well; a customer behind them counts."""
    text = f"Brindle Otter Ltd\n{lines}\nInvoice no: 8\nTotal 5.00"

    assert "buyer" not in values_of(text)
    assert values_of(f"{text}\nCustomer: Vole Estates")["buyer"] == "Vole Estates"


@pytest.mark.parametrize("buyer", ["Vole Estates Ltd", "Mr. Ivo Vole", "Vole\n3 Fell Road"])
def test_the_buyer_behind_a_small_word(buyer: str):
    """A legal form, a title or an address says that it is somebody."""
    values = values_of(f"Brindle Otter Ltd\nInvoice no: 8\nTo: {buyer}\nTotal 5.00")

    assert values["buyer"] == buyer.split("\n", maxsplit=1)[0]


def test_whom_a_letter_is_to_is_not_its_company():
    """The address above the salutation is the sender's only if who signs names it."""
    text = "Vole Loans Ltd\n3 Fell Road\nHarwick HW4 9QT\n4 May 2031\nDear Sirs,\nI disagree.\nYours faithfully,\nIda Roe"

    assert value("company", text, "letter") is None
    assert value("company", f"{text}\nVole Loans Ltd", "letter") == "Vole Loans Ltd"
