"""Find the words of the lists of words.toml in a line: most lines have none of most lists."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import product

from processors.document_cache import cached_by_value
from processors.patterns import made
from processors.values.lines import TextLine, label_pattern, word_lists, word_parts

_LENGTH = 3
# Where a word may begin, as in the patterns of the lists, and how. It looks ahead, since a word of
# one letter is shorter than what is taken.
_START = re.compile(rf"(?s)(?<![a-z0-9])(?=(\w.{{0,{_LENGTH - 1}}}))")
_BETWEEN = r"[ ._:(\-]{0,3}"
_GAPS = tuple("".join(signs) for count in range(4) for signs in product(" ._:(-", repeat=count))
# A word for which one more character decides.
_SHORT = re.compile(r".[a-z0-9]")
_NO_LETTERS = tuple(char for char in map(chr, range(128)) if not ("a" <= char <= "z"))


def labels_in(folded: str, section: str, name: str) -> tuple[re.Match[str], ...]:
    """Return where a folded text has the words of one list of words.toml."""
    # Most lines have none. To find that out again is cheaper than to cache it.
    return _labels_in(folded, section, name) if may_have_word(folded, section, name) else ()


@cached_by_value
def _labels_in(folded: str, section: str, name: str) -> tuple[re.Match[str], ...]:
    return tuple(label_pattern(section, name).finditer(folded))


def labeled_lines(
    lines: Iterable[TextLine], section: str, name: str
) -> Iterator[tuple[TextLine, re.Match[str]]]:
    """Yield the lines that have words of one list of words.toml, each with the first of them."""
    for line in lines:
        for label in labels_in(line.folded, section, name)[:1]:
            yield line, label


def may_have_word(folded: str, section: str, *names: str) -> bool:
    """Return whether a folded text may have a word of these lists.

    False is sure, and takes a tenth of the time of their pattern.
    """
    starts = _starts_of(section, *names)
    return starts is None or not starts.isdisjoint(_starts_in(folded))


def lists_for(folded: str, section: str, names: Iterable[str]) -> list[str]:
    """Return those of several lists of which a folded text may have words, in their order."""
    starts = _starts_in(folded)
    all_starts = ((name, _starts_of(section, name)) for name in names)
    return [name for name, own in all_starts if own is None or not own.isdisjoint(starts)]


@cached_by_value
def _starts_in(folded: str) -> frozenset[str]:
    found = _START.findall(folded)
    if not folded.isascii():
        # Words in other scripts may be shorter.
        found += [start[:length] for start in found for length in range(1, _LENGTH)]
    return frozenset(found)


@cache
def _starts_of(section: str, *names: str) -> frozenset[str] | None:
    """Return how the words of lists begin; None if they can begin anywhere."""
    found = made(f"starts of {section}: {' '.join(names)}", lambda: _sorted_starts(section, names))
    return None if found is None else frozenset(found)


def _sorted_starts(section: str, names: Sequence[str]) -> list[str] | None:
    found: set[str] = set()
    for word in (word for name in names for word in word_lists()[section][name]):
        own = starts_of_word(word_parts(word)) if word[0].isalnum() else None
        if own is None:
            return None
        found |= own
    return sorted(found)


def starts_of_word(parts: Sequence[str]) -> frozenset[str] | None:
    """Return the first three characters that a word can have, by its parts in the pattern.

    A shorter word is there itself, and with what may follow it in an ASCII text: that is no letter.
    None if it is unknown.
    """
    begun, found = {""}, set[str]()
    for part in parts:
        texts = _texts_of(part)
        if texts is None:
            return None
        longer = {start + text for start in begun for text in texts}
        begun = {text for text in longer if len(text) < _LENGTH}
        found |= {text[:_LENGTH] for text in longer - begun}
        if not begun:
            return frozenset(found)
    whole = _starts_of_short(begun)
    return None if whole is None else frozenset(found | whole)


def _starts_of_short(words: set[str]) -> set[str] | None:
    if any(word.isascii() and not _SHORT.fullmatch(word) for word in words):
        return None
    return {word + char for word in words for char in ("", *_NO_LETTERS)}


def _texts_of(part: str) -> Sequence[str] | None:
    """Return what a part of a word's pattern matches: a character, letters as one sign, a gap."""
    if part == _BETWEEN:
        return _GAPS
    character = part.removeprefix("\\")
    if len(character) == 1:
        return (character,)
    return part[3:-1].split("|") if part.startswith("(?:") else None
