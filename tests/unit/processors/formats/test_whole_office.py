"""What Office files, forms, mail and pages hold beside their plain paragraphs, and that is read too."""

import io
import zipfile
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from pipeline.model import ReadStatus
from tests.unit.processors import documents

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
ODF = "urn:oasis:names:tc:opendocument:xmlns"


def run(text: str) -> str:
    """Write a run of a Word document."""
    return f'<w:r {W}><w:t xml:space="preserve">{text}</w:t></w:r>'


def word(*paragraphs: str) -> bytes:
    """Write a Word document of paragraphs given as XML."""
    from docx import Document
    from docx.oxml import parse_xml

    document = Document()
    for paragraph in paragraphs:
        document.element.body.insert(0, parse_xml(paragraph))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


BOX = f"<w:txbxContent {W}><w:p>{run('boxed')}</w:p></w:txbxContent>"
WORD = {
    "an insertion": (f"<w:p {W}><w:ins>{run('added')}</w:ins></w:p>", "added"),
    "a content control": (
        f"<w:sdt {W}><w:sdtContent><w:p>{run('chosen')}</w:p></w:sdtContent></w:sdt>",
        "chosen",
    ),
    "a control in a line": (
        f"<w:p {W}><w:sdt><w:sdtContent>{run('typed')}</w:sdtContent></w:sdt></w:p>",
        "typed",
    ),
    "a text box, once": (
        (
            f'<w:p {W} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:r><mc:AlternateContent>'
            f'<mc:Choice Requires="wps">{BOX}</mc:Choice><mc:Fallback>{BOX}</mc:Fallback>'
            "</mc:AlternateContent></w:r></w:p>"
        ),
        "boxed",
    ),
    "a link": (f"<w:p {W}><w:hyperlink>{run('linked')}</w:hyperlink></w:p>", "linked"),
    "a row in a control": (
        (
            f"<w:tbl {W}><w:tr><w:tc><w:p>{run('one')}</w:p></w:tc></w:tr><w:sdt><w:sdtContent><w:tr><w:tc><w:p>"
            f"{run('two')}</w:p></w:tc></w:tr></w:sdtContent></w:sdt></w:tbl>"
        ),
        "one\ntwo",
    ),
}


@pytest.mark.parametrize("part", WORD)
def test_all_parts_of_a_word_document_are_read(part: str, tmp_path: Path):
    """Text boxes, content controls and insertions are told where they stand, each once."""
    xml, text = WORD[part]

    findings = documents.read(word(xml), tmp_path)

    assert findings.text.strip() == text


def test_what_was_deleted_from_a_word_document_is_left_out(tmp_path: Path):
    """The text reads as it will once all changes are accepted."""
    deleted = f"<w:del {W}><w:r><w:delText>gone</w:delText></w:r></w:del>"
    moved = f"<w:moveFrom {W}>{run('elsewhere')}</w:moveFrom>"

    findings = documents.read(
        word(f"<w:p {W}>{run('kept ')}{deleted}{moved}{run('too')}</w:p>"), tmp_path
    )

    assert findings.text.strip() == "kept too"


def test_endless_tables_in_tables_end(tmp_path: Path):
    """Nesting beyond all reason is cut off, and the rest read."""
    inner = run("deep").join((f"<w:p {W}>", "</w:p>"))
    for _ in range(60):
        inner = f"<w:tbl {W}><w:tr><w:tc>{inner}</w:tc></w:tr></w:tbl>"

    findings = documents.read(word(inner, f"<w:p {W}>{run('first')}</w:p>"), tmp_path)

    assert (findings.status, findings.text.strip()) == (ReadStatus.OK, "first")


def test_a_text_document_has_its_headers_and_footers(tmp_path: Path):
    """OpenDocument keeps them with the styles; each is told once."""
    spaces = " ".join(f'xmlns:{name}="{ODF}:{name}:1.0"' for name in ("office", "text", "style"))
    margins = "<style:header><text:p>Head</text:p></style:header><style:footer><text:p>Foot</text:p></style:footer>"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        body = "<office:body><office:text><text:p>Body</text:p></office:text></office:body>"
        archive.writestr(
            "content.xml", f"<office:document-content {spaces}>{body}</office:document-content>"
        )
        pages = f"<style:master-page>{margins}</style:master-page>" * 2
        archive.writestr(
            "styles.xml", f"<office:document-styles {spaces}>{pages}</office:document-styles>"
        )

    findings = documents.read(out.getvalue(), tmp_path)

    assert findings.text == "Head\nBody\nFoot"


HTML = {
    "what was typed into it": (
        '<form><input value="Ada"><input type="hidden" value="x"></form>',
        "Ada",
    ),
    "nothing that is not shown": (
        '<div style="display: none">no<div>no</div>no</div><p hidden>yes</p>',
        "yes",
    ),
    "all after what is not shown": (
        "<span hidden>no</span> yes <section hidden>no</section> too",
        "yes too",
    ),
}


@pytest.mark.parametrize("part", HTML)
def test_a_page_is_read_as_it_is_seen(part: str, tmp_path: Path):
    """Typed values count; what the page itself does not show does not."""
    html, text = HTML[part]

    findings = documents.read(f"<!doctype html>{html}".encode(), tmp_path)

    assert findings.text.strip() == text


def form(**extra: Any) -> bytes:
    """Write a PDF whose form's values have no appearance on the page."""
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import (
        ArrayObject,
        DictionaryObject,
        NameObject,
        NumberObject,
        TextStringObject,
    )

    writer = PdfWriter(PdfReader(io.BytesIO(documents.pdf("Form"))))
    several = ArrayObject([TextStringObject("red"), TextStringObject("blue")])
    values = {
        "name": TextStringObject("Ada"),
        "colors": several,
        "secret": TextStringObject("hidden words"),
    }
    fields = []
    for name, value in values.items():
        entry = {
            "/FT": NameObject("/Ch" if name == "colors" else "/Tx"),
            "/T": TextStringObject(name),
            "/V": value,
        }
        entry |= {"/Ff": NumberObject(1 << 13)} if name == "secret" else {}
        fields.append(
            writer._add_object(DictionaryObject({NameObject(k): v for k, v in entry.items()}))
        )
    acro = {NameObject("/Fields"): ArrayObject(fields)}
    for name, made in extra.items():
        acro[NameObject(f"/{name}")] = writer._add_object(made)
    writer.root_object[NameObject("/AcroForm")] = DictionaryObject(acro)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_values_of_a_form_are_read_but_passwords(tmp_path: Path):
    """Text and several choices are told by the field's name; a field for passwords keeps its value."""
    findings = documents.read(form(), tmp_path)

    assert "name: Ada\ncolors: red, blue" in findings.text
    assert "hidden words" not in findings.text


def test_form_data_in_one_stream_is_read(tmp_path: Path):
    """XFA is read where it is one stream, the form's own texts in it passed over."""
    from pypdf.generic import DecodedStreamObject

    stream = DecodedStreamObject()
    stream.set_data(
        b'<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"><template><text>caption</text></template>'
        b'<xfa:datasets xmlns:xfa="http://www.xfa.org/schema/xfa-data/1.0/"><xfa:data><Name>Grace</Name></xfa:data>'
        b"</xfa:datasets></xdp:xdp>"
    )

    findings = documents.read(form(XFA=stream), tmp_path)

    assert "Name: Grace" in findings.text
    assert "caption" not in findings.text


@pytest.mark.parametrize(
    ("data", "way_out"),
    [
        (b"\x78\x9f\x3e\x22" + bytes(9), "winmail.dat"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(40), "pack it as zip"),
    ],
    ids=["winmail.dat", "7z"],
)
def test_an_enclosed_file_that_holds_documents_is_missing(
    data: bytes, way_out: str, tmp_path: Path
):
    """A mail whose attachments lie in something that is not unpacked is partial, and says how to get them."""
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "a@example.com", "Bills"
    mail.set_content("attached")
    mail.add_attachment(data, maintype="application", subtype="octet-stream", filename="x.dat")

    findings = documents.read(mail.as_bytes(), tmp_path)

    assert findings.status is ReadStatus.PARTIAL
    assert way_out in findings.problems[0]
