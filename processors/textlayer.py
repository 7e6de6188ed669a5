"""A PDF page's own text: read it with its places, and judge whether it can be believed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from processors.contract import Box, Segment

VERSION = "1"

_SAMPLE_CHARS = 3000
_PRIVATE = range(0xE000, 0xF900)
_NEVER_PRINTED = {0xFFFD, 0xFFFE, 0xFFFF, 0x0000}
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ]{4,}")
_VOWEL = re.compile(r"[aeiouyà-åè-ïò-öù-ýæø]", re.IGNORECASE)
_CONVERSION_MARK = re.compile(r"\(cid:\d+\)")
_GAP = 1.2  # in heights: a wider gap starts a new piece


@dataclass(slots=True)
class _Piece:
    """Characters that follow each other closely on one base line, in page space (origin bottom left)."""

    chars: list[str] = field(default_factory=list)
    left: float = 0.0
    bottom: float = 0.0
    right: float = 0.0
    top: float = 0.0

    def follows(self, left: float, bottom: float, right: float, top: float) -> bool:
        height = max(self.top - self.bottom, top - bottom, 1.0)
        shared = min(self.top, top) - max(self.bottom, bottom)
        level = shared > 0.3 * min(self.top - self.bottom, top - bottom)
        return level and -height < left - self.right < _GAP * height and right > self.left

    def add(self, char: str, left: float, bottom: float, right: float, top: float) -> None:
        if self.right == self.left:
            self.left, self.bottom, self.right, self.top = left, bottom, right, top
        self.chars.append(char)
        self.left, self.bottom = min(self.left, left), min(self.bottom, bottom)
        self.right, self.top = max(self.right, right), max(self.top, top)


def segments_of(page: Any, textpage: Any) -> list[Segment]:
    """Return a page's text in pieces with boxes in points from the top left of the page as shown."""
    pieces = list(_pieces(textpage))
    return [
        Segment(text="".join(piece.chars).encode("utf-16", "surrogatepass").decode("utf-16", "replace"), box=box)
        for piece in pieces
        if (box := _shown(page, piece)) is not None
    ]


def junk_score(text: str, *, unmapped: int = 0) -> float:
    """Say how unlikely it is, from 0 to 1, that a text layer says what the page shows.

    Counts characters that fonts left without a meaning (`unmapped` of them are known to the reader), private and
    replacement characters, and Latin words without vowels, which shifted encodings leave behind.
    """
    visible = [ord(char) for char in text if not char.isspace()]
    if not visible:
        return 0.0
    strange = sum(code in _NEVER_PRINTED or code in _PRIVATE or code < 32 for code in visible)  # noqa: PLR2004 - controls
    strange += sum(len(match) for match in _CONVERSION_MARK.findall(text))
    words = _LATIN_WORD.findall(text)
    mute = sum(_VOWEL.search(word) is None for word in words) / len(words) if len(words) >= 10 else 0.0  # noqa: PLR2004
    return min(1.0, max(strange, unmapped) / len(visible) + (mute if mute > 0.4 else 0.0))  # noqa: PLR2004 - codes and names have few vowels


def unmapped_chars(textpage: Any) -> int:
    """Count characters, of the first 3,000, whose font does not say what they mean."""
    import pypdfium2.raw as pdfium_c

    count = min(textpage.count_chars(), _SAMPLE_CHARS)
    return sum(pdfium_c.FPDFText_HasUnicodeMapError(textpage, index) == 1 for index in range(count))


def _pieces(textpage: Any) -> Iterator[_Piece]:
    import pypdfium2.raw as pdfium_c

    piece = _Piece()
    space = False
    for index in range(textpage.count_chars()):
        char = chr(min(pdfium_c.FPDFText_GetUnicode(textpage, index), 0x10FFFF))
        if char.isspace() or char == "\0":
            space = True
            continue
        left, bottom, right, top = _char_box(textpage, index)
        if piece.chars and not piece.follows(left, bottom, right, top):
            yield piece
            piece = _Piece()
        if piece.chars and space:
            piece.chars.append(" ")
        piece.add(char, left, bottom, right, top)
        space = False
    if piece.chars:
        yield piece


def _char_box(textpage: Any, index: int) -> Box:
    import pypdfium2.raw as pdfium_c

    rect = pdfium_c.FS_RECTF()
    pdfium_c.FPDFText_GetLooseCharBox(textpage, index, rect)
    return (rect.left, min(rect.bottom, rect.top), rect.right, max(rect.bottom, rect.top))


def _shown(page: Any, piece: _Piece) -> Box | None:
    """Carry a box from page space to the page as a reader sees it: cropped, turned, counted from the top."""
    import ctypes

    import pypdfium2.raw as pdfium_c

    fine = 20  # device units a point: the call answers in whole units
    width, height = page.get_size()
    corners = []
    for x, y in ((piece.left, piece.bottom), (piece.right, piece.top)):
        at_x, at_y = ctypes.c_int(), ctypes.c_int()
        size = (round(width * fine), round(height * fine))
        if not pdfium_c.FPDF_PageToDevice(page, 0, 0, *size, 0, x, y, at_x, at_y):
            return None
        corners.append((at_x.value / fine, at_y.value / fine))
    (x0, y0), (x1, y1) = corners
    return (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
