"""What users type onto a page is part of what it says."""

from io import BytesIO
from pathlib import Path

import pypdf
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from infra.samples.pdf_writer import PdfPage, write_pdf
from pipeline.model import Findings
from processors.contract import ReadSettings
from processors.read import read_document


def read_with_note(tmp_path: Path, text: str, *, flags: int) -> Findings:
    """Read a page with a note of free text that has no appearance."""
    page = PdfPage()
    page.paragraph("Brook Dairy Ltd")
    page.paragraph("Ten crates of milk were delivered.")
    writer = pypdf.PdfWriter(clone_from=BytesIO(write_pdf([page], title="Note")))
    annotation = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/FreeText"),
            NameObject("/Rect"): ArrayObject(FloatObject(at) for at in (300, 300, 520, 330)),
            NameObject("/Contents"): TextStringObject(text),
            NameObject("/DA"): TextStringObject("/Helv 10 Tf 0 g"),
            NameObject("/F"): NumberObject(flags),
        }
    )
    writer.pages[0][NameObject("/Annots")] = ArrayObject([annotation])
    file = tmp_path / "note.pdf"
    with file.open("wb") as target:
        writer.write(target)
    out = tmp_path / "out"
    out.mkdir()
    return read_document(file, name=file.name, work_dir=out, settings=ReadSettings())


def test_a_note_without_an_appearance_is_read(tmp_path: Path):
    """Viewers lay out what was typed onto a page, so it is read like what is printed."""
    findings = read_with_note(tmp_path, "Order no: BD-17", flags=4)

    assert "Order no: BD-17" in findings.text


def test_a_hidden_note_is_not_read(tmp_path: Path):
    """What a viewer does not show is no text of the page."""
    findings = read_with_note(tmp_path, "Order no: BD-17", flags=2)

    assert "BD-17" not in findings.text
