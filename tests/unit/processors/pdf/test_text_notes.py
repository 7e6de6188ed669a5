"""What users type onto a page is part of what it says."""

from io import BytesIO
from pathlib import Path

import pypdf
import pytest
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


def read_with_note(tmp_path: Path, text: str, *, flags: int, key: str = "/Contents") -> Findings:
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
            NameObject(key): TextStringObject(text),
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


def test_a_note_of_rich_text_alone_is_read(tmp_path: Path):
    """Some programs write nothing beside the rich text."""
    rich = '<?xml version="1.0"?><body><p>Order no: BD-17</p></body>'

    assert "Order no: BD-17" in read_with_note(tmp_path, rich, key="/RC", flags=4).text


@pytest.mark.parametrize("flag", [2, 32], ids=["hidden", "not for viewers"])
def test_a_hidden_note_is_not_read(flag: int, tmp_path: Path):
    """What a viewer does not show is no text of the page, which is read all the same."""
    findings = read_with_note(
        tmp_path, "Order no: BD-17\nZam\u00f3wienie: \u0141-18", flags=4 | flag
    )

    assert findings.text == "Brook Dairy Ltd\nTen crates of milk were delivered."


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Order\tno:\u00a0BD\u201117", "Order no: BD-17"),
        ("Zam\u00f3wienie: \u0141-17", "Zam\u00f3wienie: \u0141-17"),
        ("Order no: BD-17\n\u0417\u0430\u043a\u0430\u0437 18", "\u0417\u0430\u043a\u0430\u0437 18"),
    ],
    ids=["blanks and hyphens", "Polish", "Cyrillic"],
)
def test_letters_that_the_font_lacks_are_read(typed: str, read: str, tmp_path: Path):
    """Blanks and hyphens become plain ones; other letters are text that is not drawn."""
    findings = read_with_note(tmp_path, typed, flags=4)

    assert read in findings.text.splitlines()
    assert "\u00ff" not in findings.text
