"""Open pictures safely and bring every kind of them to upright RGB or gray on white."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.model import ReadStatus
from processors.contract import Limits, Unreadable

if TYPE_CHECKING:
    from PIL import Image


FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP", "HEIF")
THUMBNAIL_PX = 400
LARGEST_SIDE_PX = 5000
_REDUCIBLE = frozenset({"L", "RGB", "RGBA", "CMYK", "LA", "YCbCr"})
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    TypeError,
    IndexError,
    KeyError,
    ArithmeticError,
    AttributeError,
)
"""What Pillow's decoders raise on broken data. MemoryError is not among them: it is told apart."""


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator["Image.Image"]:
    """Open a picture for its frames; only formats this project reads are tried.

    Raises:
        Unreadable: TOO_BIG where the header promises more pixels than allowed, DAMAGED where it makes no sense.
    """
    import warnings

    from PIL import Image

    with warnings.catch_warnings(), _most_pixels(limits.pixels):
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
        try:
            picture = Image.open(path, formats=FORMATS)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
            raise Unreadable(ReadStatus.TOO_BIG, _too_big(limits)) from exc
        except _BROKEN as exc:
            raise Unreadable(
                ReadStatus.DAMAGED, _damaged("its header cannot be understood")
            ) from exc
        with picture:
            _check_pixels(picture, limits)
            yield picture


@contextmanager
def _most_pixels(count: int) -> Iterator[None]:
    """Set the limit Pillow keeps for the whole process, and put it back: others in it open pictures too."""
    from PIL import Image

    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = count
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def upright(picture: "Image.Image", limits: Limits) -> "Image.Image":
    """Decode the current frame: turned as its EXIF says, on white, in mode L or RGB.

    Sides of twice the largest any engine gains from, or more, are shrunk by a whole number.

    Raises:
        Unreadable: the frame is cut short, broken or too big.
    """
    from PIL import ImageOps

    _check_pixels(picture, limits)
    try:
        picture.load()
        factor = max(picture.size) // LARGEST_SIDE_PX
        if (
            factor > 1 and picture.mode in _REDUCIBLE
        ):  # before any copy is made: a poster takes half a GiB each time
            return _plain(ImageOps.exif_transpose(picture.reduce(factor)))
        return _plain(ImageOps.exif_transpose(picture))
    except _BROKEN as exc:
        raise Unreadable(
            ReadStatus.DAMAGED, _damaged("its data end too early or are corrupt")
        ) from exc


def dpi_of(picture: "Image.Image", *, fallback: float = 200.0) -> float:
    """Return the resolution a picture claims, where the claim is believable for a document."""
    try:
        dpi = float(picture.info.get("dpi", (0, 0))[0])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return fallback
    return dpi if 90 <= dpi <= 1200 else fallback  # noqa: PLR2004 - 72 and 96 are what programs write without knowing


def save_thumbnail(picture: "Image.Image", work_dir: Path) -> None:
    """Write `thumbnail.webp`, at most 400 pixels wide and high."""
    small = picture.copy()
    small.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    small.save(work_dir / "thumbnail.webp", "WEBP", quality=70)


class Thumbnail:
    """Keeps a small picture of the first page that shows something, of the first page where none does."""

    def __init__(self, work_dir: Path, *, wanted: bool) -> None:
        self._folder = work_dir
        self._pending = wanted
        self._drawn = False

    def offer(self, draw: "Callable[[], Image.Image]", *, shows_something: bool) -> None:
        """Draw a page if no better one came before it."""
        if not self._pending or (self._drawn and not shows_something):
            return
        save_thumbnail(draw(), self._folder)
        self._drawn = True
        self._pending = not shows_something


def is_blank(picture: "Image.Image") -> bool:
    """Say whether a picture shows nothing: one tone all over."""
    darkest, lightest = picture.convert("L").getextrema()
    return float(lightest) - float(darkest) < 8  # type: ignore[arg-type] # noqa: PLR2004 - a single-band image gives two numbers


def _check_pixels(picture: "Image.Image", limits: Limits) -> None:
    if picture.width * picture.height > limits.pixels:
        raise Unreadable(ReadStatus.TOO_BIG, _too_big(limits))


def _plain(picture: "Image.Image") -> "Image.Image":
    """Reduce any mode to L or RGB without losing what is written."""
    if picture.mode.startswith(("I", "F")):
        return _stretched(picture)
    if picture.mode in {"1", "L"}:
        return _opaque(picture, "L") if "transparency" in picture.info else picture.convert("L")
    if picture.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in picture.info:
        return _opaque(picture, "RGB")
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _opaque(picture: "Image.Image", mode: str) -> "Image.Image":
    """Lay a picture with transparent parts on white paper, on black where white shows nothing of it."""
    from PIL import Image

    seen = picture.convert("RGBA")
    for tone in ("white", "black"):
        paper = Image.new("RGBA", seen.size, tone)
        paper.alpha_composite(seen)
        if not is_blank(paper):
            break
    return paper.convert(mode)


def _stretched(picture: "Image.Image") -> "Image.Image":
    """Map 16-bit, 32-bit and float tones to 8 bits; Pillow's own conversion cuts everything above 255 off."""
    import numpy as np
    from PIL import Image

    tones = np.nan_to_num(np.asarray(picture, dtype=np.float32))
    top = max(float(tones.max()), 1.0)  # scanners leave 10 or 12 bits in 16
    return Image.fromarray((np.clip(tones / top, 0, 1) * 255).astype(np.uint8))


def _too_big(limits: Limits) -> str:
    return (
        f"The picture has more than {limits.pixels:,} pixels, which is the limit; "
        "upload a smaller scan (300 dpi is plenty) or raise the limit."
    )


def _damaged(how: str) -> str:
    return f"The picture is damaged: {how}. Upload it again from the original."
