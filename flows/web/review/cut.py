"""The place of a value, cut out of the picture of its page and shown beside it, enlarged."""

from collections.abc import Sequence
from dataclasses import dataclass

from flows.web.review.page_view import canvas_of
from flows.web.review.words import Box, PageWord
from pipeline.model import PageText

_BESIDE_PT, _ABOVE_PT = 40.0, 12.0  # what is shown around a place: its label, and half a line
_LEAST_WIDTH_PT = 200.0  # a short value would be as large as the screen otherwise
# A label at the other edge of a wide page would leave both too small to read.
_MOST_REACH_PT = 240.0


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

    `words` are those of the page: what its line says before the box, its label, is shown as well.
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
    """Return the box with the words before it in its line, as far back as they are near."""
    first = next((at for at, word in enumerate(words) if word.is_inside(box)), 0)
    around = box
    for word in reversed(words[:first]):
        left, top, right, bottom = word.box
        wider = (
            min(left, around[0]),
            min(top, around[1]),
            max(right, around[2]),
            max(bottom, around[3]),
        )
        # By both sides: the lines of a page that was scanned sideways run down or up.
        reach = max(wider[2] - wider[0] - box[2] + box[0], wider[3] - wider[1] - box[3] + box[1])
        if word.line != words[first].line or reach > _MOST_REACH_PT:
            break
        around = wider
    return around


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
