"""Draw PDF pages: for recognition, at the resolution their text needs; for the thumbnail, small and in color."""

import math
from typing import TYPE_CHECKING, Any

from processors.ocr import pictures
from processors.pdf.page_graphics import Paint

if TYPE_CHECKING:
    from PIL import Image

_DPI = 200  # ten-point letters are 28 pixels high then
_SMALL_DPI = 300  # receipts are printed in smaller letters than sheets of paper
_SMALL_PT = 300  # the shorter side of a page that is a receipt or a card
_COARSEST_DPI = 100
_PATTERN_DPI = 50  # a picture coarser than this is a pattern laid behind, no scan
_SCAN = 0.4  # share of the page under pictures from which their resolution is all there is to see
_PIXELS = 24_000_000  # a plan of a metre is drawn coarser, not refused
_SIDE_PX = 10_000
_BLANK_REDUCE = (
    8  # pixels to a side that are averaged: grain of a scanner vanishes, a digit does not
)
_BLANK_TONES = 20


def for_ocr(page: Any, painted: Paint) -> "Image.Image | None":
    """Return a page in gray, None where it shows nothing."""
    width, height = page.get_size()
    image = draw(page, scale=scale_for_ocr(width, height, painted), gray=True)
    return None if _is_blank(image) else image


def scale_for_ocr(width_pt: float, height_pt: float, painted: Paint) -> float:
    """Return pixels a point: no more than a scan has, than its letters need, or than a large sheet allows."""
    dpi: float = _SMALL_DPI if min(width_pt, height_pt) < _SMALL_PT else _DPI
    if painted.dpi and painted.dpi > _PATTERN_DPI and painted.covered > _SCAN:
        dpi = max(_COARSEST_DPI, min(dpi, painted.dpi))
    area = max(width_pt * height_pt, 1.0)
    return min(dpi / 72, math.sqrt(_PIXELS / area), _SIDE_PX / max(width_pt, height_pt, 1.0))


def draw(page: Any, *, scale: float, gray: bool = False) -> "Image.Image":
    """Return a page as a picture in mode L or RGB."""
    bitmap = page.render(scale=scale, grayscale=gray)
    try:
        image: Image.Image = bitmap.to_pil().convert("L" if gray else "RGB")
        return image
    finally:
        bitmap.close()


def for_thumbnail(page: Any) -> "Image.Image":
    """Return a page in color, as small as a thumbnail."""
    return draw(page, scale=pictures.THUMBNAIL_PX / max(*page.get_size(), 1.0))


def _is_blank(image: "Image.Image") -> bool:
    """Say whether a page is one tone all over once the grain of paper and scanner is averaged out."""
    small = image.reduce(_BLANK_REDUCE) if min(image.size) >= 4 * _BLANK_REDUCE else image
    darkest, lightest = small.getextrema()
    return float(lightest) - float(darkest) < _BLANK_TONES  # type: ignore[arg-type] # a single-band image gives two numbers
