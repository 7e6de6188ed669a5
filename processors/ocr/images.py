"""Open images safely and convert them to upright RGB or gray on a white background."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.model import ReadStatus
from processors.contract import Limits, Unreadable

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP", "JPEG2000", "HEIF")
LARGEST_SIDE_PX = (
    5000  # no engine reads better from more: a page of 14 inches has 4,200 pixels at 300 dpi
)
_REDUCIBLE_MODES = frozenset({"L", "RGB", "RGBA", "CMYK", "LA", "YCbCr"})
_ALPHA_MODES = frozenset({"RGBA", "LA", "PA", "La", "RGBa"})
_OPAQUE, _LIGHT = 128, 200  # of 255
_MOST_INK = 0.5  # share of a page that letters cover at most
_BLANK_TONES = 8  # of 255; noise of compression on one tone stays below it
# Programs write 72 or 96 when they do not know the resolution; scanners go up to 1,200.
_LEAST_DPI, _MOST_DPI = 90, 1200
_USUAL_DPI = 200.0
# What Pillow's decoders raise on broken data. MemoryError is not among them: it ends the reader
# process.
_MALFORMED = (
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


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator["Image.Image"]:
    """Open an image for its frames; only formats that this project reads are tried.

    Raises:
        Unreadable: TOO_BIG if the header or, later, a frame declares more pixels than allowed,
            DAMAGED if the header is broken.
    """
    from PIL import Image

    bombs = (Image.DecompressionBombError, Image.DecompressionBombWarning)
    # As a stream: of a file that it maps into memory, Pillow 13 takes the sides of a TIFF as they
    # are once it is turned, and mixes up its lines.
    with warnings.catch_warnings(), pixel_limit(limits.pixels), path.open("rb") as stream:
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
        try:
            image = Image.open(stream, formats=FORMATS)
        except bombs as exc:
            raise _too_big(limits) from exc
        except _MALFORMED as exc:
            raise _damaged("its header cannot be understood") from exc
        with image:
            _check_pixels(image, limits)
            try:
                yield image
            except bombs as exc:
                # Pillow checks each frame again when it is looked for or decoded: a GIF's may be
                # larger than the screen that its header declares.
                raise _too_big(limits) from exc


@contextmanager
def pixel_limit(count: int) -> Iterator[None]:
    """Set the limit that Pillow keeps for the whole process, and restore it afterward."""
    from PIL import Image

    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = count
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def upright(image: "Image.Image", limits: Limits) -> "Image.Image":
    """Decode the current frame: rotated as its EXIF orientation says, on white, in mode L or RGB.

    A frame with a side of twice `LARGEST_SIDE_PX` or more is shrunk by a whole number.

    Raises:
        Unreadable: the frame is truncated, broken or too big.
    """
    from PIL import ImageOps

    _check_pixels(image, limits)
    try:
        image.load()
        factor = max(image.size) // LARGEST_SIDE_PX
        if factor > 1 and image.mode in _REDUCIBLE_MODES:
            # Before any copy is made: a poster takes half a GiB each time.
            image = image.reduce(factor)
        return as_l_or_rgb(ImageOps.exif_transpose(image))
    except _MALFORMED as exc:
        raise _damaged("its data end too early or are corrupt") from exc


def dpi_of(image: "Image.Image") -> float:
    """Return the resolution that an image declares, or a usual one if that is implausible."""
    try:
        dpi = float(image.info.get("dpi", (0, 0))[0])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return _USUAL_DPI
    return dpi if _LEAST_DPI <= dpi <= _MOST_DPI else _USUAL_DPI


def is_blank(image: "Image.Image") -> bool:
    """Say whether an image shows nothing: it has one tone all over."""
    darkest, lightest = image.convert("L").getextrema()
    return float(lightest) - float(darkest) < _BLANK_TONES  # type: ignore[arg-type] # one band


def _check_pixels(image: "Image.Image", limits: Limits) -> None:
    if image.width * image.height > limits.pixels:
        raise _too_big(limits)


def as_l_or_rgb(image: "Image.Image") -> "Image.Image":
    """Convert any mode of Pillow to L or RGB without losing what is written."""
    has_transparency = "transparency" in image.info
    if image.mode.startswith(("I", "F")):
        return deep_tones_as_l(image)
    if image.mode in {"1", "L"}:
        return _without_transparency(image, "L") if has_transparency else image.convert("L")
    if image.mode in _ALPHA_MODES or has_transparency:
        return _without_transparency(image, "RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _without_transparency(image: "Image.Image", mode: str) -> "Image.Image":
    """Put an image with transparent parts on white, or on black if white shows nothing of it."""
    from PIL import Image

    foreground = image.convert("RGBA")
    for tone in ("black", "white") if _is_light_on_nothing(foreground) else ("white", "black"):
        background = Image.new("RGBA", foreground.size, tone)
        background.alpha_composite(foreground)
        if not is_blank(background):
            break
    return background.convert(mode)


def _is_light_on_nothing(image: "Image.Image") -> bool:
    """Say whether an image is light letters on a transparent ground.

    The edges of letters are seen on white, too, and read as other letters.
    """
    import numpy as np

    opaque = np.asarray(image.getchannel("A")) > _OPAQUE
    tones = np.asarray(image.convert("L"))[opaque]
    is_sparse = tones.size < _MOST_INK * opaque.size
    return bool(tones.size and is_sparse and np.median(tones) > _LIGHT)


def deep_tones_as_l(image: "Image.Image") -> "Image.Image":
    """Map 16-bit, 32-bit and float tones to 8 bits.

    Pillow's own conversion clips everything above 255.
    """
    import numpy as np
    from PIL import Image

    tones = np.nan_to_num(np.asarray(image, dtype=np.float32))
    # The lightest tone becomes white, not the largest possible one: scanners store 10 or 12 bits in
    # 16.
    lightest = max(float(tones.max()), 1.0)
    return Image.fromarray((np.clip(tones / lightest, 0, 1) * 255).astype(np.uint8))


def _too_big(limits: Limits) -> Unreadable:
    return Unreadable(
        ReadStatus.TOO_BIG,
        f"The image has more than {limits.pixels:,} pixels, which is the limit. "
        "Upload a smaller scan (300 dpi is plenty) or raise the limit.",
    )


def _damaged(how: str) -> Unreadable:
    return Unreadable(
        ReadStatus.DAMAGED, f"The image is damaged: {how}. Upload it again from the original."
    )
