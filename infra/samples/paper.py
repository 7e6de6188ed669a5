"""Sheets to draw on: text set in Pillow's own font, and what ink, heat and glass do to it."""

from dataclasses import dataclass, field
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Pixels = NDArray[np.float32]


@dataclass(slots=True)
class Sheet:
    """A white sheet with a pen that moves down it; sizes in pixels.

    Pillow's font knows ASCII only: write GBP and EUR instead of their signs.
    """

    width: int
    height: int
    margin: int = 40
    y: int = 40
    image: Image.Image = field(init=False)

    def __post_init__(self) -> None:
        self.image = Image.new("L", (self.width, self.height), 255)

    @property
    def pen(self) -> ImageDraw.ImageDraw:
        """Return the drawing tool."""
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
        """Set a line with something at either end."""
        self._place(left, size=size, align="left", bold=bold)
        self.line(right, size=size, align="right", bold=bold, gap=gap)

    def paragraph(self, text: str, *, size: int = 32, gap: float = 1.45) -> None:
        """Set text broken to the sheet's width, then half a line of space."""
        for line in wrap(text, size=size, width=self.width - 2 * self.margin):
            self.line(line, size=size, gap=gap)
        self.y += size // 2

    def rule(self, *, dashed: bool = False) -> None:
        """Draw a line across the sheet."""
        step, dash = (18, 10) if dashed else (self.width, self.width)
        for x in range(self.margin, self.width - self.margin, step):
            end = min(x + dash, self.width - self.margin)
            self.pen.line((x, self.y, end, self.y), fill=40, width=2)
        self.y += 18

    def space(self, pixels: int) -> None:
        """Move down."""
        self.y += pixels

    def bars(self, widths: NDArray[np.int64], *, height: int) -> None:
        """Draw a bar pattern in the middle: decoration, no code that could be read."""
        x = (self.width - int(widths.sum())) // 2
        for index, width in enumerate(widths):
            if index % 2 == 0:
                self.pen.rectangle((x, self.y, x + int(width) - 1, self.y + height), fill=30)
            x += int(width)
        self.y += height + 16

    def cut(self) -> Image.Image:
        """Return the sheet down to where the pen stands."""
        return self.image.crop((0, 0, self.width, min(self.height, self.y + self.margin)))

    def _place(self, text: str, *, size: int, align: str, bold: bool) -> None:
        font = ImageFont.load_default(size=size)
        length = font.getlength(text)
        x = {
            "left": self.margin,
            "right": self.width - self.margin - length,
            "center": (self.width - length) / 2,
        }[align]
        self.pen.text(
            (x, self.y), text, font=font, fill=25, stroke_width=1 if bold else 0, stroke_fill=25
        )


def wrap(text: str, *, size: int, width: int) -> list[str]:
    """Break text into lines that fit `width` pixels."""
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
    """Print the way a worn thermal head does: rows unevenly dark, a column or two burnt out, the paper off-white."""
    ink = 1 - _pixels(image) / 255
    unevenness = np.interp(np.arange(image.height), *_slow_curve(rng, length=image.height)).astype(
        np.float32
    )
    rows = 1 - fade * np.abs(unevenness)
    columns = np.ones(image.width, dtype=np.float32)
    columns[rng.integers(0, image.width, size=2)] = 0.55
    grain = 1 + noise(rng, shape=ink.shape, deviation=0.06)
    ink = ink * rows[:, None] * columns[None, :] * grain
    paper = 246 + noise(rng, shape=ink.shape, deviation=1.6)
    return _image(paper - ink * 205).filter(ImageFilter.GaussianBlur(0.5))


def flatbed_scan(
    image: Image.Image, *, rng: np.random.Generator, degrees: float, specks: int = 160
) -> Image.Image:
    """Scan a sheet: a little crooked, with dust, grain and a shadow along one edge."""
    turned = image.rotate(degrees, resample=Image.Resampling.BICUBIC, fillcolor=255)
    page = _pixels(turned) + noise(rng, shape=(image.height, image.width), deviation=3.0)
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
        pen.ellipse((int(x), int(y), int(x + size), int(y + size)), fill=int(rng.integers(70, 170)))
    return scanned.filter(ImageFilter.GaussianBlur(0.6))


def jpeg(image: Image.Image, *, quality: int = 82, orientation: int = 1, dpi: int = 72) -> bytes:
    """Encode as JPEG; `orientation` is EXIF's way of saying how the camera was held (1 upright, 6 turned left)."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Aperture Works"
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=quality, exif=exif, dpi=(dpi, dpi))
    return buffer.getvalue()


def png(image: Image.Image, *, dpi: int = 200) -> bytes:
    """Encode as PNG with its resolution."""
    buffer = BytesIO()
    image.save(buffer, "PNG", dpi=(dpi, dpi), optimize=False)
    return buffer.getvalue()


def tiff(frames: list[Image.Image], *, dpi: int = 200) -> bytes:
    """Encode black and white frames as one fax-like TIFF."""
    mid_gray = 140
    bilevel = [
        frame.point(lambda level: 255 if level > mid_gray else 0).convert("1") for frame in frames
    ]
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
    """Return grey levels scattered round zero."""
    return rng.standard_normal(shape, dtype=np.float32) * np.float32(deviation)


def _slow_curve(
    rng: np.random.Generator, *, length: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    knots = max(4, length // 140)
    return np.linspace(0, length, knots), rng.uniform(-1, 1, knots)


def _pixels(image: Image.Image) -> Pixels:
    return np.asarray(image, dtype=np.float32)


def _image(pixels: NDArray[np.floating]) -> Image.Image:
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
