"""Lines that the search finds twice are recognised and reported once."""

import math

import numpy as np
import pytest

from processors import doubles, rapid
from tests.unit.processors import documents


def line(x: float, y: float, width: float, height: float = 30, *, slope_deg: float = 0.0) -> "np.ndarray":
    """Return the corners of a line by its middle, clockwise from where the text begins."""
    cos, sin = math.cos(math.radians(slope_deg)), math.sin(math.radians(slope_deg))
    ends = [(-width / 2, -height / 2), (width / 2, -height / 2), (width / 2, height / 2), (-width / 2, height / 2)]
    return np.asarray([(x + a * cos - b * sin, y + a * sin + b * cos) for a, b in ends], dtype=np.float32)


ONE = line(300, 100, 400)
DOUBLES = {
    "the same": ONE,
    "the hole in a mark": line(300, 101, 380, 22),
    "a part of it": line(200, 98, 120, 28),
}


@pytest.mark.parametrize("other", DOUBLES)
@pytest.mark.parametrize("slope_deg", [0.0, 7.0, 90.0])
def test_a_line_found_twice_is_one(other: str, slope_deg: float):
    """Of two lines that lie on each other the longer one stays, however they slant and whichever came first."""
    cos, sin = math.cos(math.radians(slope_deg)), math.sin(math.radians(slope_deg))
    turn = np.asarray([(cos, sin), (-sin, cos)])
    one, double = ONE @ turn, DOUBLES[other] @ turn

    assert [kept is one or kept is double for kept in doubles.distinct([one, double])] == [True]
    assert np.linalg.norm(doubles.distinct([double, one])[0] - one) < 1e-3


NEIGHBOURS = {
    "the line below": line(300, 138, 400),
    "the next column": line(560, 100, 110),
    "the same row, overlapping by a letter": line(520, 100, 80),
    "a box round two lines": line(300, 115, 400, 66),
    "a footnote mark": line(505, 88, 14, 14),
}


@pytest.mark.parametrize("other", NEIGHBOURS)
def test_neighbours_are_no_doubles(other: str):
    """Lines beside or below each other all stay, in the order they were found."""
    found = [NEIGHBOURS[other], ONE]

    assert [id(kept) for kept in doubles.distinct(found)] == [id(each) for each in found]


def test_slanting_lines_close_together_stay():
    """On a slanting page the upright boxes of lines overlap; the lines do not."""
    cos, sin = math.cos(math.radians(8)), math.sin(math.radians(8))
    lines = [line(400 - 40 * row * sin, 100 + 40 * row * cos, 700, slope_deg=8) for row in range(6)]

    assert len(doubles.distinct(lines)) == 6


@pytest.mark.parametrize("count", [0, 1])
def test_few_lines_are_left_alone(count: int):
    """A page of no line or of one has no doubles."""
    assert len(doubles.distinct([ONE][:count])) == count


def test_the_engine_reads_a_line_found_twice_once(monkeypatch: pytest.MonkeyPatch):
    """Where the search gives every line twice, the engine reports each word once."""
    engine = rapid.RapidEngine()
    inner = engine._boxes

    def twice(marked: object, size: object) -> tuple[object, object]:
        boxes, scores = inner(marked, size)
        return np.concatenate([boxes, boxes + 1]), scores

    monkeypatch.setattr(engine, "_boxes", twice)
    segments = engine.recognise(documents.sheet_of_paper("Invoice 4711", "Total 12.50"), dpi=200)

    assert sorted(word for segment in segments for word in segment.text.split()) == [
        "12.50",
        "4711",
        "Invoice",
        "Total",
    ]
