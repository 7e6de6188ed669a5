import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter

from pipeline.model import ReadStatus
from processors.contract import EngineMissing, Limits, ReadSettings, Segment
from processors.read import read_document
from tests.unit.processors import documents

LONG = "\n".join(f"Line {number} of an ordinary letter" for number in range(6))


def test_a_text_layer_is_read_without_ocr(tmp_path: Path):
    """A page with a good text layer is read from it, page by page."""
    engine = documents.ScriptedEngine(documents.says("never"))

    findings = documents.read(
        documents.pdf("Invoice 4711\nTotal 12.50", "Page two"), tmp_path, engine=engine
    )

    assert findings.status is ReadStatus.OK
    assert [(page.number, page.source, page.text) for page in findings.pages] == [
        (1, "text", "Invoice 4711\nTotal 12.50"),
        (2, "text", "Page two"),
    ]
    assert engine.seen == []


def test_a_scan_under_a_stamp_goes_to_ocr(tmp_path: Path):
    """A page covered by an image is recognized although a few characters are on it."""
    engine = documents.ScriptedEngine(documents.says("what the scan says"))

    findings = documents.read(documents.pdf("p. 1", images=[(1, 1)]), tmp_path, engine=engine)

    assert [(page.source, page.text) for page in findings.pages] == [("ocr", "what the scan says")]
    assert engine.seen[0].size == pytest.approx((1700, 2200), abs=2)


def test_an_image_behind_much_text_is_decoration(tmp_path: Path):
    """A page full of text keeps its text layer although an image is behind it."""
    findings = documents.read(documents.pdf(LONG, images=[(1, 1)]), tmp_path)

    assert findings.pages[0].source == "text"


def test_a_blank_page_has_no_source(tmp_path: Path):
    """A page without anything on it is neither read nor recognized."""
    findings = documents.read(documents.pdf("Words", ""), tmp_path)

    assert [page.source for page in findings.pages] == ["text", "none"]


def test_rotated_pages_are_read_upright(tmp_path: Path):
    """On a page that is shown rotated, boxes are as a reader sees them."""
    writer = PdfWriter(PdfReader(io.BytesIO(documents.pdf("first\nsecond"))))
    writer.pages[0].rotate(90)
    out = io.BytesIO()
    writer.write(out)

    findings = documents.read(out.getvalue(), tmp_path)

    assert (findings.pages[0].width_pt, findings.pages[0].height_pt) == (792, 612)
    lines = json.loads(findings.derived["pages.json"].read_text())["pages"][0]["lines"]
    assert all(line["box"][0] > 600 for line in lines)


def test_filled_forms_are_read(tmp_path: Path):
    """What a user typed into a form field is part of the page's text."""
    findings = documents.read(_form("Ada Lovelace"), tmp_path)

    assert "Ada Lovelace" in findings.text


def _form(value: str) -> bytes:
    resources = "<< /Font << /F1 3 0 R >> >>"
    appearance = f"BT /F1 12 Tf 2 4 Td ({value}) Tj ET"
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] /DR {resources} >> >>",
        "<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        (
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 5 0 R /Annots [6 0 R]"
            " /Resources << /Font << /F1 3 0 R >> >> >>"
        ),
        "<< /Length 39 >>\nstream\nBT /F1 12 Tf 20 150 Td (Your name) Tj ET\nendstream",
        (
            f"<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /V ({value}) /F 4 /Rect [20 "
            f"100 200 120] /P 4 0 R"
            " /DA (/F1 12 Tf) /AP << /N 7 0 R >> >>"
        ),
        (
            "<< /Type /XObject /Subtype /Form /BBox [0 0 180 20] /Resources << /Font << /F1 3 "
            "0 R >> >>"
            f" /Length {len(appearance)} >>\nstream\n{appearance}\nendstream"
        ),
    ]
    return documents._assembled([item.encode() for item in objects])


def test_attachments_are_children(tmp_path: Path):
    """Files embedded in a PDF are its children."""
    writer = PdfWriter(PdfReader(io.BytesIO(documents.pdf("Invoice"))))
    writer.add_attachment("invoice.xml", b"<a/>")
    out = io.BytesIO()
    writer.write(out)

    findings = documents.read(out.getvalue(), tmp_path)

    assert [child.name for child in findings.children] == ["invoice.xml"]


def test_a_pdf_that_needs_a_password_says_so(tmp_path: Path):
    """A PDF that needs a password is encrypted and says what to do."""
    findings = documents.read(documents.locked_pdf("secret"), tmp_path, name="letter.pdf")

    assert findings.status is ReadStatus.ENCRYPTED
    assert "letter.pdf" in findings.problems[0]
    assert "Save a copy without" in findings.problems[0]


def test_an_empty_password_is_tried(tmp_path: Path):
    """A PDF that is protected against changes only is read."""
    findings = documents.read(documents.locked_pdf(""), tmp_path)

    assert findings.text == "Locked words"


def test_a_broken_page_does_not_affect_the_others(tmp_path: Path):
    """A page that cannot be loaded is named and makes the document partial."""
    broken = documents.pdf("One", "Two").replace(b"6 0 R]", b"9 0 R]")

    findings = documents.read(broken, tmp_path)

    assert findings.status is ReadStatus.PARTIAL
    assert findings.pages[0].text == "One"
    assert "Page 2" in findings.problems[0]


def test_pages_beyond_the_limit_are_reported(tmp_path: Path):
    """Pages beyond the limit are not read, and the document says so."""
    settings = ReadSettings(limits=Limits(pages=1))

    findings = documents.read(documents.pdf("One", "Two"), tmp_path, settings=settings)

    assert (findings.status, len(findings.pages)) == (ReadStatus.PARTIAL, 1)
    assert "first 1 of 2 pages" in findings.problems[0]


def test_text_pages_are_kept_when_ocr_is_missing(tmp_path: Path):
    """Without an OCR engine, pages with text are read; the others name what to install."""
    path = tmp_path / "document"
    path.write_bytes(documents.pdf("Words", "", images=[(2, 1)]))

    def missing() -> documents.ScriptedEngine:
        raise EngineMissing("install tesseract")

    findings = read_document(
        path, name="mixed", work_dir=tmp_path, settings=ReadSettings(), engine=missing
    )

    assert findings.status is ReadStatus.PARTIAL
    assert findings.pages[0].text == "Words"
    assert "Page 2" in findings.problems[0]
    assert "install tesseract" in findings.problems[0]


def test_derived_files_are_written(tmp_path: Path):
    """Text, pages with boxes in points and a thumbnail are in the work folder."""
    findings = documents.read(documents.pdf("Hello", "Again"), tmp_path)

    assert findings.derived["text.txt"].read_text() == "Hello\fAgain"
    said = json.loads(findings.derived["pages.json"].read_text())
    assert {name: value for name, value in said.items() if name != "pages"} == {
        "format": "pages",
        "version": 1,
        "unit": "pt",
        "origin": "top left",
    }
    assert [page["number"] for page in said["pages"]] == [1, 2]
    left, top, right, bottom = said["pages"][0]["lines"][0]["words"][0]["box"]
    assert 70 < left < right < 130
    assert 50 < top < bottom < 85
    with Image.open(findings.derived["thumbnail.webp"]) as thumbnail:
        assert max(thumbnail.size) <= 400


def test_a_page_upside_down_is_rotated(tmp_path: Path):
    """A scan that the engine is unsure of is tried upside down; the surer text is kept."""
    unsure = [Segment("sdrow esrever", (10, 10, 200, 30), 0.6)]
    engine = documents.ScriptedEngine(unsure, documents.says("right way up"))

    findings = documents.read(documents.pdf("", images=[(1, 1)]), tmp_path, engine=engine)

    assert findings.text == "right way up"


LOCK = ReadSettings(passwords=("wrong", "open sesame"))


def test_an_encrypted_pdf_opens_with_a_configured_password(tmp_path: Path):
    """A PDF opens with a configured password; metadata says so but not which password."""
    findings = documents.read(documents.locked_pdf("open sesame"), tmp_path, settings=LOCK)

    assert findings.text == "Locked words"
    assert findings.metadata["encrypted"] == "with a configured password"
    assert "sesame" not in repr(findings)
    assert "sesame" not in repr(LOCK)


def test_a_page_that_is_cropped_away_is_read_whole(tmp_path: Path):
    """A crop box beside the page hides nothing: viewers show all of it."""
    data = documents.pdf(LONG).replace(b"/Contents", b"/CropBox [2000 2000 2600 2800] /Contents")

    findings = documents.read(data, tmp_path)

    assert findings.text == LONG


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: data.index(b"xref\n")],
        lambda data: data[: data.index(b"xref\n")].replace(b"/Catalog", b"/Lost"),
        lambda data: data[: data.index(b"xref\n")].replace(b"/Pages", b"/Lost"),
    ],
    ids=["no table", "no catalog", "no tree of pages"],
)
def test_a_pdf_that_is_cut_off_is_read_as_far_as_it_goes(
    damage: Callable[[bytes], bytes], tmp_path: Path
):
    """The pages in a file without its end are read, and the reason says that some may be missing."""
    findings = documents.read(damage(documents.pdf(LONG, "Page two")), tmp_path)

    assert findings.status is ReadStatus.PARTIAL
    assert [page.text for page in findings.pages] == [LONG, "Page two"]
    assert "cut off" in findings.problems[0]


def test_a_file_without_pages_is_damaged(tmp_path: Path):
    """Where no page is left, nothing is made up."""
    findings = documents.read(b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n", tmp_path)

    assert findings.status is ReadStatus.DAMAGED
