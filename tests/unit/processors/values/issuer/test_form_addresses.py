"""What is no address of the issuer: a request, and what somebody has entered in a form."""

import pytest

from tests.unit.processors.values.issuer.test_addresses import values_of


@pytest.mark.parametrize(
    "line", ["Please write the block in capitals", "Bitte in Druckschrift, Block 9", "Kindly 5 Rd"]
)
def test_a_request_is_no_address(line: str):
    """It may have words that an address has."""
    assert values_of(f"Brindle Otter Ltd\nInvoice no: 8\n{line}\nTotal 5.00").get("address") is None


@pytest.mark.parametrize("label", ["Name", "Company name", "Applicant", "Nom", "Antragsteller"])
def test_an_address_below_the_name_that_is_entered_in_a_form_is_not_the_issuers(label: str):
    """Who issued the form is at its head, and who filled it in has an address, too."""
    form = (
        f"Brindle Otter Ltd\nAPPLICATION FORM\n{label}: Heron Ink\nAddress: 9 Elm Ave, Ely EL4 9QT"
    )

    assert values_of(form).get("address") is None
    with_own = form.replace("\nAPPL", "\n12 Fell Road, Harwick HW4 9QT\nAPPL")
    assert values_of(with_own)["address"] == "12 Fell Road, Harwick HW4 9QT"
