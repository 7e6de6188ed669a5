"""Make a page of a picture: recognized, put in order, in points."""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

from pipeline.model import PageText
from processors.contract import Page, PageReader
from processors.layout import reading_order as layout
from processors.ocr import barcodes
from processors.ocr.pictures import LARGEST_SIDE_PX, is_blank

if TYPE_CHECKING:
    from PIL import Image


_SMALLEST_SIDE_PX = 8


def read_picture(
    image: "Image.Image",
    *,
    number: int,
    dpi: float,
    engine: Callable[[], PageReader],
    why: str = "it is a picture",
) -> Page:
    """Recognize one picture as a page; places are given in points by its resolution. `why` says why it is recognized.

    Raises:
        EngineMissing: no engine that may read it is installed.
        Unreadable: all that may read it fail on it.
    """
    empty = _empty(image, number=number, dpi=dpi)
    if min(image.size) < _SMALLEST_SIDE_PX or is_blank(image):
        return Page(empty)
    smaller, shrunk = _within(image)
    scale = 72 / dpi * shrunk
    read = engine().read(smaller, dpi=dpi / shrunk)
    lines = layout.lines_of(read.segments, scale=scale)
    page = dataclasses.replace(
        empty,
        source="ocr" if lines else "none",
        engine=read.engine,
        confidence=layout.confidence_of(lines),
        text=layout.text_of(lines),
        reason=f"{why if lines else 'nothing written was found in the picture'}; {read.reason}",
    )
    if read.turned_deg in {90, 270}:
        page = dataclasses.replace(page, width_pt=page.height_pt, height_pt=page.width_pt)
    shown = layout.turned_back(Page(page, lines), (360 - read.turned_deg) % 360)
    return dataclasses.replace(
        shown, codes=barcodes.codes_in(smaller, scale=scale), problem=read.problem
    )


def _empty(image: "Image.Image", *, number: int, dpi: float) -> PageText:
    """Return the page of a picture on which nothing stands."""
    width_pt, height_pt = image.width * 72 / dpi, image.height * 72 / dpi
    return PageText(
        number=number,
        source="none",
        engine=None,
        confidence=None,
        text="",
        width_pt=round(width_pt, 2),
        height_pt=round(height_pt, 2),
        reason="the page is blank",
    )


def _within(image: "Image.Image") -> tuple["Image.Image", float]:
    """Shrink what is larger than any engine gains from; return the factor its sides were divided by."""
    factor = max(1.0, max(image.size) / LARGEST_SIDE_PX)
    if factor == 1.0:
        return image, factor
    return image.resize(
        (max(1, round(image.width / factor)), max(1, round(image.height / factor)))
    ), factor
