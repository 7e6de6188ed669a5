import json
from email.message import EmailMessage
from pathlib import Path

import pytest

from pipeline.model import Findings, ReadStatus
from processors.contract import Limits, ReadSettings
from tests.unit.processors import documents

BILL = "Invoice number: 4711\nInvoice date: 2026-03-01\nTotal due: EUR 120.00"
OTHER = "Invoice number: 4712\nInvoice date: 2026-04-01\nTotal due: EUR 99.00"


def mail(text: str, **attached: bytes) -> bytes:
    """Write a mail; attachments are named by their keywords."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.com", "b@example.com", "Report"
    message.set_content(text)
    for name, data in attached.items():
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def names(findings: Findings) -> list[str]:
    """Return the names of the children, in order."""
    return [child.name for child in findings.children]


def test_an_attachment_is_a_document_of_its_own(tmp_path: Path):
    """An attachment has its kind, text, pages and digest, and derived files in a numbered folder."""
    data = documents.pdf("Words inside", "Second page")

    findings = documents.read(mail("Hello", bill=data), tmp_path)

    (child,) = findings.children
    assert (child.name, child.size_bytes) == ("bill", len(data))
    assert child.findings.media_type == "application/pdf"
    assert [page.text for page in child.findings.pages] == ["Words inside", "Second page"]
    assert child.path is not None
    assert child.path.read_bytes() == data
    assert child.path.parent == tmp_path / "work" / "children" / "001"
    assert child.findings.derived["text.txt"].parent == child.path.parent


def test_the_whole_has_the_text_and_pages_of_all(tmp_path: Path):
    """Text, text.txt and the count of pages are those of a document and everything in it."""
    inner = mail("Inner words", note=b"deepest words")

    findings = documents.read(
        mail("Outer words", inner=inner, pages=documents.pdf("One", "Two")), tmp_path
    )

    for word in ("Outer words", "Inner words", "deepest words", "Two"):
        assert word in findings.text
        assert word in findings.derived["text.txt"].read_text()
    assert findings.page_count == 5
    assert len(findings.pages) == 1
    assert len(json.loads(findings.derived["pages.json"].read_text())["pages"]) == 1


def test_a_value_says_which_child_it_is_from(tmp_path: Path):
    """A value found in an attachment says so, in words and by name, through every level."""
    findings = documents.read(
        mail("See below", inner=mail("Forwarded", bill=documents.pdf(BILL))), tmp_path
    )

    total = findings.fields["total"]
    assert (total.value, total.page, total.child) == ("120.00", 1, "inner / bill")
    assert "(in bill)" in total.reason
    assert findings.doc_type.value == "invoice"


def test_children_that_differ_leave_a_value_open(tmp_path: Path):
    """Two bills in one upload give no total: which one the record means nobody can know."""
    findings = documents.read(
        mail("Both", one=documents.pdf(BILL), two=documents.pdf(OTHER)), tmp_path
    )

    total = findings.fields["total"]
    assert total.value is None
    assert "120.00 in one" in total.reason
    assert "99.00 in two" in total.reason


def test_a_second_bill_does_not_complete_the_first(tmp_path: Path):
    """A value that only one of two bills has stays open, like those in which they differ."""
    longer = f"{OTHER}\nDue date: 2026-05-01\nNet: EUR 80.00\nVAT: EUR 19.00"
    findings = documents.read(
        mail("Both", one=documents.pdf(f"{BILL}\nPO number: 90017"), two=documents.pdf(longer)),
        tmp_path,
    )

    assert findings.fields["due_date"].value is None
    assert [other.value for other in findings.fields["due_date"].others] == ["2026-05-01"]
    assert findings.fields["order_number"].value is None
    assert "only another document" in findings.fields["order_number"].reason


@pytest.mark.parametrize("day", ["04/05/2026", ""])
def test_the_day_of_a_mail_is_not_that_of_its_bill(tmp_path: Path, day: str):
    """The date stays open with that of the bill, so that none of two documents is mixed."""
    bill = f"Acme Ltd\nINVOICE\nInvoice number: 4711\nInvoice date: {day}\nTotal due: $12.50"
    message = b"Date: Wed, 20 May 2026 10:00:00 +0000\r\n" + mail(
        "Our invoice is attached.", bill=documents.pdf(bill)
    )

    findings = documents.read(message, tmp_path)

    assert findings.doc_type.value == "invoice"
    assert findings.fields["total"].value == "12.50"
    assert findings.fields["date"].value is None


@pytest.mark.parametrize(
    "paper",
    [
        "TERMS AND CONDITIONS\nHeron Freight Ltd\n9 Quay Street, York YO1 7AB\nDelivery is 9.00 EUR.",
        "LIEFERSCHEIN\nReiher Spedition GmbH\nKaistr. 9, 50667 Köln\nLieferschein Nr. 55\n9,00 EUR",
        "PURCHASE ORDER\nHeron Freight Ltd\n9 Quay Street, York YO1 7AB\nPO number: 77\n9.00 EUR",
    ],
)
@pytest.mark.parametrize("company", ["Linden Tools Ltd", ""])
def test_a_bill_takes_nothing_of_a_paper_of_another_class(tmp_path: Path, paper: str, company: str):
    """Company, address, currency and total are those of the bill, or stay open with it."""
    bill = f"{company}\nINVOICE\nInvoice number: 4711\nDate: 3 May 2026\nTotal due: 100.00 GBP"
    message = mail("Attached", bill=documents.pdf(bill), paper=paper.encode())

    findings = documents.read(message, tmp_path)

    assert findings.doc_type.value == "invoice"
    read = {name: found.value for name, found in findings.fields.items()}
    assert (read["invoice_number"], read["total"], read["currency"]) == ("4711", "100.00", "GBP")
    assert read.get("company") == (company or None)
    assert read.get("seller") in {company or None, None}
    assert read.get("address") is None


def test_the_same_bill_twice_is_one_bill(tmp_path: Path):
    """Children that agree settle a value."""
    findings = documents.read(
        mail("Twice", one=documents.pdf(BILL), two=documents.docx(*BILL.split("\n"))), tmp_path
    )

    assert findings.fields["total"].value == "120.00"


def test_a_child_that_cannot_be_read_makes_the_whole_partial(tmp_path: Path):
    """A locked attachment leaves the mail readable and says what is missing; a logo in no known format does not."""
    locked = documents.read(mail("Hello", bill=documents.locked_pdf("secret")), tmp_path)
    (tmp_path / "two").mkdir()
    odd = documents.read(mail("Hello", sig=bytes(range(256)) * 8), tmp_path / "two")

    assert locked.status is ReadStatus.PARTIAL
    assert "bill" in locked.problems[0]
    assert odd.status is ReadStatus.OK
    assert odd.children[0].findings.status is ReadStatus.UNSUPPORTED


@pytest.mark.slow
@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(children=2), "more than 2 files"),
        (Limits(depth=0), "deeper than 0 levels"),
        (Limits(unpacked_mib=1), "more than 1 MiB"),
    ],
)
def test_what_exceeds_a_limit_is_not_read_and_reported(limits: Limits, words: str, tmp_path: Path):
    """Number, depth and size of children are bounded; the document says that something was left unread."""
    parts = {f"part{number}": b"words " * 100_000 for number in range(3)}

    findings = documents.read(
        mail("Hello", **parts), tmp_path, settings=ReadSettings(limits=limits)
    )

    assert findings.status is ReadStatus.PARTIAL
    assert words in " ".join(findings.problems)
    assert len(findings.children) <= 2


def test_names_never_become_paths(tmp_path: Path):
    """A name that leads out of the folder, or has any other sign, is reported and never used."""
    findings = documents.read(
        mail("Hello", **{"../../../climbed": b"words", "/etc/motd": b"more"}), tmp_path
    )

    assert names(findings) == ["../../../climbed", "/etc/motd"]
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("original")}
    assert written == {"work/children/001/original", "work/children/002/original"}
