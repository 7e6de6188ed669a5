"""Where text is, is looked for once; a few lines decide in which direction a page was scanned."""

from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from rapidfuzz import fuzz

from processors.contract import Segment
from processors.layout import reading_order
from processors.ocr import orientation
from processors.ocr.rapid import direction, networks
from processors.ocr.rapid.engine import RapidEngine
from tests.support.samples import sampled
from tests.unit.processors import documents, drawn

LINES = drawn.prose(14, words=5)
PAGE = documents.page_image(*LINES, size=(1000, 1400))


class Counting:
    """A network whose inputs are counted, in pixels."""

    def __init__(self, network: networks.Network) -> None:
        self._network = network
        self.inputs_px: list[int] = []

    def run(self, pixels: Any) -> Any:
        """Pass it on."""
        self.inputs_px.append(pixels.shape[0] * pixels.shape[-1])
        return self._network.run(pixels)


@pytest.fixture(scope="module")
def rapidocr() -> RapidEngine:
    """Load the networks once."""
    return RapidEngine()


@pytest.mark.slow
@pytest.mark.parametrize("rotated_deg", sampled([0, 90, 180, 270], sample=[270]))
def test_a_rotated_page_costs_little_more(
    rotated_deg: int, rapidocr: RapidEngine, monkeypatch: pytest.MonkeyPatch
):
    """Text is looked for once, and a few lines more are read than the page has."""
    detector, recognizer = Counting(rapidocr._detector), Counting(rapidocr._recognizer)
    monkeypatch.setattr(rapidocr, "_recognizer", upright := Counting(rapidocr._recognizer))
    rapidocr.recognize(PAGE, dpi=200)
    monkeypatch.setattr(rapidocr, "_detector", detector)
    monkeypatch.setattr(rapidocr, "_recognizer", recognizer)

    found = rapidocr.recognize_upright(PAGE.rotate(rotated_deg, expand=True), dpi=200)

    assert found is not None
    segments, turned_deg = found
    assert turned_deg == (360 - rotated_deg) % 360
    assert len(detector.inputs_px) == 1
    assert sum(recognizer.inputs_px) <= 1.7 * sum(upright.inputs_px)
    read = " ".join(line.text for line in reading_order.lines_of(segments))
    assert fuzz.ratio(read, " ".join(LINES)) > 97


def line(text: str, confidence: float) -> Segment:
    """A line that was read so surely."""
    return Segment(text, (0.0, 0.0, 200.0, 20.0), confidence)


def corners(left: int, top: int, right: int, bottom: int) -> Any:
    """A line as it was found: from its upper left corner, clockwise."""
    return np.asarray([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)


def test_most_long_lines_decide_whether_a_page_is_on_its_side():
    """Single characters, which are often higher than wide, say nothing."""
    level = [corners(0, y, 200, y + 20) for y in (0, 40, 80)]
    upright = [np.roll(corners(x, 0, x + 20, 200), -1, axis=0) for x in (0, 40, 80, 120)]
    single = [np.roll(corners(x, 0, x + 20, 24), -1, axis=0) for x in range(0, 400, 40)]

    assert not direction.is_sideways([*level, *single])
    assert not direction.is_sideways([*level, *upright[:2]])
    assert not direction.is_sideways(upright[:2])
    assert direction.is_sideways([*level, *upright, *single])


@pytest.mark.parametrize(
    ("this_way", "other_way", "is_better"),
    [
        ((0.97, "Total 12.50"), (0.7, "OS'ZL lejoL"), True),
        ((0.6, "OS'ZL lejoL"), (0.98, "Total 12.50"), False),
        ((0.97, "HOHOH"), (0.97, "HOHOH"), False),
        ((0.6, "blurred"), (0.5, "pajnlq"), True),
        ((0.97, "Total 12.50"), (0.0, ""), True),
        ((0.0, ""), (0.0, ""), False),
    ],
    ids=["surer", "less sure", "alike", "both unsure", "the other empty", "both empty"],
)
def test_only_a_clear_difference_decides(
    this_way: tuple[float, str], other_way: tuple[float, str], *, is_better: bool
):
    """Letters that look alike both ways leave it open."""
    this, other = (line(text, confidence) for confidence, text in (this_way, other_way))

    assert direction.is_better([this], than=[other]) is is_better


def test_lines_that_were_found_and_not_read_count():
    """Long lines that came to nothing are more than short ones that read surely."""
    unread = Segment("", (0.0, 0.0, 400.0, 20.0), 0.2)

    assert direction.reads_well([line("Total 12.50", 0.97)] * 3)
    assert not direction.reads_well([line("Total 12.50", 0.97)] * 3 + [unread] * 2)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["labels", "upside down"])
def test_a_page_with_text_in_two_directions_stays_as_most_of_it_runs(
    kind: str, rapidocr: RapidEngine
):
    """Sixteen labels of columns are more lines than the text below them, but not more text."""
    body = drawn.prose(12, words=6)
    page = documents.page_image(*body, size=(1200, 1300))
    if kind == "labels":
        beside = Image.new("L", (1200, 300), 255)
        for number in range(16):
            label = Image.new("L", (250, 40), 255)
            ImageDraw.Draw(label).text((4, 2), f"Overtime {number}", fill=0, font_size=24)
            beside.paste(label.rotate(270, expand=True), (60 + number * 68, 30))
    else:
        terms = ["These general terms of sale apply to every delivery and to all parts of it"] * 3
        beside = documents.page_image(*terms, size=(1200, 300)).rotate(180)
    whole = Image.new("L", (1200, 1600), 255)
    whole.paste(beside, (0, 0))
    whole.paste(page, (0, 300))

    segments, turned_deg = orientation.recognize_upright(whole, rapidocr, dpi=150)

    assert turned_deg == 0
    read = " ".join(segment.text for segment in segments)
    assert fuzz.partial_ratio(body[3], read) > 95
