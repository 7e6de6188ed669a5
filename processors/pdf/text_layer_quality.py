"""Assess whether a PDF page's own text says what the page shows, with the reason in words.

No I/O.
"""

import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from processors.contract import Segment
from processors.pdf.page_graphics import PageGraphics

# The share of junk from which text is not trusted. Hidden text was recognized by some other
# program: it must be better than text that is drawn, because our own OCR may do better.
_MUCH_JUNK = 0.25
_MUCH_HIDDEN_JUNK = 0.1
_MOSTLY_HIDDEN = 0.5
# A page under images may be a scan. Fewer visible characters than these are a stamp or a page
# number on it, and text on less than this share of the page is the header and footer of a scan; a
# caption or a letter takes more.
_SCANNED_SHARE = 0.4
_LITTLE_TEXT_CHARS = 60
_LITTLE_TEXT_AREA = 0.03
_MARGIN = 0.15  # of the height, at the top and at the bottom
_LITTLE_INNER_SHARE = 0.1  # of the text's area that is not in these margins
_OUTLINED_PATHS = 200  # text drawn as outlines has a path or more for each letter

_WHITE_SPACE = " \n\t"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
# Control characters, the private use area, the replacement character, and noncharacters.
_MEANINGLESS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ue000-\uf8ff\ufffd\ufffe\uffff]")
_CONVERSION_MARK = re.compile(r"\(cid:\d+\)")  # what pdfminer writes for a glyph without meaning
# UTF-8 read as Windows-1252: a lead byte and one of what that encoding has for continuation bytes.
_CONTINUATION = (
    "\x80-\xbf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122"
)
_MOJIBAKE = re.compile(f"[\xc2\xc3\xd0\xd1][{_CONTINUATION}]|\xe2\u20ac.?|\xef\xbf\xbd")

_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff]{4,}")
_VOWEL = re.compile(
    r"[aeiouy\u00e0-\u00e6\u00e8-\u00ef\u00f2-\u00f6\u00f8-\u00fd\u00ff"
    r"\u0101-\u0105\u0113-\u011b\u0129-\u0131"
    r"\u014d-\u0151\u0153\u0169-\u0173\u0177\u1ea1-\u1ef9]",
    re.IGNORECASE,
)
_ACCENTED = re.compile("[\u00e0-\u00f6\u00f8-\u00ff]")
_SAMPLED_WORDS = 150
_ENOUGH_WORDS = 10  # a few words may all be names or codes
_MANY_WITHOUT_VOWEL = 0.4  # share of words; codes and names have few vowels
# In 95 languages of Latin script, these eight letters are 0.46 of a page's letters and more. Of few
# letters the limit is lower, because chance has more influence; of fewer than 80 nothing can be
# said.
_FREQUENT_LETTERS = "aeinorst"
_FEWEST_FREQUENT = 0.42
_FEWEST_FREQUENT_OF_FEW = 0.36
_ENOUGH_LETTERS = 80
_MANY_LETTERS = 250
# Cyrillic read as Western text has accents on nearly all letters; no language on more than a third
# of them.
_MOST_ACCENTED = 0.6

_ENOUGH_NOISE_WORDS = 20  # in fewer words, a share says little
# Words of punctuation alone, words with symbols inside, and single consonants.
_NOISE_WORD = re.compile(
    r"(?<!\S)[^\w\s]{1,3}(?!\S)|(?<!\S)\S*\w[|~^\\{}_=<>]+\w\S*|(?<!\S)[b-hj-zB-HJ-Z](?!\S)"
)


@dataclass(frozen=True, slots=True)
class TextLayerQuality:
    """Whether the text is trusted, why, and how sure one can be of it, from 0 to 1."""

    is_trusted: bool
    reason: str
    confidence: float


def assess(
    text: str,
    segments: Sequence[Segment],
    graphics: PageGraphics,
    *,
    height_pt: float,
    area_pt: float,
    unmapped_share: float,
) -> TextLayerQuality:
    """Compare a text layer with what is painted on the page (`area_pt` in square points).

    `unmapped_share` is the share of characters for which the font gives no meaning.
    """
    visible = len(text) - sum(map(text.count, _WHITE_SPACE))
    if not visible:
        return TextLayerQuality(
            is_trusted=False, reason="the page has no text of its own", confidence=0.0
        )
    junk = junk_share(text, unmapped_share=unmapped_share)
    is_little = visible < _LITTLE_TEXT_CHARS
    is_trusted = False
    if junk >= _MUCH_JUNK:
        reason = f"its own text makes no sense ({junk:.0%} junk)"
    elif graphics.image_share > _SCANNED_SHARE and (
        is_little or is_header_or_footer(segments, height_pt=height_pt, area_pt=area_pt)
    ):
        reason = "its own text is little compared with the image that covers it"
    elif is_little and graphics.paths > _OUTLINED_PATHS:
        reason = "most of its text is drawn as outlines"
    elif graphics.hidden_share >= _MOSTLY_HIDDEN:
        junk = max(junk, noise_share(text))
        is_trusted = junk < _MUCH_HIDDEN_JUNK
        if is_trusted:
            reason = "the hidden text in it, recognized by another program, is sound"
        else:
            reason = f"the hidden text in it was badly recognized ({junk:.0%} junk)"
    else:
        is_trusted = True
        reason = "its own text is sound"
    return TextLayerQuality(is_trusted=is_trusted, reason=reason, confidence=round(1 - junk, 4))


def junk_share(text: str, *, unmapped_share: float = 0.0) -> float:
    """Return how unlikely it is, from 0 to 1, that a text says what the page shows.

    Counts characters without a meaning, private and replacement characters, bytes read in the wrong
    encoding, and, by vowels and by the frequency of letters, alphabets that were shifted or
    exchanged.
    """
    visible = len(text) - sum(map(text.count, " \n\t\r"))
    if visible <= 0:
        return 0.0
    meaningless = sum(map(len, _CONVERSION_MARK.findall(text))) if "(cid:" in text else 0
    mojibake = 0
    if not text.isascii() or _CONTROL.search(text):
        meaningless += len(_MEANINGLESS.findall(text))
        mojibake = sum(map(len, _MOJIBAKE.findall(text)))
    # Read in the wrong encoding, every letter beyond ASCII is lost, but their share of the text is
    # small: it counts twice.
    junk = max(meaningless / visible, unmapped_share) + 2 * mojibake / visible
    return min(1.0, junk + exchanged_letters(text))


def noise_share(text: str) -> float:
    """Return how much of a recognized text is specks and broken words, from 0 to 1.

    0 if there are few words.
    """
    words = len(text.split())
    if words < _ENOUGH_NOISE_WORDS:
        return 0.0
    return min(1.0, len(_NOISE_WORD.findall(text)) / words)


def exchanged_letters(text: str) -> float:
    """Return 0 for letters that form words of some language, up to 1 for those that form none."""
    words = [match[0] for match in itertools.islice(_LATIN_WORD.finditer(text), _SAMPLED_WORDS)]
    if len(words) < _ENOUGH_WORDS:
        return 0.0
    without_vowel = list(map(_VOWEL.search, words)).count(None) / len(words)
    if without_vowel > _MANY_WITHOUT_VOWEL:
        return without_vowel

    letters = "".join(words).lower()
    if len(letters) < _ENOUGH_LETTERS:
        return 0.0
    if not letters.isascii():
        if len(_ACCENTED.findall(letters)) > _MOST_ACCENTED * len(letters):
            return 1.0
        letters = unicodedata.normalize("NFD", letters)  # letters and accents apart
    frequent = sum(map(letters.count, _FREQUENT_LETTERS)) / sum(map(str.isalpha, letters))
    fewest = _FEWEST_FREQUENT if len(letters) >= _MANY_LETTERS else _FEWEST_FREQUENT_OF_FEW
    if frequent >= fewest:
        return 0.0
    # At once enough to distrust the text, and more the further the share is below the limit.
    return min(1.0, _MUCH_JUNK + 4 * (fewest - frequent))


def is_header_or_footer(segments: Sequence[Segment], *, height_pt: float, area_pt: float) -> bool:
    """Say whether text takes hardly any of the page, or is at its top and bottom only."""
    text_area = inner_area = 0.0
    for segment in segments:
        left, top, right, bottom = segment.box
        area = (right - left) * (bottom - top)
        text_area += area
        if _MARGIN * height_pt < (top + bottom) / 2 < (1 - _MARGIN) * height_pt:
            inner_area += area
    return text_area < _LITTLE_TEXT_AREA * area_pt or inner_area < _LITTLE_INNER_SHARE * text_area
