"""Place recognized words where they are on a page, as invisible PDF text. No I/O."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from processors.contract import Line, Page, Word
from processors.renditions import glyphless_font

FONT = "Unseen"
_LEAST_SIDE_PT = 0.5
# Hebrew, Arabic and related scripts, with their presentation forms.
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_NUMBER = re.compile(r"\d[\d.,:/]*")
# Slopes that count: less than half a degree is none, and beyond 30 degrees a bounding box says
# little about its word.
_LEAST_SIN = 0.01
_LEAST_COS_2A = 0.5
_LEAST_LEVEL_SHARE = 0.2  # of the smaller side of the bounding box


@dataclass(frozen=True, slots=True)
class PageGeometry:
    """A page in page space: lower left corner, and size in points before it is rotated.

    `rotation_deg` is its /Rotate, clockwise.
    """

    left: float
    bottom: float
    width: float
    height: float
    rotation_deg: int = 0

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Convert a point of the page as shown, from its top left corner, to page space."""
        match self.rotation_deg % 360:
            case 90:
                x, y = y, self.height - x
            case 180:
                x, y = self.width - x, self.height - y
            case 270:
                x, y = self.width - y, x
        return self.left + x, self.bottom + self.height - y


def content(page: Page, geometry: PageGeometry) -> bytes:
    """Return the content stream that shows a page's words in an invisible font called FONT.

    Empty without words.
    """
    lines = [_line(line, page.turned_deg, geometry) for line in page.lines if line.words]
    # Text rendering mode 3, invisible (ISO 32000-1, section 9.3.6).
    return b"q BT 3 Tr\n" + b"".join(lines) + b"ET Q\n" if lines else b""


def words_of(page: Page) -> Sequence[str]:
    """Return a page's words."""
    return [word.text for line in page.lines for word in line.words]


def _line(line: Line, turned_deg: int, geometry: PageGeometry) -> bytes:
    """Show a line's words from left to right as read, a space after each but the last."""

    def start(word: Word) -> float:
        """Return where a word begins in the reading direction of the rotated page."""
        left, top, right, bottom = word.box
        return {0: left, 90: -bottom, 180: -right, 270: top}[turned_deg]

    words = line.words
    if any(_RIGHT_TO_LEFT.search(word.text) for word in words):
        words = tuple(sorted(words, key=start))
    operators = []
    for index, word in enumerate(words):
        text = word.text
        if _RIGHT_TO_LEFT.search(text):
            # From left to right, as PDF files have Hebrew and Arabic, too. Numbers are written in
            # that direction anyway.
            text = _NUMBER.sub(lambda number: number[0][::-1], text[::-1])
        text = f"{text} " if index < len(words) - 1 else text.rstrip()
        operators.append(_word(word, text, line.angle_deg, turned_deg, geometry))
    return b"".join(operators)


def _word(
    word: Word, shown: str, slope_deg: float, turned_deg: int, geometry: PageGeometry
) -> bytes:
    """Show one word along its line, as long and as high as its box."""
    units = len(word.text.encode("utf-16-be", "replace")) // 2
    if units == 0:
        return b""
    left, top, right, bottom = word.box
    width, height = right - left, bottom - top
    if turned_deg in {90, 270}:
        width, height = height, width
    length, height = level_size(width, height, slope=math.radians(slope_deg))

    # The text matrix (section 9.4.2) rotates around the start of the baseline, which is half a
    # length before the middle of the box, and below it by half the height less the font's descent.
    x, y = geometry.point((left + right) / 2, (top + bottom) / 2)
    angle = math.radians(turned_deg - slope_deg + geometry.rotation_deg)
    cos, sin = math.cos(angle), math.sin(angle)
    back, down = length / 2, height * (0.5 - glyphless_font.DESCENT)
    x, y = x - cos * back + sin * down, y - sin * back - cos * down
    matrix = f"{cos:.5f} {sin:.5f} {-sin:.5f} {cos:.5f} {x:.2f} {y:.2f} Tm"

    # Horizontal scaling in percent: every character of the font has the same width.
    stretch = 100 * length / (units * glyphless_font.WIDTH * height)
    text = shown.encode("utf-16-be", "replace").hex()
    return f"/{FONT} {height:.2f} Tf {stretch:.2f} Tz {matrix} <{text}> Tj\n".encode()


def level_size(width: float, height: float, *, slope: float) -> tuple[float, float]:
    """Return length and height of a word from its upright box, which a slope makes larger.

    The box of a rectangle l x h rotated by a measures w = l cos a + h sin a and v = l sin a + h cos
    a. Solved for l and h, both are divided by cos 2a.
    """
    cos, sin = math.cos(slope), abs(math.sin(slope))
    cos_2a = cos * cos - sin * sin
    if sin > _LEAST_SIN and cos_2a > _LEAST_COS_2A:
        level_width = (width * cos - height * sin) / cos_2a
        level_height = (height * cos - width * sin) / cos_2a
        if min(level_width, level_height) > _LEAST_LEVEL_SHARE * min(width, height):
            width, height = level_width, level_height
    return max(width, _LEAST_SIDE_PT), max(height, _LEAST_SIDE_PT)
