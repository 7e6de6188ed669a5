"""Read the text layer of a PDF page with the position of every word.

It is read in bulk: one call to PDFium for the text, one for the first and last character of each
word, none for those between. In arrays, boxes are rows of four numbers; in page space y is upward,
in the reading frame downward.
"""

import ctypes
import itertools
import math
import re
import sys
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any

from processors.contract import Segment, Word
from processors.pdf.hidden_text import are_struck, are_tiny, are_unseen, may_be_unseen
from processors.pdf.layers import NO_LAYERS, Layers, layers_of
from processors.pdf.page_graphics import Marks
from processors.pdf.plain_calls import address_of, char_angle, char_box

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]


# PDFium marks a word that is hyphenated at the end of a line with U+0002 or U+FFFE.
_WORD = re.compile("[^\\s\0\x02\ufffe]+[\x02\ufffe]?|[\x02\ufffe]")
_LINE_END_HYPHEN = re.compile("[\x02\ufffe]")
_SURROGATE = re.compile("[\ud800-\udfff]")  # PDFium counts characters beyond U+FFFF as two
_NO_MARKS = Marks()
_RECT_BYTES = 16  # FS_RECTF: four 32-bit floats
_SAMPLED_ANGLES = 24
# Programs make text bold by printing it again, moved by a thirtieth of its height or less; the same
# letter beside itself is a quarter of the height away or more.
_SAME_PLACE = 0.15
_LEAST_SQUARE = 1e-3  # points
_FAR = 1 << 18  # squares; the page is within, and further away they are no different
_COMPARED_PLACES = 50  # a line is printed again soon after; words such as "the" are on a page often

# Words of one segment follow each other in a line. A gap wider than 1.2 heights starts a new
# segment; a space is a quarter to a third of the height, a column gap two heights or more.
_WIDEST_GAP = 1.2
_SHARED_HEIGHT = 0.3  # share of the lower word's height that both words have in common
_FIRST_RIGHT_TO_LEFT = (
    "\u0590"  # Hebrew, Arabic and others from here on; Western scripts are before it
)
# Height to width of words that may be vertical: surely not below the first number if short, likely
# above the second.
_MAY_BE_VERTICAL = 0.6
_LOOKS_VERTICAL = 1.5


@dataclass(frozen=True, slots=True)
class ReadingFrame:
    """A page as a reader sees it: lower left corner, size, and /Rotate in quarter turns.

    Corner and size are in page space, in points. `turns` are the further quarter turns, clockwise,
    after which most of its text is upright.
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
        """Width and height in points once rotated."""
        return (self.height, self.width) if self.quarters % 2 else (self.width, self.height)

    def boxes(self, rects: "Numbers") -> "Numbers":
        """Convert boxes (left, top, right, bottom) from page space to the frame."""
        import numpy as np

        x0, x1 = rects[:, 0] - self.left, rects[:, 2] - self.left
        # Upward to downward: from the page's top edge.
        y0, y1 = self.height + self.bottom - rects[:, 1], self.height + self.bottom - rects[:, 3]
        match self.quarters:
            case 0:
                rotated = (x0, y0, x1, y1)
            case 1:
                rotated = (self.height - y1, x0, self.height - y0, x1)
            case 2:
                rotated = (self.width - x1, self.height - y1, self.width - x0, self.height - y0)
            case _:
                rotated = (y0, self.width - x1, y1, self.width - x0)
        return np.stack(rotated, axis=1)


@dataclass(frozen=True, slots=True)
class TextLayer:
    """The text of a page as segments of words that follow each other closely.

    Boxes in points of the frame. `hidden_words` is how many words a viewer does not show.
    """

    segments: tuple[Segment, ...]
    frame: ReadingFrame
    hidden_words: int = 0


def text_layer(
    page: Any, textpage: Any, layers: Layers = NO_LAYERS, marks: Marks = _NO_MARKS
) -> TextLayer:
    """Read a page's text in PDFium's order, in segments with their words.

    Words outside the crop box, in layers that are off, struck through or not seen are left out.
    """
    text = _text(textpage)
    matches = list(_WORD.finditer(text))
    all_spans = list(map(re.Match.span, matches))
    texts = list(map(re.Match.group, matches))
    spans, ends = shown_words(page, textpage, all_spans, texts, layers, marks=marks)
    hidden_words = len(all_spans) - len(spans)
    frame = _frame(page, textpage, [start for start, _ in spans])
    if not spans:
        return TextLayer((), frame, hidden_words)

    stacked = _is_stacked(ends, upright=frame.quarters % 2 == 0)
    if stacked.any():
        vertical = _is_vertical(textpage, frame, spans, frame.boxes(_word_rects(ends)))
        spans = split_stacked(spans, stacked & ~vertical)
        ends = _end_boxes(textpage, spans)
    boxes = frame.boxes(_word_rects(ends))
    vertical = _is_vertical(textpage, frame, spans, boxes)

    if spans is not all_spans:
        texts = [text[start:end] for start, end in spans]
    if _LINE_END_HYPHEN.search(text):
        texts = [_LINE_END_HYPHEN.sub("-", word) for word in texts]
    if _SURROGATE.search(text):
        # Join the halves of surrogate pairs to one character.
        texts = [
            word.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for word in texts
        ]
    segments = _segments(texts, boxes, (0, *_breaks(boxes, texts, vertical)))
    return TextLayer(segments, frame, hidden_words)


def shown_words(
    page: Any,
    textpage: Any,
    spans: Sequence[tuple[int, int]],
    texts: Sequence[str],
    layers: Layers,
    *,
    marks: Marks,
) -> tuple[Sequence[tuple[int, int]], "Numbers"]:
    """Return the words that a viewer shows, each once: those partly inside the crop box.

    With the boxes of their first and last characters.
    """
    import numpy as np

    if not spans:
        return spans, np.zeros((0, 2, 4))
    ends = _end_boxes(textpage, spans)
    left, bottom, right, top = page.get_bbox()
    rects = _word_rects(ends)
    middle_y = (rects[:, 1] + rects[:, 3]) / 2
    is_shown = (rects[:, 2] > left) & (rects[:, 0] < right) & (middle_y > bottom) & (middle_y < top)
    starts = [start for start, _ in spans]
    if layers.off:
        names_of = layers_of(textpage, starts)
        is_shown &= np.array([layers.off.isdisjoint(names) for names in names_of], dtype=bool)
    is_shown &= ~are_struck(textpage, spans, rects, marks.lines)
    is_shown &= ~are_tiny(textpage, spans, rects, (right - left, top - bottom))
    suspects = is_shown & may_be_unseen(textpage, starts, texts, rects, marks=marks, layers=layers)
    if suspects.any():
        frame = _frame(page, textpage, ())
        is_shown &= ~are_unseen(page, suspects, frame.boxes(rects), frame.size)
    shown: list[int] = np.flatnonzero(is_shown).tolist()
    is_shown[shown] = ~printed_again([texts[index] for index in shown], rects[shown])
    if is_shown.all():
        return spans, ends
    return [spans[index] for index in np.flatnonzero(is_shown).tolist()], ends[is_shown]


def printed_again(texts: Sequence[str], rects: "Numbers") -> "Flags":
    """Say which words are printed a second time a hair beside the first, which makes them bold."""
    import numpy as np

    flags = np.zeros(len(texts), dtype=bool)
    if not _may_be_printed_again(texts, rects):
        return flags
    places: dict[str, deque[tuple[float, float]]] = {}
    for index, (word, (left, top, _, bottom)) in enumerate(zip(texts, rects.tolist(), strict=True)):
        seen = places.setdefault(word, deque(maxlen=_COMPARED_PLACES))
        near = _SAME_PLACE * (top - bottom)
        flags[index] = any(abs(left - x) < near and abs(bottom - y) < near for x, y in seen)
        seen.append((left, bottom))
    return flags


def _may_be_printed_again(texts: Sequence[str], rects: "Numbers") -> bool:
    """Return whether a word may be there twice within the same place; most pages have none.

    Two places that are closer than half a square of a grid are in one square of it, or of a grid
    that is moved by half a square to the right, upward, or both.
    """
    import numpy as np

    heights = rects[:, 1] - rects[:, 3]
    square = max(2 * _SAME_PLACE * float(heights.max(initial=0.0)), _LEAST_SQUARE)
    # Numbers that are too large are cut alike: two words seldom have the same one by chance.
    words = np.fromiter(map(hash, texts), dtype=np.int64, count=len(texts))
    moved = np.array([[0.0], [0.5]])
    columns = np.floor(np.clip(rects[:, 0] / square, -_FAR, _FAR) + moved).astype(np.int64)
    rows = np.floor(np.clip(rects[:, 3] / square, -_FAR, _FAR) + moved).astype(np.int64)
    # One line for each of the four grids.
    keys = np.sort(((words + columns * 4 * _FAR)[:, None] + rows).reshape(4, -1))
    return bool((keys[:, 1:] == keys[:, :-1]).any())


def _text(textpage: Any) -> str:
    """Return the text in which every index is that of PDFium's character."""
    import pypdfium2.raw as pdfium_c

    count = textpage.count_chars()
    buffer = (ctypes.c_ushort * (count + 1))()
    units = max(0, pdfium_c.FPDFText_GetText(textpage, 0, count, buffer) - 1)
    text = bytes(buffer)[: 2 * units].decode("utf-16-le", "replace")
    if len(text) == count:
        return text
    codes = (pdfium_c.FPDFText_GetUnicode(textpage, index) for index in range(count))
    return "".join(chr(code) if code <= sys.maxunicode else "\ufffd" for code in codes)


def _frame(page: Any, textpage: Any, word_starts: Sequence[int]) -> ReadingFrame:
    import pypdfium2.raw as pdfium_c

    left, bottom, right, top = page.get_bbox()
    rotation = max(0, pdfium_c.FPDFPage_GetRotation(page))
    sampled = word_starts[:: max(1, len(word_starts) // _SAMPLED_ANGLES)]
    turns = Counter((_upright_turns(textpage, sampled) - rotation).tolist())
    most_frequent = turns.most_common(1)[0][0] % 4 if turns else 0
    return ReadingFrame(left, bottom, right - left, top - bottom, rotation, most_frequent)


def _upright_turns(textpage: Any, indexes: Sequence[int]) -> "npt.NDArray[np.int64]":
    """Return the quarter turns, clockwise in page space, that make each character upright."""
    import numpy as np

    # Clockwise; -1 on an error.
    angles = map(char_angle(), repeat(address_of(textpage)), indexes)
    quarters = np.fromiter(angles, dtype=np.float64, count=len(indexes)) / (math.pi / 2)
    return -np.rint(np.fmax(0.0, quarters)).astype(np.int64)


def _end_boxes(textpage: Any, spans: Sequence[tuple[int, int]]) -> "Numbers":
    """Return the boxes (left, bottom, right, top) of each word's first and last character."""
    import numpy as np
    import pypdfium2.raw as pdfium_c

    rects = (pdfium_c.FS_RECTF * (2 * len(spans)))()
    first_address = ctypes.addressof(rects)
    addresses = range(first_address, first_address + ctypes.sizeof(rects), _RECT_BYTES)
    indexes = [index for start, end in spans for index in (start, end - 1)]
    # A deque of length zero is the fastest way to run a map for its effects.
    deque(map(char_box(), repeat(address_of(textpage)), indexes, addresses), maxlen=0)

    floats = np.frombuffer(rects, dtype=np.float32).astype(np.float64)
    if not np.isfinite(floats).all():
        floats = np.nan_to_num(floats)
    corners = floats.reshape(-1, 2, 4)
    low = np.minimum(corners[:, :, :2], corners[:, :, 2:])
    high = np.maximum(corners[:, :, :2], corners[:, :, 2:])
    return np.concatenate((low, high), axis=2)


def _word_rects(ends: "Numbers") -> "Numbers":
    """Return the box around both ends of each word: left, top, right, bottom in page space."""
    import numpy as np

    low = np.minimum(ends[:, 0, :2], ends[:, 1, :2])
    high = np.maximum(ends[:, 0, 2:], ends[:, 1, 2:])
    return np.stack((low[:, 0], high[:, 1], high[:, 0], low[:, 1]), axis=1)


def _is_stacked(ends: "Numbers", *, upright: bool) -> "Flags":
    """Say of which words the last character is completely above or below the first one."""
    import numpy as np

    low, high = (1, 3) if upright else (0, 2)  # the axis across the line
    shared = np.minimum(ends[:, 0, high], ends[:, 1, high]) - np.maximum(
        ends[:, 0, low], ends[:, 1, low]
    )
    flags: Flags = shared <= 0
    return flags


def _is_vertical(
    textpage: Any, frame: ReadingFrame, spans: Sequence[tuple[int, int]], boxes: "Numbers"
) -> "Flags":
    """Say which words run up or down in the frame.

    PDFium is called for those whose shape suggests it, and for others only if one of these does.
    """
    import numpy as np

    flags = np.zeros(len(spans), dtype=bool)
    widths, heights = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    lengths = np.array([end - start for start, end in spans])
    looks = (heights > _LOOKS_VERTICAL * widths) & (lengths > 1)
    if not looks.any() or not _are_turned(textpage, frame, spans, looks).any():
        return flags
    tall = heights > _MAY_BE_VERTICAL * widths
    flags[tall] = _are_turned(textpage, frame, spans, tall)
    return flags


def _are_turned(
    textpage: Any, frame: ReadingFrame, spans: Sequence[tuple[int, int]], chosen: "Flags"
) -> "Flags":
    """Say which of the chosen words are on their side in the frame."""
    import numpy as np

    firsts = [spans[index][0] for index in np.flatnonzero(chosen).tolist()]
    flags: Flags = (_upright_turns(textpage, firsts) - frame.quarters) % 2 == 1
    return flags


def split_stacked(spans: Sequence[tuple[int, int]], stacked: "Flags") -> list[tuple[int, int]]:
    """Split words that PDFium made of characters below each other, such as a column of digits."""
    found: list[tuple[int, int]] = []
    for (start, end), is_stacked in zip(spans, stacked.tolist(), strict=True):
        if is_stacked:
            found += [(index, index + 1) for index in range(start, end)]
        else:
            found.append((start, end))
    return found


def _breaks(boxes: "Numbers", texts: Sequence[str], vertical: "Flags") -> list[int]:
    """Return the indexes of words that do not closely follow the word before them in a line."""
    import numpy as np

    # Each word with the one after it.
    x0, y0, x1, y1 = boxes[:-1].T
    left, top, right, bottom = boxes[1:].T
    taller = np.maximum(np.maximum(y1 - y0, bottom - top), 1.0)
    lower = np.minimum(y1 - y0, bottom - top)

    same_line = np.minimum(y1, bottom) - np.maximum(y0, top) > _SHARED_HEIGHT * lower
    gap = left - x1
    to_the_right = (gap > -taller) & (gap < _WIDEST_GAP * taller) & (right > x1)
    gap = x0 - right
    to_the_left = (gap > -taller) & (gap < _WIDEST_GAP * taller) & (left < x0)
    to_the_left &= np.array([text[0] > _FIRST_RIGHT_TO_LEFT for text in texts[1:]], dtype=bool)
    follows_horizontally = same_line & (to_the_right | to_the_left)

    # In vertical text the next word is above or below, and the width of a word is the height of its
    # line.
    same_column = np.minimum(x1, right) - np.maximum(x0, left) > _SHARED_HEIGHT * (x1 - x0)
    gap = np.maximum(top - y1, y0 - bottom)
    follows_vertically = same_column & (gap < _WIDEST_GAP * (x1 - x0))

    either = vertical[:-1] | vertical[1:]
    both = vertical[:-1] & vertical[1:]
    follows = np.where(either, both & follows_vertically, follows_horizontally)
    return [int(index) + 1 for index in np.flatnonzero(~follows)]


def _segments(texts: Sequence[str], boxes: "Numbers", starts: Sequence[int]) -> tuple[Segment, ...]:
    """Join words to segments that begin with the words of these indexes."""
    import numpy as np

    low = np.minimum.reduceat(boxes[:, :2], starts)
    high = np.maximum.reduceat(boxes[:, 2:], starts)
    around = map(tuple, np.concatenate((low, high), axis=1).tolist())
    # Words are tuples: so they are made without a call of Python's for each.
    fields = zip(texts, map(tuple, boxes.tolist()), repeat(None))
    new_tuple: Any = tuple.__new__
    words: list[Word] = list(map(new_tuple, repeat(Word), fields))
    return tuple(
        [
            Segment(text=" ".join(texts[start:end]), box=box, words=tuple(words[start:end]))
            for (start, end), box in zip(
                itertools.pairwise((*starts, len(words))), around, strict=True
            )
        ]
    )
