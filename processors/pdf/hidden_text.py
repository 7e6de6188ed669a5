"""Say in which layers the characters of a PDF page are, and which words cannot be read.

Those are words with a line through them, and white ones where the drawn page is plain. A layer is
an optional content group (ISO 32000-1, section 8.11): its content is marked with "OC" and, by
PDFium, with the group's own entries, of which "Name" is what viewers list.
"""

import ctypes
import math
from collections.abc import Sequence
from functools import cache, partial
from itertools import repeat
from typing import TYPE_CHECKING, Any

from processors.pdf import render
from processors.pdf.page_graphics import are_in_white
from processors.pdf.plain_calls import address_of, text_object

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

_MARK, _NAME = "OC", b"Name"
_LONGEST_NAME_BYTES = 512
# Where a line through a word is between the baseline and the top of its letters, from an "x" to an
# "H". It may begin and end as far beside the words as these are high, and no further than that.
_LEVEL, _MOST_SLACK_PT = (0.22, 0.72), 10.0
_LEVEL_TEXT = 0.01  # radians
_FILLED = 0  # text rendering mode "fill" (ISO 32000-1, table 106)
# A page with white words is drawn to see whether they show. Words of fewer pixels are read.
_PX_PER_PT, _LARGEST_SIDE_PX, _LEAST_PX = 2.0, 3_000, 2.0
_LEAST_CONTRAST = 3  # of 255


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


def are_struck(
    textpage: Any,
    spans: Sequence[tuple[int, int]],
    rects: "Numbers",
    lines: Sequence[tuple[float, ...]],
) -> "Flags":
    """Say through which words (left, top, right, bottom) a level line goes from end to end.

    A line that goes on beside the words is one of a table or a form.
    """
    import numpy as np

    left, top, right, bottom = rects.T
    struck = np.zeros(len(rects), dtype=bool)
    letters_of = cache(partial(_letters_of, textpage))
    for line_left, line_top, line_right, line_bottom in lines:
        y = (line_top + line_bottom) / 2
        near = (bottom < y) & (top > y) & (right > line_left) & (left < line_right)
        crossed = []
        slacks = []
        for index in np.flatnonzero(near).tolist():
            baseline, height = letters_of(spans[index])
            slack = min(height, _MOST_SLACK_PT)
            is_within = left[index] > line_left - slack and right[index] < line_right + slack
            if is_within and _LEVEL[0] * height < y - baseline < _LEVEL[1] * height:
                crossed.append(index)
                slacks.append(slack)
        if not crossed:
            continue
        slack = min(slacks)
        if left[crossed].min() < line_left + slack and right[crossed].max() > line_right - slack:
            struck[crossed] = True
    return struck


def _letters_of(textpage: Any, span: tuple[int, int]) -> tuple[float, float]:
    """Return the baseline of a word and how high its letters are above it, 0 if it is turned."""
    import pypdfium2.raw as pdfium_c

    start, end = span
    angle = pdfium_c.FPDFText_GetCharAngle(textpage, start)
    if min(abs(angle), abs(angle - math.tau)) > _LEVEL_TEXT:
        return 0.0, 0.0
    x, baseline = ctypes.c_double(), ctypes.c_double()
    pdfium_c.FPDFText_GetCharOrigin(textpage, start, x, baseline)
    tops = []
    for index in range(start, end):
        sides = [ctypes.c_double() for _ in range(4)]  # left, right, bottom, top
        pdfium_c.FPDFText_GetCharBox(textpage, index, *sides)
        tops.append(max(each.value for each in sides[2:]))
    return baseline.value, max(0.0, max(tops) - baseline.value)


def are_unseen(
    page: Any, textpage: Any, indexes: Sequence[int], boxes: "Numbers", size: tuple[float, float]
) -> "Flags":
    """Say which words are white, by their first characters, where the drawn page is plain.

    The boxes are those of the page as it is shown, whose width and height are its `size`.
    """
    import numpy as np
    import pypdfium2.raw as pdfium_c

    objects = list(map(text_object(), repeat(address_of(textpage)), indexes))
    unseen = are_in_white(objects)
    for index in np.flatnonzero(unseen).tolist():
        handle = ctypes.cast(ctypes.c_void_p(objects[index]), pdfium_c.FPDF_PAGEOBJECT)
        unseen[index] = pdfium_c.FPDFTextObj_GetTextRenderMode(handle) == _FILLED
    if not unseen.any():
        return unseen
    scale = min(_PX_PER_PT, _LARGEST_SIDE_PX / max(*size, 1.0))
    shown = np.asarray(render.draw(page, scale=scale, gray=True))
    for index in np.flatnonzero(unseen).tolist():
        left, top, right, bottom = (boxes[index] * scale).tolist()
        pixels = shown[
            max(0, math.floor(top)) : max(0, math.ceil(bottom)),
            max(0, math.floor(left)) : max(0, math.ceil(right)),
        ]
        is_large = min(right - left, bottom - top) >= _LEAST_PX and pixels.size > 0
        unseen[index] = is_large and int(pixels.max()) - int(pixels.min()) < _LEAST_CONTRAST
    return unseen


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
