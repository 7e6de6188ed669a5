"""The place of a value, cut out of the picture of its page and shown beside it, enlarged."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import takewhile
from unicodedata import bidirectional

from flows.web.review.page_view import canvas_of
from flows.web.review.words import Box, PageWord
from pipeline.model import PageText

_BESIDE_PT, _ABOVE_PT = 40.0, 12.0  # what is shown around a place: its label, and half a line
_LEAST_WIDTH_PT = 200.0  # a short value would be as large as the screen otherwise
# A label at the other edge of a wide page, or beside a long value, would leave both too small.
_MOST_WITH_LABEL_PT = 300.0
_MOST_HEIGHT = 2.0  # of a line, in widths: a taller one runs down or up


@dataclass(frozen=True, slots=True)
class PageCut:
    """A part of a page: the address of the picture, and all numbers in points.

    `left` to `height` say which part is shown, of the page as it is turned by `turned`. `width_pt`
    and `height_pt` are those of the whole page, `box` is the place on it.
    """

    picture: str
    left: float
    top: float
    width: float
    height: float
    turned: str
    width_pt: float
    height_pt: float
    box: Box


def cut_of(
    picture: str, size: PageText, box: Box, turn: int, words: Sequence[PageWord] = ()
) -> PageCut:
    """Return the place of a box with what is around it, on a page that is shown turned.

    `words` are those of the page: its label, in its row or above it, is shown as well.
    """
    width, height, turned = canvas_of(size, turn)
    left, top, right, bottom = _turned(_with_label(box, words), size, turn)
    # The place is in the middle, and nothing beyond the page is shown.
    shown = min(max(right - left + 2 * _BESIDE_PT, _LEAST_WIDTH_PT), width)
    first = min(max((left + right - shown) / 2, 0.0), width - shown)
    high = min(bottom - top + 2 * _ABOVE_PT, height)
    above = min(max((top + bottom - high) / 2, 0.0), height - high)
    whole = (size.width_pt or 1.0, size.height_pt or 1.0)
    return PageCut(picture, first, above, shown, max(high, 1.0), turned, *whole, box)


def _with_label(box: Box, words: Sequence[PageWord]) -> Box:
    """Return the box with its label: the words beside it in its row, or else those above it."""
    inside = [word for word in words if word.is_inside(box)]
    if not inside:
        return box
    for label in (_beside(box, words, inside[0]), _above(box, words)):
        around = box
        for word in label:
            wider = _around(around, word.box)
            # By both sides: the lines of a page that was scanned sideways run down or up.
            if max(wider[2] - wider[0], wider[3] - wider[1]) > _MOST_WITH_LABEL_PT:
                break
            around = wider
        if around != box:
            return around
    return box


def _beside(box: Box, words: Sequence[PageWord], first: PageWord) -> list[PageWord]:
    """Return the words that label a value in its row, the nearest first, up to another value."""
    line = [word for word in words if word.line == first.line]
    if _is_upright(line):
        # It runs down or up: what is before the value is known by the order alone.
        row = line[: line.index(first)][::-1]
    else:
        near = _in_row(box, words)
        # By place: a cell may be a line of its own.
        row = [word for word in near if word.line == first.line] or near
    return list(takewhile(lambda word: not _is_value(word.text), row))


def _in_row(box: Box, words: Sequence[PageWord]) -> list[PageWord]:
    """Return the words on that side of a value where its label is, the nearest first."""
    level = [word for word in words if box[1] <= (word.box[1] + word.box[3]) / 2 <= box[3]]
    after = sorted((word for word in level if word.box[0] >= box[2]), key=lambda word: word.box[0])
    # Hebrew and Arabic begin on the right.
    if after and any(bidirectional(char) in {"R", "AL"} for char in after[0].text):
        return after
    before = [word for word in level if word.box[2] <= box[0]]
    return sorted(before, key=lambda word: word.box[2], reverse=True)


def _is_upright(line: Sequence[PageWord]) -> bool:
    left, top, right, bottom = reduce(_around, (word.box for word in line))
    return bottom - top > _MOST_HEIGHT * (right - left)


def _above(box: Box, words: Sequence[PageWord]) -> list[PageWord]:
    """Return the words right above a value, as a table has its labels."""
    high = box[3] - box[1]
    return [
        word
        for word in words
        if word.box[0] < box[2]
        and word.box[2] > box[0]
        and box[1] - high <= word.box[3] <= box[1] + high / 2
        and not _is_value(word.text)
        and not word.is_inside(box)
    ]


def _is_value(text: str) -> bool:
    # A rate belongs to its label: "VAT 20%".
    return any(char.isdigit() for char in text) and "%" not in text


def _around(one: Box, other: Box) -> Box:
    return (
        min(one[0], other[0]),
        min(one[1], other[1]),
        max(one[2], other[2]),
        max(one[3], other[3]),
    )


def _turned(box: Box, size: PageText, turn: int) -> Box:
    """Return where a box is on its page turned by so many quarters, clockwise."""
    width, height = size.width_pt or 1.0, size.height_pt or 1.0
    left, top, right, bottom = box
    match turn:
        case 1:
            return height - bottom, left, height - top, right
        case 2:
            return width - right, height - bottom, width - left, height - top
        case 3:
            return top, width - right, bottom, width - left
        case _:
            return box
