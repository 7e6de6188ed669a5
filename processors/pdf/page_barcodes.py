"""Look for barcodes on the pages of a PDF that need no OCR: each is drawn for this alone, so not every page is."""

import math
from typing import Any

from processors.contract import Code
from processors.ocr import barcodes
from processors.pdf import render
from processors.pdf.page_graphics import Paint

_DPI = 144  # modules of a payment slip's QR code are a third of a millimetre: two pixels
_PIXELS = 4_000_000
_MOST_PAGES = 40
_LEAST_SEGMENTS = 60
"""Sides of bars and modules: the smallest codes have fifteen bars of four sides."""


class CodeSearch:
    """Searches one document: its first page, and the first forty others that paint pictures or many lines.

    What was painted on a page without codes, such as a logo or a frame, is no reason to search another page.
    """

    def __init__(self) -> None:
        self._searched = 0
        self._barren: set[object] = set()

    def on(self, page: Any, number: int, painted: Paint) -> tuple[Code, ...]:
        """Return the barcodes of a page, none where it is not searched."""
        drawn = (painted.pictures, painted.segments)
        promising = bool(painted.pictures) or painted.segments >= _LEAST_SEGMENTS
        if number > 1 and (not promising or drawn in self._barren or self._searched >= _MOST_PAGES):
            return ()
        self._searched += 1
        found = _codes(page)
        if not found:
            self._barren.add(drawn)
        return found


def _codes(page: Any) -> tuple[Code, ...]:
    width, height = page.get_size()
    scale = min(_DPI / 72, math.sqrt(_PIXELS / max(width * height, 1.0)))
    return barcodes.codes_in(render.draw(page, scale=scale, gray=True), scale=1 / scale)
