import math

import pytest

from processors.contract import Segment
from processors.layout import reading_order


def segment(
    text: str, x: float, y: float, *, width: float = 40, height: float = 10, **more: float
) -> Segment:
    """Place a piece of text by its top left corner."""
    return Segment(text=text, box=(x, y, x + width, y + height), **more)


def test_pieces_are_read_top_to_bottom_and_left_to_right():
    """Pieces come out in reading order, those of one line joined, columns apart by two spaces."""
    pieces = [
        segment("42.00", 300, 101),
        segment("first", 0, 20),
        segment("Total", 0, 100),
        segment("line", 45, 21),
    ]

    lines = reading_order.lines_of(pieces)

    assert [line.text for line in lines] == ["first line", "Total  42.00"]


def test_a_line_knows_its_place_and_confidence():
    """A line's box surrounds its pieces in points, its confidence weighs them by length."""
    pieces = [segment("aaa", 0, 0, confidence=1.0), segment("b", 45, 2, confidence=0.6)]

    (line,) = reading_order.lines_of(pieces, scale=0.5)

    assert line.box == (0, 0, 42.5, 6)
    assert line.confidence == pytest.approx(0.9)


def test_a_slanted_page_is_leveled():
    """Lines of a page photographed at a slant stay lines though their ends lie lower than the next line's start."""
    angle = 4.0
    slope = math.tan(math.radians(angle))
    pieces = [
        segment(
            f"{word}{row}",
            x,
            40 + 14 * row + x * slope,
            width=100,
            height=10 + 100 * slope,
            angle_deg=angle,
        )
        for row in range(4)
        for word, x in (("left", 0), ("right", 420))
    ]

    lines = reading_order.lines_of(pieces)

    assert [line.text for line in lines] == [f"left{row}  right{row}" for row in range(4)]
