"""Turn bytes into text when nobody says how: marks first, then UTF-8, UTF-16 without a mark, then what fits best."""

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_SAMPLE_BYTES = 4096
_LEGACY_BYTES = 32768
_FOREIGN = 0.4
"""Share of bytes beyond ASCII among letters: French has 0.05, Polish 0.15, Russian and Japanese over 0.7."""
_FOREIGN_ENCODINGS = (
    "cp932", "euc_jp", "gb18030", "big5", "cp949", "cp1251", "koi8_r", "cp866", "cp1253", "cp1255", "cp1256", "tis_620",
)  # fmt: skip


def encoding_of(data: bytes) -> str:
    """Name the encoding of a text, or of its beginning. What remains is a guess."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    wide = _utf16_without_mark(data[:_SAMPLE_BYTES])
    if wide:
        return wide
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(data)
    except UnicodeDecodeError:
        return _legacy(data[:_LEGACY_BYTES])
    return "utf-8"


def _legacy(sample: bytes) -> str:
    """Tell encodings of one script a code page: text that is hardly ASCII at all is not Western."""
    letters = [byte for byte in sample if byte > 0x40]  # noqa: PLR2004 - digits, spaces and points are in every script
    high = sum(byte > 0x7F for byte in letters)  # noqa: PLR2004 - beyond ASCII
    if high < _FOREIGN * len(letters):
        return "cp1252"
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=list(_FOREIGN_ENCODINGS)).best()
    return best.encoding if best is not None else "cp1252"


def decode(data: bytes) -> str:
    """Decode text without ever failing: bytes without a meaning become U+FFFD."""
    return data.decode(encoding_of(data), errors="replace")


def looks_like_text(data: bytes) -> bool:
    """Say whether the beginning of a file reads as text: hardly any control or undecodable characters."""
    text = decode(data)
    strange = len(_UNFIT.findall(text)) + text.count("\ufffd")
    return strange <= len(text) * 0.02


def clean(text: str) -> str:
    """Return text that any file, database and JSON reader takes: one kind of newline, no controls, no surrogates."""
    return _UNFIT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _utf16_without_mark(sample: bytes) -> str | None:
    """Tell UTF-16 by its zero bytes, which Western text has in every second place."""
    half = len(sample) // 2
    if half < 4:  # noqa: PLR2004 - too short to tell
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > half * 0.4 and even < half * 0.05:
        return "utf-16-le"
    if even > half * 0.4 and odd < half * 0.05:
        return "utf-16-be"
    return None
