"""Say in which layers the characters of a PDF page are.

A layer is an optional content group (ISO 32000-1, section 8.11): its content is marked with "OC"
and, by PDFium, with the group's own entries, of which "Name" is what viewers list. Content may be
marked with a condition on several groups instead, which has no name.
"""

import ctypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_MARK, _NAME = "OC", b"Name"
_LONGEST_NAME_BYTES = 512
CONDITION = ""
"""The name of a layer that has none: its content is shown by a condition on others."""


@dataclass(frozen=True, slots=True)
class Layers:
    """The layers of a document: names of those that are off, and whether more may be.

    `notes_off` are the numbers, from 0, of the notes and fields in layers that are off, by page.
    """

    off: frozenset[str] = frozenset()
    may_be_off: bool = False
    are_any: bool = False
    notes_off: Mapping[int, frozenset[int]] = field(default_factory=dict)


NO_LAYERS = Layers()


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
        is_named = pdfium_c.FPDFPageObjMark_GetParamStringValue(
            mark, _NAME, buffer, _LONGEST_NAME_BYTES, size
        )
        names.add(_decoded(buffer, size.value) if is_named else CONDITION)
    return frozenset(names)


def _decoded(buffer: Any, size: int) -> str:
    """Return a text of UTF-16 that ends with a zero."""
    return bytes(buffer)[: max(0, size - 2)].decode("utf-16-le", "replace")
