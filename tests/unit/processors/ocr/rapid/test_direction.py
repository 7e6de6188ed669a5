"""Where text is, is looked for once; a few lines decide in which direction a page was scanned."""

from typing import Any

import numpy as np
import pytest
from rapidfuzz import fuzz

from processors.contract import Segment
from processors.layout import reading_order
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
@pytest.mark.parametrize("rotated_deg", sampled([0, 90, 180, 270], sample=[0, 180, 270]))
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
    ("this_way", "other_way", "angle"),
    [
        ((0.97, "Total 12.50"), (0.7, "OS'ZL lejoL"), 90),
        ((0.6, "OS'ZL lejoL"), (0.98, "Total 12.50"), 270),
        ((0.7, "Total 12.50"), (0.6, "OS'ZL lejoL"), None),
        ((0.97, "HOHOH"), (0.97, "HOHOH"), None),
        ((0.97, "Total 12.50"), (0.0, ""), 90),
        ((0.0, ""), (0.0, ""), None),
    ],
    ids=["this", "other", "both unsure", "both sure", "one empty", "both empty"],
)
def test_only_a_clear_difference_decides(
    this_way: tuple[float, str], other_way: tuple[float, str], angle: int | None
):
    """Letters that look alike both ways, or are unsure either way, leave it open."""
    found = {90: [line(this_way[1], this_way[0])], 270: [line(other_way[1], other_way[0])]}

    assert direction.better(found) == angle
