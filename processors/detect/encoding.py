"""Decode text whose encoding is not declared.

By its byte order mark, as UTF-8, as UTF-16 without a mark, or by the best guess.
"""

import codecs
import re

from processors.detect.charset_labels import encoding_for
from processors.detect.east_asian import east_asian, is_switched_japanese, switched_japanese
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
# How many sound characters beyond ASCII there are in UTF-8 for each broken byte, at least. Texts of
# other encodings are broken throughout.
_SOUND_FOR_BROKEN = 4
_FEWEST_SOUND = 2  # one is chance, in a text that is not UTF-8
# Of letters and signs of the West fewer are enough: in other encodings, their bytes form no words.
_WESTERN = frozenset(map(chr, range(0xC0, 0x180))) | frozenset(
    "\u20ac\u00a3\u00a7\u00b0\u00a0\u00ab\u00bb\u2013\u2014\u2018\u2019\u201a\u201c\u201d\u201e\u2026\u2022"
)
_BEYOND_ASCII = re.compile("[^\\x00-\\x7f\ufffd]")
_LEAST_QUALITY = 0.6  # of a text in an encoding of one byte that forms words
_BEGINNING_CHARS = 512  # of a binary format, here is a header
_WESTERN_BYTES = "western-bytes"  # the name of the way to handle bytes that are no UTF-8
_SWITCHED_JAPANESE = "iso2022_jp"
_WINDOWS_RELATIVES = {
    "iso8859-2": "cp1250",
    "iso8859-6": "cp1256",
    "iso8859-7": "cp1253",
    "iso8859-8": "cp1255",
    "iso8859-13": "cp1257",
    "iso8859-15": "cp1252",
}
_CONTROLS = re.compile(rb"[\x80-\x84\x86-\x9f]")  # but NEL, which some computers end a line with
_SINGLE_BYTE = frozenset({"koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "cp437", "cp850"})
_ASCII = bytes(range(0x80))
_FEWEST_HIGH = 10  # bytes beyond ASCII that are words and not a few accents
_DEFAULTS = frozenset({"cp1252", "iso8859-1"})
_WITH_CASES = frozenset({"cp1251", "cp1253", "koi8_u", "cp866"})
_NOT_WESTERN = _WITH_CASES | {"cp1254"}


def encoding_of(data: bytes) -> str:
    """Name the encoding of a text, or of its beginning; where nothing marks it, this is a guess."""
    for mark, name in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return name
    utf16 = _utf16_without_mark(data[:_UTF16_SAMPLE_BYTES])
    if utf16 is not None:
        return utf16
    if is_switched_japanese(data):
        return _SWITCHED_JAPANESE
    if _is_utf8(data):
        return "utf-8"

    sample = data[:_LEGACY_SAMPLE_BYTES]
    single_byte, quality = best_single_byte(sample)
    # Words of capitals in Cyrillic or Greek can be characters of Chinese as well.
    if quality >= 1 and single_byte in _WITH_CASES:
        return single_byte
    is_cut = len(data) > len(sample)
    is_unreadable = quality < _LEAST_QUALITY
    return east_asian(sample, is_cut=is_cut, is_unreadable=is_unreadable) or single_byte


def decode(data: bytes) -> str:
    """Decode text without ever failing: bytes that mean nothing become U+FFFD."""
    encoding = encoding_of(data)
    if encoding == _SWITCHED_JAPANESE:
        return switched_japanese(data)
    if encoding.startswith("utf-16"):
        data = data[: len(data) // 2 * 2]  # programs that append a newline append half of one
    errors = _WESTERN_BYTES if encoding == "utf-8" else "replace"
    return data.decode(encoding, errors=errors)


def decode_declared(data: bytes, label: str) -> str:
    """Decode text by the label it declares, or by its content if the label is wrong.

    Programs declare what they are set to and send what they have: UTF-8 by chance is rare.
    """
    encoding = encoding_for(label)
    # Programs declare ASCII, or an unknown encoding, whatever they send.
    if encoding is None or label.strip().lower() in {"us-ascii", "ascii"}:
        return decode(data)
    if encoding == _SWITCHED_JAPANESE:
        return switched_japanese(data)
    is_single_byte = encoding in _SINGLE_BYTE or encoding.startswith(("cp12", "iso8859"))
    if is_single_byte and not data.isascii() and _is_sound_utf8(data):
        return data.decode("utf-8-sig")
    encoding = _other_alphabet(data, encoding) or _of_windows(data, encoding) or encoding
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError:
        # A text that is declared as UTF-8 and is not has a wrong label: its content says more.
        # With another label, a few bytes are broken.
        return decode(data) if encoding == "utf-8" else data.decode(encoding, "replace")


def _of_windows(data: bytes, declared: str) -> str | None:
    """Return the encoding of Windows that is meant where an ISO one is declared.

    The control characters of ISO 8859 are in no text; at their places Windows has letters and
    quotes.
    """
    relative = _WINDOWS_RELATIVES.get(declared)
    if relative is None or not _CONTROLS.search(data[:_LEGACY_SAMPLE_BYTES]):
        return None
    try:
        data.decode(relative)
    except UnicodeDecodeError:
        return None
    return relative


def _other_alphabet(data: bytes, declared: str) -> str | None:
    """Return the encoding of words in Cyrillic, Greek or Turkish declared to be Western.

    Western is what programs declare without looking.
    """
    sample = data[:_LEGACY_SAMPLE_BYTES]
    high = sample.translate(None, _ASCII)
    if declared not in _DEFAULTS or len(high) < _FEWEST_HIGH:
        return None
    guess, quality = best_single_byte(sample)
    return guess if quality >= 1 and guess in _NOT_WESTERN else None


def looks_like_text(data: bytes) -> bool:
    """Say whether the beginning of a file is text: few characters are control or undecodable."""
    # Some programs fill the last block of a text with zero bytes. The last character may be cut.
    filled = data.rstrip(b"\0")
    text = decode(filled if filled.endswith(b"\n") else data).removesuffix("\ufffd")
    return bool(text) and all(
        len(_UNSTORABLE.findall(part.replace("\f", ""))) + part.count("\ufffd")
        <= len(part) * _MOST_STRANGE
        for part in (text, text[:_BEGINNING_CHARS])
    )


def _is_sound_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_utf8(data: bytes) -> bool:
    """Say whether a text, or its beginning, is UTF-8, but for a few broken bytes."""
    try:
        # Incrementally: the last character of a beginning may be cut.
        codecs.getincrementaldecoder("utf-8")("strict").decode(data)
    except UnicodeDecodeError:
        text = data[:_LEGACY_SAMPLE_BYTES].decode("utf-8", "replace")
        broken = text.count("\ufffd")
        sound = _BEYOND_ASCII.findall(text)
        sound_for_broken = 1 if _WESTERN.issuperset(sound) else _SOUND_FOR_BROKEN
        return len(sound) >= max(_FEWEST_SOUND, broken * sound_for_broken)
    return True


def _western_byte(error: UnicodeError) -> tuple[str, int]:
    """Read a byte that is no UTF-8 as Windows-1252: what programs mix in when they join texts."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    broken = error.object[error.start : error.end]
    is_cut = error.end == len(error.object) and error.reason == "unexpected end of data"
    return "\ufffd" if is_cut else broken.decode("cp1252", "replace"), error.end


codecs.register_error(_WESTERN_BYTES, _western_byte)


def clean(text: str) -> str:
    """Return text that every file, database and JSON reader accepts.

    Newlines are line feeds; there are no control characters and no surrogates.
    """
    # A mark of byte order inside a text is left from files that were joined, and nobody sees a
    # space without a width, or a sign that joins words, in a number that was copied from a page.
    seen = text.replace("\ufeff", "").replace("\u200b", "").replace("\u2060", "")
    plain = seen.replace("\r\n", "\n").replace("\r", "\n")
    return _UNSTORABLE.sub("", plain)


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
