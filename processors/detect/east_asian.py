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
_RUN = re.compile(r"[^\x00-\x7f]+")
_LEAST_IN_USE = 0.75
_LEAST_IN_RUNS = 0.75


def east_asian(data: bytes, *, is_cut: bool) -> str | None:
    """Return the name of the encoding, None if the text is none of these."""
    shares = {name: _share_in_use(data, name, is_cut=is_cut) for name in _IN_USE}
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] >= _LEAST_IN_USE else None


def _share_in_use(data: bytes, encoding: str, *, is_cut: bool) -> float:
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
    in_use = 0
    for char in chars:
        code = char.encode(encoding, errors="replace")
        if len(code) == 2 and code[1] >= _SECOND_BYTE[encoding]:  # noqa: PLR2004 - two bytes
            in_use += any(first <= code[0] <= last for first, last in _IN_USE[encoding])
    return in_use / len(chars)
