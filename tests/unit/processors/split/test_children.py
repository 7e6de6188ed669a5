"""A document that consists of pages of a file is a child of it, and the main one fills the record."""

import json
from pathlib import Path

import pytest

from processors import children
from processors.contract import Limits, ReadSettings
from tests.unit.processors import documents
from tests.unit.processors.split.test_documents import BILL, LETTER, OTHER_BILL, RECEIPT, TERMS
from tests.unit.processors.test_children import mail


def test_each_document_is_a_child_with_its_pages(tmp_path: Path):
    """It has its class, its values, and its pages in the numbers and places of the file."""
    data = documents.pdf(
        f"{BILL}\nPage 1 of 1", f"{OTHER_BILL}\nPage 1 of 2", "Thanks\nPage 2 of 2"
    )

    findings = documents.read(data, tmp_path, name="scan.pdf")

    one, two = findings.children
    assert (one.name, one.page_range) == ("scan.pdf, page 1", (1, 1))
    assert (two.name, two.page_range) == ("scan.pdf, pages 2\N{EN DASH}3", (2, 3))
    assert (two.sha256, two.path, two.size_bytes) == (None, None, 0)
    assert two.findings.doc_type.value == "invoice"
    assert two.findings.fields["invoice_number"].value == "4712"
    assert two.findings.fields["invoice_number"].page == 2
    assert [page.number for page in two.findings.pages] == [2, 3]
    assert findings.page_count == 3
    assert findings.text.count("4712") == 1


def test_its_text_and_pages_are_kept(tmp_path: Path):
    """What is derived of a document has the same form as that of the file."""
    findings = documents.read(documents.pdf(BILL, OTHER_BILL, f"{RECEIPT}\n1 of 1"), tmp_path)

    whole = json.loads(findings.derived["pages.json"].read_text())
    for number, child in enumerate(findings.children, start=1):
        derived = child.findings.derived
        folder = tmp_path / "work" / "children" / f"pages-{number:03d}"
        assert derived["text.txt"] == folder / "text.txt"
        assert derived["text.txt"].read_text() == child.findings.text
        pages = json.loads(derived["pages.json"].read_text())
        assert pages["format"] == whole["format"]
        assert pages["pages"] == [whole["pages"][number - 1]]
    assert findings.derived["text.txt"].read_text().count("4712") == 1


def test_the_main_document_fills_the_record(tmp_path: Path):
    """A cover letter before an invoice and terms behind it leave the record to the invoice."""
    findings = documents.read(documents.pdf(LETTER, f"{BILL}\nPage 1 of 1", TERMS), tmp_path)

    values = {name: finding.value for name, finding in findings.fields.items()}
    assert len(findings.children) == 2
    assert findings.doc_type.value == "invoice"
    assert (values["invoice_number"], values["total"]) == ("4711", "120.00")
    assert values["date"] == "2026-03-01"
    assert findings.fields["total"].page == 2
    assert findings.fields["total"].child == ""


def test_several_main_documents_are_candidates(tmp_path: Path):
    """Each value is offered with its document and its place, and none is taken."""
    findings = documents.read(documents.pdf(BILL, OTHER_BILL), tmp_path, name="scan.pdf")

    total = findings.fields["total"]
    assert total.value is None
    assert {(other.value, other.page) for other in total.others} == {("120.00", 1), ("99.00", 2)}
    assert all(f"scan.pdf, page {other.page}" in other.reason for other in total.others)


def test_a_receipt_and_an_invoice_leave_the_record_open(tmp_path: Path):
    """Which of two kinds of bills the record means is not known either."""
    findings = documents.read(documents.pdf(BILL, RECEIPT), tmp_path)

    assert findings.fields["total"].value is None
    assert findings.doc_type.value is None


def test_a_said_class_chooses_the_document_of_that_class(tmp_path: Path):
    """The record gets the values of the receipt, not those of the invoice before it."""
    findings = documents.read(documents.pdf(BILL, RECEIPT), tmp_path, as_class="receipt")

    (receipt,) = [
        child.findings for child in findings.children if child.findings.doc_type.value == "receipt"
    ]
    assert findings.doc_type.value == "receipt"
    assert findings.fields["total"].value == receipt.fields["total"].value is not None
    assert findings.fields["total"].page == 2


def test_of_two_documents_of_a_said_class_only_what_both_say_is_taken(tmp_path: Path):
    """A class does not say which of the two invoices the record means."""
    findings = documents.read(documents.pdf(BILL, OTHER_BILL), tmp_path, as_class="invoice")

    assert len(findings.children) == 2
    assert findings.doc_type.value == "invoice"
    assert findings.fields["total"].value is None


def test_a_said_class_that_no_document_has_is_that_of_the_whole_file(tmp_path: Path):
    """Who says so knows better than the borders: the pages are one document."""
    findings = documents.read(documents.pdf(BILL, RECEIPT), tmp_path, as_class="contract")

    assert findings.children == ()
    assert findings.doc_type.value == "contract"
    assert findings.fields["language"].value == "en"


def test_documents_beyond_the_limit_leave_all_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """One that was not read could say something else."""
    monkeypatch.setattr(children, "MOST_DOCUMENTS", 1)

    findings = documents.read(documents.pdf(BILL, OTHER_BILL), tmp_path)

    assert len(findings.children) == 1
    assert all(finding.value is None for finding in findings.fields.values())
    assert "it has 2 documents" in findings.problems[0]


def test_documents_leave_the_files_their_number(tmp_path: Path):
    """As many files are read as without them: documents that consist of pages have their own bound."""
    settings = ReadSettings(limits=Limits(children=2))
    data = mail("Both", scan=documents.pdf(BILL, OTHER_BILL), note=b"Hello")

    findings = documents.read(data, tmp_path, settings=settings)

    assert [child.name for child in findings.children] == ["scan", "note"]
    assert len(findings.children[0].findings.children) == 2
    assert findings.problems == ()


def test_documents_of_an_attachment_are_its_children(tmp_path: Path):
    """In a mail, a scan of two invoices is one file with two documents, numbered before its files."""
    data = mail("Both", scan=documents.pdf(BILL, OTHER_BILL))

    findings = documents.read(data, tmp_path)

    (scan,) = findings.children
    assert [child.name for child in scan.findings.children] == ["scan, page 1", "scan, page 2"]
    assert findings.fields["total"].value is None
    assert findings.page_count == 3
