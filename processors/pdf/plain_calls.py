"""Call PDFium with plain numbers: a page takes a thousand calls, each in a fifth of the usual time.

For each call pypdfium2 turns its own objects into pointers, and ctypes makes several objects.
"""

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

_POINTER, _NUMBER, _INDEX = ctypes.c_void_p, ctypes.c_int, ctypes.c_ulong


def address_of(page_or_text: Any) -> int:
    """Return the address of an open object of pypdfium2, which these calls take."""
    return ctypes.cast(page_or_text.raw, _POINTER).value or 0


@cache
def char_box() -> Callable[..., int]:
    """Return the call that writes the box of a character (text, index) to an address."""
    return _plain("FPDFText_GetLooseCharBox", _NUMBER, _POINTER, _NUMBER, _POINTER)


@cache
def char_angle() -> Callable[..., float]:
    """Return the call for the angle of a character (text, index): radians, -1 on an error."""
    return _plain("FPDFText_GetCharAngle", ctypes.c_float, _POINTER, _NUMBER)


@cache
def has_map_error() -> Callable[..., int]:
    """Return the call that is 1 if a font does not say what a character (text, index) means."""
    return _plain("FPDFText_HasUnicodeMapError", _NUMBER, _POINTER, _NUMBER)


@cache
def object_of_page() -> Callable[..., int | None]:
    """Return the call for the address of what is painted (page, index)."""
    return _plain("FPDFPage_GetObject", _POINTER, _POINTER, _NUMBER)


@cache
def object_of_form() -> Callable[..., int | None]:
    """Return the call for the address of what is painted in a form object (form, index)."""
    return _plain("FPDFFormObj_GetObject", _POINTER, _POINTER, _INDEX)


@cache
def kind_of_object() -> Callable[..., int]:
    """Return the call for the kind of an object."""
    return _plain("FPDFPageObj_GetType", _NUMBER, _POINTER)


@cache
def fill_color() -> Callable[..., int]:
    """Return the call that writes the color of an object to four addresses, or leaves them."""
    return _plain("FPDFPageObj_GetFillColor", _NUMBER, *[_POINTER] * 5)


@cache
def text_mode() -> Callable[..., int]:
    """Return the call for the rendering mode of a text object, -1 on an error."""
    return _plain("FPDFTextObj_GetTextRenderMode", _NUMBER, _POINTER)


@cache
def clip_path() -> Callable[..., int | None]:
    """Return the call for the address of what an object is clipped to."""
    return _plain("FPDFPageObj_GetClipPath", _POINTER, _POINTER)


@cache
def clip_path_count() -> Callable[..., int]:
    """Return the call for how many paths clip (clip path), -1 if none does."""
    return _plain("FPDFClipPath_CountPaths", _NUMBER, _POINTER)


@cache
def text_object() -> Callable[..., int | None]:
    """Return the call for the address of the object that a character (text, index) is in."""
    return _plain("FPDFText_GetTextObject", _POINTER, _POINTER, _NUMBER)


def _plain(name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
    import pypdfium2.raw as pdfium_c

    address = ctypes.cast(getattr(pdfium_c, name), _POINTER).value or 0
    return ctypes.PYFUNCTYPE(result, *arguments)(address)
