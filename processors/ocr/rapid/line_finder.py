"""Turn a detector's map of where text is into lines with four corners.

The detector uses Differentiable Binarization (Liao et al., 2020, arXiv:1911.08947): it marks the
core of each line, with higher values nearer to its middle. The cores of two lines do not
touch. If something sticks out of a line (a superscript, a stamp, a pen stroke), its core
bulges or touches the next one. Such a mark is split into the rows that most of it is in. Taken as
one box, as rapidocr's own post-processing does, it is too high to be read, and a whole line is
lost.

Maps and images are numpy arrays; a box or line is an array of four corners (x, y), clockwise from
the upper left one.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

# Thresholds on the map, whose values run from 0 to 1. The paper binarizes at 0.2, PaddleOCR at 0.3.
_MARKED = 0.3
_LEAST_CONFIDENCE = 0.4  # mean over a core
_LEAST_FILLED = 0.7  # mean over a mark's box below which it is split into rows
_ROW_SHARE = 0.35  # of the highest row's mean, from which a row belongs to a line

_CLOSED_PX = (
    2  # marks this close to each other are joined, so that spaced letters stay in their word
)
_LEAST_SIDE_PX = 3  # letters this small cannot be read
# A core is its line shrunk by the offset D = A * (1 - r**2) / L, with area A, perimeter L and r =
# 0.4 (section 3.4 of the paper, after Vatti clipping). It is expanded by D' = A' * r' / L' of its
# own area and perimeter; the paper takes r' = 1.5.
_EXPANSION = 1.4


def lines_in(probabilities: Any, *, width_px: int, height_px: int) -> Sequence[Any]:
    """Return the lines of a map (rows x columns) in pixels of the image of the given size."""
    import cv2
    import numpy as np

    kernel = np.ones((_CLOSED_PX, _CLOSED_PX), np.uint8)
    mask = cv2.dilate((probabilities > _MARKED).astype(np.uint8), kernel)
    contours, hierarchy = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)

    rows, columns = probabilities.shape
    scale = np.asarray([width_px / columns, height_px / rows], dtype=np.float32)
    largest = np.asarray([width_px - 1, height_px - 1], dtype=np.float32)
    lines = []
    for index, contour in enumerate(contours):
        parent = hierarchy[0][index][3]
        if parent >= 0:  # a hole in another mark
            continue
        for core in cores(probabilities, bounding_box(contour)):
            corners = np.clip(np.round(expanded(core) * scale), 0, largest).astype(np.float32)
            if min(width_of(corners), height_of(corners)) > _LEAST_SIDE_PX:
                lines.append(corners)
    return lines


def width_of(corners: Any) -> float:
    """Return the length of a line."""
    return max(math.dist(corners[0], corners[1]), math.dist(corners[3], corners[2]))


def height_of(corners: Any) -> float:
    """Return the height of a line."""
    return max(math.dist(corners[0], corners[3]), math.dist(corners[1], corners[2]))


def bounding_box(contour: Any) -> Any:
    """Return the smallest rectangle around a mark, in any direction."""
    import cv2
    import numpy as np

    # Sorted by x: the left two, then the right two.
    corners = sorted(cv2.boxPoints(cv2.minAreaRect(contour)).tolist())
    upper_left, lower_left = sorted(corners[:2], key=lambda corner: corner[1])
    upper_right, lower_right = sorted(corners[2:], key=lambda corner: corner[1])
    return np.asarray([upper_left, upper_right, lower_right, lower_left], dtype=np.float32)


def cores(probabilities: Any, box: Any) -> Iterator[Any]:
    """Yield the box of a mark, or the boxes of the rows it consists of.

    Nothing if it is too faint.
    """
    import numpy as np

    width, height = width_of(box), height_of(box)
    if min(width, height) < _LEAST_SIDE_PX:
        return
    row_means = leveled(probabilities, box).mean(axis=1)
    if row_means.mean() >= _LEAST_FILLED or width <= height:
        if row_means.mean() >= _LEAST_CONFIDENCE:
            yield box
        return

    # Runs of rows that belong to a line begin where this is 1 and end where it is -1.
    belongs = row_means >= _ROW_SHARE * row_means.max()
    changes = np.diff(np.concatenate([[False], belongs, [False]]).astype(np.int8))
    for first, end in np.flatnonzero(changes).reshape(-1, 2).tolist():
        if end - first > 1 and row_means[first:end].mean() >= _LEAST_CONFIDENCE:
            yield horizontal_part(box, first / len(row_means), end / len(row_means))


def leveled(probabilities: Any, box: Any) -> Any:
    """Cut a box out of the map and rotate it so that it is level."""
    import cv2
    import numpy as np

    width, height = max(2, round(width_of(box))), max(2, round(height_of(box)))
    target = np.asarray([(0, 0), (width, 0), (width, height)], dtype=np.float32)
    transform = cv2.getAffineTransform(box[:3].copy(), target)
    return cv2.warpAffine(probabilities, transform, (width, height))


def horizontal_part(box: Any, top: float, bottom: float) -> Any:
    """Return the part of a box between two shares of its height."""
    import numpy as np

    left_side, right_side = box[3] - box[0], box[2] - box[1]
    corners = [
        box[0] + left_side * top,
        box[1] + right_side * top,
        box[1] + right_side * bottom,
        box[0] + left_side * bottom,
    ]
    return np.asarray(corners, dtype=np.float32)


def expanded(box: Any) -> Any:
    """Move the sides of a rectangle outward, by as much as the detector shrinks them."""
    import numpy as np

    width, height = max(width_of(box), 1.0), max(height_of(box), 1.0)
    offset = width * height * _EXPANSION / (2 * (width + height))
    right = (box[1] - box[0]) / width * offset
    down = (box[3] - box[0]) / height * offset
    return box + np.asarray(
        [-right - down, right - down, right + down, down - right], dtype=np.float32
    )
