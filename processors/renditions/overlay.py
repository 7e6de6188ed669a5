"""Set recognized words where they stand on a page, invisibly. Pure."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from processors.contract import Box, Line, Page, Word
from processors.renditions import glyphless_font as glyphless

FONT = "Unseen"
_LEAST_PT = 0.5
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_NUMBER = re.compile(r"\d[\d.,:/]*")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page in its own space: lower left corner, size in points before it is turned, /Rotate in degrees clockwise."""

    left: float
    bottom: float
    width: float
    height: float
    rotation_deg: int = 0

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Carry a point from the page as it is shown, counted from the top left, to page space."""
        match self.rotation_deg % 360:
            case 90:
                x, y = y, self.height - x
            case 180:
                x, y = self.width - x, self.height - y
            case 270:
                x, y = self.width - y, x
        return self.left + x, self.bottom + self.height - y


def content(page: Page, sheet: Sheet) -> bytes:
    """Return the operators that set a page's words, in a font called FONT; empty where it has none."""
    lines = [_line(line, page.turned_deg, sheet) for line in page.lines if line.words]
    return b"q BT 3 Tr\n" + b"".join(lines) + b"ET Q\n" if lines else b""


def _line(line: Line, turned_deg: int, sheet: Sheet) -> bytes:
    """Set a line's words from left to right to a reader of the turned page, a space after each but the last."""
    words = line.words
    if any(_RIGHT_TO_LEFT.search(word.text) for word in words):
        words = tuple(sorted(words, key=lambda word: _along(word.box, turned_deg)))
    shown = [_as_shown(word.text) + " " for word in words]
    shown[-1:] = [text.rstrip() for text in shown[-1:]]
    return b"".join(
        _word(word, text, line.angle_deg, turned_deg, sheet)
        for word, text in zip(words, shown, strict=True)
    )


def _along(box: Box, turned_deg: int) -> float:
    """Return how far along the line of a reader a box begins."""
    return {0: box[0], 90: -box[3], 180: -box[2], 270: box[1]}[turned_deg]


def _word(word: Word, shown: str, slope_deg: float, turned_deg: int, sheet: Sheet) -> bytes:
    """Set one word along its line: as long as its box, as high."""
    left, top, right, bottom = word.box
    units = len(word.text.encode("utf-16-be", "replace")) // 2
    if units == 0:
        return b""
    sides = (right - left, bottom - top) if turned_deg in {0, 180} else (bottom - top, right - left)
    length, height = _level_size(*sides, slope=math.radians(slope_deg))
    x, y = sheet.point((left + right) / 2, (top + bottom) / 2)
    turned = math.radians(turned_deg - slope_deg + sheet.rotation_deg)
    cos, sin = math.cos(turned), math.sin(turned)
    back, down = length / 2, height * (0.5 - glyphless.DESCENT)
    x, y = x - cos * back + sin * down, y - sin * back - cos * down
    stretch = 100 * length / (units * glyphless.WIDTH * height)
    place = f"{cos:.5f} {sin:.5f} {-sin:.5f} {cos:.5f} {x:.2f} {y:.2f} Tm"
    text = shown.encode("utf-16-be", "replace").hex()
    return f"/{FONT} {height:.2f} Tf {stretch:.2f} Tz {place} <{text}> Tj\n".encode()


def _level_size(width: float, height: float, *, slope: float) -> tuple[float, float]:
    """Return length and height of a word from the upright box round it, which a slant has made larger."""
    cos, sin = math.cos(slope), abs(math.sin(slope))
    spread = cos * cos - sin * sin
    if sin > 0.01 and spread > 0.5:  # noqa: PLR2004 - half a degree is none; beyond 30 the box says nothing
        level = (width * cos - height * sin) / spread, (height * cos - width * sin) / spread
        if min(level) > 0.2 * min(width, height):
            width, height = level
    return max(width, _LEAST_PT), max(height, _LEAST_PT)


def _as_shown(text: str) -> str:
    """Return a word's characters from left to right: so printed text stands in PDF files, Hebrew and Arabic too."""
    if not _RIGHT_TO_LEFT.search(text):
        return text
    return _NUMBER.sub(lambda number: number[0][::-1], text[::-1])


def words_of(page: Page) -> Sequence[str]:
    """Return a page's words, as they must be found in it again."""
    return [word.text for line in page.lines for word in line.words]
