"""Turn a detector's map of where text stands into four-cornered lines.

The detector is one of Differentiable Binarization (Liao et al., 2020): it marks a line's core, more surely the nearer
to it, and lines are told apart because cores do not touch. Where something stands out of a line (an index over another,
a stamp, a stroke of a pen) the core bulges or touches the next one. Such a mark is cut into the rows in which most of
it lies. Taken as one box, as rapidocr's own steps do, it is too high to be read, and a whole line is lost.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

_MARKED = 0.3
_CLOSED_PX = 2  # marks so near to each other are one: spaced letters stay in their word
_LEAST_SIDE_PX = 3
_LEAST_SURE = 0.4
_FILLED = 0.7  # a mark that fills less of its box is looked at row by row
_ROW = 0.35  # rows of a mark count that are as sure as this share of its surest one
_GROWN = 1.4
"""A core is so much smaller than its line: area times this, by circumference, is what it is grown by on all sides."""


def lines_in(marks: Any, *, width_px: int, height_px: int) -> Sequence[Any]:
    """Return the lines of a map (rows x columns, 0 to 1) of a picture of the given size.

    A line is an array of four corners in the picture's pixels, clockwise from its upper left one.
    """
    import cv2
    import numpy as np

    mask = cv2.dilate(
        (marks > _MARKED).astype(np.uint8), np.ones((_CLOSED_PX, _CLOSED_PX), np.uint8)
    )
    contours, nested = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    rows, columns = marks.shape
    scale = np.asarray([width_px / columns, height_px / rows], dtype=np.float32)
    last = np.asarray([width_px - 1, height_px - 1], dtype=np.float32)
    outer = [
        contour for index, contour in enumerate(contours) if nested[0][index][3] < 0
    ]  # the others are holes
    cores = (core for contour in outer for core in _cores(marks, _box(contour)))
    grown = (np.clip(np.round(_grown(core) * scale), 0, last).astype(np.float32) for core in cores)
    return [line for line in grown if min(width_of(line), height_of(line)) > _LEAST_SIDE_PX]


def width_of(quad: Any) -> float:
    """Return the length of a line."""
    return max(math.dist(quad[0], quad[1]), math.dist(quad[3], quad[2]))


def height_of(quad: Any) -> float:
    """Return the height of a line."""
    return max(math.dist(quad[0], quad[3]), math.dist(quad[1], quad[2]))


def _box(contour: Any) -> Any:
    """Return the smallest rectangle round a mark, clockwise from its upper left corner."""
    import cv2
    import numpy as np

    corners = sorted(cv2.boxPoints(cv2.minAreaRect(contour)).tolist())
    left, right = (
        sorted(pair, key=lambda corner: corner[1]) for pair in (corners[:2], corners[2:])
    )
    return np.asarray([left[0], right[0], right[1], left[1]], dtype=np.float32)


def _cores(marks: Any, box: Any) -> Iterator[Any]:
    """Yield a mark's box, or those of the rows it consists of; nothing where it is unsure."""
    width, height = width_of(box), height_of(box)
    if min(width, height) < _LEAST_SIDE_PX:
        return
    by_row = _levelled(marks, box).mean(axis=1)
    if by_row.mean() >= _FILLED or width <= height:
        if by_row.mean() >= _LEAST_SURE:
            yield box
        return
    for first, end in _runs(by_row >= _ROW * by_row.max()):
        if by_row[first:end].mean() >= _LEAST_SURE:
            yield _between(box, first / len(by_row), end / len(by_row))


def _levelled(marks: Any, box: Any) -> Any:
    """Cut a box out of the map, level."""
    import cv2
    import numpy as np

    width, height = max(2, round(width_of(box))), max(2, round(height_of(box)))
    level = np.asarray([(0, 0), (width, 0), (width, height)], dtype=np.float32)
    return cv2.warpAffine(marks, cv2.getAffineTransform(box[:3].copy(), level), (width, height))


def _runs(chosen: Any) -> list[tuple[int, int]]:
    """Return where runs of chosen rows begin and end; a single row is none."""
    import numpy as np

    edges = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]]).astype(np.int8)))
    return [(first, end) for first, end in edges.reshape(-1, 2).tolist() if end - first > 1]


def _between(box: Any, above: float, below: float) -> Any:
    """Return a part of a box, from one share of its height to another."""
    import numpy as np

    down_left, down_right = box[3] - box[0], box[2] - box[1]
    return np.asarray(
        [
            box[0] + down_left * above,
            box[1] + down_right * above,
            box[1] + down_right * below,
            box[0] + down_left * below,
        ],
        dtype=np.float32,
    )


def _grown(box: Any) -> Any:
    """Move the sides of a rectangle outwards."""
    import numpy as np

    width, height = max(width_of(box), 1.0), max(height_of(box), 1.0)
    by = width * height * _GROWN / (2 * (width + height))
    right, down = (box[1] - box[0]) / width * by, (box[3] - box[0]) / height * by
    return box + np.asarray(
        [-right - down, right - down, right + down, down - right], dtype=np.float32
    )
