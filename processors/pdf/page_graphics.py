"""List what a PDF page paints besides text: images, paths, and whether they hide the text.

Coordinates are those of page space: points (1/72 inch), y upward (ISO 32000-1, section 8.3).
"""

import ctypes
import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import repeat
from typing import TYPE_CHECKING, Any

from processors.pdf.clips import clipped
from processors.pdf.plain_calls import (
    address_of,
    fill_color,
    kind_of_object,
    object_of_form,
    object_of_page,
    text_mode,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    _Colors = npt.NDArray[np.uint32]

_MOST_OBJECTS = 20_000  # a map has more, and further ones would show nothing new
_MOST_IMAGES = 50
_MOST_FORM_DEPTH = 4  # form objects within each other
_SAMPLED_CHARS = 24
_COVERS_PAGE = 0.8  # share of the page from which an image hides what was painted before it
_MOSTLY_HIDDEN, _MANY_PATHS = 0.5, 200
_OPAQUE, _LEAST_ALPHA = 255, 16
_LIGHT = 0xE0E0E0  # all bits of it are set in light colors
_NOT_DRAWN, _NO_COLOR = (3, 7), -1  # text rendering modes (ISO 32000-1, table 106)
_MOST_BOXES = 500
_COLOR_BYTES, _NUMBER_BYTES = 16, 4  # red, green, blue and alpha
# A line is one path of two points, or a rectangle, that is hardly higher than a hair.
_SEGMENTS_OF_LINE, _THIN_PT, _MOST_LINES = 5, 2.5, 500
_SEGMENTS_OF_FRAME, _MOST_FRAMES = 4, 1_000
_INVISIBLE = 3  # text rendering mode "neither fill nor stroke" (ISO 32000-1, table 106)

Matrix = tuple[float, float, float, float, float, float]
PageRect = tuple[float, float, float, float]  # left, top, right, bottom in page space
_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Marks:
    """What may make words unreadable: thin level lines in page space, and what may hide words.

    Text objects are given by their addresses. `faint` are hardly colored, transparent, clipped or
    not drawn; `nested` are in form objects. `covers` are boxes and pictures with their number in
    the order of painting and their color, -1 for none. They are empty if no text is before one or
    in its color; `numbers` has the same two of each text then.
    """

    lines: tuple[PageRect, ...] = ()
    faint: frozenset[int | None] = frozenset()
    nested: frozenset[int | None] = frozenset()
    covers: tuple[tuple[int, PageRect, int], ...] = ()
    numbers: Mapping[int | None, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PageGraphics:
    """What is painted on a page.

    `image_share` is the share of the page under images, overlaps counted twice, at most 1. `dpi` is
    the resolution of the largest image, None without one. `hidden_share` is the share of the text
    that is not drawn or is under an image. An empty page paints nothing. `images` are up to 50
    images with their resolutions. `marks` are what may make words unreadable. `frames` are the
    rectangles and upright lines, `strokes` the slanting lines, such as those of a cross.
    """

    image_share: float = 0.0
    dpi: float | None = None
    paths: int = 0
    path_segments: int = 0
    hidden_share: float = 0.0
    is_empty: bool = False
    images: tuple[tuple[PageRect, float], ...] = ()
    marks: Marks = Marks()
    frames: tuple[PageRect, ...] = ()
    strokes: tuple[PageRect, ...] = ()


def graphics_of(page: Any, textpage: Any) -> PageGraphics:
    """List a page's objects, including those inside form objects."""
    import pypdfium2.raw as pdfium_c

    paths = path_segments = 0
    # Objects are numbered in the order of painting; later ones cover earlier ones.
    number = 0
    painted = _Painted(page.get_bbox())
    text, add_text = pdfium_c.FPDF_PAGEOBJ_TEXT, painted.texts.append
    add_number = painted.numbers.append
    for number, (kind, address, matrix) in enumerate(_objects_of(page), start=1):
        if kind == text:  # most of them are, and a page may have thousands
            add_text(address)
            add_number(number)
            if matrix is not _IDENTITY:
                painted.nested.append(address)
            continue
        handle = _handle(address)
        if kind == pdfium_c.FPDF_PAGEOBJ_PATH:
            paths += 1
            segments = max(0, pdfium_c.FPDFPath_CountSegments(handle))
            path_segments += segments
            if 0 < segments <= _SEGMENTS_OF_LINE:
                rect = _bounds_of(handle, matrix)
                painted.add_path(handle, address, rect, number)
                painted.add_frame(handle, segments, rect)
        elif kind == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            painted.add_image(handle, matrix, number)

    if not painted.texts:
        hidden_share = 0.0
    elif painted.numbers[-1] < painted.last_cover:
        hidden_share = 1.0
    else:
        hidden_share = invisible_share(textpage)
    # Another program may have recognized the text of what is painted, and have put it there unseen.
    is_recognized = hidden_share >= _MOSTLY_HIDDEN and (
        painted.image_share > 0 or paths > _MANY_PATHS
    )
    return PageGraphics(
        image_share=min(1.0, painted.image_share),
        dpi=painted.largest[1] or None,
        paths=paths,
        path_segments=path_segments,
        hidden_share=hidden_share,
        is_empty=number == 0,
        images=tuple(painted.images),
        marks=painted.marks(is_recognized=is_recognized),
        frames=tuple(painted.frames),
        strokes=tuple(painted.strokes),
    )


class _Painted:
    """Collects the images of a page, and what may make its words unreadable.

    `texts` are addresses, those in form objects also in `nested`; `numbers` say when they are
    painted. `largest` is the share of the page of the largest image, and its resolution;
    `last_cover` is the last image that hides the page.
    """

    def __init__(self, bounds: tuple[float, ...]) -> None:
        left, bottom, right, top = self._bounds = bounds
        self._page_area = max((right - left) * (top - bottom), 1.0)
        self.texts: list[int | None] = []
        self.numbers: list[int] = []
        self.nested: list[int | None] = []
        self.images: list[tuple[PageRect, float]] = []
        self.image_share = 0.0
        self.largest = (0.0, 0.0)
        self.last_cover = -1
        self._covers: list[tuple[int, PageRect]] = []
        self._fills: list[int | None] = []  # the object of each cover that has a color
        self._lines: list[PageRect] = []
        self.frames: list[PageRect] = []
        self.strokes: list[PageRect] = []

    def add_image(self, handle: Any, matrix: Matrix, number: int) -> None:
        """Add an image to those of the page."""
        import pypdfium2.raw as pdfium_c

        rect, dpi = image(handle, matrix, self._bounds)
        share = (rect[2] - rect[0]) * (rect[1] - rect[3]) / self._page_area
        self.image_share += share
        self.largest = max(self.largest, (share, dpi))
        if share and len(self.images) < _MOST_IMAGES:
            self.images.append((rect, dpi))
            self._covers.append((number, rect))
            self._fills.append(None)
        if share > _COVERS_PAGE and not pdfium_c.FPDFPageObj_HasTransparency(handle):
            self.last_cover = number

    def add_path(self, handle: Any, address: int | None, rect: PageRect, number: int) -> None:
        """Add a path of few segments to the lines, if it is hardly higher than a hair, or boxes."""
        left, top, right, bottom = rect
        if top - bottom <= _THIN_PT:
            if right - left > _THIN_PT and len(self._lines) < _MOST_LINES:
                self._lines.append(rect)
        elif right - left > _THIN_PT and len(self._covers) < _MOST_BOXES and _is_filled(handle):
            self._covers.append((number, rect))
            self._fills.append(address)

    def add_frame(self, handle: Any, segments: int, rect: PageRect) -> None:
        """Add a path of few segments to the frames or strokes, unless it is a level line."""
        import pypdfium2.raw as pdfium_c

        left, top, right, bottom = rect
        if top - bottom <= _THIN_PT or len(self.frames) + len(self.strokes) >= _MOST_FRAMES:
            return
        is_frame = right - left <= _THIN_PT
        if not is_frame and segments >= _SEGMENTS_OF_FRAME:
            # Two lines that cross have a second beginning where a rectangle has its third corner.
            third = pdfium_c.FPDFPath_GetPathSegment(handle, 2)
            is_frame = pdfium_c.FPDFPathSegment_GetType(third) != pdfium_c.FPDF_SEGMENT_MOVETO
        (self.frames if is_frame else self.strokes).append(rect)

    def marks(self, *, is_recognized: bool) -> Marks:
        """Return what was found; if another program recognized the text, only its lines."""
        lines = tuple(self._lines)
        if is_recognized or not self.texts:
            return Marks(lines)
        colors, opacities = _colors_of(self.texts)
        covers = self._covers_among(colors) if self._covers else ()
        painted = zip(self.numbers, colors.tolist(), strict=True) if covers else ()
        return Marks(
            lines,
            faint=frozenset((*_faint(self.texts, colors, opacities), *clipped(self.texts))),
            nested=frozenset(self.nested),
            covers=covers,
            numbers=dict(zip(self.texts, painted, strict=False)),
        )

    def _covers_among(self, colors: "_Colors") -> tuple[tuple[int, PageRect, int], ...]:
        """Return what is painted after the first text, or in the color of a text."""
        fills, _ = _colors_of([each or 0 for each in self._fills])
        used = frozenset(colors.tolist())
        return tuple(
            (number, rect, _NO_COLOR if address is None else fill)
            for (number, rect), address, fill in zip(
                self._covers, self._fills, fills.tolist(), strict=True
            )
            if number > self.numbers[0] or (address is not None and fill in used)
        )


def _faint(
    texts: Sequence[int | None], colors: "_Colors", opacities: "_Colors"
) -> Iterator[int | None]:
    """Yield the texts that are light, transparent or not drawn."""
    import numpy as np

    modes = np.fromiter(map(text_mode(), texts), dtype=np.int64, count=len(texts))
    flags = (opacities < _LEAST_ALPHA) | (colors & _LIGHT == _LIGHT) | np.isin(modes, _NOT_DRAWN)
    yield from (texts[index] for index in np.flatnonzero(flags).tolist())


def _is_filled(handle: Any) -> bool:
    import pypdfium2.raw as pdfium_c

    mode, is_stroked = ctypes.c_int(), ctypes.c_int()
    return bool(pdfium_c.FPDFPath_GetDrawMode(handle, mode, is_stroked) and mode.value)


def _colors_of(objects: Sequence[int | None]) -> tuple["_Colors", "_Colors"]:
    """Return what objects, by their addresses, are filled with: 0xRRGGBB, and opacity up to 255.

    What has no color is opaque black.
    """
    import numpy as np

    colors = np.zeros((len(objects), 4), dtype=np.uint32)
    colors[:, 3] = _OPAQUE
    first, end = colors.ctypes.data, colors.ctypes.data + colors.nbytes
    places = (range(first + _NUMBER_BYTES * part, end, _COLOR_BYTES) for part in range(4))
    deque(map(fill_color(), objects, *places), maxlen=0)
    whole: _Colors = colors @ np.array([1 << 16, 1 << 8, 1, 0], dtype=np.uint32)
    return whole, colors[:, 3]


@cache
def _sides() -> tuple[ctypes.c_float, ...]:
    """Return the places that the sides of a box are written to."""
    return tuple(ctypes.c_float() for _ in range(4))


def _bounds_of(handle: Any, matrix: Matrix) -> PageRect:
    """Return the box around an object: left, top, right, bottom."""
    import pypdfium2.raw as pdfium_c

    sides = _sides()
    pdfium_c.FPDFPageObj_GetBounds(handle, *sides)
    left, bottom, right, top = (each.value for each in sides)
    if matrix is _IDENTITY:
        return (left, top, right, bottom)
    a, b, c, d, e, f = matrix
    corners = [(x, y) for x in (left, right) for y in (bottom, top)]
    xs = [a * x + c * y + e for x, y in corners]
    ys = [b * x + d * y + f for x, y in corners]
    return (min(xs), max(ys), max(xs), min(ys))


def _objects_of(page: Any) -> Iterator[tuple[int, int | None, Matrix]]:
    """Yield kind, address and transformation matrix of objects in the order of painting."""
    import pypdfium2.raw as pdfium_c

    count = min(pdfium_c.FPDFPage_CountObjects(page.raw), _MOST_OBJECTS)
    addresses = [*map(object_of_page(), repeat(address_of(page)), range(count))]
    kinds = [*map(kind_of_object(), addresses)]
    if pdfium_c.FPDF_PAGEOBJ_FORM not in kinds:
        return zip(kinds, addresses, repeat(_IDENTITY))
    return _with_form_content(addresses)


def _with_form_content(
    addresses: Iterable[int | None], outer: Matrix = _IDENTITY, depth: int = 0
) -> Iterator[tuple[int, int | None, Matrix]]:
    import pypdfium2.raw as pdfium_c

    kind_of, kind_of_forms = kind_of_object(), pdfium_c.FPDF_PAGEOBJ_FORM
    for address in addresses:
        kind = kind_of(address)
        if kind != kind_of_forms:
            yield kind, address, outer
        elif depth <= _MOST_FORM_DEPTH:
            form = _handle(address)
            matrix = _product(_matrix(form), outer)
            count = min(pdfium_c.FPDFFormObj_CountObjects(form), _MOST_OBJECTS)
            inside = map(object_of_form(), repeat(address), range(count))
            yield from _with_form_content(inside, matrix, depth + 1)


def _handle(address: int | None) -> Any:
    """Return an object as pypdfium2's own calls take it."""
    import pypdfium2.raw as pdfium_c

    return ctypes.cast(ctypes.c_void_p(address), pdfium_c.FPDF_PAGEOBJECT)


def image(handle: Any, outer: Matrix, bounds: tuple[float, ...]) -> tuple[PageRect, float]:
    """Return the part of the page that an image covers and its resolution (dpi), 0 if unknown.

    An image is painted on the unit square, which its matrix [a b c d e f] maps to a parallelogram
    on the page (ISO 32000-1, section 8.9.3). Its area is the absolute value of the determinant ad -
    bc.
    """
    import pypdfium2.raw as pdfium_c

    a, b, c, d, e, f = _product(_matrix(handle), outer)
    xs = (e, e + a, e + c, e + a + c)
    ys = (f, f + b, f + d, f + b + d)
    left, bottom = max(min(xs), bounds[0]), max(min(ys), bounds[1])
    right, top = max(left, min(max(xs), bounds[2])), max(bottom, min(max(ys), bounds[3]))
    rect = (round(left, 1), round(top, 1), round(right, 1), round(bottom, 1))

    width, height = ctypes.c_uint(), ctypes.c_uint()
    pdfium_c.FPDFImageObj_GetImagePixelSize(handle, width, height)
    area = max(abs(a * d - b * c), 1e-6)
    return rect, 72 * math.sqrt(width.value * height.value / area)


def _matrix(handle: Any) -> Matrix:
    import pypdfium2.raw as pdfium_c

    matrix = pdfium_c.FS_MATRIX()
    if not pdfium_c.FPDFPageObj_GetMatrix(handle, matrix):
        return _IDENTITY
    return (matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f)


def _product(inner: Matrix, outer: Matrix) -> Matrix:
    """Return the matrix that applies `inner`, then `outer` (ISO 32000-1, section 8.3.4)."""
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return (
        a * p + b * r,
        a * q + b * s,
        c * p + d * r,
        c * q + d * s,
        e * p + f * r + t,
        e * q + f * s + u,
    )


def invisible_share(textpage: Any) -> float:
    """Return the share of characters, sampled, whose rendering mode draws nothing."""
    import pypdfium2.raw as pdfium_c

    count = textpage.count_chars()
    modes = []
    for index in range(0, count, max(1, count // _SAMPLED_CHARS)):
        text_object = pdfium_c.FPDFText_GetTextObject(textpage, index)
        if text_object:
            modes.append(pdfium_c.FPDFTextObj_GetTextRenderMode(text_object))
    return sum(mode == _INVISIBLE for mode in modes) / len(modes) if modes else 0.0
