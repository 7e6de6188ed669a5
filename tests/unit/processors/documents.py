"""Small documents for tests, written here; none comes from elsewhere."""

import io
import struct
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from pipeline.model import Findings
from processors.contract import OcrEngine, PageReader, ReadSettings, Segment
from processors.ocr.engines import SingleEngineReader
from processors.read import read_document


class ScriptedEngine:
    """An OCR engine that returns given answers, one per call, and keeps the images it saw."""

    name = "scripted"

    def __init__(self, *answers: Sequence[Segment]) -> None:
        self._answers = list(answers)
        self.seen: list[Image.Image] = []

    def recognize(self, image: Image.Image, *, dpi: float) -> Sequence[Segment]:
        """Return the next answer, the last one again and again."""
        assert dpi > 0
        self.seen.append(image)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def says(text: str, *, confidence: float = 0.99) -> Sequence[Segment]:
    """Return an answer of one line."""
    return [Segment(text=text, box=(10, 10, 10 + 10 * len(text), 30), confidence=confidence)]


def read(
    data: bytes,
    folder: Path,
    *,
    name: str = "upload",
    settings: ReadSettings | None = None,
    engine: OcrEngine | None = None,
    as_class: str = "",
) -> Findings:
    """Read bytes in this process with an engine that reads every image as the word "picture"."""
    path = folder / "document"
    path.write_bytes(data)
    work_dir = folder / "work"
    work_dir.mkdir(exist_ok=True)
    used = engine or ScriptedEngine(says("picture"))

    def get() -> PageReader:
        return SingleEngineReader(used, reason="the test says so")

    return read_document(
        path,
        name=name,
        work_dir=work_dir,
        settings=settings or ReadSettings(),
        engine=get,
        as_class=as_class,
    )


def pdf(*pages: str, images: Sequence[tuple[int, int]] = (), catalog: str = "") -> bytes:
    """Write a PDF with these lines of text; `images` puts a gray image over pages (from 1)."""
    covered = {page for page, _ in images}
    objects: list[bytes] = []
    kids = " ".join(f"{4 + 2 * index} 0 R" for index in range(len(pages)))
    objects.append(f"<< /Type /Catalog /Pages 2 0 R {catalog} >>".encode())
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode())
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    for index, text in enumerate(pages):
        content = _content(text, covered=index + 1 in covered)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * index} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    return _assembled(objects)


def _content(text: str, *, covered: bool) -> bytes:
    lines = [
        line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        for line in text.split("\n")
    ]
    shown = " ".join(
        f"1 0 0 1 72 {720 - 24 * index} Tm ({line}) Tj" for index, line in enumerate(lines) if line
    )
    picture = (
        "q 612 0 0 792 0 0 cm BI /W 2 /H 2 /BPC 8 /CS /G ID \x40\xff\x40\xff EI Q "
        if covered
        else ""
    )
    return (picture + (f"BT /F1 18 Tf {shown} ET" if shown else "")).encode("latin-1")


def _assembled(objects: Sequence[bytes]) -> bytes:
    out = io.BytesIO(b"")
    out.write(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % offset for offset in offsets)
    out.write(
        b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    )
    return out.getvalue()


def locked_pdf(password: str) -> bytes:
    """Encrypt a PDF of one page with a user password; everyone can open it if that is empty."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(PdfReader(io.BytesIO(pdf("Locked words"))))
    writer.encrypt(user_password=password, owner_password="owner", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def page_image(*lines: str, size: tuple[int, int] = (1000, 500)) -> Image.Image:
    """Draw lines of dark text on white."""
    image = Image.new("RGB", size, "white")
    font = ImageFont.load_default(size=48)
    for index, line in enumerate(lines):
        ImageDraw.Draw(image).text((60, 60 + 90 * index), line, fill="black", font=font)
    return image


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """Return an image as the bytes of a file."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def docx(
    *paragraphs: str, table: Sequence[Sequence[str]] = (), header: str = "", footer: str = ""
) -> bytes:
    """Write a Word document: paragraphs, then a table, then one closing paragraph."""
    from docx import Document

    document = Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    if table:
        grid = document.add_table(rows=len(table), cols=len(table[0]))
        for row, cells in zip(grid.rows, table, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
        document.add_paragraph("after the table")
    document.sections[0].header.paragraphs[0].text = header
    document.sections[0].footer.paragraphs[0].text = footer
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def xlsx(sheets: dict[str, Sequence[Sequence[object]]]) -> bytes:
    """Write a workbook."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def package(entries: dict[str, bytes]) -> bytes:
    """Write a zip file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in entries.items():
            target.writestr(name, data)
    return out.getvalue()


def tarred(entries: dict[str, bytes]) -> bytes:
    """Write a tar file."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as target:
        for name, data in entries.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            target.addfile(member, io.BytesIO(data))
    return out.getvalue()


def rtf(text: str) -> bytes:
    """Write rich text of one bold paragraph."""
    escaped = "".join(char if ord(char) < 128 else f"\\u{ord(char)}?" for char in text)
    return rf"{{\rtf1\ansi\deff0 {{\fonttbl {{\f0 Arial;}}}}\b {escaped}\b0\par}}".encode("ascii")


def pptx(slides: Sequence[str], *, notes: str = "") -> bytes:
    """Write a presentation of one text box per slide; the notes belong to the first."""
    from pptx import Presentation
    from pptx.util import Inches

    deck = Presentation()
    for text in slides:
        slide = deck.slides.add_slide(deck.slide_layouts[6])
        slide.shapes.add_textbox(Inches(1), Inches(1), Inches(4), Inches(1)).text_frame.text = text
    if notes:
        deck.slides[0].notes_slide.notes_text_frame.text = notes
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def odf(kind: str, body: str, extra: dict[str, bytes] | None = None) -> bytes:
    """Write an OpenDocument file.

    `kind` is text, presentation or spreadsheet, `body` the XML inside that element.
    """
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{full}:1.0"'
        for name, full in (
            ("office", "office"),
            ("text", "text"),
            ("draw", "drawing"),
            ("table", "table"),
        )
    )
    content = (
        f"<?xml version='1.0'?><office:document-content {spaces} office:version='1.2'><office:body>"
        f"<office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    )
    mimetype = f"application/vnd.oasis.opendocument.{kind}".encode()
    manifest = b"<?xml version='1.0'?><manifest/>"
    parts = {
        "mimetype": mimetype,
        "META-INF/manifest.xml": manifest,
        "content.xml": content.encode(),
    }
    return package(parts | (extra or {}))


def locked_docx(password: str) -> bytes:
    """Encrypt a Word document of two words."""
    from msoffcrypto.format.ooxml import OOXMLFile

    out = io.BytesIO()
    OOXMLFile(io.BytesIO(docx("Locked words"))).encrypt(password, out)
    return out.getvalue()


def ole(name: str, data: bytes) -> bytes:
    """Write a compound file of one stream ([MS-CFB]), padded so that it needs no ministream."""
    sector, free, end = 512, 0xFFFFFFFF, 0xFFFFFFFE
    padded = data.ljust(4096, b"\0")
    padded += bytes(-len(padded) % sector)
    count = len(padded) // sector
    # Sector 0 is the table, sector 1 the directory, the stream follows.
    table = [0xFFFFFFFD, end, *range(3, count + 2), end]
    fat = struct.pack("<128I", *table, *[free] * (128 - len(table)))

    def entry(title: str, kind: int, child: int, start: int, size: int) -> bytes:
        written = title.encode("utf-16-le") + b"\0\0"
        head = written.ljust(64, b"\0") + struct.pack("<HBB", len(written), kind, 1)
        links = struct.pack("<III", free, free, child)
        return head + links + bytes(36) + struct.pack("<IQ", start, size)

    directory = entry("Root Entry", 5, 1, end, 0) + entry(name, 2, free, 2, len(padded))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0, 0)
    header = head + struct.pack("<108I", *[free] * 108)
    return header + fat + directory.ljust(sector, b"\0") + padded


SIGNED_DATA, ENVELOPED_DATA, DATA = "010702", "010703", "010701"


def ber(tag: int, *parts: bytes, indefinite: bool = False) -> bytes:
    """Write an element of BER."""
    content = b"".join(parts)
    if indefinite:
        return bytes([tag, 0x80]) + content + b"\0\0"
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    size = len(content).to_bytes(4)
    return bytes([tag, 0x84]) + size + content


def object_id(ending: str) -> bytes:
    """Write the name of a type of content of PKCS #7."""
    return ber(0x06, bytes.fromhex("2a864886f70d" + ending))


def signed(content: bytes | None, *, kind: str = SIGNED_DATA, in_parts: bool = False) -> bytes:
    """Write signed data whose content is one string or several, without any signer."""
    if content is None:
        inner = ber(0x30, object_id(DATA))
    elif in_parts:
        halves = [ber(0x04, content[:9]), ber(0x04, content[9:])]
        octets = ber(0x24, *halves, indefinite=True)
        inner = ber(0x30, object_id(DATA), ber(0xA0, octets, indefinite=True), indefinite=True)
    else:
        inner = ber(0x30, object_id(DATA), ber(0xA0, ber(0x04, content)))
    data = ber(0x30, ber(0x02, b"\1"), ber(0x31), inner, ber(0x31), indefinite=in_parts)
    wrapped = ber(0xA0, data, indefinite=in_parts)
    return ber(0x30, object_id(kind), wrapped, indefinite=in_parts)


TNEF_START = b"\x78\x9f\x3e\x22\x01\x00"


def tnef(*attributes: tuple[int, bytes]) -> bytes:
    """Write a winmail.dat of attributes by their numbers ([MS-OXTNEF] 2.1.3)."""
    data = TNEF_START
    for number, content in attributes:
        head = struct.pack("<BII", 1, number, len(content))
        data += head + content + struct.pack("<H", sum(content) & 0xFFFF)
    return data
