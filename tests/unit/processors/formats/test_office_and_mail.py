import datetime as dt
from pathlib import Path

import pytest

from pipeline.model import ReadStatus
from processors.contract import Limits, ReadSettings
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


def test_a_word_document_is_read_in_order(tmp_path: Path):
    """Header, paragraphs, tables and footer come in the order a reader sees them."""
    data = documents.docx(
        "First", table=[["Item", "Price"], ["Tea", "3.50"]], header="Head", footer="Foot"
    )

    findings = documents.read(data, tmp_path)

    assert [line for line in findings.text.split("\n") if line] == [
        "Head",
        "First",
        "Item\tPrice",
        "Tea\t3.50",
        "after the table",
        "Foot",
    ]


def test_each_sheet_is_a_page(tmp_path: Path):
    """A workbook gives a page a sheet, whole numbers without a point and dates as ISO 8601."""
    rows = [["Date", "Amount"], [dt.date(2026, 6, 1), 1200.0], [None, 3.5]]

    findings = documents.read(documents.xlsx({"May": rows, "June": [["x"]]}), tmp_path)

    assert [page.text for page in findings.pages] == [
        "May\nDate\tAmount\n2026-06-01\t1200\n\t3.5",
        "June\nx",
    ]


def test_mail_gives_headers_body_and_names(tmp_path: Path):
    """A mail is read as headers and plain body; attachments are named, not read."""
    findings = documents.read(MAIL, tmp_path)

    assert "Subject: Rechnung für Mai" in findings.text
    assert "Schöne Grüße" in findings.text
    assert "never shown" not in findings.text
    assert [child.name for child in findings.children] == ["bill.pdf"]


def test_mail_in_an_unknown_encoding_is_read(tmp_path: Path):
    """A body whose encoding nobody knows is decoded by its bytes."""
    mail = b"From: a@example.com\nTo: b@example.com\nContent-Type: text/plain; charset=nonsense\n\nHello there"

    findings = documents.read(mail, tmp_path)

    assert findings.text.endswith("Hello there")


def test_html_is_read_as_shown(tmp_path: Path):
    """Of a web page the words remain, no script, no style, no tags; a line a block."""
    page = b"<html><head><title>t</title><style>p{}</style></head><body><p>One &amp; two</p><script>x</script><p>Three"

    findings = documents.read(page, tmp_path)

    assert findings.text == "One & two\nThree"


def test_csv_cells_are_set_apart(tmp_path: Path):
    """A table in text is read row by row, quotes resolved."""
    findings = documents.read(b'item;price\n"Tea; green";"3,50"\nMilk;1,10\n', tmp_path)

    assert findings.text == "item\tprice\nTea; green\t3,50\nMilk\t1,10"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", ReadStatus.EMPTY),
        (b" \n\t\n", ReadStatus.EMPTY),
        (documents.package({}), ReadStatus.EMPTY),
        (b"7z\xbc\xaf\x27\x1c" + bytes(40), ReadStatus.UNSUPPORTED),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"),
            ReadStatus.UNSUPPORTED,
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            ReadStatus.ENCRYPTED,
        ),
        (documents.docx("Hello")[:-400], ReadStatus.DAMAGED),
        (b"%PDF-1.7\nnothing else", ReadStatus.DAMAGED),
    ],
)
def test_what_cannot_be_read_has_a_status_and_a_sentence(
    data: bytes, status: ReadStatus, tmp_path: Path
):
    """Nothing unreadable raises: each kind of failure has its status and names the file."""
    findings = documents.read(data, tmp_path, name="upload.bin")

    assert findings.status is status
    assert findings.problems[0].startswith("upload.bin: ")
    assert findings.doc_type.value is None


def test_a_file_beyond_the_limit_is_not_opened(tmp_path: Path):
    """A file larger than the limit is too big, whatever it is."""
    settings = ReadSettings(limits=Limits(file_mib=1))

    findings = documents.read(b"%PDF-" + bytes(2**20), tmp_path, settings=settings)

    assert findings.status is ReadStatus.TOO_BIG
    assert "split it or raise the limit" in findings.problems[0]


def test_long_text_travels_cut_and_is_kept_whole(tmp_path: Path):
    """Findings carry two million characters at most; text.txt has all of them."""
    text = "word and more\n" * 160_000

    findings = documents.read(text.encode(), tmp_path)

    assert len(findings.text) == 2_000_000
    assert findings.derived["text.txt"].stat().st_size > 2_200_000
