"""Pictures of documents: photos, scans, faxes. Every frame is a page."""

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.model import PageText, ReadStatus
from processors import picture as pictures
from processors.contract import Context, Page, Reading, Unreadable
from processors.ocr import read_picture

if TYPE_CHECKING:
    from PIL import Image

_TYPES = frozenset({"image/png", "image/jpeg", "image/tiff", "image/webp", "image/gif", "image/bmp"})


class ImageProcessor:
    """Reads PNG, JPEG, TIFF, WebP, GIF and BMP by OCR."""

    name = "image"
    version = "1"

    def accepts(self, media_type: str) -> str | None:
        """Accept the six formats Pillow decodes without help."""
        return None if media_type in _TYPES else f"{media_type} is not a picture this project decodes"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Recognise every frame, the first one's damage being the document's."""
        limits = context.settings.limits
        pages: list[Page] = []
        problems: list[str] = []
        with pictures.opened(path, limits) as picture:
            count = _frames(picture)
            for number in range(1, min(count, limits.pages) + 1):
                if pages and context.exhausted:
                    problems.append(f"Pages {number} to {count} were not read: the time for one document is used up.")
                    break
                try:
                    pages.append(_frame(picture, number, work_dir, context))
                except Unreadable as exc:
                    if number == 1 and count == 1:
                        raise
                    problems.append(f"Page {number}: {exc}")
                    pages.append(_nothing(number))
            if count > limits.pages:
                problems.append(f"Only the first {limits.pages} of {count} pages were read, which is the limit.")
        return Reading(pages=tuple(pages), problems=tuple(problems))


def _frames(picture: "Image.Image") -> int:
    """Count the pages: an animation is one picture, a TIFF is a stack of pages."""
    if picture.format != "TIFF":
        return 1
    try:
        return int(getattr(picture, "n_frames", 1))
    except (OSError, SyntaxError, ValueError, KeyError, TypeError):
        return 1


def _frame(picture: "Image.Image", number: int, work_dir: Path, context: Context) -> Page:
    try:
        picture.seek(number - 1)
    except (OSError, EOFError, SyntaxError, ValueError, KeyError, TypeError) as exc:
        raise Unreadable(ReadStatus.DAMAGED, "this page of the picture file is damaged.") from exc
    dpi = pictures.dpi_of(picture)
    plain = pictures.upright(picture, context.settings.limits)
    dpi *= max(plain.size) / max(picture.size)
    if number == 1:
        pictures.save_thumbnail(plain, work_dir)
    return read_picture(plain, number=number, dpi=dpi, engine=context.engine)


def _nothing(number: int) -> Page:
    return Page(PageText(number=number, source="none", engine=None, confidence=None, text=""))
