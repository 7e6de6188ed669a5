"""Find barcodes on PDF pages that need no OCR.

Each is drawn for this alone, so not every page is searched.
"""

import math
from typing import Any

from processors.contract import Code
from processors.ocr import barcodes
from processors.pdf import render
from processors.pdf.page_graphics import PageGraphics

# At 144 dpi a module of a payment slip's QR code, a third of a millimeter, has two pixels.
_DPI = 144
_MOST_PIXELS = 4_000_000
_MOST_PAGES = 40
# The smallest barcodes drawn as paths have fifteen bars with four sides each.
_FEWEST_SEGMENTS = 60


class BarcodeSearch:
    """Searches the first page of a document, and up to forty others with images or many lines.

    Graphics without a barcode on one page, such as a logo or a frame, are no reason to search
    another page.
    """

    def __init__(self) -> None:
        self._searched = 0
        self._without_codes: set[object] = set()

    def codes_on(self, page: Any, number: int, graphics: PageGraphics) -> tuple[Code, ...]:
        """Return the barcodes of a page; none if it is not searched."""
        painted = (graphics.images, graphics.path_segments)
        if number > 1:
            may_have_codes = graphics.images or graphics.path_segments >= _FEWEST_SEGMENTS
            if not may_have_codes or painted in self._without_codes:
                return ()
            if self._searched >= _MOST_PAGES:
                return ()

        self._searched += 1
        width, height = page.get_size()
        scale = min(_DPI / 72, math.sqrt(_MOST_PIXELS / max(width * height, 1.0)))
        codes = barcodes.codes_in(render.draw(page, scale=scale, gray=True), scale=1 / scale)
        if not codes:
            self._without_codes.add(painted)
        return codes
