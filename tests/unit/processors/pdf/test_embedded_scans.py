"""PDF pages that show more than their own text: pasted scans and barcodes."""

from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
import zxingcpp
from PIL import Image

from pipeline.model import ReadStatus
from processors.contract import Segment
from processors.ocr import barcodes
from tests.unit.processors import documents, drawn

PAPER = documents.page_image("Total 12.50").convert("L")
PLACE = (150.0, 300.0, 300.0, 150.0)
"""Left, bottom, width, height of the picture, in points."""


def painted(image: Image.Image, left: float, bottom: float, width: float, height: float) -> bytes:
    """Return the operators that paint a gray image."""
    head = (
        f"q {width} 0 0 {height} {left} {bottom} cm BI /W {image.width} /H {image.height} /BPC "
        f"8 /CS /G ID "
    )
    return head.encode() + image.convert("L").tobytes() + b" EI Q\n"


def mixed(image: Image.Image, *more: drawn.Text) -> bytes:
    """Draw a page of prose with an image below it."""
    prose = drawn.column(["Covering letter", *drawn.prose(12)], 60, 750)
    return drawn.document(drawn.page(*prose, *more, behind=painted(image, *PLACE)))


def recognized(text: str) -> list[Segment]:
    """Return an engine's answer: one line near the image's top left corner, in its pixels."""
    return [Segment(text=text, box=(20, 20, 20 + 12 * len(text), 50), confidence=0.9)]


def test_a_scan_beside_text_is_read_too(tmp_path: Path):
    """On a page with text and a pasted scan, both are read once, in their places."""
    engine = documents.ScriptedEngine(recognized("Total 12.50"))

    findings = documents.read(mixed(PAPER), tmp_path, engine=engine)

    page = findings.pages[0]
    assert (page.source, page.text.count("Total 12.50"), page.text.count("Covering letter")) == (
        "text",
        1,
        1,
    )
    assert page.reason.endswith(
        "its own text is sound; an image on it was recognized; the test says so"
    )
    assert len(engine.seen) == 1
    total = findings.fields["total"]
    assert total.value == "12.50"
    assert total.box is not None
    left, top, right, bottom = total.box
    assert left >= PLACE[0]
    assert right <= PLACE[0] + PLACE[2]
    assert 792 - PLACE[1] - PLACE[3] <= top < bottom <= 792 - PLACE[1]


def test_only_recognized_words_are_added_to_the_searchable_copy(tmp_path: Path):
    """The searchable PDF of such a page has every word once: its own and the recognized ones."""
    engine = documents.ScriptedEngine(recognized("Total 12.50"))

    findings = documents.read(mixed(PAPER), tmp_path, engine=engine)

    with pdfium.PdfDocument(findings.derived["searchable.pdf"]) as document:
        text = document[0].get_textpage().get_text_range()
    assert (text.count("12.50"), text.count("Covering letter")) == (1, 1)


def test_a_scan_painted_twice_is_read_once(tmp_path: Path):
    """An image on itself or on a larger one is recognized once, and its words occur once."""
    engine = documents.ScriptedEngine(recognized("Total 12.50"))
    prose = drawn.column(["Covering letter", *drawn.prose(12)], 60, 750)
    left, bottom, width, height = PLACE
    full = documents.page_image("Total 12.50", "Thank you", "Please come again", "soon").convert(
        "L"
    )
    layers = painted(full, *PLACE) * 2 + painted(
        full, left + 10, bottom + 10, width - 20, height - 20
    )

    findings = documents.read(
        drawn.document(drawn.page(*prose, behind=layers)), tmp_path, engine=engine
    )

    assert findings.pages[0].text.count("Total 12.50") == 1
    assert len(engine.seen) == 1


def test_scans_that_overlap_give_each_line_once(tmp_path: Path):
    """A line that two overlapping images show is added once."""
    left, bottom, width, height = PLACE
    first = Segment(text="Total 12.50", box=(20, 250, 160, 280), confidence=0.9)
    second = Segment(text="Tota1 12.50", box=(20, 42, 160, 72), confidence=0.9)
    engine = documents.ScriptedEngine([first], [second])
    prose = drawn.column(["Covering letter", *drawn.prose(12)], 60, 750)
    tiles = painted(PAPER, *PLACE) + painted(PAPER, left, bottom - 75, width, height - 1)

    findings = documents.read(
        drawn.document(drawn.page(*prose, behind=tiles)), tmp_path, engine=engine
    )

    assert findings.pages[0].text.count("12.50") == 1
    assert len(engine.seen) == 2


@pytest.mark.parametrize("kind", ["photo", "black", "white"])
def test_images_that_are_no_pages_are_ignored(kind: str, tmp_path: Path):
    """Photos and empty areas beside sound text are not recognized."""
    photo = Image.fromarray(np.random.default_rng(2).integers(0, 255, (300, 600), dtype=np.uint8))
    image = {
        "photo": photo,
        "black": Image.new("L", (600, 300), 0),
        "white": Image.new("L", (600, 300), 255),
    }[kind]
    engine = documents.ScriptedEngine(documents.says("never"))

    findings = documents.read(mixed(image), tmp_path, engine=engine)

    assert engine.seen == []
    assert findings.status is ReadStatus.OK


def test_text_over_an_image_is_not_read_twice(tmp_path: Path):
    """An image under the page's own text is its background."""
    over = drawn.column(drawn.prose(8), 155, 430)
    engine = documents.ScriptedEngine(documents.says("never"))

    documents.read(mixed(PAPER, *over), tmp_path, engine=engine)

    assert engine.seen == []


def test_barcodes_are_read_on_every_page_that_may_have_some(tmp_path: Path):
    """A barcode on a later page of a text document is a value with its page and box."""
    code = Image.fromarray(
        np.array(
            zxingcpp.create_barcode("PO-4711", zxingcpp.BarcodeFormat.Code128).to_image(scale=3)
        )
    )
    prose = drawn.column(drawn.prose(12), 60, 750)
    plain, coded = drawn.page(*prose), drawn.page(*prose, behind=painted(code, 200, 300, 300, 100))

    findings = documents.read(drawn.document(plain, plain, coded), tmp_path)

    found = findings.fields["barcodes"]
    assert (found.value, found.page) == ("PO-4711", 3)
    assert found.box is not None
    assert 195 < found.box[0] < found.box[2] < 505


def test_few_pages_are_searched_for_barcodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Plain pages and repeated logos are not searched for barcodes, and at most forty pages are."""
    searched: list[object] = []
    monkeypatch.setattr(
        barcodes,
        "codes_in",
        lambda image, scale: searched.append((image, scale)) or (),
    )
    prose = drawn.column(drawn.prose(12), 60, 750)
    logo = [drawn.page(*prose, behind=painted(Image.new("L", (40, 20), 0), 500, 760, 40, 20))] * 30
    various = [
        drawn.page(*prose, behind=painted(Image.new("L", (40, 20), 0), 500, 700 - n, 40, 20))
        for n in range(60)
    ]

    documents.read(drawn.document(*[drawn.page(*prose)] * 5, *logo, *various), tmp_path)

    assert len(searched) == 40
