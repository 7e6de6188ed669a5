"""Decode text whose encoding is not declared.

By its byte order mark, as UTF-8, as UTF-16 without a mark, or by the best guess.
"""

import codecs
import re

from processors.detect.east_asian import east_asian
from processors.detect.single_byte import best_single_byte

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # UTF-32 first: the mark of UTF-16-LE is the beginning of that of UTF-32-LE.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Control characters except tab and the newlines, halves of surrogate pairs, and noncharacters: XML
# 1.0, section 2.2 ("Char"), excludes the same but for U+007F.
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_MOST_STRANGE = 0.02  # share of such or undecodable characters up to which a file is still text
_UTF16_SAMPLE_BYTES = 4096
_LEAST_ZEROS = 0.02  # of the bytes on one side
_ZEROS_BESIDE = 4  # characters whose lower byte is zero, such as U+3000, are far fewer
_LEGACY_SAMPLE_BYTES = 32768
_WITH_CASES = frozenset({"cp1251", "cp1253", "koi8_u", "cp866"})


def encoding_of(data: bytes) -> str:
    """Name the encoding of a text, or of its beginning; where nothing marks it, this is a guess."""
    for mark, name in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return name
    utf16 = _utf16_without_mark(data[:_UTF16_SAMPLE_BYTES])
    if utf16 is not None:
        return utf16
    try:
        # Incrementally: the last character of a beginning may be cut.
        codecs.getincrementaldecoder("utf-8")("strict").decode(data)
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"

    sample = data[:_LEGACY_SAMPLE_BYTES]
    single_byte, quality = best_single_byte(sample)
    # Words of capitals in Cyrillic or Greek can be characters of Chinese as well.
    if quality >= 1 and single_byte in _WITH_CASES:
        return single_byte
    return east_asian(sample, is_cut=len(data) > len(sample)) or single_byte


def decode(data: bytes) -> str:
    """Decode text without ever failing: bytes that mean nothing become U+FFFD."""
    return data.decode(encoding_of(data), errors="replace")


def looks_like_text(data: bytes) -> bool:
    """Say whether the beginning of a file is text: few characters are control or undecodable."""
    text = decode(data)
    strange = len(_UNSTORABLE.findall(text)) + text.count("\ufffd")
    return strange <= len(text) * _MOST_STRANGE


def clean(text: str) -> str:
    """Return text that every file, database and JSON reader accepts.

    Newlines are line feeds; there are no control characters and no surrogates.
    """
    return _UNSTORABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _utf16_without_mark(sample: bytes) -> str | None:
    """Detect UTF-16 by its zero bytes, which no other text has.

    In Western text every second byte is zero; in others, those of spaces, digits and newlines are,
    all on the same side.
    """
    half = len(sample) // 2
    if half < 4:  # noqa: PLR2004 - too short to say
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    many = max(2, half * _LEAST_ZEROS)
    for name, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if zeros >= many and others * _ZEROS_BESIDE < zeros:
            try:
                codecs.getincrementaldecoder(name)("strict").decode(sample)
            except UnicodeDecodeError:
                continue
            return name
    return None
