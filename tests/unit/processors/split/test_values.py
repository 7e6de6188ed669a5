"""Several documents in one file are found by their pages, and their values never meet."""

from pathlib import Path

import pytest

from tests.unit.processors import documents

BILL = "Kettle Ltd\nInvoice number: 4711\nInvoice date: 2026-03-01\nTotal due: EUR 120.00"
OTHER = "Teapot Inc\nInvoice number: 4712\nDue date: 2026-04-01\nTotal due: EUR 99.00"

SHORT = "Kettle Ltd\nInvoice\nDate: 3 May 2024\nTotal EUR 120.00"
QUOTED = "Invoice date: 2 April 2024\nInvoice total EUR 80.00"
CREDIT_NOTE = (
    "Kettle Ltd\nCREDIT NOTE\nCredit note no: CN 77\nDate: 3 May 2024\nTotal EUR -20.00\n"
    f"This note refers to:\nInvoice no: 870\n{QUOTED}"
)
NUMBERED = SHORT.replace("Invoice", "Invoice no 881")


@pytest.mark.parametrize(
    "pages",
    [
        (
            f"{NUMBERED}\nPage 1 of 2",
            "Annex: expenses\nTaxi receipt no 5523\nDate: 1 May 2024\nTotal EUR 20.00\nPage 2 of 2",
        ),
        (
            NUMBERED,
            "Conditions\nEffective 1 January 2020. Kettle Group plc\nMinimum order total EUR 500.00",
        ),
        (NUMBERED, NUMBERED.replace("120", "80")),
        (SHORT, SHORT.replace("120", "80")),
        (CREDIT_NOTE,),
        (f"{NUMBERED}\nLast invoice\nInvoice no: 870\n{QUOTED}\nPaid, thank you",),
    ],
)
def test_a_bill_that_another_one_annexes_or_quotes_says_nothing_of_it(
    pages: tuple[str, ...], tmp_path: Path
):
    """They are one document; its sum is open, and nothing else is of the other bill."""
    findings = documents.read("\f".join(pages).encode(), tmp_path)

    values = {name: finding.value for name, finding in findings.fields.items()}
    assert findings.children == ()
    assert values["total"] is None
    assert values.get("amount_due") is None
    assert values["company"] in {None, "Kettle Ltd"}
    assert values["date"] in {None, "2024-05-03"}
    assert values.get("invoice_number") in {None, "881", "CN 77"}


@pytest.mark.parametrize(
    "sentence",
    [
        "1. Disputes over EUR 9,000.00 are decided by the court of Bristol.",
        "1. Every overdue payment is charged with EUR 12.50.",
        "3. Cash above EUR 500.00 is not accepted.",
    ],
)
def test_a_sum_in_the_terms_of_a_bill_is_not_another_total(sentence: str, tmp_path: Path):
    """Terms name sums that nobody bills."""
    terms = f"Conditions\n{sentence}"

    findings = documents.read(f"{NUMBERED}\f{terms}".encode(), tmp_path)

    assert findings.fields["total"].value == "120.00"


def test_two_documents_in_one_file_leave_open_what_they_differ_in(tmp_path: Path):
    """Which of two invoices the record means nobody can know."""
    findings = documents.read(documents.pdf(BILL, OTHER), tmp_path)

    for name in ("invoice_number", "total"):
        assert findings.fields[name].value is None
        assert "page 2" in findings.fields[name].reason
    assert findings.fields["currency"].value == "EUR"


def test_a_value_of_the_second_document_does_not_complete_the_first(tmp_path: Path):
    """The due date of one invoice is not written next to the date of another."""
    findings = documents.read(documents.pdf(BILL, OTHER), tmp_path)

    values = {name: finding.value for name, finding in findings.fields.items()}
    assert not (values.get("date") and values.get("due_date"))


def test_pages_of_one_document_are_read_together(tmp_path: Path):
    """A number that every page repeats, and pages without one, make one document."""
    pages = [
        "Kettle Ltd\nInvoice number: 4711\nInvoice date: 2026-03-01\nCups 20.00",
        "Pots 100.00",
        "Invoice number: 4711\nTotal due: EUR 120.00",
    ]

    findings = documents.read(documents.pdf(*pages), tmp_path)

    values = {name: finding.value for name, finding in findings.fields.items()}
    assert values["invoice_number"] == "4711"
    assert values["date"] == "2026-03-01"
    assert values["total"] == "120.00"


def test_a_document_of_two_pages_keeps_its_total(tmp_path: Path):
    """Each document goes from the page of its number to the page of its total."""
    first = ["Invoice number: 4711\nCups 20.00", "Total due: EUR 120.00"]
    second = ["Invoice number: 4712\nCups 20.00", "Total due: EUR 120.00"]

    findings = documents.read(documents.pdf(*first, *second), tmp_path)

    assert findings.fields["total"].value == "120.00"
    assert findings.fields["invoice_number"].value is None
    assert "pages 3\N{EN DASH}4" in findings.fields["invoice_number"].reason


def test_documents_below_each_other_on_a_page_never_meet(tmp_path: Path):
    """Each has its number, its date and its total."""
    first = BILL.replace("Invoice date", "Date")
    second = OTHER.replace("Due date", "Date")

    findings = documents.read(documents.pdf(f"{first}\n\n{second}"), tmp_path)

    for name in ("invoice_number", "date", "total"):
        assert findings.fields[name].value is None


def test_a_slip_below_a_bill_is_a_part_of_it(tmp_path: Path):
    """What names another number without a date and total of its own is no document."""
    text = f"{BILL}\nPlease quote the invoice number: 4712 of your order"

    findings = documents.read(documents.pdf(text), tmp_path)

    assert findings.fields["total"].value == "120.00"


def test_receipts_without_numbers_are_known_by_issuer_and_date(tmp_path: Path):
    """Two receipts that were scanned together leave their totals open."""
    first = "Kettle Store\n2026-03-01 10:12\nCup 20.00\nTOTAL 20.00"
    second = "Teapot Market\n2026-04-01 11:12\nPot 30.00\nTOTAL 30.00"

    findings = documents.read(documents.pdf(first, second), tmp_path)

    assert findings.fields["total"].value is None
    assert findings.fields["date"].value is None


def test_pages_with_sums_of_one_issuer_are_one_document(tmp_path: Path):
    """A page has a sum of its own, and the last one the total."""
    first = "Kettle Store\n2026-03-01\nCup 20.00\nTotal 20.00"
    second = "Kettle Store\nPot 30.00\nGrand total 50.00\nPrinted on 2026-03-02"

    findings = documents.read(documents.pdf(first, second), tmp_path)

    assert findings.fields["total"].value == "50.00"
