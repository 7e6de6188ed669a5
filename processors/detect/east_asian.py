"""Recognize the encodings of Chinese, Japanese and Korean from before Unicode.

Their characters take two bytes, so many a Western text can be decoded as well. In the right one
they follow each other and are those that are in use; in a Western text, a single letter beyond
ASCII would form one with the letter that follows it. charset-normalizer is not asked: it takes
short Chinese texts for Korean, and tables with English headings for anything.
"""

import codecs
import re

# The first bytes of the characters that are in use, by the tables of each standard.
# Of encodings that fit equally well, the first is right: hangul are a part of what the same bytes
# can mean in Chinese and Japanese, so a text in these languages is not of hangul alone by chance.
_IN_USE: dict[str, tuple[tuple[int, int], ...]] = {
    "cp949": ((0xA1, 0xA3), (0xB0, 0xC8)),  # KS X 1001: signs, hangul
    "cp932": ((0x81, 0x84), (0x88, 0x97)),  # JIS X 0208: signs, kana, kanji of level 1
    "gb18030": ((0xA1, 0xA3), (0xB0, 0xD7)),  # GB/T 2312: signs, hanzi of level 1
    "euc_jp": ((0xA1, 0xA5), (0xB0, 0xCF)),
    "big5": ((0xA1, 0xC6),),  # signs, hanzi of level 1
}
_SECOND_BYTE = {"gb18030": 0xA1, "cp949": 0xA1, "euc_jp": 0xA1, "cp932": 0x40, "big5": 0x40}
# Mail switches between alphabets by escape sequences, all in 7 bits (RFC 1468).
_JAPANESE_SWITCH = re.compile(rb"\x1b(\$[@B]|\([BJI])")
_KATAKANA, _KANJI = b"(I", (b"$@", b"$B")
_HALF_WIDTH = ("\uff61", "\uff9f")  # katakana of one byte in cp932
# If nearly all pairs of a text are characters in common use in another encoding, that encoding is
# right: every byte of Chinese in Big5 is a katakana, but hardly half the pairs of a text in
# katakana are Chinese characters in common use.
_HALF_WIDTH_COUNTS = 0.9
_RUN = re.compile(r"[^\x00-\x7f]+")
_LEAST_IN_USE = 0.75
_LEAST_IN_RUNS = 0.75


def east_asian(data: bytes, *, is_cut: bool, is_unreadable: bool = False) -> str | None:
    """Return the name of the encoding, None if the text is none of these.

    Katakana of one byte, as banks print them, count only if the text `is_unreadable` as another
    one: those bytes mean letters in every encoding of one byte.
    """
    shares = {
        name: _share_in_use(data, name, is_cut=is_cut, half_width=is_unreadable) for name in _IN_USE
    }
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] >= _LEAST_IN_USE else None


def is_switched_japanese(data: bytes) -> bool:
    """Say whether a text switches to Japanese by escape sequences, as ISO-2022-JP does."""
    return b"\x1b$" in data and data.isascii() and _JAPANESE_SWITCH.search(data) is not None


def switched_japanese(data: bytes) -> str:
    """Decode ISO-2022-JP as mail programs write it, with the signs and katakana of Windows.

    The standard library's codecs refuse these.
    """
    parts: list[str] = []
    mode = b""
    for number, piece in enumerate(_JAPANESE_SWITCH.split(data)):
        if number % 2:
            mode = piece
        elif mode in _KANJI:
            parts.append(_shift_jis(piece).decode("cp932", "replace"))
        elif mode == _KATAKANA:
            parts.append(bytes(byte | 0x80 for byte in piece).decode("cp932", "replace"))
        else:
            parts.append(piece.decode("ascii", "replace"))
    return "".join(parts)


def _shift_jis(kanji: bytes) -> bytes:
    """Convert pairs of JIS X 0208 to those of Shift_JIS, which holds two rows in one."""
    out = bytearray()
    pairs = kanji.replace(b"\r", b"").replace(b"\n", b"")
    for row, cell in zip(pairs[::2], pairs[1::2], strict=False):
        first = (row - 0x21) // 2 + 0x81
        second = cell + (0x1F if row % 2 else 0x7E)
        out.append(first if first < 0xA0 else first + 0x40)  # noqa: PLR2004 - katakana follow
        out.append(second + 1 if row % 2 and second >= 0x7F else second)  # noqa: PLR2004 - no DEL
    return bytes(out)


def _share_in_use(data: bytes, encoding: str, *, is_cut: bool, half_width: bool) -> float:
    """Return which share of the characters beyond ASCII is in use; 0 if it is no such text."""
    try:
        text = codecs.getincrementaldecoder(encoding)("strict").decode(data, final=not is_cut)
    except UnicodeDecodeError:
        return 0.0
    runs = _RUN.findall(text)
    chars = "".join(runs)
    in_runs = sum(len(run) for run in runs if len(run) > 1)
    if len(chars) < 2 or in_runs < _LEAST_IN_RUNS * len(chars):  # noqa: PLR2004 - one is chance
        return 0.0
    in_use = sum(_is_in_use(char, encoding) for char in chars)
    if encoding == "cp932" and half_width:
        half = sum(_HALF_WIDTH[0] <= char <= _HALF_WIDTH[1] for char in chars)
        return (in_use + _HALF_WIDTH_COUNTS * half) / len(chars)
    return in_use / len(chars)


def _is_in_use(char: str, encoding: str) -> bool:
    code = char.encode(encoding, errors="replace")
    if len(code) != 2 or code[1] < _SECOND_BYTE[encoding]:  # noqa: PLR2004 - two bytes
        return False
    return any(first <= code[0] <= last for first, last in _IN_USE[encoding])
