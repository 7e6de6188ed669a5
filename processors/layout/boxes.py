"""Compute with boxes: left, top, right, bottom, from the top left corner of the page."""

from collections.abc import Sequence

from processors.contract import Box

_LEAST_HEIGHT = 1e-6
"""Engines return boxes without height for dots and lines; nothing is divided by zero."""


def middle(box: Box) -> float:
    """Return the height at which the middle of a box is."""
    return (box[1] + box[3]) / 2


def row_overlap(box: Box, other: Box) -> float:
    """Return the share of the lower box's height that two boxes have in common.

    It is negative if there is space between them.
    """
    shared = min(box[3], other[3]) - max(box[1], other[1])
    lower_height = min(box[3] - box[1], other[3] - other[1])
    return shared / max(lower_height, _LEAST_HEIGHT)


def enclosing(boxes: Sequence[Box]) -> Box:
    """Return the smallest box around one or more boxes."""
    # Most lines are one piece: pages have thousands, and this is a third of the time.
    if len(boxes) == 1:
        return boxes[0]
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return (min(lefts), min(tops), max(rights), max(bottoms))


def scaled(box: Box, scale: float) -> Box:
    """Return a box in another unit, in hundredths."""
    left, top, right, bottom = box
    return (
        round(left * scale, 2),
        round(top * scale, 2),
        round(right * scale, 2),
        round(bottom * scale, 2),
    )
