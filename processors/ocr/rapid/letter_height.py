"""Measure how high the letters of a picture are, before text is looked for on it.

Letters are patches of ink. Their shape alone distinguishes them from specks, rules, pictures and
shadows, which takes a few milliseconds.
"""

from collections.abc import Iterator
from typing import Any

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
# OpenCV numbers patches with 16 bits, in half the time it takes with 32, and refuses a picture with
# more. A patch and the gap beside it take four pixels at least.
_MOST_PX_AT_ONCE = 3 * 2**16


def letter_height_px(pixels: Any) -> float:
    """Return how high the low letters of a picture (rows x columns x BGR) are.

    0 where there are too few to say.
    """
    import numpy as np

    patches = np.concatenate([*_patches(pixels), np.zeros((0, 3), np.int32)])
    width, height, area = patches.T
    box = width * height
    is_letter = (
        (height >= _LOWEST_PX)
        & (height <= _HIGHEST_PX)
        & (width <= _WIDEST * height)
        & (height <= _SLIMMEST * width)
        & (area >= _LEAST_FILLED * box)
        & (area <= _MOST_FILLED * box)
    )
    if np.count_nonzero(is_letter) < _FEWEST_LETTERS:
        return 0.0
    return float(np.percentile(height[is_letter], _LOW_PERCENT))


def _patches(pixels: Any) -> Iterator[Any]:
    """Yield width, height and area of connected ink, part by part of the picture."""
    import cv2

    gray = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    ink = cv2.adaptiveThreshold(
        gray, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, _AROUND_PX, _INK
    )
    rows = max(1, _MOST_PX_AT_ONCE // ink.shape[1])
    for top in range(0, ink.shape[0], rows):
        part = ink[top : top + rows]
        _, _, found, _ = cv2.connectedComponentsWithStats(part, connectivity=8, ltype=cv2.CV_16U)
        first, last = (
            found[:, cv2.CC_STAT_TOP],
            found[:, cv2.CC_STAT_TOP] + found[:, cv2.CC_STAT_HEIGHT],
        )
        # What touches the edge of a part may go on in the next one. The background does.
        is_whole = (first > 0) & (last < part.shape[0])
        yield found[is_whole][:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA]]
