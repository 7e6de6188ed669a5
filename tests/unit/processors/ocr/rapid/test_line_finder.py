"""Lines are found where a detector marks text: each once, and as high as it is."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, strategies as st
from PIL import Image, ImageDraw, ImageFont

from processors.ocr.rapid import engine as rapid_engine, line_finder

Marks = npt.NDArray[np.float32]


def marks(*bars: tuple[int, int, int, int], sure: float = 0.95) -> Marks:
    """Return a map of 100 x 200 with bars (left, top, right, bottom) in it."""
    drawn = np.zeros((100, 200), dtype=np.float32)
    for left, top, right, bottom in bars:
        drawn[top:bottom, left:right] = sure
    return drawn


def found(drawn: Marks, *, scale: int = 1) -> list[tuple[float, float, float, float]]:
    """Return the upright boxes of the lines of a map, from top to bottom."""
    rows, columns = drawn.shape
    lines = line_finder.lines_in(drawn, width_px=columns * scale, height_px=rows * scale)
    return sorted(
        ((*line.min(axis=0), *line.max(axis=0)) for line in lines), key=lambda box: box[1]
    )


def test_a_core_is_expanded_to_its_line():
    """A mark gives one line that is larger by the same on all four sides."""
    (left, top, right, bottom), *others = found(marks((40, 50, 160, 58)))

    assert not others
    grown = 40 - left
    assert 3 <= grown <= 8
    assert [50 - top, bottom - 58, right - 160] == pytest.approx([grown] * 3, abs=1)


def test_boxes_are_in_pixels_of_the_image():
    """A map half the size of the image gives boxes in the image."""
    small, large = found(marks((40, 50, 160, 58))), found(marks((40, 50, 160, 58)), scale=2)

    assert np.asarray(large) == pytest.approx(2 * np.asarray(small), abs=2)


def test_a_mark_with_a_hole_is_one_line():
    """The inner edge of a mark is not a line."""
    ring = marks((40, 40, 160, 60))
    ring[47:53, 60:140] = 0

    assert len(found(ring)) <= 2
    assert len(found(marks((40, 45, 160, 57)) - marks((90, 49, 110, 52)))) == 1


def test_text_inside_a_frame_is_found():
    """A line inside the hole of another mark is a line."""
    frame = marks(
        (10, 10, 190, 13),
        (10, 87, 190, 90),
        (10, 10, 13, 90),
        (187, 10, 190, 90),
        (50, 46, 150, 54),
    )

    assert any(40 < left < 50 and 150 < right < 160 for left, _, right, _ in found(frame))


def test_a_line_with_a_bulge_is_as_high_as_the_others():
    """A stacked superscript makes a mark bulge; the line is not that high as a whole."""
    plain, bulging = marks((10, 50, 190, 56)), marks((10, 50, 190, 56), (100, 42, 112, 64))

    assert found(bulging) == pytest.approx(np.asarray(found(plain)), abs=2)


def test_lines_that_touch_are_separated():
    """A stroke that joins two lines leaves two lines, neither twice as high."""
    both = found(marks((10, 40, 190, 47), (10, 56, 190, 63), (100, 40, 106, 63)))

    assert len(both) == 2
    assert all(bottom - top < 26 for _, top, _, bottom in both)
    assert both[0][3] < 56
    assert both[1][1] > 47


def test_a_faint_mark_is_no_line():
    """A faint mark is not a line."""
    assert found(marks((40, 50, 160, 58), sure=0.35)) == []
    assert found(marks()) == []


@pytest.mark.parametrize("slope_deg", [-20.0, -3.0, 3.0, 20.0])
def test_a_slanted_line_begins_at_its_upper_left(slope_deg: float):
    """Corners go clockwise from the upper left one, whatever the slope."""
    down, across = np.mgrid[0:100, 0:200].astype(np.float32)
    slope = math.tan(math.radians(slope_deg))
    offset = (down - 50) - slope * (across - 100)
    drawn = ((np.abs(offset) < 5) & (np.abs(across - 100) < 70)).astype(np.float32)

    (line,) = line_finder.lines_in(drawn, width_px=200, height_px=100)

    along = line[1] - line[0]
    assert math.degrees(math.atan2(along[1], along[0])) == pytest.approx(slope_deg, abs=2.5)
    assert line[3][1] > line[0][1]
    assert line[2][1] > line[1][1]


@given(
    st.lists(
        st.tuples(st.integers(0, 190), st.integers(0, 90), st.integers(1, 60), st.integers(1, 30)),
        max_size=12,
    )
)
def test_lines_are_inside_the_image(boxes: list[tuple[int, int, int, int]]):
    """Whatever is marked, lines have an extent and are inside the image."""
    drawn = marks(*((left, top, left + width, top + height) for left, top, width, height in boxes))

    for left, top, right, bottom in found(drawn):
        assert 0 <= left < right <= 199
        assert 0 <= top < bottom <= 99


@pytest.mark.slow
def test_a_line_with_stacked_superscripts_is_read():
    """Error limits stacked at the end of a line do not hide the line."""
    page = Image.new("RGB", (900, 260), "white")
    draw = ImageDraw.Draw(page)
    text, index = ImageFont.load_default(size=24), ImageFont.load_default(size=15)
    lines = [
        "The mean difference of all measured weights is about 4.20",
        "kilogrammes where one counts the empty boxes and about",
        "3.90 where nobody does, as it was in every former year",
    ]
    for number, line in enumerate(lines):
        top, right = 60 + 28 * number, 40 + draw.textlength(line, font=text)
        draw.text((40, top), line, fill="black", font=text)
        if line is not lines[-1]:
            draw.text((right, top - 4), "+0.13", fill="black", font=index)
            draw.text((right, top + 15), "-0.14", fill="black", font=index)

    read = " ".join(segment.text for segment in rapid_engine.RapidEngine().recognize(page, dpi=200))

    assert "The mean difference of all measured weights is about" in read
    assert "kilogrammes where one counts the empty boxes" in read
    assert "3.90 where nobody does" in read
