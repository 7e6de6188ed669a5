"""What a PDF page paints besides text: how much of it pictures cover, how finely, and whether its text shows at all."""

import ctypes
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_MOST_OBJECTS = 20_000  # a map has more, and looking on would tell nothing new
_MOST_PICTURES = 50
_DEPTH = 4
_SAMPLES = 24
_WHOLE = 0.8  # share of the page a picture must cover to hide what was painted before it
_INVISIBLE = 3  # text render mode: neither filled nor stroked

Matrix = tuple[float, float, float, float, float, float]
Place = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Paint:
    """What lies on a page.

    `covered` is the share of it that pictures lie on, overlaps counted twice, at most 1; `dpi` the resolution of the
    largest picture, None without one; `curves` the number of paths; `hidden` the share of its text that is not drawn
    or has a picture over it. An `empty` page paints nothing. `pictures` are their places in page space (left, top,
    right, bottom) with their resolutions, `segments` the pieces that its paths are drawn of.
    """

    covered: float = 0.0
    dpi: float | None = None
    curves: int = 0
    hidden: float = 0.0
    empty: bool = False
    pictures: tuple[tuple[Place, float], ...] = ()
    segments: int = 0


def paint_of(page: Any, textpage: Any) -> Paint:
    """Look through a page's objects, those inside form objects included."""
    import pypdfium2.raw as pdfium_c

    bounds = page.get_bbox()
    area = max((bounds[2] - bounds[0]) * (bounds[3] - bounds[1]), 1.0)
    covered, curves, segments, cover, last_text, count = 0.0, 0, 0, -1, -1, 0
    largest = (0.0, 0.0)
    pictures: list[tuple[Place, float]] = []
    for count, (kind, found, matrix) in enumerate(_objects(page), start=1):
        if kind == pdfium_c.FPDF_PAGEOBJ_TEXT:
            last_text = count
        elif kind == pdfium_c.FPDF_PAGEOBJ_PATH:
            curves += 1
            segments += max(0, pdfium_c.FPDFPath_CountSegments(found))
        elif kind == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            place, dpi = _picture(found, matrix, bounds)
            share = (place[2] - place[0]) * (place[1] - place[3]) / area
            covered += share
            if share and len(pictures) < _MOST_PICTURES:
                pictures.append((place, dpi))
            largest = max(largest, (share, dpi))
            if share > _WHOLE and not pdfium_c.FPDFPageObj_HasTransparency(found):
                cover = count
    hidden = 0.0 if last_text < 0 else 1.0 if last_text < cover else _invisible(textpage)
    return Paint(
        covered=min(1.0, covered),
        dpi=largest[1] or None,
        curves=curves,
        hidden=hidden,
        empty=count == 0,
        pictures=tuple(pictures),
        segments=segments,
    )


def _objects(page: Any) -> Iterator[tuple[int, Any, Matrix]]:
    """Yield kind, handle and the matrix it is drawn under, in the order of painting; forms themselves are left out."""
    import pypdfium2.raw as pdfium_c

    for index in range(min(pdfium_c.FPDFPage_CountObjects(page), _MOST_OBJECTS)):
        found = pdfium_c.FPDFPage_GetObject(page, index)
        kind = pdfium_c.FPDFPageObj_GetType(found)
        if kind == pdfium_c.FPDF_PAGEOBJ_FORM:
            yield from _inside(found, (1.0, 0.0, 0.0, 1.0, 0.0, 0.0), _DEPTH)
        else:
            yield kind, found, (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def _inside(form: Any, outer: Matrix, depth: int) -> Iterator[tuple[int, Any, Matrix]]:
    import pypdfium2.raw as pdfium_c

    matrix = _times(_matrix(form), outer)
    for index in range(min(pdfium_c.FPDFFormObj_CountObjects(form), _MOST_OBJECTS)):
        found = pdfium_c.FPDFFormObj_GetObject(form, index)
        kind = pdfium_c.FPDFPageObj_GetType(found)
        if kind != pdfium_c.FPDF_PAGEOBJ_FORM:
            yield kind, found, matrix
        elif depth:
            yield from _inside(found, matrix, depth - 1)


def _picture(found: Any, outer: Matrix, bounds: tuple[float, ...]) -> tuple[Place, float]:
    """Return where on the page a picture lies and its resolution in dots an inch, 0 where nobody knows."""
    import pypdfium2.raw as pdfium_c

    a, b, c, d, e, f = _times(_matrix(found), outer)
    xs, ys = (e, e + a, e + c, e + a + c), (f, f + b, f + d, f + b + d)
    left, bottom = max(min(xs), bounds[0]), max(min(ys), bounds[1])
    right, top = max(left, min(max(xs), bounds[2])), max(bottom, min(max(ys), bounds[3]))
    place = (round(left, 1), round(top, 1), round(right, 1), round(bottom, 1))
    width, height = ctypes.c_uint(), ctypes.c_uint()
    pdfium_c.FPDFImageObj_GetImagePixelSize(found, width, height)
    return place, 72 * math.sqrt(width.value * height.value / max(abs(a * d - b * c), 1e-6))


def _matrix(found: Any) -> Matrix:
    import pypdfium2.raw as pdfium_c

    matrix = pdfium_c.FS_MATRIX()
    if not pdfium_c.FPDFPageObj_GetMatrix(found, matrix):
        return (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    return (matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f)


def _times(inner: Matrix, outer: Matrix) -> Matrix:
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


def _invisible(textpage: Any) -> float:
    """Return the share of characters, sampled, whose render mode draws nothing."""
    import pypdfium2.raw as pdfium_c

    count = textpage.count_chars()
    modes = []
    for index in range(0, count, max(1, count // _SAMPLES)):
        drawn_by = pdfium_c.FPDFText_GetTextObject(textpage, index)
        if drawn_by:
            modes.append(pdfium_c.FPDFTextObj_GetTextRenderMode(drawn_by))
    return sum(mode == _INVISIBLE for mode in modes) / len(modes) if modes else 0.0
