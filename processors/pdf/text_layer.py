"""A PDF page's own text, read with the place of every word.

Fetched in bulk: one call for the text, one for the first and last character of each word, none for those between.
"""

import ctypes
import itertools
import math
import re
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from typing import TYPE_CHECKING, Any

from processors.contract import Segment, Word

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Corners = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]


_WORD = re.compile("[^\\s\0\x02\ufffe]+[\x02\ufffe]?|[\x02\ufffe]")
_HYPHEN = re.compile("[\x02\ufffe]")  # how PDFium marks a word divided at the end of a line
_HALF = re.compile("[\ud800-\udfff]")  # PDFium counts a character beyond the first 65,536 as two
_GAP = 1.2  # in heights: a wider gap starts a new piece
_LEVEL = 0.3  # share of the lower word's height that two words of a line have in common
_ANGLE_SAMPLES = 24
_RIGHT_TO_LEFT = "\u0590"  # Hebrew, Arabic and what comes after them; Western scripts come before
_TALL = 1.5  # heights to widths of a word that may run up or down
_NARROW = 0.6  # the same of words so short that nobody can tell


@dataclass(frozen=True, slots=True)
class Frame:
    """A page as a reader sees it: its lower left corner in page space, its size in points, its /Rotate in quarters.

    `turns` are the further quarter turns, clockwise, after which most of its text is upright.
    """

    left: float
    bottom: float
    width: float
    height: float
    rotation: int
    turns: int = 0

    @property
    def quarters(self) -> int:
        """Quarter turns, clockwise, from page space to the frame."""
        return (self.rotation + self.turns) % 4

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in points once turned."""
        return (self.height, self.width) if self.quarters % 2 else (self.width, self.height)

    def boxes(self, corners: "Corners") -> "Corners":
        """Carry boxes (rows of left, top, right, bottom) from page space, which counts upwards, to the frame."""
        import numpy as np

        x0, x1 = corners[:, 0] - self.left, corners[:, 2] - self.left
        y0, y1 = (
            self.height + self.bottom - corners[:, 1],
            self.height + self.bottom - corners[:, 3],
        )
        match self.quarters:
            case 0:
                turned = (x0, y0, x1, y1)
            case 1:
                turned = (self.height - y1, x0, self.height - y0, x1)
            case 2:
                turned = (self.width - x1, self.height - y1, self.width - x0, self.height - y0)
            case _:
                turned = (y0, self.width - x1, y1, self.width - x0)
        return np.stack(turned, axis=1)


@dataclass(frozen=True, slots=True)
class TextLayer:
    """The text of a page: pieces of words that follow each other closely, boxes in points of the frame."""

    segments: tuple[Segment, ...]
    frame: Frame


def text_layer(page: Any, textpage: Any) -> TextLayer:
    """Read a page's text in PDFium's order, in pieces with their words."""
    text = _text(textpage)
    spans = [match.span() for match in _WORD.finditer(text)]
    frame = _frame(page, textpage, [start for start, _ in spans])
    if not spans:
        return TextLayer((), frame)
    ends = _ends(textpage, spans)
    stacked = _stacked(ends, upright=frame.quarters % 2 == 0)
    if stacked.any():
        boxes = frame.boxes(_hulls(ends))
        spans = _unstacked(spans, stacked & ~_sideways(textpage, frame, spans, boxes))
        ends = _ends(textpage, spans)
    boxes = frame.boxes(_hulls(ends))
    sideways = _sideways(textpage, frame, spans, boxes)
    texts = [text[start:end] for start, end in spans]
    if _HYPHEN.search(text):
        texts = [_HYPHEN.sub("-", word) for word in texts]
    if _HALF.search(text):
        texts = [
            word.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for word in texts
        ]
    words = list(map(Word, texts, map(tuple, boxes.tolist())))
    return TextLayer(tuple(_pieces(words, _breaks(boxes, texts, sideways))), frame)


def _ends(textpage: Any, spans: Sequence[tuple[int, int]]) -> "Corners":
    """Return the boxes of each word's first and last character in page space: left, bottom, right, top."""
    import numpy as np
    import pypdfium2.raw as pdfium_c

    rects = (pdfium_c.FS_RECTF * (2 * len(spans)))()
    at = ctypes.addressof(rects)
    handle = ctypes.cast(textpage.raw, ctypes.c_void_p).value
    ends = [index for start, end in spans for index in (start, end - 1)]
    deque(
        map(_char_box(), repeat(handle), ends, range(at, at + ctypes.sizeof(rects), 16)), maxlen=0
    )
    found = np.nan_to_num(np.frombuffer(rects, dtype=np.float32).astype(np.float64)).reshape(
        -1, 2, 4
    )
    low, high = (
        np.minimum(found[:, :, :2], found[:, :, 2:]),
        np.maximum(found[:, :, :2], found[:, :, 2:]),
    )
    return np.concatenate((low, high), axis=2)


def _hulls(ends: "Corners") -> "Corners":
    """Return the box round both ends of each word: left, top, right, bottom in page space."""
    import numpy as np

    low, high = (
        np.minimum(ends[:, 0, :2], ends[:, 1, :2]),
        np.maximum(ends[:, 0, 2:], ends[:, 1, 2:]),
    )
    return np.stack((low[:, 0], high[:, 1], high[:, 0], low[:, 1]), axis=1)


def _stacked(ends: "Corners", *, upright: bool) -> "Flags":
    """Say whose last character stands wholly above or below the first one."""
    import numpy as np

    axis = 1 if upright else 0
    shared: Flags = (
        np.minimum(ends[:, 0, axis + 2], ends[:, 1, axis + 2])
        - np.maximum(ends[:, 0, axis], ends[:, 1, axis])
        <= 0
    )
    return shared


@cache
def _char_box() -> Callable[..., int]:
    """Return PDFium's call with plain addresses for arguments: a thousand calls a page leave no time for objects."""
    import pypdfium2.raw as pdfium_c

    address = ctypes.cast(pdfium_c.FPDFText_GetLooseCharBox, ctypes.c_void_p).value
    return ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(
        address or 0
    )


def _text(textpage: Any) -> str:
    """Return the text with as many characters as PDFium counts, so that a place in it is a character's number."""
    import pypdfium2.raw as pdfium_c

    count = textpage.count_chars()
    buffer = (ctypes.c_ushort * (count + 1))()
    units = max(0, pdfium_c.FPDFText_GetText(textpage, 0, count, buffer) - 1)
    text = bytes(buffer)[: 2 * units].decode("utf-16-le", "replace")
    if len(text) == count:
        return text
    codes = (pdfium_c.FPDFText_GetUnicode(textpage, index) for index in range(count))
    return "".join(chr(code) if code <= sys.maxunicode else "\ufffd" for code in codes)


def _frame(page: Any, textpage: Any, starts: Sequence[int]) -> Frame:
    import pypdfium2.raw as pdfium_c

    left, bottom, right, top = page.get_bbox()
    rotation = max(0, pdfium_c.FPDFPage_GetRotation(page))
    quarters: Counter[int] = Counter()
    for start in starts[:: max(1, len(starts) // _ANGLE_SAMPLES)]:
        quarters[_turn(textpage, start) - rotation] += 1
    most = quarters.most_common(1)
    return Frame(left, bottom, right - left, top - bottom, rotation, most[0][0] % 4 if most else 0)


def _tall(boxes: "Corners") -> "Flags":
    return (boxes[:, 3] - boxes[:, 1]) > _TALL * (boxes[:, 2] - boxes[:, 0])


def _sideways(
    textpage: Any, frame: Frame, spans: Sequence[tuple[int, int]], boxes: "Corners"
) -> "Flags":
    """Say which words run up or down in the frame; asked of PDFium only where the shape of a word suggests it."""
    import numpy as np

    flags = np.zeros(len(spans), dtype=bool)
    lengths = np.array([end - start for start, end in spans])
    if not (_tall(boxes) & (lengths > 1)).any():
        return flags
    narrow = (boxes[:, 3] - boxes[:, 1]) > _NARROW * (boxes[:, 2] - boxes[:, 0])
    for index in np.flatnonzero(narrow).tolist():
        flags[index] = (_turn(textpage, spans[index][0]) - frame.quarters) % 2 == 1
    return flags


def _turn(textpage: Any, index: int) -> int:
    """Return the quarter turns, clockwise in page space, that set a character upright; PDFium's angle is clockwise."""
    import pypdfium2.raw as pdfium_c

    angle: float = pdfium_c.FPDFText_GetCharAngle(textpage, index)
    return -round(max(0.0, angle) / (math.pi / 2))


def _unstacked(spans: Sequence[tuple[int, int]], stacked: "Flags") -> list[tuple[int, int]]:
    """Take words apart that PDFium put together from characters below each other: a column of digits."""
    parted: list[tuple[int, int]] = []
    for (start, end), apart in zip(spans, stacked.tolist(), strict=True):
        parted += (
            [(index, index + 1) for index in range(start, end)]
            if apart and end - start > 1
            else [(start, end)]
        )
    return parted


def _breaks(boxes: "Corners", texts: Sequence[str], sideways: "Flags") -> list[int]:
    """Return the words, by number, that do not follow the word before them closely in a line.

    Where text runs up or down, the next word of a line stands above or below.
    """
    import numpy as np

    (x0, y0, x1, y1), (left, top, right, bottom) = boxes[:-1].T, boxes[1:].T
    height, low = (
        np.maximum(np.maximum(y1 - y0, bottom - top), 1.0),
        np.minimum(y1 - y0, bottom - top),
    )
    level = np.minimum(y1, bottom) - np.maximum(y0, top) > _LEVEL * low
    onward = (left - x1 > -height) & (left - x1 < _GAP * height) & (right > x1)
    back = (x0 - right > -height) & (x0 - right < _GAP * height) & (left < x0)
    back &= np.array([text[0] > _RIGHT_TO_LEFT for text in texts[1:]], dtype=bool)
    below = np.minimum(x1, right) - np.maximum(x0, left) > _LEVEL * (x1 - x0)
    below &= np.maximum(top - y1, y0 - bottom) < _GAP * (x1 - x0)
    aside = sideways[:-1] | sideways[1:]
    follows = np.where(aside, sideways[:-1] & sideways[1:] & below, level & (onward | back))
    return [int(index) + 1 for index in np.flatnonzero(~follows)]


def _pieces(words: Sequence[Word], breaks: Sequence[int]) -> Iterator[Segment]:
    for start, end in itertools.pairwise((0, *breaks, len(words))):
        yield _piece(words[start:end])


def _piece(words: Sequence[Word]) -> Segment:
    boxes = [word.box for word in words]
    left, top, right, bottom = zip(*boxes, strict=True)
    return Segment(
        text=" ".join([word.text for word in words]),
        box=(min(left), min(top), max(right), max(bottom)),
        words=tuple(words),
    )
