"""Mail is read as headers and body, with its attachments as children."""

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
