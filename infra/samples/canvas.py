"""Paper to draw on: text in Pillow's own font, and what printers and scanners do to it."""

from dataclasses import dataclass, field
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Pixels = NDArray[np.float32]

# Gray levels: 0 is black, 255 white.
_INK = 25
_RULE = 40
_BAR = 30
_WHITE = 255

# Tags of EXIF 2.3.
_EXIF_ORIENTATION = 0x0112
_EXIF_MAKE = 0x010F


@dataclass(slots=True)
class Canvas:
    """White paper with a pen that moves down it; sizes are pixels.

    Pillow's font has ASCII only: write GBP and EUR instead of their signs.
    """

    width: int
    height: int
    margin: int = 40
    y: int = 40
    image: Image.Image = field(init=False)

    def __post_init__(self) -> None:
        self.image = Image.new("L", (self.width, self.height), _WHITE)

    @property
    def pen(self) -> ImageDraw.ImageDraw:
        """The drawing tool."""
        return ImageDraw.Draw(self.image)

    def line(
        self,
        text: str,
        *,
        size: int = 32,
        align: str = "left",
        bold: bool = False,
        gap: float = 1.35,
    ) -> None:
        """Set one line and move down by `gap` times its size."""
        self._place(text, size=size, align=align, bold=bold)
        self.y += round(size * gap)

    def pair(
        self, left: str, right: str, *, size: int = 32, bold: bool = False, gap: float = 1.35
    ) -> None:
        """Set a line with a text at each end."""
        self._place(left, size=size, align="left", bold=bold)
        self.line(right, size=size, align="right", bold=bold, gap=gap)

    def paragraph(self, text: str, *, size: int = 32) -> None:
        """Set text in lines of the paper's width, then half a line of space."""
        for line in wrap(text, size=size, width=self.width - 2 * self.margin):
            self.line(line, size=size, gap=1.45)
        self.y += size // 2

    def rule(self, *, dashed: bool = False) -> None:
        """Draw a line across the paper."""
        step, dash = (18, 10) if dashed else (self.width, self.width)
        for x in range(self.margin, self.width - self.margin, step):
            end = min(x + dash, self.width - self.margin)
            self.pen.line((x, self.y, end, self.y), fill=_RULE, width=2)
        self.y += 18

    def space(self, pixels: int) -> None:
        """Move down."""
        self.y += pixels

    def bars(self, widths: NDArray[np.int64], *, height: int) -> None:
        """Draw a pattern of bars in the middle. It looks like a barcode and cannot be read."""
        x = (self.width - int(widths.sum())) // 2
        for index, width in enumerate(widths):
            # Bars and gaps alternate.
            if index % 2 == 0:
                self.pen.rectangle((x, self.y, x + int(width) - 1, self.y + height), fill=_BAR)
            x += int(width)
        self.y += height + 16

    def cut(self) -> Image.Image:
        """Return the paper, cut off below the pen."""
        return self.image.crop((0, 0, self.width, min(self.height, self.y + self.margin)))

    def _place(self, text: str, *, size: int, align: str, bold: bool) -> None:
        font = ImageFont.load_default(size=size)
        length = font.getlength(text)
        x = {
            "left": self.margin,
            "right": self.width - self.margin - length,
            "center": (self.width - length) / 2,
        }[align]
        # Pillow's font has no bold: a stroke around the letters makes them heavier.
        stroke = 1 if bold else 0
        self.pen.text(
            (x, self.y), text, font=font, fill=_INK, stroke_width=stroke, stroke_fill=_INK
        )


def wrap(text: str, *, size: int, width: int) -> list[str]:
    """Break text into lines of at most `width` pixels."""
    font = ImageFont.load_default(size=size)
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def thermal_print(
    image: Image.Image, *, rng: np.random.Generator, fade: float = 0.25
) -> Image.Image:
    """Print like a worn thermal head.

    Rows are unevenly dark by up to `fade`, two columns are weak, and the paper is off-white.
    """
    ink = 1 - _pixels(image) / _WHITE
    # One random value about every 140 rows, and straight lines between: the head warms slowly.
    knots = max(4, image.height // 140)
    places = np.linspace(0, image.height, knots)
    values = rng.uniform(-1, 1, knots)
    unevenness = np.interp(np.arange(image.height), places, values).astype(np.float32)
    rows = 1 - fade * np.abs(unevenness)
    columns = np.ones(image.width, dtype=np.float32)
    columns[rng.integers(0, image.width, size=2)] = 0.55
    grain = 1 + noise(rng, shape=ink.shape, deviation=0.06)
    ink = ink * rows[:, None] * columns[None, :] * grain
    # 246 is the level of the paper, 246 - 205 = 41 that of full ink.
    paper = 246 + noise(rng, shape=ink.shape, deviation=1.6)
    return _image(paper - ink * 205).filter(ImageFilter.GaussianBlur(0.5))


def flatbed_scan(
    image: Image.Image, *, rng: np.random.Generator, degrees: float, specks: int = 160
) -> Image.Image:
    """Scan paper: a little crooked, with dust, grain, and a shadow along the left edge."""
    turned = image.rotate(degrees, resample=Image.Resampling.BICUBIC, fillcolor=_WHITE)
    page = _pixels(turned) + noise(rng, shape=(image.height, image.width), deviation=3.0)
    # The shadow is 60 pixels wide and 45 levels deep at the edge.
    edge = np.clip(np.arange(image.width, dtype=np.float32) / 60, 0, 1)
    page = np.minimum(page, 250) - 45 * (1 - edge)[None, :]
    scanned = _image(page)
    pen = ImageDraw.Draw(scanned)
    for x, y, size in zip(
        rng.integers(0, image.width, specks),
        rng.integers(0, image.height, specks),
        rng.integers(1, 4, specks),
        strict=True,
    ):
        level = int(rng.integers(70, 170))
        pen.ellipse((int(x), int(y), int(x + size), int(y + size)), fill=level)
    return scanned.filter(ImageFilter.GaussianBlur(0.6))


def jpeg(image: Image.Image, *, quality: int = 82, orientation: int = 1, dpi: int = 72) -> bytes:
    """Encode as JPEG; `orientation` is EXIF's number for how the camera was turned.

    1 is upright; 6 means that the picture must be turned 90 degrees clockwise.
    """
    exif = Image.Exif()
    exif[_EXIF_ORIENTATION] = orientation
    exif[_EXIF_MAKE] = "Aperture Works"
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=quality, exif=exif, dpi=(dpi, dpi))
    return buffer.getvalue()


def png(image: Image.Image, *, dpi: int = 200) -> bytes:
    """Encode as PNG with its resolution."""
    buffer = BytesIO()
    image.save(buffer, "PNG", dpi=(dpi, dpi), optimize=False)
    return buffer.getvalue()


def tiff(pages: list[Image.Image], *, dpi: int = 200) -> bytes:
    """Encode pages in black and white as one TIFF, compressed as faxes are."""
    middle = 140
    bilevel = []
    for page in pages:
        contrasted = page.point(lambda level: _WHITE if level > middle else 0)
        bilevel.append(contrasted.convert("1"))
    buffer = BytesIO()
    bilevel[0].save(
        buffer,
        "TIFF",
        save_all=True,
        append_images=bilevel[1:],
        compression="group4",
        dpi=(dpi, dpi),
    )
    return buffer.getvalue()


def noise(rng: np.random.Generator, *, shape: tuple[int, ...], deviation: float) -> Pixels:
    """Return normally distributed gray levels around zero."""
    return rng.standard_normal(shape, dtype=np.float32) * np.float32(deviation)


def _pixels(image: Image.Image) -> Pixels:
    return np.asarray(image, dtype=np.float32)


def _image(pixels: NDArray[np.floating]) -> Image.Image:
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
