"""Say which words of a PDF page cannot be read.

Those are words with a line through them, tiny ones, and those where the drawn page is plain, if
their color, their layer, or what is painted over them may hide them.
"""

import ctypes
import math
from collections.abc import Sequence
from functools import cache, partial
from itertools import repeat
from typing import TYPE_CHECKING, Any

from processors.pdf import render
from processors.pdf.layers import CONDITION, Layers, layers_of
from processors.pdf.page_graphics import Marks
from processors.pdf.plain_calls import address_of, text_object

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

# Where a line through a word is between the baseline and the top of its letters, from an "x" to an
# "H". It may begin and end as far beside the words as these are high, and no further than that.
_LEVEL, _MOST_SLACK_PT = (0.22, 0.72), 10.0
_LEVEL_TEXT = 0.01  # radians
# A page with words that may not show is drawn to see whether they do. Those of fewer pixels are
# read.
_PX_PER_PT, _LARGEST_SIDE_PX, _LEAST_PX = 2.0, 3_000, 2.0
_LEAST_CONTRAST = 8  # of 255
_TINY_PT, _TINY_SHARE = 1.0, 0.002  # points, and of the shorter side of the page
_SQUEEZED = 0.05  # width to height
_LETTERS_OF_ALL_FONTS = "\u0370"  # Latin letters are before it


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
    page: Any, suspects: "Flags", boxes: "Numbers", size: tuple[float, float]
) -> "Flags":
    """Say which of the suspected words leave no trace on the drawn page.

    The boxes are those of the page as it is shown, whose width and height are its `size`.
    """
    import numpy as np

    unseen = suspects.copy()
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


def may_be_unseen(
    textpage: Any,
    starts: Sequence[int],
    texts: Sequence[str],
    rects: "Numbers",
    *,
    marks: Marks,
    layers: Layers,
) -> "Flags":
    """Say which words may not show, by their first characters: the drawn page shows whether.

    Those are faint or not drawn, in a layer that may be off, or in the place of a box or a picture
    that is painted after them or in their color.
    """
    import numpy as np

    flags = np.zeros(len(starts), dtype=bool)
    if not (marks.faint or marks.covers or layers.are_any):
        return flags
    objects = [*map(text_object(), repeat(address_of(textpage)), starts)]
    if marks.faint:
        flags |= _are_in(marks.faint, objects)
    if marks.covers:
        flags |= _are_covered(objects, rects, marks)
    if layers.are_any:
        named = layers_of(textpage, starts)
        flags |= np.array([CONDITION in names for names in named], dtype=bool)
    if layers.may_be_off:
        flags |= _are_in(marks.nested, objects) | np.array([*map(bool, named)], dtype=bool)
    for index in np.flatnonzero(flags).tolist():
        # PDFium may have no letters for a script whose font is not in the file.
        flags[index] = max(texts[index]) < _LETTERS_OF_ALL_FONTS or _has_font(objects[index])
    return flags


def are_tiny(
    textpage: Any, spans: Sequence[tuple[int, int]], rects: "Numbers", size: tuple[float, float]
) -> "Flags":
    """Say which words are too small for anybody to read, or too narrow."""
    import numpy as np

    left, top, right, bottom = rects.T
    lengths = np.array([end - start for start, end in spans])
    most = min(_TINY_PT, _TINY_SHARE * min(size))
    height = top - bottom
    flags: Flags = (height > 0) & (height < most) & (right - left < most * lengths)
    return flags | _are_squeezed(textpage, spans, rects)


def _are_squeezed(textpage: Any, spans: Sequence[tuple[int, int]], rects: "Numbers") -> "Flags":
    """Say which words have no width, because their letters are squeezed to none.

    The widths of a font may be missing, which squeezes nothing: the matrix of the text says it.
    """
    import numpy as np
    import pypdfium2.raw as pdfium_c

    left, top, right, bottom = rects.T
    flags: Flags = (top - bottom > _TINY_PT) & (right - left < _SQUEEZED * (top - bottom))
    matrix = pdfium_c.FS_MATRIX()
    for index in np.flatnonzero(flags).tolist():
        text = pdfium_c.FPDFText_GetTextObject(textpage, spans[index][0])
        flags[index] = bool(text) and pdfium_c.FPDFPageObj_GetMatrix(text, matrix) != 0
        width, height = math.hypot(matrix.a, matrix.b), math.hypot(matrix.c, matrix.d)
        flags[index] &= width < _SQUEEZED * height
    return flags


def _are_covered(objects: Sequence[int | None], rects: "Numbers", marks: Marks) -> "Flags":
    """Say over which words something is painted, or is under them in their color."""
    import numpy as np

    flags = np.zeros(len(objects), dtype=bool)
    numbers = np.array([marks.numbers.get(each, (0, -1)) for each in objects])
    left, top, right, bottom = rects.T
    for number, (cover_left, cover_top, cover_right, cover_bottom), color in marks.covers:
        is_hiding = (numbers[:, 0] < number) | (numbers[:, 1] == color)
        is_over = (left < cover_right) & (right > cover_left)
        is_over &= (bottom < cover_top) & (top > cover_bottom)
        flags |= is_hiding & is_over
    return flags


def _are_in(known: frozenset[int | None], objects: Sequence[int | None]) -> "Flags":
    import numpy as np

    return np.fromiter(map(known.__contains__, objects), dtype=bool, count=len(objects))


def _has_font(address: int | None) -> bool:
    """Return whether the font of a text object is in the file."""
    import pypdfium2.raw as pdfium_c

    text = ctypes.cast(ctypes.c_void_p(address), pdfium_c.FPDF_PAGEOBJECT)
    font = pdfium_c.FPDFTextObj_GetFont(text)
    return bool(font) and pdfium_c.FPDFFont_GetIsEmbedded(font) == 1
