"""Words and their boxes in pixels, from both engines, on pages drawn here."""

import shutil

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont, ImageOps

from processors.contract import OcrEngine, ReadSettings, Segment, Word
from processors.ocr import engines
from processors.ocr.rapid import engine as rapid_engine

pytestmark = pytest.mark.slow

needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="the program tesseract is not installed"
)
FONT = ImageFont.load_default(size=48)
POSITIONS = {"Invoice": (60, 60), "4711": (330, 60), "Total": (60, 200), "12.50": (700, 200)}


@pytest.fixture(
    scope="module", params=["rapidocr", pytest.param("tesseract", marks=needs_tesseract)]
)
def engine(request: pytest.FixtureRequest) -> OcrEngine:
    """Load an engine once for all tests."""
    return engines.load(request.param, ReadSettings())


@pytest.fixture(scope="module")
def rapidocr() -> rapid_engine.RapidEngine:
    """Load RapidOCR once for all tests."""
    return rapid_engine.RapidEngine()


def page() -> Image.Image:
    """Draw four words in two lines."""
    image = Image.new("RGB", (1000, 400), "white")
    for word, position in POSITIONS.items():
        ImageDraw.Draw(image).text(position, word, fill="black", font=FONT)
    return image


def words_of(segments: "list[Segment]") -> dict[str, Word]:
    """Return words by their text."""
    return {word.text: word for segment in segments for word in segment.words}


def test_every_word_has_its_box(engine: OcrEngine):
    """Each engine finds each word within a letter's width of where it was drawn."""
    found = words_of(list(engine.recognize(page(), dpi=200)))

    assert set(found) == set(POSITIONS)
    for text, position in POSITIONS.items():
        drawn = ImageDraw.Draw(page()).textbbox(position, text, font=FONT)
        assert found[text].box == pytest.approx(drawn, abs=30)


def on_strip(image: Image.Image) -> Image.Image:
    """Put a page at the end of a long strip, whose other lines are far above."""
    strip = Image.new("RGB", (540, 4200), "white")
    strip.paste(image, (20, 4000))
    return strip


SHAPES = {
    "gray": lambda image: image.convert("L"),
    "slanting by 4 degrees": lambda image: image.rotate(
        4, expand=True, fillcolor="white", resample=Image.BICUBIC
    ),
    "white on black": ImageOps.invert,
    "thirty pixels high": lambda image: image.resize((250, 100)),
    "on a strip of a till": lambda image: on_strip(image.resize((400, 160))),
    "a large scan": lambda image: image.resize((4000, 1600)),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_rapidocr_reads_every_shape(shape: str, rapidocr: rapid_engine.RapidEngine):
    """Words are read whatever their tone, slant and size."""
    image = SHAPES[shape](page())

    segments = rapidocr.recognize(image, dpi=200)

    assert " ".join(segment.text for segment in segments).replace(" ", "")
    assert sorted("".join(segment.text for segment in segments).replace(" ", "")) == sorted(
        "".join(POSITIONS)
    )


def test_words_of_a_vertical_line_are_below_each_other(rapidocr: rapid_engine.RapidEngine):
    """On a line that runs downward, the boxes of its words follow it down the page."""
    turned = page().crop((0, 0, 1000, 140)).rotate(270, expand=True)

    found = words_of(list(rapidocr.recognize(turned, dpi=200)))

    assert found["Invoice"].box[3] < found["4711"].box[3]
    assert np.ptp([word.box[0] for word in found.values()]) < 20


def test_pixels_become_the_numbers_that_the_networks_were_trained_with():
    """Colors last from 0 to 255 become colors first from -1 to 1, each number exactly."""
    pixels = np.random.default_rng(3).integers(0, 256, (7, 40, 3), dtype=np.uint8)

    found = rapid_engine._normalized(pixels)

    expected = (pixels.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)
    assert found.dtype == np.float32
    assert np.array_equal(found, expected)


def test_short_lines_are_read_together(
    rapidocr: rapid_engine.RapidEngine, monkeypatch: pytest.MonkeyPatch
):
    """Short lines share a strip: the recognizer runs less often than there are words."""
    seen: list[int] = []
    inner = rapidocr._recognizer

    class Watching:
        def run(self, pixels: np.ndarray) -> np.ndarray:
            """Remember the width."""
            seen.append(pixels.shape[3])
            return np.asarray(inner.run(pixels))

    monkeypatch.setattr(rapidocr, "_recognizer", Watching())
    found = words_of(list(rapidocr.recognize(page(), dpi=200)))

    assert set(found) == set(POSITIONS)
    assert len(seen) < len(POSITIONS)


def test_east_asian_characters_are_removed_unless_requested():
    """The recognizer has no Chinese character for Latin pages, and all of them for Chinese ones."""
    latin, chinese = (
        rapid_engine.RapidEngine(languages)._characters for languages in (("eng",), ("chi_sim",))
    )

    assert "é" in latin
    assert "的" not in latin
    assert "的" in chinese
