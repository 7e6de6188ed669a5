"""Say in which layers the characters of a PDF page are, and which words cannot be read.

Those are words with a line through them, and white ones on nothing that is painted. A layer is
an optional content group (ISO 32000-1, section 8.11): its content is marked with "OC" and, by
PDFium, with the group's own entries, of which "Name" is what viewers list.
"""

import ctypes
from collections.abc import Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any

from processors.pdf.page_graphics import are_in_white
from processors.pdf.plain_calls import address_of, text_object

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

_MARK, _NAME = "OC", b"Name"
_LONGEST_NAME_BYTES = 512
# Where a line through a word is between the bottom and the top of its letters; one below a word is
# under a fifth. It may begin and end this share of the letters' height beside the word.
_LEVEL, _SLACK = (0.3, 0.62), 0.6


def layers_of(textpage: Any, indexes: Sequence[int]) -> list[frozenset[str]]:
    """Return the names of the layers that each of these characters is in."""
    import pypdfium2.raw as pdfium_c

    known: dict[int, frozenset[str]] = {}
    found: list[frozenset[str]] = []
    for index in indexes:
        text_object = pdfium_c.FPDFText_GetTextObject(textpage, index)
        address = ctypes.cast(text_object, ctypes.c_void_p).value or 0
        if address not in known:
            known[address] = _layers_of_object(text_object) if address else frozenset()
        found.append(known[address])
    return found


def are_struck(rects: "Numbers", lines: Sequence[tuple[float, ...]]) -> "Flags":
    """Say through which words (left, top, right, bottom) a level line goes from end to end.

    A line that goes on beside the words is one of a table or a form.
    """
    import numpy as np

    left, top, right, bottom = rects.T
    heights = top - bottom
    struck = np.zeros(len(rects), dtype=bool)
    for line_left, line_top, line_right, line_bottom in lines:
        level = ((line_top + line_bottom) / 2 - bottom) / np.maximum(heights, 1e-3)
        crossed = (level > _LEVEL[0]) & (level < _LEVEL[1])
        crossed &= (right > line_left) & (left < line_right)
        if not crossed.any():
            continue
        slack = _SLACK * heights[crossed].max()
        first, last = left[crossed].min(), right[crossed].max()
        if abs(first - line_left) < slack and abs(last - line_right) < slack:
            struck |= crossed
    return struck


def are_white(
    textpage: Any,
    indexes: Sequence[int],
    rects: "Numbers",
    fills: Sequence[tuple[float, ...]],
) -> "Flags":
    """Say which words are white, by their first characters, and have no fill behind them."""
    white = are_in_white(list(map(text_object(), repeat(address_of(textpage)), indexes)))
    x, y = (rects[:, 0] + rects[:, 2]) / 2, (rects[:, 1] + rects[:, 3]) / 2
    for left, top, right, bottom in fills:
        white &= ~((x > left) & (x < right) & (y > bottom) & (y < top))
    return white


def _layers_of_object(text_object: Any) -> frozenset[str]:
    import pypdfium2.raw as pdfium_c

    names: set[str] = set()
    for number in range(max(0, pdfium_c.FPDFPageObj_CountMarks(text_object))):
        mark = pdfium_c.FPDFPageObj_GetMark(text_object, number)
        buffer = (ctypes.c_ushort * (_LONGEST_NAME_BYTES // 2))()
        size = ctypes.c_ulong()
        if not pdfium_c.FPDFPageObjMark_GetName(mark, buffer, _LONGEST_NAME_BYTES, size):
            continue
        if _decoded(buffer, size.value) != _MARK:
            continue
        if pdfium_c.FPDFPageObjMark_GetParamStringValue(
            mark, _NAME, buffer, _LONGEST_NAME_BYTES, size
        ):
            names.add(_decoded(buffer, size.value))
    return frozenset(names)


def _decoded(buffer: Any, size: int) -> str:
    """Return a text of UTF-16 that ends with a zero."""
    return bytes(buffer)[: max(0, size - 2)].decode("utf-16-le", "replace")
