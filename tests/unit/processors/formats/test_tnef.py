"""What the reader of Outlook's winmail.dat promises."""

import struct
from email.message import EmailMessage
from pathlib import Path

import pytest

from pipeline.model import ReadStatus
from tests.unit.processors import documents
from tests.unit.processors.documents import TNEF_START, tnef

SUBJECT, BODY, MESSAGE_PROPERTIES = 0x00018004, 0x0002800C, 0x00069003
BEGINS, TITLE, DATA, PROPERTIES = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
BILL = "Acme Ltd\nINVOICE\nInvoice number: 4711\nInvoice date: 2026-05-02\nTotal due: $12.50"


def properties(*each: tuple[int, int, bytes]) -> bytes:
    """Write properties (type, number, value), whose types have lengths."""
    data = struct.pack("<I", len(each))
    for kind, number, value in each:
        padding = bytes(-len(value) % 4)
        data += struct.pack("<HHII", kind, number, 1, len(value)) + value + padding
    return data


def attached(name: str, data: bytes) -> list[tuple[int, bytes]]:
    """Return the attributes of an attachment."""
    return [(BEGINS, bytes(14)), (TITLE, name.encode() + b"\0"), (DATA, data)]


def test_attachments_are_read_through_the_mail(tmp_path: Path):
    """An invoice in the winmail.dat of a mail fills the record."""
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "a@example.com", "Bills"
    mail.set_content("See the attachment.")
    packed = tnef((BODY, b"See the attachment.\0"), *attached("bill.pdf", documents.pdf(BILL)))
    mail.add_attachment(packed, maintype="application", subtype="ms-tnef", filename="winmail.dat")

    findings = documents.read(mail.as_bytes(), tmp_path)

    assert findings.status is ReadStatus.OK
    assert findings.fields["invoice_number"].value == "4711"
    assert findings.fields["invoice_number"].child == "winmail.dat / bill.pdf"


def test_text_and_whole_names(tmp_path: Path):
    """Text and subject are the page; the long name of an attachment counts more than its title."""
    long_name = properties((0x1F, 0x3707, "Große Rechnung.pdf\0".encode("utf-16-le")))
    data = tnef(
        (SUBJECT, b"Our bill\0"),
        (BODY, b"Please pay.\0"),
        *attached("GROSSE~1.PDF", documents.pdf("One page")),
        (PROPERTIES, long_name),
    )

    findings = documents.read(data, tmp_path)

    assert findings.text.startswith("Subject: Our bill\n\nPlease pay.")
    assert [child.name for child in findings.children] == ["Große Rechnung.pdf"]
    assert findings.children[0].findings.text == "One page"


def test_a_formatted_body_is_read_where_there_is_no_other(tmp_path: Path):
    """HTML among the properties is a file in it, and so is an enclosed message."""
    html = properties((0x102, 0x1013, b"<html><body><p>Please pay soon</p></body></html>"))
    enclosed = properties((0x0D, 0x3701, bytes(16) + tnef((BODY, b"Inner words\0"))))
    data = tnef((MESSAGE_PROPERTIES, html), (BEGINS, bytes(14)), (PROPERTIES, enclosed))

    findings = documents.read(data, tmp_path)

    assert [child.findings.text for child in findings.children] == [
        "Please pay soon",
        "Inner words",
    ]


@pytest.mark.parametrize(
    "data",
    [
        tnef(*attached("a.pdf", b"words"))[:-4],
        TNEF_START + struct.pack("<BII", 2, DATA, 0xFFFFFFFF) + b"few",
        tnef((PROPERTIES, struct.pack("<IHHII", 1, 0x1F, 0x3707, 1, 0xFFFFFFF0))),
        tnef((PROPERTIES, struct.pack("<IHHI", 1, 0x101F, 0x3707, 0xFFFFFFFF))),
        tnef((PROPERTIES, struct.pack("<IHH", 0xFFFFFFFF, 0x77, 0x3707))),
    ],
    ids=["cut", "length", "length of a value", "count of values", "type"],
)
def test_lengths_that_lie_are_damage(tmp_path: Path, data: bytes):
    """A file whose lengths lead out of it is damaged, and says what to do."""
    findings = documents.read(data, tmp_path)

    assert findings.status is ReadStatus.DAMAGED
    assert "Ask the sender" in findings.problems[0]
