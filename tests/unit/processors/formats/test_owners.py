"""In XML and JSON the names of what a value is in decide whose value it is."""

from pathlib import Path

import pytest

from processors.detect.owners import owned
from tests.unit.processors import documents

_XML = "<?xml version='1.0'?>"

OF_ANOTHER = {
    "the day of a payment": (
        "<bill><no>T-4</no><payment><date>2031-05-04</date></payment><total>12.00</total></bill>",
        "date",
    ),
    "the day of a delivery": (
        "<Rechnung><Lieferung><Datum>04.05.2031</Datum></Lieferung><Summe>12,00</Summe></Rechnung>",
        "date",
    ),
    "the name of a buyer": (
        "<Invoice><Buyer><Name>Fox Design Ltd</Name></Buyer><Total>12.00</Total></Invoice>",
        "company",
    ),
    "the name of a buyer by its role": (
        "<bill><party role='buyer'><name>Fox Ltd</name></party><total>12.00</total></bill>",
        "company",
    ),
    "the company of a customer": (
        (
            '{"invoice": {"number": "T-4", "customer": {"company": {"name": "Fox Design Ltd"}},'
            ' "total": "12.50"}}'
        ),
        "company",
    ),
    "the address to ship to": (
        '{"invoice_no": "T-4", "shipTo": {"address": "12 High Street, Leeds LS1 1AA"}}',
        "address",
    ),
    "the name of who is insured": (
        '{"policy": {"insured": {"name": "Fox Design Ltd"}}, "premium": {"total": "12.50"}}',
        "company",
    ),
    "the name of a bank": (
        "<bill><no>T-4</no><bank><name>Fox Bank plc</name></bank><total>12.00</total></bill>",
        "company",
    ),
    "the number of a customer": (
        "<invoice><customer><invoiceNumber>77</invoiceNumber></customer><total>9.00</total></invoice>",
        "invoice_number",
    ),
    "the day of the order": (
        "<Invoice><Order><Date>2031-04-01</Date></Order><Total>12.00</Total></Invoice>",
        "date",
    ),
    "the amount of a payment": (
        "<Invoice><Number>T-4</Number><Payment><Total>7.00</Total></Payment></Invoice>",
        "total",
    ),
}


@pytest.mark.parametrize(("data", "name"), OF_ANOTHER.values(), ids=OF_ANOTHER)
def test_what_is_of_something_else_is_no_value_of_the_document(
    data: str, name: str, tmp_path: Path
):
    """A name, a day or a number within a party, a payment or another paper is its own."""
    content = data if data.startswith("{") else _XML + data

    found = documents.read(content.encode(), tmp_path).fields.get(name)

    assert found is None or found.value is None


OF_DOCUMENT = {
    "the seller's name": (
        "<Invoice><Seller><PartyName><Name>Otter Ltd</Name></PartyName></Seller><Total>9.00</Total></Invoice>",
        {"company": "Otter Ltd", "total": "9.00"},
    ),
    "a number and a day in a heading": (
        "<doc><Invoice><Header><No>T-4</No><Date>2031-05-01</Date></Header></Invoice></doc>",
        {"invoice_number": "T-4", "date": "2031-05-01"},
    ),
    "a day in an element that says which": (
        "<Bill><IssueDate><Date>2031-05-01</Date></IssueDate><No>T-4</No></Bill>",
        {"date": "2031-05-01", "invoice_number": "T-4"},
    ),
    "what is due, and when": (
        "<Bill><No>T-4</No><Due><Date>2031-05-09</Date></Due><Total><Amount>9.00</Amount></Total></Bill>",
        {"due_date": "2031-05-09", "total": "9.00"},
    ),
    "the number of a credit note": (
        "<CreditNote><No>CN-8</No><Invoice><No>T-4</No></Invoice><Total>9.00</Total></CreditNote>",
        {"invoice_number": "CN-8"},
    ),
    "both parties": (
        (
            '{"number": "T-4", "bill_from": {"company": "Otter Ltd"},'
            ' "customer": {"name": "Fox Design Ltd"}, "invoice_total": "9.50"}'
        ),
        {"company": "Otter Ltd", "buyer": "Fox Design Ltd"},
    ),
    "a tax": (
        "<Invoice><No>T-4</No><Net>10.00</Net><Vat><Amount>2.00</Amount></Vat><Total>12.00</Total></Invoice>",
        {"tax": "2.00", "total": "12.00"},
    ),
}


@pytest.mark.parametrize(("data", "values"), OF_DOCUMENT.values(), ids=OF_DOCUMENT)
def test_what_is_of_the_document_is_read_with_the_names_around_it(
    data: str, values: dict[str, str], tmp_path: Path
):
    """Headings, the seller and elements that say what is in them announce its own values."""
    content = data if data.startswith("{") else _XML + data

    fields = documents.read(content.encode(), tmp_path).fields

    assert {name: fields[name].value for name in values if name in fields} == values


@pytest.mark.parametrize(
    ("names", "name", "is_apart"),
    [
        (("", "buyer", "name"), "buyer", False),
        (("", "buyer", "contact", "name"), "buyer name", True),
        (("", "billing", "company"), "billing company", True),
        (("", "billing", "date"), "date", False),
        (("", "invoiceAddress", "Street"), "invoiceAddress Street", True),
        (("", "Lieferant", "Firma"), "Firma", False),
        (("", "Lieferant", "Name"), "Lieferant", False),
        (("", "SupplierParty", "Name"), "Seller", False),
        (("", "CompanyInfo", "CompanyName"), "CompanyName", False),
        (("", "Vorgang", "Date"), "Date", False),
        (("", "Vorgang", "CompanyName"), "CompanyName", False),
        (("", "Vorgang", "Payment", "Date"), "Payment Date", True),
        (("", "Käufer", "Name"), "Käufer", False),
        (("", "seller", "number"), "seller number", True),
        (("", "seller", "address"), "address", False),
        (("", "payment", "iban"), "iban", False),
        (("", "item", "total"), "item total", True),
        (("", "grandTotal", "value"), "grandTotal", False),
        (("invoice", "number"), "invoice number", False),
        (("report", "section", "text"), "text", False),
        (("x",), "x", False),
        ((), "", False),
    ],
)
def test_a_value_is_named_by_what_it_is_in(names: tuple[str, ...], name: str, is_apart: bool):  # noqa: FBT001 - a parameter
    """A name that says nothing alone is read with that of its element."""
    found = owned(names)

    assert (found.name, found.is_apart) == (name, is_apart)
