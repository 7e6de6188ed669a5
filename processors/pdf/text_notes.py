"""Draw the texts that users typed onto a page as notes without an appearance.

Viewers lay such a text out themselves (ISO 32000-1, section 12.5.6.6); pdfium draws nothing of it.
"""

from collections.abc import Iterator
from ctypes import c_ushort
from typing import Any

_MOST_NOTES = 500
_MOST_CHARS = 5000  # of one note
_FONT = b"Helvetica"
_LARGEST_PT, _SMALLEST_PT = 12.0, 4.0
_LEADING = 1.2


def draw_text_notes(document: Any, page: Any) -> None:
    """Make the free texts of a page that have no appearance a part of what it shows."""
    import pypdfium2.raw as pdfium_c

    drawn = False
    for index in range(min(pdfium_c.FPDFPage_GetAnnotCount(page), _MOST_NOTES)):
        note = pdfium_c.FPDFPage_GetAnnot(page, index)
        if note:
            drawn = _draw(document, page, note) or drawn
            pdfium_c.FPDFPage_CloseAnnot(note)
    if drawn:
        pdfium_c.FPDFPage_GenerateContent(page)


def _draw(document: Any, page: Any, note: Any) -> bool:
    """Draw the lines of one note from the top of its rectangle; say whether there were any."""
    import pypdfium2.raw as pdfium_c

    hiding = pdfium_c.FPDF_ANNOT_FLAG_HIDDEN | pdfium_c.FPDF_ANNOT_FLAG_NOVIEW
    if (
        pdfium_c.FPDFAnnot_GetSubtype(note) != pdfium_c.FPDF_ANNOT_FREETEXT
        or pdfium_c.FPDFAnnot_HasKey(note, b"AP")
        or pdfium_c.FPDFAnnot_GetFlags(note) & hiding
    ):
        return False
    rectangle = pdfium_c.FS_RECTF()
    lines = [*_lines_of(note)]
    if not lines or not pdfium_c.FPDFAnnot_GetRect(note, rectangle):
        return False
    room = (rectangle.top - rectangle.bottom) / (len(lines) * _LEADING)
    size = min(_LARGEST_PT, max(_SMALLEST_PT, room))
    for number, line in enumerate(lines, start=1):
        text = pdfium_c.FPDFPageObj_NewTextObj(document, _FONT, size)
        units = (line + "\0").encode("utf-16-le")
        pdfium_c.FPDFText_SetText(text, (c_ushort * (len(units) // 2)).from_buffer_copy(units))
        baseline = rectangle.top - number * _LEADING * size
        pdfium_c.FPDFPageObj_Transform(text, 1, 0, 0, 1, rectangle.left, baseline)
        pdfium_c.FPDFPage_InsertObject(page, text)
    return True


def _lines_of(note: Any) -> Iterator[str]:
    """Yield the lines of a note that the font has letters for; rich text repeats them."""
    import pypdfium2.raw as pdfium_c

    size = pdfium_c.FPDFAnnot_GetStringValue(note, b"Contents", None, 0)
    if not 2 < size <= 2 * _MOST_CHARS:  # noqa: PLR2004 - of nothing but the closing zero
        return
    buffer = (c_ushort * (size // 2))()
    pdfium_c.FPDFAnnot_GetStringValue(note, b"Contents", buffer, size)
    for line in bytes(buffer).decode("utf-16-le", "replace").rstrip("\0").splitlines():
        kept = line.encode("cp1252", "ignore").decode("cp1252").strip()
        if kept:
            yield kept
