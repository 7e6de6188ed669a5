"""Words of messages that depend on numbers."""

from collections.abc import Mapping


def counted(number: int, noun: str, verb: str = "") -> str:
    """Return a number with its noun, in the plural unless it is 1; `verb` is "is/are" or so."""
    one, _, many = verb.partition("/")
    is_one = number == 1
    words = [f"{number:,}", noun if is_one else f"{noun}s", one if is_one else many]
    return " ".join(filter(None, words))


def counts_text(counts: Mapping[str, int]) -> str:
    """Return counts by name as a text, without zeros: "2 done, 1 failed"; "" for none."""
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
