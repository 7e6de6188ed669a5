"""Recognize one image as a page: text in reading order, positions in points."""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

from pipeline.model import PageText
from processors.contract import Page, PageReader
from processors.layout import reading_order
from processors.ocr import barcodes
from processors.ocr.images import LARGEST_SIDE_PX, is_blank

if TYPE_CHECKING:
    from PIL import Image


_SMALLEST_SIDE_PX = 8  # less cannot hold a letter


def recognize_page(
    image: "Image.Image",
    *,
    number: int,
    dpi: float,
    engine: Callable[[], PageReader],
    why: str = "it is an image",
) -> Page:
    """Recognize one image as a page; positions are in points (1/72 inch).

    `why` says why it is recognized.

    Raises:
        EngineMissing: no engine that could read it is installed.
        Unreadable: every engine that could read it fails on it.
    """
    page_text = PageText(
        number=number,
        source="none",
        engine=None,
        confidence=None,
        text="",
        width_pt=round(image.width * 72 / dpi, 2),
        height_pt=round(image.height * 72 / dpi, 2),
        reason="the page is blank",
    )
    if min(image.size) < _SMALLEST_SIDE_PX or is_blank(image):
        return Page(page_text)

    factor = max(1.0, max(image.size) / LARGEST_SIDE_PX)
    if factor > 1.0:
        width, height = round(image.width / factor), round(image.height / factor)
        image = image.resize((max(1, width), max(1, height)))
    scale = 72 / dpi * factor
    recognition = engine().read(image, dpi=dpi / factor)

    lines = reading_order.lines_of(recognition.segments, scale=scale)
    page_text = dataclasses.replace(
        page_text,
        source="ocr" if lines else "none",
        engine=recognition.engine,
        confidence=reading_order.confidence_of(lines),
        text=reading_order.text_of(lines),
        reason=f"{why if lines else 'no text was found in the image'}; {recognition.reason}",
    )
    if recognition.turned_deg in {90, 270}:
        page_text = dataclasses.replace(
            page_text, width_pt=page_text.height_pt, height_pt=page_text.width_pt
        )
    # Engines rotate counterclockwise; the page is described as it is shown.
    clockwise_deg = (360 - recognition.turned_deg) % 360
    page = reading_order.turned_back(Page(page_text, lines), clockwise_deg)
    codes = barcodes.codes_in(image, scale=scale)
    return dataclasses.replace(page, codes=codes, problem=recognition.problem)
