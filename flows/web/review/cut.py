"""The place of a value, cut out of the picture of its page and shown beside it, enlarged."""

from dataclasses import dataclass

from flows.web.review.page_view import canvas_of
from flows.web.review.words import Box
from pipeline.model import PageText

_BESIDE_PT, _ABOVE_PT = 40.0, 12.0  # what is shown around a place: its label, and half a line
_LEAST_WIDTH_PT = 200.0  # a short value would be as large as the screen otherwise


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


def cut_of(picture: str, size: PageText, box: Box, turn: int) -> PageCut:
    """Return the place of a box with what is around it, on a page that is shown turned."""
    width, height, turned = canvas_of(size, turn)
    left, top, right, bottom = _turned(box, size, turn)
    # The place is in the middle, and nothing beyond the page is shown.
    shown = min(max(right - left + 2 * _BESIDE_PT, _LEAST_WIDTH_PT), width)
    first = min(max((left + right - shown) / 2, 0.0), width - shown)
    high = min(bottom - top + 2 * _ABOVE_PT, height)
    above = min(max((top + bottom - high) / 2, 0.0), height - high)
    whole = (size.width_pt or 1.0, size.height_pt or 1.0)
    return PageCut(picture, first, above, shown, max(high, 1.0), turned, *whole, box)


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
