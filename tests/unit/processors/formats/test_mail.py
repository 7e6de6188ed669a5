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


def a_mail(body: bytes, *headers: bytes) -> bytes:
    """Write a mail with a sender, further headers and a body."""
    return b"\n".join([b"From: a@example.com", b"To: b@example.com", *headers, b"", body])


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        (b"Subject: =?iso-8859-1?Q?Preis_3_=80?=", "Subject: Preis 3 €"),
        (b"Subject: =?gb2312?B?6UY=?=", "Subject: 镕"),
        (b"Subject: =?utf-8?B?S8M=?=\n =?utf-8?B?pHNl?=", "Subject: Käse"),
        (b"Subject: =?utf-8?Q?K=C3=A4se und Brot?=", "Subject: Käse und Brot"),
        (b"Subject: =?utf-8*de?Q?K=C3=A4se?=", "Subject: Käse"),
        (b"Subject: K\xe4se f\xfcr alle", "Subject: Käse für alle"),
        (b"Subject: K\xc3\xa4se", "Subject: Käse"),
        (b'Cc: "=?utf-8?Q?K=C3=A4se=2C_Jan?=" <k@example.com>', "Cc: Käse, Jan <k@example.com>"),
    ],
)
def test_headers_are_decoded_as_they_are_meant(header: bytes, shown: str, tmp_path: Path):
    """Encoded words with labels as programs use them, and raw bytes, are text."""
    findings = documents.read(a_mail(b"Hello there", header), tmp_path)

    assert shown in findings.text.split("\n")


OWN = "We have paid this one last week, please look.\n\n"


@pytest.mark.parametrize(
    "older",
    [
        "-----Original Message-----\nFrom: B\nSent: Monday\nTo: A\n\nTotal 77.00",
        "________________________________\nVon: B\nGesendet: Montag\nAn: A\nBetreff: X\n\nTotal 77.00",
        "On Mon, 1 Jun 2026 B wrote:\n> Total 77.00",
        "Le lundi 1 juin 2026 à 10:00, B\n<b@example.com> a écrit :\n\nTotal 77.00",
    ],
    ids=["separator", "head", "marks", "attribution"],
)
def test_older_mail_is_quoted_with_and_without_marks(older: str, tmp_path: Path):
    """Values are the sender's own; what is quoted is kept apart from them."""
    mail = a_mail((OWN + older).encode(), b"Content-Type: text/plain; charset=utf-8")

    findings = documents.read(mail, tmp_path)

    assert "total" not in findings.fields or findings.fields["total"].value is None
    assert "Total 77.00" in findings.text


@pytest.mark.parametrize(
    ("subject", "above"),
    [
        (b"Subject: FW: bill", "-----Original Message-----"),
        (b"Subject: bill", "---------- Forwarded message ---------"),
        (b"Subject: bill", "Begin forwarded message:\n"),
    ],
)
def test_a_forwarded_mail_is_what_was_sent(subject: bytes, above: str, tmp_path: Path):
    """The mail below a line that says so, or a subject that does, has the values."""
    body = f"{OWN}{above}\nFrom: B\nDate: Monday\nTo: A\n\nTotal amount: USD 77.00\n"

    findings = documents.read(a_mail(body.encode(), subject), tmp_path)

    assert findings.fields["total"].value == "77.00"


@pytest.mark.parametrize(
    ("apart", "text"),
    [("<blockquote type='cite'>Tea</blockquote>", "> Tea"), ("<s>Total</s>", "\n\nTotal")],
)
def test_what_is_quoted_or_struck_through_in_html_is_apart(apart: str, text: str, tmp_path: Path):
    """What mail programs quote in HTML is older mail, and a line through words takes them back."""
    html = f"<p>{OWN}</p>{apart}".encode()
    findings = documents.read(a_mail(html, b"Content-Type: text/html"), tmp_path)

    assert text in findings.text
    assert findings.pages[0].reason


@pytest.mark.parametrize(
    ("headers", "boundary"),
    [
        (b"Content-Type: multipart/mixed", b"cut"),
        (b"Content-Type: multipart/mixed; boundary='cut'", b"'cut'"),
        (b'Content-Type: multipart/mixed; boundary="other"', b"cut"),
    ],
    ids=["none", "single quotes", "another"],
)
def test_parts_are_found_without_their_boundary(headers: bytes, boundary: bytes, tmp_path: Path):
    """A mail whose header does not name the boundary rightly has parts all the same."""
    part = b"Content-Type: text/csv\nContent-Transfer-Encoding:  base64 (x)\n\nYTtiO2MKMTsyOzMK\n"
    body = b"--" + boundary + b"\n" + part + b"--" + boundary + b"--\n"

    findings = documents.read(a_mail(body, headers), tmp_path)

    assert [child.findings.media_type for child in findings.children] == ["text/csv"]


def test_a_uuencoded_file_in_the_text_is_a_child(tmp_path: Path):
    """Programs from before MIME write files into the text of a mail."""
    body = b"See below.\n\nbegin 644 note.txt\n+:&5L;&\\@=&AE<F4 \n`\nend\n\nBye\n"

    findings = documents.read(a_mail(body), tmp_path)

    assert [child.findings.text for child in findings.children] == ["hello there"]
    assert "+:&5L" not in findings.pages[0].text


def test_lines_that_a_program_broke_are_joined(tmp_path: Path):
    """Of flowed text, a line that ends with a blank goes on in the next one."""
    header = b"Content-Type: text/plain; format=flowed; delsp=yes"

    findings = documents.read(a_mail(b"Invoice num \nber 7\nsecond\n", header), tmp_path)

    assert "Invoice number 7\nsecond" in findings.text


def test_a_mail_encrypted_with_pgp_is_partial(tmp_path: Path):
    """What cannot be decrypted is said."""
    body = b"-----BEGIN PGP MESSAGE-----\n\nhQEMA\n=abcd\n-----END PGP MESSAGE-----\n"

    findings = documents.read(a_mail(body), tmp_path)

    assert findings.status is ReadStatus.PARTIAL
    assert "PGP" in findings.problems[0]


def test_a_calendar_in_a_mail_is_read(tmp_path: Path):
    """A text of another kind without a name is no body, and is not lost."""
    body = b"BEGIN:VCALENDAR\nSUMMARY:Visit\nEND:VCALENDAR\n"

    findings = documents.read(a_mail(body, b"Content-Type: text/calendar"), tmp_path)

    assert "SUMMARY:Visit" in findings.text


def test_a_short_mail_with_a_pdf_in_its_first_bytes_is_a_mail(tmp_path: Path):
    """An attachment that was sent as it is does not make a PDF of the mail."""
    part = (
        b"Content-Type: application/pdf\nContent-Transfer-Encoding: binary\n\n%PDF-1.4\n1 0 obj\n"
    )
    body = b"--cut\n" + part + b"%%EOF\n--cut--\n"

    findings = documents.read(
        a_mail(body, b"Content-Type: multipart/mixed; boundary=cut"), tmp_path
    )

    assert findings.media_type == "message/rfc822"
    assert len(findings.children) == 1


def test_a_file_in_base64_that_does_not_say_so_is_read(tmp_path: Path):
    """A program that forgets to name the encoding of a file still sends the file."""
    part = base64.encodebytes(documents.pdf("Paper words"))
    mail = raw(
        "MIME-Version: 1.0",
        'Content-Type: application/pdf; name="a.pdf"',
        body=part,
    )

    findings = documents.read(mail, tmp_path)

    assert "Paper words" in findings.children[0].findings.text


@pytest.mark.parametrize("letters", ["ACGT" * 15 + "A", "ACGT" * 15], ids=["61", "60"])
def test_lines_of_letters_are_no_base64(letters: str, tmp_path: Path):
    """A file of sequences looks like base64; decoded, it is no file."""
    mail = raw(
        "MIME-Version: 1.0",
        'Content-Type: application/octet-stream; name="genes.txt"',
        body=f"{letters}\n".encode() * 3,
    )

    findings = documents.read(mail, tmp_path)

    assert letters in findings.children[0].findings.text


def test_blanks_behind_a_soft_break_are_no_text(tmp_path: Path):
    """A line of quoted-printable that ends with "=" continues, whatever blanks follow."""
    mail = raw(
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: quoted-printable",
        body=b"Twelve cups of t=  \r\nea",
    )

    assert "Twelve cups of tea" in documents.read(mail, tmp_path).text
