"""Draw PDF pages: for OCR, at the resolution their text needs.

For the thumbnail, small and in color.
"""

import math
from typing import TYPE_CHECKING, Any

from processors.pdf.page_graphics import PageGraphics
from processors.renditions import thumbnail

if TYPE_CHECKING:
    from PIL import Image

_DPI = 200  # letters of 10 points are 28 pixels high then
# Receipts and cards, pages with a shorter side below 300 points, are printed in smaller letters.
_SMALL_PAGE_DPI = 300
_SMALL_PAGE_PT = 300
_LEAST_DPI = 100
# From this share of the page under images on, their resolution is all there is to see. Images below
# 50 dpi are patterns in the background, not scans.
_SCANNED_SHARE = 0.4
_LEAST_SCAN_DPI = 50
# Large pages, such as plans, are drawn at a lower resolution instead of being refused.
_MOST_PIXELS = 24_000_000
_LARGEST_SIDE_PX = 10_000
# To find blank pages, squares of 8 x 8 pixels are averaged: the grain of a scanner vanishes, a
# digit does not.
_AVERAGED_SIDE_PX = 8
_BLANK_TONES = 20  # of 255


def for_ocr(page: Any, graphics: PageGraphics) -> "Image.Image | None":
    """Return a page in gray; None if it shows nothing."""
    width, height = page.get_size()
    image = draw(page, scale=scale_for_ocr(width, height, graphics), gray=True)

    large_enough = min(image.size) >= 4 * _AVERAGED_SIDE_PX
    averaged = image.reduce(_AVERAGED_SIDE_PX) if large_enough else image
    darkest, lightest = averaged.getextrema()
    is_blank = float(lightest) - float(darkest) < _BLANK_TONES  # type: ignore[arg-type] # one band
    return None if is_blank else image


def scale_for_ocr(width_pt: float, height_pt: float, graphics: PageGraphics) -> float:
    """Return pixels per point: as letters need, but no more than a scan or large page allows."""
    dpi: float = _SMALL_PAGE_DPI if min(width_pt, height_pt) < _SMALL_PAGE_PT else _DPI
    is_scan = graphics.image_share > _SCANNED_SHARE
    if is_scan and graphics.dpi and graphics.dpi > _LEAST_SCAN_DPI:
        dpi = max(_LEAST_DPI, min(dpi, graphics.dpi))
    by_area = math.sqrt(_MOST_PIXELS / max(width_pt * height_pt, 1.0))
    by_side = _LARGEST_SIDE_PX / max(width_pt, height_pt, 1.0)
    return min(dpi / 72, by_area, by_side)


def draw(page: Any, *, scale: float, gray: bool = False) -> "Image.Image":
    """Return a page as an image in mode L or RGB."""
    bitmap = page.render(scale=scale, grayscale=gray)
    try:
        image: Image.Image = bitmap.to_pil().convert("L" if gray else "RGB")
        return image
    finally:
        bitmap.close()


def for_thumbnail(page: Any) -> "Image.Image":
    """Return a page in color, as small as a thumbnail."""
    return draw(page, scale=thumbnail.SIDE_PX / max(*page.get_size(), 1.0))
