"""Draw the texts that users typed onto a page as notes without an appearance.

Viewers lay such a text out themselves (ISO 32000-1, section 12.5.6.6); pdfium draws nothing of it.
"""

from collections.abc import Collection, Iterator, Sequence
from ctypes import c_ushort
from typing import Any

from processors.detect.encoding import clean
from processors.detect.html_text import visible_text

_MOST_NOTES = 500
_MOST_CHARS = 5000  # of one note
_FONT = b"Helvetica"
_LARGEST_PT, _SMALLEST_PT = 12.0, 4.0
_LEADING = 1.2
_LETTERS = "cp1252"  # those that the font has
# What is drawn with another letter of the font, or leaves nothing.
_DRAWN_AS = str.maketrans({"\u2010": "-", "\u2011": "-", "\xad": "", "\u200b": ""})


def draw_text_notes(document: Any, page: Any) -> list[str]:
    """Make the free texts of a page that have no appearance a part of what it shows.

    Return the lines with letters that the font does not have: they are read and not drawn.
    """
    import pypdfium2.raw as pdfium_c

    drawn = False
    not_drawn: list[str] = []
    for index in range(min(pdfium_c.FPDFPage_GetAnnotCount(page), _MOST_NOTES)):
        note = pdfium_c.FPDFPage_GetAnnot(page, index)
        if note:
            lines = [*_lines_of(note)] if _is_text_without_appearance(note) else []
            drawable = [line for line in lines if _has_letters_for(line)]
            not_drawn += [line for line in lines if not _has_letters_for(line)]
            drawn = _draw(document, page, note, drawable) or drawn
            pdfium_c.FPDFPage_CloseAnnot(note)
    if drawn:
        pdfium_c.FPDFPage_GenerateContent(page)
    return not_drawn


def remove_unseen_notes(page: Any, in_layers_off: Collection[int] = ()) -> None:
    """Remove the notes and fields that no viewer shows: flattening would print them.

    Beside those that say so themselves, the ones in layers that are off, by their numbers.
    """
    import pypdfium2.raw as pdfium_c

    for index in reversed(range(min(pdfium_c.FPDFPage_GetAnnotCount(page), _MOST_NOTES))):
        note = pdfium_c.FPDFPage_GetAnnot(page, index)
        if note:
            is_unseen = pdfium_c.FPDFAnnot_GetFlags(note) & pdfium_c.FPDF_ANNOT_FLAG_NOVIEW
            pdfium_c.FPDFPage_CloseAnnot(note)
            if is_unseen or index in in_layers_off:
                pdfium_c.FPDFPage_RemoveAnnot(page, index)


def _is_text_without_appearance(note: Any) -> bool:
    import pypdfium2.raw as pdfium_c

    hiding = pdfium_c.FPDF_ANNOT_FLAG_HIDDEN | pdfium_c.FPDF_ANNOT_FLAG_NOVIEW
    return (
        pdfium_c.FPDFAnnot_GetSubtype(note) == pdfium_c.FPDF_ANNOT_FREETEXT
        and not pdfium_c.FPDFAnnot_HasKey(note, b"AP")
        and not pdfium_c.FPDFAnnot_GetFlags(note) & hiding
    )


def _draw(document: Any, page: Any, note: Any, lines: Sequence[str]) -> bool:
    """Draw lines from the top of the rectangle of a note; say whether there were any."""
    import pypdfium2.raw as pdfium_c

    rectangle = pdfium_c.FS_RECTF()
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


def _has_letters_for(line: str) -> bool:
    try:
        line.encode(_LETTERS)
    except UnicodeEncodeError:
        return False
    return True


def _lines_of(note: Any) -> Iterator[str]:
    """Yield the lines of a note, with plain blanks and hyphens.

    Rich text repeats them, and is all there is in the notes of some programs.
    """
    text = clean(_string_of(note, b"Contents")) or visible_text(_string_of(note, b"RC"))
    for line in text.translate(_DRAWN_AS).splitlines():
        words = line.split()  # at tabs and blanks of any kind, for which the font has no letters
        if words:
            yield " ".join(words)


def _string_of(note: Any, key: bytes) -> str:
    """Return a text of a note, "" if there is none or it is too long."""
    import pypdfium2.raw as pdfium_c

    size = pdfium_c.FPDFAnnot_GetStringValue(note, key, None, 0)
    if not 2 < size <= 2 * _MOST_CHARS:  # noqa: PLR2004 - of nothing but the closing zero
        return ""
    buffer = (c_ushort * (size // 2))()
    pdfium_c.FPDFAnnot_GetStringValue(note, key, buffer, size)
    return bytes(buffer).decode("utf-16-le", "replace").rstrip("\0")
