"""Say which texts of a PDF page may be cut off by what they are clipped to.

See ISO 32000-1, section 8.5.4. Coordinates are those in which PDFium gives both.
"""

import ctypes
import math
from collections.abc import Iterator, Sequence

from processors.pdf.plain_calls import clip_path, clip_path_count

_SEGMENTS_OF_BOX = 5
_MOST_BEYOND_PT, _MOST_CLIPS = 3.0, 4  # letters reach over the edges of cells by less


def clipped(texts: Sequence[int | None]) -> Iterator[int | None]:
    """Yield the texts of which a part is outside of what they are clipped to.

    PDFium leaves out clips around the whole page, so that most pages have none.
    """
    import pypdfium2.raw as pdfium_c

    clips = [*map(clip_path(), texts)]
    counts = [*map(clip_path_count(), clips)]
    if max(counts, default=0) <= 0:
        return
    sides = tuple(ctypes.c_float() for _ in range(4))
    for text, clip, count in zip(texts, clips, counts, strict=True):
        if count > 0:
            pdfium_c.FPDFPageObj_GetBounds(
                ctypes.cast(ctypes.c_void_p(text), pdfium_c.FPDF_PAGEOBJECT), *sides
            )
            left, bottom, right, top = (side.value for side in sides)
            clip_left, clip_bottom, clip_right, clip_top = _box_of_clip(clip, count)
            beyond = (clip_left - left, right - clip_right, clip_bottom - bottom, top - clip_top)
            if max(beyond) > _MOST_BEYOND_PT:
                yield text


def _box_of_clip(address: int | None, count: int) -> tuple[float, float, float, float]:
    """Return the box that the first paths of a clip have in common; left, bottom, right, top.

    Those of curves are passed over.
    """
    import pypdfium2.raw as pdfium_c

    clip = ctypes.cast(ctypes.c_void_p(address), pdfium_c.FPDF_CLIPPATH)
    left, top, right, bottom = -math.inf, math.inf, math.inf, -math.inf
    x, y = ctypes.c_float(), ctypes.c_float()
    for path in range(min(count, _MOST_CLIPS)):
        segments = pdfium_c.FPDFClipPath_CountPathSegments(clip, path)
        if not 0 < segments <= _SEGMENTS_OF_BOX:
            continue
        points: list[tuple[float, float]] = []
        for index in range(segments):
            segment = pdfium_c.FPDFClipPath_GetPathSegment(clip, path, index)
            if pdfium_c.FPDFPathSegment_GetPoint(segment, x, y):
                points.append((x.value, y.value))
        if points:
            xs, ys = zip(*points, strict=True)
            left, right = max(left, min(xs)), min(right, max(xs))
            bottom, top = max(bottom, min(ys)), min(top, max(ys))
    return (left, bottom, right, top)
