"""How often a page is recognized until its orientation is known: runs are counted."""

import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest
from rapidfuzz import fuzz

from processors.contract import OcrEngine, ReadSettings, Segment
from processors.layout import reading_order
from processors.ocr import engines, orientation
from tests.support.samples import sampled
from tests.unit.processors import documents, drawn

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from PIL import Image

needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="the program tesseract is not installed"
)
LINES = drawn.prose(10, words=5)
PAGE = documents.page_image(*LINES, size=(1000, 1000))


class Counting:
    """An engine that remembers the images it was called with."""

    def __init__(self, engine: OcrEngine) -> None:
        self.name = engine.name
        self._engine = engine
        self.seen: list[Image.Image] = []

    def recognize(self, image: "Image.Image", *, dpi: float) -> Sequence[Segment]:
        """Pass it on."""
        self.seen.append(image)
        return self._engine.recognize(image, dpi=dpi)

    def whole_pages(self) -> int:
        """Count the pictures as large as the page."""
        return sum(image.width * image.height == PAGE.width * PAGE.height for image in self.seen)


@pytest.fixture(
    scope="module", params=["rapidocr", pytest.param("tesseract", marks=needs_tesseract)]
)
def engine(request: pytest.FixtureRequest) -> OcrEngine:
    """Load an engine once for all tests."""
    return engines.load(request.param, ReadSettings())


def test_an_upright_page_is_recognized_once(engine: OcrEngine):
    """A page that reads well costs nothing more."""
    counting = Counting(engine)

    _, turned = orientation.recognize_upright(PAGE, counting, dpi=200)

    assert (turned, len(counting.seen)) == (0, 1)


@pytest.mark.parametrize("rotated_deg", sampled([90, 180, 270], sample=[90]))
def test_a_rotated_page_is_recognized_twice(rotated_deg: int, engine: OcrEngine):
    """A rotated page is recognized as scanned and once more upright; a few lines decide how."""
    counting = Counting(engine)

    segments, turned = orientation.recognize_upright(
        PAGE.rotate(rotated_deg, expand=True), counting, dpi=200
    )

    assert turned == 360 - rotated_deg
    assert counting.whole_pages() == 2
    read = " ".join(line.text for line in reading_order.lines_of(segments))
    assert fuzz.ratio(read, " ".join(LINES)) > 98


def test_a_page_that_reads_badly_in_both_orientations_stays():
    """If a few lines read no better upside down, the page is not recognized again."""
    unsure = [
        Segment("snudged letfers", (100, 80 * row, 500, 80 * row + 40), 0.7) for row in range(8)
    ]
    counting = Counting(documents.ScriptedEngine(unsure, unsure[:4]))

    segments, turned = orientation.recognize_upright(PAGE, counting, dpi=200)

    assert (segments, turned) == (unsure, 0)
    assert [image.size == PAGE.size for image in counting.seen] == [True, False]
