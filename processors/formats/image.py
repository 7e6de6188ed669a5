"""Pictures of documents: photos, scans, faxes. Every frame is a page."""

from collections import deque
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pipeline.model import ReadStatus
from processors.contract import Context, Limits, Page, Reading, Unreadable
from processors.detect.media import HEIF
from processors.layout.plain_page import damaged_page
from processors.ocr import pictures
from processors.ocr.page import read_picture
from processors.renditions import picture_pdf, searchable_pdf as searchable

if TYPE_CHECKING:
    from PIL import Image

_TYPES = frozenset(
    {"image/png", "image/jpeg", "image/tiff", "image/webp", "image/gif", "image/bmp"}
)
_NO_HEIF = "HEIC photos need the extra caspio-ingest[heic]; install it, or save the photo as JPEG."
_SAMPLE_PX = 192
_NOISE = 20  # of 255 tones
_REMEMBERED = 50
_STACKED = frozenset({"TIFF", "GIF", "WEBP"})


class ImageProcessor:
    """Reads PNG, JPEG, TIFF, WebP, GIF and BMP by OCR, and HEIC and HEIF where the extra `heic` is installed."""

    name = "image"

    def accepts(self, media_type: str) -> str | None:
        """Accept the six formats Pillow decodes without help, and those that the extra teaches it."""
        if media_type in HEIF:
            return None if _heif_is_known() else _NO_HEIF
        return (
            None if media_type in _TYPES else f"{media_type} is not a picture this project decodes"
        )

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Recognize every frame, the first one's damage being the document's.

        Of an animation, a frame that shows what one before it showed is no page.
        """
        limits = context.settings.limits
        pages: list[Page] = []
        problems: list[str] = []
        with (
            pictures.opened(path, limits) as picture,
            _Renditions(path, work_dir, context) as renditions,
        ):
            count = _frames(picture)
            seen = _Seen()
            for number in range(1, min(count, limits.pages) + 1):
                if pages and context.exhausted:
                    problems.append(
                        f"Pages {number} to {count} were not read: the time for one document is used up."
                    )
                    break
                try:
                    plain, dpi = _frame(picture, number, limits)
                    if picture.format != "TIFF" and seen.before(plain):
                        continue
                    page = read_picture(
                        plain, number=len(pages) + 1, dpi=dpi, engine=context.engine
                    )
                    problems += [f"Page {page.text.number}: {page.problem}"] if page.problem else []
                    renditions.take(picture, plain, page, alone=count == 1)
                    pages.append(context.keep(page))
                except Unreadable as exc:
                    if number == 1 and count == 1:
                        raise
                    problems.append(f"Page {len(pages) + 1}: {exc}")
                    pages.append(context.keep(damaged_page(len(pages) + 1)))
            if count > limits.pages:
                problems.append(
                    f"Only the first {limits.pages} of {count} pages were read, which is the limit."
                )
            left_out = renditions.end()
        return Reading(pages=tuple(pages), problems=tuple(problems), left_out=left_out)


def _heif_is_known() -> bool:
    """Let Pillow know of HEIF where the extra is installed: decoding only, by libheif and libde265."""
    try:
        import pi_heif
    except ImportError:
        return False
    pi_heif.register_heif_opener()
    return True


def _frames(picture: "Image.Image") -> int:
    """Count the frames of a kind of file that holds several sheets; of others the first is the picture."""
    if picture.format not in _STACKED:
        return 1
    try:
        return int(getattr(picture, "n_frames", 1))
    except (OSError, SyntaxError, ValueError, KeyError, TypeError):
        return 1


class _Seen:
    """Remembers what the latest frames show, small and in gray."""

    def __init__(self) -> None:
        self._frames: deque[Image.Image] = deque(maxlen=_REMEMBERED)

    def before(self, picture: "Image.Image") -> bool:
        """Say whether a frame like this one came before, the noise of packing aside, and remember it."""
        from PIL import ImageChops

        small = picture.convert("L").resize((_SAMPLE_PX, _SAMPLE_PX))
        differences = [ImageChops.difference(small, other) for other in self._frames]
        # A single-band image gives two numbers.
        known = any(image.getextrema()[1] <= _NOISE for image in differences)  # type: ignore[operator]
        if not known:
            self._frames.append(small)
        return known


class _Renditions:
    """Makes the searchable PDF and the thumbnail frame by frame, where they are wanted. A context manager."""

    def __init__(self, path: Path, work_dir: Path, context: Context) -> None:
        wanted = context.settings.renditions
        most_bytes = context.settings.limits.output_mib * 2**20
        self._path = path
        self._book = (
            picture_pdf.PictureBook(work_dir, most_bytes=most_bytes)
            if "searchable" in wanted
            else None
        )
        self._thumbnail = pictures.Thumbnail(work_dir, wanted="thumbnail" in wanted)

    def take(
        self, picture: "Image.Image", plain: "Image.Image", page: Page, *, alone: bool
    ) -> None:
        """Add a frame: as it is in the file, as it was read, and what was read."""
        self._thumbnail.offer(lambda: plain, shows_something=page.text.source != "none")
        if self._book:
            self._book.add(picture_pdf.packed(self._path, picture, plain, alone=alone), page)

    def end(self) -> dict[str, str]:
        """Finish; return the reason why there is no searchable PDF by its name."""
        reason = self._book.end() if self._book else ""
        return {searchable.NAME: reason} if reason else {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._book:
            self._book.close()


def _frame(picture: "Image.Image", number: int, limits: Limits) -> tuple["Image.Image", float]:
    """Return a frame upright, with its resolution."""
    try:
        picture.seek(number - 1)
    except (OSError, EOFError, SyntaxError, ValueError, KeyError, TypeError) as exc:
        raise Unreadable(ReadStatus.DAMAGED, "this page of the picture file is damaged.") from exc
    dpi = pictures.dpi_of(picture)
    plain = pictures.upright(picture, limits)
    return plain, dpi * max(plain.size) / max(picture.size)
