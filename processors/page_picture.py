"""Draw one page of a document as a picture, for somebody who compares it with what was read."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.model import Finding, Findings, ReadStatus
from processors.contract import RENDITIONS, ReadSettings, Unreadable, failed
from processors.detect.file_type import file_type_of
from processors.detect.media import PDF

if TYPE_CHECKING:
    from PIL import Image

SIDE_PX = 1_800
"""Width or height of a picture at most: a page of A4 at 150 dpi, where small print is legible."""

NAME = RENDITIONS["thumbnail"]
"""What a picture is called: it is a thumbnail, only larger, and enters no archive."""

_QUALITY = 75  # of WebP, 0 to 100


class PageJob:
    """Draws pages in a reader process. The name of a document is the number of the page."""

    def __init__(self, settings: ReadSettings) -> None:
        """Keep the limits and the passwords."""
        self._settings = settings

    def __call__(self, path: Path, name: str, work_dir: Path) -> Findings:
        """Draw a page into the folder."""
        media_type = file_type_of(path).media_type
        try:
            picture = page_of(path, int(name), media_type=media_type, settings=self._settings)
        except Unreadable as error:
            return failed(media_type, error.status, f"page {name}: {error}")
        picture.thumbnail((SIDE_PX, SIDE_PX))
        target = work_dir / NAME
        picture.save(target, "WEBP", quality=_QUALITY)
        drawn = Findings(media_type, ReadStatus.OK, Finding(None, 0.0, "nothing was read"))
        return dataclasses.replace(drawn, derived={NAME: target})


def page_of(path: Path, number: int, *, media_type: str, settings: ReadSettings) -> "Image.Image":
    """Return a page as a picture; `number` counts from 1.

    Raises:
        Unreadable: the document cannot be opened, has no such page, or no pages that can be drawn.
    """
    if media_type == PDF:
        return _pdf_page(path, number, settings)
    if media_type.startswith("image/"):
        return _frame(path, number, settings)
    raise Unreadable(ReadStatus.UNSUPPORTED, f"files of type {media_type} have no pages to draw.")


def _pdf_page(path: Path, number: int, settings: ReadSettings) -> "Image.Image":
    from processors.pdf import render
    from processors.pdf.document import opened

    with opened(path, settings.passwords) as document:
        if not 1 <= number <= min(document.page_count, settings.limits.pages):
            raise _no_such_page()
        page = document.pdf[number - 1]
        try:
            return render.draw(page, scale=SIDE_PX / max(*page.get_size(), 1.0))
        finally:
            page.close()


def _frame(path: Path, number: int, settings: ReadSettings) -> "Image.Image":
    from processors.formats.image import decoded_frame, frame_count
    from processors.ocr import images

    with images.opened(path, settings.limits) as image:
        if not 1 <= number <= min(frame_count(image), settings.limits.pages):
            raise _no_such_page()
        frame, _ = decoded_frame(image, number, settings.limits)
        return frame.convert("RGB")


def _no_such_page() -> Unreadable:
    return Unreadable(ReadStatus.DAMAGED, "the document has no such page.")
