"""Words of messages that depend on numbers."""

from collections.abc import Mapping
from itertools import takewhile

_BEFORE_CHARS = 40
"""Characters that are shown before the place where two long texts differ."""


def counted(number: int, noun: str, verb: str = "") -> str:
    """Return a number with its noun, in the plural unless it is 1; `verb` is "is/are" or so."""
    one, _, many = verb.partition("/")
    is_one = number == 1
    words = [f"{number:,}", noun if is_one else f"{noun}s", one if is_one else many]
    return " ".join(filter(None, words))


def counts_text(counts: Mapping[str, int]) -> str:
    """Return counts by name as a text, without zeros: "2 done, 1 failed"; "" for none."""
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)


def side_by_side(one: str, other: str, *, most_chars: int) -> tuple[str, str]:
    """Cut two texts so that both show where they begin to differ.

    Equal texts, and those that differ near their beginnings, are cut at their ends alone.
    """
    pairs = zip(one, other, strict=False)
    alike_chars = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    start = alike_chars - _BEFORE_CHARS
    if one == other or max(len(one), len(other)) <= most_chars or alike_chars < most_chars // 2:
        start = 0
    return _part(one, start, most_chars), _part(other, start, most_chars)


def _part(text: str, start: int, most_chars: int) -> str:
    left, right = "…" if start else "", "…" if len(text) > start + most_chars else ""
    return f"{left}{text[start : start + most_chars]}{right}"
