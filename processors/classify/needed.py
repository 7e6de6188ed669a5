"""Find out which texts the matches of a pattern cannot do without.

To look for a few plain texts in a whole document is much cheaper than to try a pattern at each
character of it, and most patterns have nothing to find in most documents.
"""

from collections.abc import Iterable, Sequence
from re import _constants, _parser  # type: ignore[attr-defined]  # typeshed has their old names
from typing import Any

_MOST = 200
"""More texts than this are not looked for."""
_LETTERS = 20.0
"""A text with a letter more is so much rarer."""
_SIGN = 3
"""A sign is as rare as so many letters, but for blanks and those that every text has."""
_IN_A_ROW = 4
_COMMON = frozenset(" .,:;-/()'\"")

_MOST_HITS = 0.002
"""Patterns whose texts are at more places are tried everywhere."""


def needed_in(pattern: str) -> tuple[str, ...]:
    """Return texts of which every match has at least one; none if there are no rare ones."""
    parsed = _parser.parse(pattern)
    if parsed.state.flags & ~_constants.SRE_FLAG_UNICODE:
        return ()
    found = _of_all(parsed)
    # A text with another one in it says nothing more than that.
    found = frozenset(text for text in found if not any(map(text.__contains__, found - {text})))
    is_rare = _hits(found) < _MOST_HITS and len(found) <= _MOST
    return tuple(sorted(found)) if is_rare else ()


def _of_all(parts: Iterable[tuple[Any, Any]]) -> frozenset[str]:
    """Return the texts of that part of a sequence which is the rarest."""
    found: list[frozenset[str]] = []
    letters: list[str] = []
    for kind, content in parts:
        if kind is _constants.LITERAL:
            letters.append(chr(content))
            continue
        # A place between two characters, as the end of a word, does not part them.
        if kind is not _constants.AT:
            found += [frozenset(["".join(letters)]), _of_one(kind, content)]
            letters.clear()
    found.append(frozenset(["".join(letters)]))
    return min(found, key=_hits)


def _of_one(kind: Any, content: Any) -> frozenset[str]:
    """Return the texts of one part; none of what may be left out or is not understood."""
    if kind is _constants.BRANCH:
        return _of_any(content[1])
    if kind is _constants.SUBPATTERN:
        _, added_flags, removed_flags, parts = content
        return frozenset() if added_flags or removed_flags else _of_all(parts)
    if kind in {_constants.MAX_REPEAT, _constants.MIN_REPEAT} and content[0]:
        return _of_repeated(*content)
    if kind is _constants.IN and all(each is _constants.LITERAL for each, _ in content):
        return frozenset(chr(character) for _, character in content)
    return frozenset()


def _of_repeated(least: int, _most: int, parts: Sequence[tuple[Any, Any]]) -> frozenset[str]:
    """Return the texts of what is there at least once; of a sign they are some of it in a row."""
    if len(parts) == 1 and parts[0][0] is _constants.LITERAL:
        return frozenset([chr(parts[0][1]) * min(least, _IN_A_ROW)])
    return _of_all(parts)


def _of_any(branches: Sequence[Iterable[tuple[Any, Any]]]) -> frozenset[str]:
    each = [_of_all(parts) for parts in branches]
    return frozenset().union(*each) if all(each) else frozenset()


def _hits(texts: frozenset[str]) -> float:
    """Return roughly how often one of the texts is expected, for each character of a document."""
    return sum(_LETTERS ** -sum(map(_rarity, text)) for text in texts) if texts else 1.0


def _rarity(character: str) -> int:
    return 1 if character.isalnum() else _SIGN * (character not in _COMMON)
