"""Judge whether a PDF page's own text says what the page shows, and give the reason in words. Pure."""

import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from processors.contract import Segment
from processors.pdf.page_graphics import Paint

_MUCH_JUNK = 0.25
_HIDDEN_JUNK = 0.1  # text nobody sees was recognized by some program: it must be better than text that is drawn
_HIDDEN = 0.5
_LITTLE_TEXT = 60  # visible characters: a stamp or a page number over a scan
_COVERED = 0.4  # share of the page under pictures from which it may be a scan
_THIN = 0.03  # share of the page that text takes: head and foot of a scan are less, a caption and a letter more
_MARGIN = 0.15  # of the height, above and below
_MANY_CURVES = 200  # text drawn as outlines: a curve or more for each letter

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_STRANGE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ue000-\uf8ff\ufffd\ufffe\uffff]")
_CONVERSION_MARK = re.compile(r"\(cid:\d+\)")
# UTF-8 read as Windows-1252: a lead byte and one of what that encoding has for continuation bytes.
_CONTINUED = (
    "\x80-\xbf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122"
)
_MOJIBAKE = re.compile(f"[\xc2\xc3\xd0\xd1][{_CONTINUED}]|\xe2\u20ac.?|\xef\xbf\xbd")
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff]{4,}")
_VOWEL = re.compile(
    r"[aeiouy\u00e0-\u00e6\u00e8-\u00ef\u00f2-\u00f6\u00f8-\u00fd\u00ff\u0101-\u0105\u0113-\u011b\u0129-\u0131"
    r"\u014d-\u0151\u0153\u0169-\u0173\u0177\u1ea1-\u1ef9]",
    re.IGNORECASE,
)
_ACCENTED = re.compile("[\u00e0-\u00f6\u00f8-\u00ff]")
_SAMPLED_WORDS = 150
_WORDS_ENOUGH = 10
_MUTE = 0.4  # codes and names have few vowels
_LETTERS_ENOUGH = 80  # for a statement about how often each comes
_MANY_LETTERS = 250
_FREQUENT = "aeinorst"
_TOO_FEW_FREQUENT = (
    0.42  # in 95 languages of Latin script these eight are 0.46 of a page's letters and more
)
_FAR_TOO_FEW = 0.36  # of few letters, where chance has more say
_ONLY_ACCENTED = (
    0.6  # Cyrillic read as Western: no language accents more than a third of its letters
)
_NOISE_WORDS = 20
_NOISE = re.compile(
    r"(?<!\S)[^\w\s]{1,3}(?!\S)|(?<!\S)\S*\w[|~^\\{}_=<>]+\w\S*|(?<!\S)[b-hj-zB-HJ-Z](?!\S)"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the text is believed, why, and how sure one can be of it, from 0 to 1."""

    believed: bool
    reason: str
    certainty: float


def judge(
    text: str,
    segments: Sequence[Segment],
    paint: Paint,
    *,
    height_pt: float,
    area_pt: float,
    unmapped: float,
) -> Verdict:
    """Weigh a text layer against what is painted. `unmapped` is the share of characters whose font gives no meaning."""
    visible = len(text) - sum(map(text.count, " \n\t"))
    if not visible:
        return Verdict(believed=False, reason="the page has no text of its own", certainty=0.0)
    junk = junk_score(text, unmapped=unmapped)
    if junk >= _MUCH_JUNK:
        reason = f"its own text makes no sense ({junk:.0%} junk)"
    elif paint.covered > _COVERED and (
        visible < _LITTLE_TEXT or _thin(segments, height_pt=height_pt, area_pt=area_pt)
    ):
        reason = "its own text is little beside the picture that covers it"
    elif visible < _LITTLE_TEXT and paint.curves > _MANY_CURVES:
        reason = "most of it is drawn, not written"
    elif paint.hidden >= _HIDDEN:
        return _hidden(max(junk, noise_score(text)))
    else:
        return Verdict(believed=True, reason="its own text is sound", certainty=round(1 - junk, 4))
    return Verdict(believed=False, reason=reason, certainty=round(1 - junk, 4))


def _hidden(noise: float) -> Verdict:
    if noise >= _HIDDEN_JUNK:
        reason = f"the text hidden in it was badly recognized ({noise:.0%} junk)"
        return Verdict(believed=False, reason=reason, certainty=round(1 - noise, 4))
    reason = "the text hidden in it, recognized by another program, is sound"
    return Verdict(believed=True, reason=reason, certainty=round(1 - noise, 4))


def junk_score(text: str, *, unmapped: float = 0.0) -> float:
    """Say how unlikely it is, from 0 to 1, that a text says what the page shows.

    Counts characters without a meaning (`unmapped` is the share a font has told of), private and replacement
    characters, bytes read in the wrong encoding, and, by vowels and by how often letters come, alphabets that were
    shifted or exchanged.
    """
    visible = len(text) - sum(map(text.count, " \n\t\r"))
    if visible <= 0:
        return 0.0
    strange = sum(map(len, _CONVERSION_MARK.findall(text))) if "(cid:" in text else 0
    wrong = 0
    if not text.isascii() or _CONTROL.search(text):
        strange += len(_STRANGE.findall(text))
        wrong = sum(map(len, _MOJIBAKE.findall(text)))
    spoiled = 2 * wrong / visible  # every letter but ASCII is lost, whose share is small
    return min(1.0, max(strange / visible, unmapped) + spoiled + _exchanged(text))


def noise_score(text: str) -> float:
    """Say how much of a recognized text is specks and broken words, from 0 to 1; 0 where there are few words."""
    words = len(text.split())
    return min(1.0, len(_NOISE.findall(text)) / words) if words >= _NOISE_WORDS else 0.0


def _exchanged(text: str) -> float:
    """Return 0 for letters that form words in some language, up to 1 for those that form none."""
    words = [match[0] for match in itertools.islice(_LATIN_WORD.finditer(text), _SAMPLED_WORDS)]
    if len(words) < _WORDS_ENOUGH:
        return 0.0
    mute = sum(_VOWEL.search(word) is None for word in words) / len(words)
    if mute > _MUTE:
        return mute
    letters = "".join(words).lower()
    if len(letters) < _LETTERS_ENOUGH:
        return 0.0
    if not letters.isascii():
        if len(_ACCENTED.findall(letters)) > _ONLY_ACCENTED * len(letters):
            return 1.0
        letters = unicodedata.normalize("NFD", letters)
    frequent = sum(map(letters.count, _FREQUENT)) / sum(map(str.isalpha, letters))
    least = _TOO_FEW_FREQUENT if len(letters) >= _MANY_LETTERS else _FAR_TOO_FEW
    return 0.0 if frequent >= least else min(1.0, 4 * (least - frequent) + _MUCH_JUNK)


def _thin(segments: Sequence[Segment], *, height_pt: float, area_pt: float) -> bool:
    """Say whether text takes hardly any room on the page, or stands in its head and foot only."""
    inked, inner = 0.0, 0.0
    for segment in segments:
        left, top, right, bottom = segment.box
        size = (right - left) * (bottom - top)
        inked += size
        if _MARGIN * height_pt < (top + bottom) / 2 < (1 - _MARGIN) * height_pt:
            inner += size
    return inked < _THIN * area_pt or inner < 0.1 * inked
