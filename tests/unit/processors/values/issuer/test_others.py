"""What `find_values` promises about firms on a page that did not issue it."""

import pytest

from pipeline.model import PageText
from processors.contract import Page
from processors.values import find_values


def company_of(text: str) -> str | None:
    """Return the company found in a text."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    found = find_values([page]).get("company")
    return found.value if found else None


@pytest.mark.parametrize(
    "other",
    [
        "Card payment via Otter Pay Ltd",
        "Zahlung durch Otter Pay GmbH",
        "Paiement par carte via Otter SAS",
        "Mitglied von Otter Handwerk AG",
        "Delivered by Otter Freight Ltd",
        "Sponsored by Otter Freight Ltd",
        "Membre de Otter Conseil SAS",
    ],
)
def test_who_serves_the_seller_is_not_the_seller(other: str):
    """Through whom a bill is paid, whose member its seller is: with a legal form or without."""
    assert company_of(f"Heron Inks\nInvoice 12\nInk 9.00\nTotal 9.00\n{other}") == "Heron Inks"


@pytest.mark.parametrize("name", ["Journeys Through Fells Ltd", "Cycle Durch Otter GmbH"])
def test_a_name_may_say_through(name: str):
    """Only what is paid or sent goes through somebody else."""
    assert company_of(f"{name}\nInvoice 12\nInk 9.00\nTotal 9.00") == name


@pytest.mark.parametrize("label", ["Customer", "Client", "Bill to"])
def test_a_table_has_the_customer_beside_its_label(label: str):
    """Below the label is another one, and not an address."""
    text = (
        f"Heron Inks\nInvoice 12\n{label}   Otter Freight Inc.\nAddress   8 Fell Row\n"
        "Date   4 May 2031\nTotal 9.00"
    )

    assert company_of(text) == "Heron Inks"


@pytest.mark.parametrize(
    "form",
    ["Betriebs GmbH", "Handelsgesellschaft mbH", "Verwaltungs AG", "Holding Ltd", "Gestion SARL"],
)
def test_a_form_with_a_word_of_firms_ends_the_name_above(form: str):
    """It is no name by itself."""
    assert company_of(f"Hotel Reiher\n{form}\nRechnung 12\nSumme 9,00") == f"Hotel Reiher {form}"


def test_where_goods_are_sent_is_no_seller():
    """A label of the buyer in the next column has no name of the seller below it."""
    text = "Order 12\nSold by\tShips to\nHeron Inks\tAnn Fox\nTotal 9.00"

    assert company_of(text) == "Heron Inks"


@pytest.mark.parametrize("label", ["Applicant", "Registered owner", "Lienholder", "Antragsteller"])
@pytest.mark.parametrize("between", ["\t", "    ", ": ", "\n"])
def test_who_applies_is_no_issuer(label: str, between: str):
    """Whom a paper is about has a label, in the cell before the name or above it."""
    text = f"Weir Recovery & Towing\n{label}{between}Otter Kayaks LLC\nPhone{between}555 0100\nFee 5.00"

    assert company_of(text) != "Otter Kayaks LLC"
    assert label not in (company_of(f"{label}{between}Otter Kayaks LLC\nTotal 5.00") or "")


def test_who_writes_for_a_company_is_no_part_of_its_name():
    """Behind "From:" a memo names the person first."""
    text = "To: Vole LLC\nFrom: Ann Fox, Otter Freight Ltd\nDate: 3 May 2031\nThe hall is yours."

    assert company_of(text) == "Otter Freight Ltd"


@pytest.mark.parametrize("label", ["Net", "Tax", "Subtotal", "Grand total"])
def test_the_label_of_a_sum_is_no_company(label: str):
    """A table may have its labels above its sums."""
    assert company_of(f"INVOICE\n{label}\n12.00\nInvoice 4711") is None


@pytest.mark.parametrize(
    "line", ["The trustee is Heron Inks Ltd.", "Der Bürge ist Heron Inks GmbH"]
)
def test_a_sentence_that_names_somebody_is_no_name(line: str):
    """A legal form at its end makes no name of it."""
    assert company_of(f"Trust deed\n{line}\n4 March 2031") != line


@pytest.mark.parametrize("label", ["Guarantor", "Responsible party", "Patient name", "Taxpayer"])
def test_who_answers_for_a_bill_is_not_who_issued_it(label: str):
    """It is named behind its label, which is no name either; a longer one may begin so."""
    bill = "Invoice 12\nInk 9.00\nTotal 9.00"

    assert company_of(f"Heron Inks\n{label}: Vole & Sons Ltd\n{bill}") == "Heron Inks"
    assert (
        company_of(f"INVOICE\n{label}:\nVole & Sons Ltd\nHeron Inks\n{bill}") != "Vole & Sons Ltd"
    )
    assert company_of(f"{label} Advice Ltd\n{bill}") == f"{label} Advice Ltd"


@pytest.mark.parametrize("label", ["Ratepayer", "Tenant:", "Mieter"])
def test_a_label_alone_on_the_first_line_is_about_the_receiver(label: str):
    """A word that is a label begins a name only where more follows: "Client Partners"."""
    below = "Juniper Vole\n5 Fell Row, Harwick HW4 9QT\nBILL\nTotal 5.00"

    assert company_of(f"{label}\n{below}") is None
    assert company_of(f"Tenant Partners\n{below}") == "Tenant Partners"


@pytest.mark.parametrize(
    "registration",
    [
        "Ltd, Company no. 0712345",
        "Ltd Company Number: 0712345",
        "Ltd (Company No. 0712345)",
        "Ltd - Company Reg. 0712345",
        "Ltd, Co Reg No: 0712345",
        "Ltd, company registered in England no 0712345",
        "Ltd, Company VAT No. GB0712345",
    ],
)
def test_company_before_a_number_is_no_part_of_a_name(registration: str):
    """Behind a legal form the word announces a number of the register."""
    assert company_of(f"Heron Inks {registration}\nInvoice 12\nTotal 9.00") == "Heron Inks Ltd"


@pytest.mark.parametrize("name", ["Heron Company Ltd", "Heron Company", "Heron & Company Inc."])
def test_company_may_end_a_name(name: str):
    """Without a number behind it the word is a legal form."""
    assert company_of(f"{name}\nInvoice 12\nTotal 9.00") == name
