"""What else a contract has: only what is its own, and nothing that a clause mentions."""

import pytest

from pipeline.model import Finding, PageText
from processors.contract import Page
from processors.values import find_values

_BETWEEN = (
    "SUPPLY AGREEMENT\nThis Agreement is made as of May 4, 2031 between\nRill Works, Inc., an Ohio "
    "corporation (“Rill”), and Orr Mills LLC, a Maine company (“Orr”).\n"
)


def values_of(text: str) -> dict[str, Finding]:
    """Return the values found in a contract."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    return find_values([page], doc_class="contract")


def test_sums_of_clauses_are_open():
    """A sum that a sentence names is not the total of the contract, and neither is its number."""
    clause = (
        "3. Fines. Who is late must pay a total of $500.00 for every week, and must show the\n"
        "receipt no. 14 of the amount due, $1,200.00, before the other party asks for it.\n"
    )

    found = values_of(_BETWEEN + clause)

    assert found["total"].value is None
    assert "clause" in found["total"].reason
    assert "invoice_number" not in found or found["invoice_number"].value is None


def test_stated_total_is_kept():
    """A total that a line of its own states is the contract's."""
    found = values_of(_BETWEEN + "Fee a year: $400.00\nTotal: $1,200.00\n1. Supply.")

    assert found["total"].value == "1200.00"


@pytest.mark.parametrize(
    "line",
    [
        "This Agreement is between Rill Works, Inc.",
        "Works, Inc., an Ohio corporation",
        "(“Orr”) and Rill Works, Inc.",
    ],
)
def test_company_is_a_whole_party(line: str):
    """The company of a contract is one of its parties, with the whole name and nothing else."""
    text = f"AGREEMENT\n{line}\nIt is made between Rill Works, Inc. (“Rill”) and Ida Orr (“Orr”).\n"

    assert values_of(text)["company"].value == "Rill Works, Inc."


def test_description_is_no_company():
    """What a party is, is not the name of a company."""
    text = "AGREEMENT\nThis is between Rill Works, Inc.,\na Delaware corporation, and Ida Orr.\n"

    company = values_of(text).get("company")

    assert company is None or company.value in {None, "Rill Works, Inc."}


def test_sentence_is_no_address():
    """An address that goes on as a clause is open."""
    text = _BETWEEN + (
        "Rill Works, Inc.\n12 Fell Road, Dover, Delaware 19901 (the “Works”) shall be kept open.\n"
    )

    address = values_of(text).get("address")

    assert address is None or "shall" not in str(address.value)


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("Total price: $6,000", "total", "6000.00"),
        ("Invoice number: RILL/58", "invoice_number", "RILL/58"),
        ("Order no: PO/2031/4", "order_number", "PO/2031/4"),
    ],
)
def test_stated_values_keep_their_signs(line: str, name: str, value: str):
    """A sum without decimals and a number with a slash are stated by lines of their own."""
    assert values_of(_BETWEEN + f"{line}\n1. Supply.")[name].value == value


def test_day_of_signing_is_no_address():
    """A blank day is no address, nor is any address that of a company which is no party."""
    text = "FELL AGREEMENT\nBetween Fell Mining Company of Ohio and Rill Cup Club for 2031\n"
    address = values_of(f"{text}The parties agree.\nDated this ___ day of ______, 2031\n")[
        "address"
    ]

    assert address.value is None


def test_address_without_its_label():
    """What an address is for is no part of it."""
    text = "AGREEMENT\nSeller: Rill Ltd\nAddress for notices: 5 Fell Road, Dover DE 19901\n"

    assert values_of(f"{text}Buyer: Orr plc\n")["address"].value == "5 Fell Road, Dover DE 19901"


@pytest.mark.parametrize(
    ("line", "total"), [("100 Station Road", None), ("Total: $100", "100.00"), ("Fee: 100", None)]
)
def test_a_house_number_states_no_total(line: str, total: str | None):
    """A clause names the sum, and a short line has the same digits."""
    clause = "3. Fines. Who is late must pay a total of $100.00 for every week, and must show it.\n"

    assert values_of(f"{_BETWEEN}{line}\n{clause}")["total"].value == total
