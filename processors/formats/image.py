"""Read images of documents: photos, scans, faxes. Every frame is a page."""

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pipeline.model import ReadStatus
from processors.contract import Context, Limits, Page, Reading, Unreadable
from processors.detect.media import HEIF
from processors.layout.plain_page import damaged_page
from processors.ocr import images
from processors.ocr.page import recognize_page
from processors.renditions import image_pdf, searchable_pdf
from processors.renditions.image_encoding import encode
from processors.renditions.thumbnail import Thumbnail

if TYPE_CHECKING:
    from PIL import Image

_TYPES = frozenset(
    {
        *("image/png", "image/jpeg", "image/tiff", "image/webp", "image/gif", "image/bmp"),
        *("image/jp2", "image/j2k"),
    }
)
_NO_HEIF = "HEIC photos need the extra caspio-ingest[heic]. Install it, or save the photo as JPEG."
_MULTI_FRAME_FORMATS = frozenset({"TIFF", "GIF", "WEBP"})
# Frames of an animation are compared at this size. Compression changes tones by less than 20 of
# 255; writing that appears changes some by more.
_COMPARED_SIDE_PX = 192
_LARGEST_NOISE = 20
_COMPARED_FRAMES = 50
_FRAME_ERRORS = (OSError, EOFError, SyntaxError, ValueError, KeyError, TypeError)


class ImageProcessor:
    """Reads PNG, JPEG, JPEG 2000, TIFF, WebP, GIF and BMP by OCR.

    With the extra `heic` HEIC and HEIF, too.
    """

    name = "image"

    def accepts(self, media_type: str) -> str | None:
        """Accept the formats that Pillow decodes itself, and those that the extra adds."""
        if media_type in _TYPES:
            return None
        if media_type not in HEIF:
            return f"{media_type} is not an image this project decodes"
        try:
            import pi_heif
        except ImportError:
            return _NO_HEIF
        pi_heif.register_heif_opener()  # decoding only, by libheif and libde265
        return None

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Recognize every frame; if a single frame is damaged, so is the document.

        In an animation, a frame that shows the same as an earlier one is not a page.
        """
        limits = context.settings.limits
        pages: list[Page] = []
        problems: list[str] = []
        with (
            images.opened(path, limits) as image,
            _Renditions(path, work_dir, context) as renditions,
        ):
            count = frame_count(image)
            seen = _SeenFrames()
            for number in range(1, min(count, limits.pages) + 1):
                if pages and context.exhausted:
                    problems.append(
                        f"Pages {number} to {count} were not read: "
                        "the CPU time for one document is used up."
                    )
                    break
                page_number = len(pages) + 1
                try:
                    frame, dpi = decoded_frame(image, number, limits)
                    # The pages of a TIFF may be alike on purpose; the frames of animations repeat
                    # by nature.
                    if image.format != "TIFF" and seen.add(frame):
                        continue
                    page = recognize_page(frame, number=page_number, dpi=dpi, engine=context.engine)
                except Unreadable as exc:
                    if count == 1:
                        raise
                    problems.append(f"Page {page_number}: {exc}")
                    pages.append(context.keep(damaged_page(page_number)))
                    continue
                if page.problem:
                    problems.append(f"Page {page_number}: {page.problem}")
                renditions.add(image, frame, page, is_only_frame=count == 1)
                pages.append(context.keep(page))
            if count > limits.pages:
                problems.append(
                    f"Only the first {limits.pages} of {count} pages were read, which is the limit."
                )
            left_out = renditions.finish()
        return Reading(pages=tuple(pages), problems=tuple(problems), left_out=left_out)


def frame_count(image: "Image.Image") -> int:
    """Count the frames of formats with several pages.

    In other formats the first frame is the image.
    """
    if image.format not in _MULTI_FRAME_FORMATS:
        return 1
    try:
        return int(getattr(image, "n_frames", 1))
    except _FRAME_ERRORS:
        return 1


def decoded_frame(image: "Image.Image", number: int, limits: Limits) -> tuple["Image.Image", float]:
    """Return a frame upright, with its resolution."""
    try:
        image.seek(number - 1)
    except _FRAME_ERRORS as exc:
        raise Unreadable(ReadStatus.DAMAGED, "this page of the image file is damaged.") from exc
    dpi = images.dpi_of(image)
    frame = images.upright(image, limits)
    # Large frames are shrunk while they are decoded.
    return frame, dpi * max(frame.size) / max(image.size)


class _SeenFrames:
    """Remembers the latest frames, small and gray."""

    def __init__(self) -> None:
        self._frames: deque[Image.Image] = deque(maxlen=_COMPARED_FRAMES)

    def add(self, frame: "Image.Image") -> bool:
        """Remember a frame.

        Return whether an equal one, apart from compression noise, was there before.
        """
        from PIL import ImageChops

        small = frame.convert("L").resize((_COMPARED_SIDE_PX, _COMPARED_SIDE_PX))
        for other in self._frames:
            difference = ImageChops.difference(small, other)
            if difference.getextrema()[1] <= _LARGEST_NOISE:  # type: ignore[operator] # one band
                return True
        self._frames.append(small)
        return False


class _Renditions:
    """Writes the requested searchable PDF and thumbnail, frame by frame. A context manager."""

    def __init__(self, path: Path, work_dir: Path, context: Context) -> None:
        requested = context.settings.renditions
        self._path = path
        self._thumbnail = Thumbnail(work_dir, requested="thumbnail" in requested)
        self._pdf: image_pdf.ImagePdf | None = None
        if "searchable" in requested:
            most_bytes = context.settings.limits.output_mib * 2**20
            self._pdf = image_pdf.ImagePdf(work_dir, most_bytes=most_bytes)

    def add(
        self, image: "Image.Image", frame: "Image.Image", page: Page, *, is_only_frame: bool
    ) -> None:
        """Add a frame: as it is in the file (`image`), as it was decoded, and as it was read."""
        self._thumbnail.offer(lambda: frame, shows_something=page.text.source != "none")
        if self._pdf:
            encoded = encode(self._path, image, frame, is_only_frame=is_only_frame)
            self._pdf.add(encoded, page)

    def finish(self) -> dict[str, str]:
        """Finish the PDF; if there is none, return the reason by its name."""
        reason = self._pdf.finish() if self._pdf else ""
        return {searchable_pdf.NAME: reason} if reason else {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._pdf:
            self._pdf.close()
