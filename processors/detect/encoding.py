"""Decode text whose encoding is not declared.

By its byte order mark, as UTF-8, as UTF-16 without a mark, or by the best guess.
"""

import codecs
import re

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
_LEGACY_SAMPLE_BYTES = 32768
# Share of bytes beyond ASCII among letters from which a text is not Western: French has 0.05,
# Polish 0.15, Russian and Japanese more than 0.7.
_LEAST_FOREIGN = 0.4
_AFTER_DIGITS = (
    0x40  # bytes above it are letters; digits, spaces and punctuation occur in every script
)
_LAST_ASCII = 0x7F
# The encodings in use before Unicode for Japanese, Chinese, Korean, Cyrillic, Greek, Hebrew, Arabic
# and Thai.
_FOREIGN_ENCODINGS = (
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
    *("cp1251", "koi8_r", "cp866", "cp1253", "cp1255", "cp1256", "tis_620"),
)


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

    # A single- or double-byte encoding: Western, unless most letters lie beyond ASCII.
    sample = data[:_LEGACY_SAMPLE_BYTES]
    letters = [byte for byte in sample if byte > _AFTER_DIGITS]
    beyond_ascii = sum(byte > _LAST_ASCII for byte in letters)
    if beyond_ascii < _LEAST_FOREIGN * len(letters):
        return "cp1252"

    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=list(_FOREIGN_ENCODINGS)).best()
    return best.encoding if best is not None else "cp1252"


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
    """Detect UTF-16 by its zero bytes: in Western text, every second byte is zero."""
    half = len(sample) // 2
    if half < 4:  # noqa: PLR2004 - too short to say
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    many, few = half * 0.4, half * 0.05
    if odd > many and even < few:
        return "utf-16-le"
    if even > many and odd < few:
        return "utf-16-be"
    return None
