"""Measure how high the letters of a picture are, before text is looked for on it.

Letters are patches of ink. Their shape alone distinguishes them from specks, rules, pictures and
shadows, which takes a few milliseconds.
"""

from typing import Any

_HEIGHT = 3  # the column of a shape, as OpenCV orders them

# Ink is darker by this than the mean of the square around it, so that shadows are none.
_INK = 15
_AROUND_PX = 31
_LOWEST_PX, _HIGHEST_PX = 4, 100
_WIDEST = 3.0  # times wider than high: two or three letters that touch
_SLIMMEST = 4.0  # times higher than wide: an l or a 1
# The share of its box that a letter fills. Rings and crossing rules fill less; dots and bars more.
_LEAST_FILLED, _MOST_FILLED = 0.15, 0.75
_FEWEST_LETTERS = 50
# Nearly the lowest ones decide, so that small print among large letters counts.
_LOW_PERCENT = 5
# A footnote is too few letters for that. It is known by its rows: marks like these beside one
# another. Dots, commas and the gaps in large letters are as low, but are alone.
_LOWEST_OF_ROW_PX = 3
_WIDEST_OF_ROW = 12.0  # times wider than high: letters as small as that touch, word by word
_GAP_IN_ROW = 3.0  # times as high
_FEWEST_IN_ROW = 3
# Comparing each with each takes their square; among so many, small print is no exception.
_MOST_IN_ROWS = 1000
# The ground of light print is the median of so large a square, in quarters.
_GROUND_SCALE, _GROUND_SIDE = 0.25, 15
# OpenCV numbers patches with 16 bits, in half the time it takes with 32, and refuses a picture with
# more. A patch and the gap beside it take four pixels at least.
_MOST_PX_AT_ONCE = 3 * 2**16
_OVERLAP_PX = 32  # of the parts, so that a line of small print on an edge is whole in one of them


def letter_height_px(pixels: Any, *, small_px: float) -> float:
    """Return how high the low letters of a picture (rows x columns x BGR) are.

    0 where there are too few to say. Where they are not higher than `small_px`, it is not looked
    for still lower ones, a line of small print or light print on a dark ground.
    """
    import cv2
    import numpy as np

    gray = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    dark = _shapes(_ink(gray))
    height = dark[_are_letters(dark, _LOWEST_PX, _WIDEST), _HEIGHT]
    if len(height) < _FEWEST_LETTERS:
        return 0.0
    low_px = float(np.percentile(height, _LOW_PERCENT))
    if low_px <= small_px:
        return low_px

    marks = np.concatenate([dark, _shapes(_light_ink(gray))])
    marks = marks[_are_letters(marks, _LOWEST_OF_ROW_PX, _WIDEST_OF_ROW)]
    marks = marks[marks[:, _HEIGHT] < low_px]
    in_rows = marks[_are_in_rows(marks), _HEIGHT] if len(marks) <= _MOST_IN_ROWS else [0]
    return float(np.percentile(in_rows, _LOW_PERCENT)) if len(in_rows) else low_px


def _are_letters(shapes: Any, lowest_px: int, widest: float) -> Any:
    """Say of each shape whether it can be a letter, or letters that touch."""
    _, _, width, height, area = shapes.T
    box = width * height
    return (
        (height >= lowest_px)
        & (height <= _HIGHEST_PX)
        & (width <= widest * height)
        & (height <= _SLIMMEST * width)
        & (area >= _LEAST_FILLED * box)
        & (area <= _MOST_FILLED * box)
    )


def _are_in_rows(shapes: Any) -> Any:
    """Say of each shape whether it is in a row with others of about its height."""
    import numpy as np

    left, top, width, height, _ = shapes.T.astype(np.float32)
    center, middle = left + width / 2, top + height / 2
    gap = np.abs(center[:, None] - center) - (width[:, None] + width) / 2
    is_beside = (gap <= _GAP_IN_ROW * height) & (np.abs(middle[:, None] - middle) <= height / 2)
    return np.count_nonzero(is_beside & is_beside.T, axis=1) >= _FEWEST_IN_ROW


def _ink(gray: Any) -> Any:
    """Return where a gray picture is darker than around."""
    import cv2

    return cv2.adaptiveThreshold(
        gray, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, _AROUND_PX, _INK
    )


def _light_ink(gray: Any) -> Any:
    """Return where a gray picture is lighter than around, and than the ground there.

    Paper within and between dark letters is lighter than around, too, but it is the ground.
    """
    import cv2

    small = cv2.resize(
        gray, None, fx=_GROUND_SCALE, fy=_GROUND_SCALE, interpolation=cv2.INTER_NEAREST
    )
    ground = cv2.medianBlur(small, _GROUND_SIDE)
    ground = cv2.resize(ground, gray.shape[::-1], interpolation=cv2.INTER_NEAREST)
    ink = _ink(255 - gray)
    ink[cv2.subtract(gray, ground) < _INK] = 0
    return ink


def _shapes(ink: Any) -> Any:
    """Return left, top, width, height and area of connected ink, looked for part by part."""
    import cv2
    import numpy as np

    rows = max(1, _MOST_PX_AT_ONCE // ink.shape[1])
    overlap = min(_OVERLAP_PX, rows // 2)
    shapes = [np.zeros((0, 5), np.int32)]
    end = 0
    while end < ink.shape[0]:
        start = max(0, end - overlap)
        part = ink[start : start + rows]
        _, _, found, _ = cv2.connectedComponentsWithStats(part, connectivity=8, ltype=cv2.CV_16U)
        first, last = found[:, cv2.CC_STAT_TOP], found[:, cv2.CC_STAT_TOP] + found[:, _HEIGHT]
        # What touches the edge of a part may go on in the next one. The background does. What ends
        # above the edge of the part before was found there.
        is_new = (first > 0) & (last < part.shape[0]) & (start + last >= end)
        shapes.append(found[is_new] + np.asarray([0, start, 0, 0, 0], np.int32))
        end = start + part.shape[0]
    return np.concatenate(shapes)
