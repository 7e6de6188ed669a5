"""Mail is read as headers and body, with its attachments as children."""

import base64
import quopri
from email.message import EmailMessage
from pathlib import Path

import pytest

from pipeline.model import ReadStatus
from tests.unit.processors import documents

MAIL = b"""From: Ada <ada@example.com>
To: office@example.com
Subject: =?utf-8?q?Rechnung_f=C3=BCr_Mai?=
Date: Mon, 1 Jun 2026 10:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=cut

--cut
Content-Type: multipart/alternative; boundary=either

--either
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Sch=F6ne Gr=FC=DFe
--either
Content-Type: text/html

<p>never shown</p>
--either--
--cut
Content-Type: application/pdf; name="bill.pdf"
Content-Disposition: attachment; filename="bill.pdf"
Content-Transfer-Encoding: base64

JVBERi0=
--cut--
"""


def test_mail_has_headers_body_and_attachments(tmp_path: Path):
    """A mail is read as headers and plain body; its attachments are children."""
    findings = documents.read(MAIL, tmp_path)

    assert "Subject: Rechnung für Mai" in findings.text
    assert "Schöne Grüße" in findings.text
    assert "never shown" not in findings.text
    assert [child.name for child in findings.children] == ["bill.pdf"]


def test_mail_in_an_unknown_encoding_is_read(tmp_path: Path):
    """A body whose encoding is unknown is decoded by its content."""
    mail = (
        b"From: a@example.com\nTo: b@example.com\nContent-Type: text/plain; "
        b"charset=nonsense\n\nHello there"
    )

    findings = documents.read(mail, tmp_path)

    assert findings.text.endswith("Hello there")


@pytest.mark.parametrize(
    ("data", "way_out"),
    [
        (b"\x78\x9f\x3e\x22" + bytes(9), "winmail.dat"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(40), "pack it as zip"),
    ],
    ids=["winmail.dat", "7z"],
)
def test_an_attachment_that_is_not_unpacked_makes_a_mail_partial(
    data: bytes, way_out: str, tmp_path: Path
):
    """A mail with attachments in an unsupported container is partial and says what to do."""
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "a@example.com", "Bills"
    mail.set_content("attached")
    mail.add_attachment(data, maintype="application", subtype="octet-stream", filename="x.dat")

    findings = documents.read(mail.as_bytes(), tmp_path)

    assert findings.status is ReadStatus.PARTIAL
    assert way_out in findings.problems[0]


def raw(*headers: str, body: bytes) -> bytes:
    """Write a mail as a program that knows little of the standards does."""
    fields = ["From: Ada <ada@example.com>", "To: office@example.com", "Subject: Tea", *headers]
    return "\r\n".join(fields).encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    ("header", "encoding", "text"),
    [
        ("X-Nothing: 1", "utf-8", "Schöne Grüße, 5 €"),
        ("Content-Type: text/plain", "utf-8", "Schöne Grüße, 5 €"),
        ("Content-Type: text/plain; charset=us-ascii", "cp1252", "Schöne Grüße, 5 €"),
        ("Content-Type: text/plain; charset=iso-8859-1", "cp1252", "Schöne Grüße, 5 €"),
        ("Content-Type: text/plain; charset=utf-8", "cp1252", "Schöne Grüße, 5 €"),
        ("Content-Type: text/plain; charset=windows-874", "cp874", "ชา 5 บาท"),
        ("Content-Type: text/plain; charset=iso-8859-8-i", "iso8859-8", "תה ירוק"),
        ("Content-Type: text/plain; charset=gb2312", "gb18030", "綠茶五元"),
        ("Content-Type: text/plain; charset=ks_c_5601-1987", "cp949", "녹차 똠"),
    ],
)
def test_a_body_is_decoded_as_its_label_is_meant(
    header: str, encoding: str, text: str, tmp_path: Path
):
    """Labels mean what mail programs mean by them; without one, the content decides."""
    findings = documents.read(
        raw(header, "Content-Transfer-Encoding: 8bit", body=text.encode(encoding)), tmp_path
    )

    assert findings.text.endswith(text)


def test_a_file_without_a_name_or_disposition_is_a_child(tmp_path: Path):
    """A scanner's mail may be nothing but a PDF; inline pictures are files, too."""
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "scanner@example.com", "Scan"
    mail.set_content(documents.pdf("Paper words"), maintype="application", subtype="pdf")
    del mail["Content-Disposition"]

    findings = documents.read(mail.as_bytes(), tmp_path)

    assert len(findings.children) == 1
    assert "Paper words" in findings.children[0].findings.text


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_an_enclosed_mail_that_was_encoded_is_read(encoding: str, tmp_path: Path):
    """Some programs encode an enclosed mail, although the standard forbids it."""
    inner = raw(body=b"Inner words = all of them")
    data = base64.encodebytes(inner) if encoding == "base64" else quopri.encodestring(inner)
    outer = raw(
        "MIME-Version: 1.0",
        "Content-Type: message/rfc822",
        f"Content-Transfer-Encoding: {encoding}",
        body=data,
    )

    findings = documents.read(outer, tmp_path)

    assert findings.children[0].findings.media_type == "message/rfc822"
    assert "Inner words = all of them" in findings.children[0].findings.text


def test_html_behind_a_note_is_the_text(tmp_path: Path):
    """Where the plain text only says that there is HTML, the HTML is read."""
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "a@example.com", "Trip"
    mail.set_content("Your program does not show web pages.")
    mail.add_alternative(
        "<p>Kettle Rides, receipt 12 of 3 May: the trip to the market cost 18.00</p>",
        subtype="html",
    )

    findings = documents.read(mail.as_bytes(), tmp_path)

    assert "Kettle Rides" in findings.text
    assert "does not show" not in findings.text


QUOTED = "> Invoice number: 4711\n> Total due: EUR 120.00\n"


def test_a_quoted_mail_is_text_but_no_value(tmp_path: Path):
    """What the sender quotes is kept, but no value is taken from it."""
    body = f"Dear Ann,\nthis one is settled, thank you.\n\nOn 3 May 2026 Bob wrote:\n{QUOTED}"

    findings = documents.read(raw(body=body.encode()), tmp_path)

    assert "4711" in findings.text
    assert "total" not in findings.fields
    assert "invoice_number" not in findings.fields


def test_a_mail_that_is_nothing_but_a_quote_is_read(tmp_path: Path):
    """Who forwards a mail line by line sends what it says."""
    findings = documents.read(raw(body=f"FYI\n{QUOTED}".encode()), tmp_path)

    assert "4711" in findings.text


def test_a_mailbox_is_several_documents(tmp_path: Path):
    """Each mail of a mailbox is a document; what they say differently stays open."""
    one = raw(body=b"Invoice number: 4711\nTotal due: EUR 120.00\n\n")
    two = raw(body=b"Invoice number: 4712\nTotal due: EUR 99.00\n")
    line = b"From MAILER Mon Jun  1 10:00:00 2026\r\n"

    findings = documents.read(line + one + line + two, tmp_path)

    assert len(findings.children) == 2
    assert findings.fields["total"].value is None
    assert findings.fields["invoice_number"].value is None


def test_a_mail_kept_by_apple_mail_is_read(tmp_path: Path):
    """The length before a mail and the property list behind it are no part of it."""
    mail = raw(body=b"Green tea\r\n")
    data = f"{len(mail)}      \n".encode() + mail + b'<?xml version="1.0"?><plist><dict/></plist>'

    findings = documents.read(data, tmp_path)

    assert findings.media_type == "message/rfc822"
    assert findings.text.endswith("Green tea")
