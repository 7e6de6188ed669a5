"""Say which texts are two spellings of one value. Pure, and without words of any language."""

import re
from collections.abc import Sequence

_WORDS = re.compile(r"(?:(?<!\w)[-\u2212(](?=\d))?[^\W_]+(?:[.,][^\W_]+)*")
"""Words, and numbers with their sign: "0.5" is one."""


def is_another_spelling(one: str, other: str) -> bool:
    """Return whether two texts differ in leading zeros, or one has words without digits more.

    Where a list has another number of names, or a number another sign, they are two values.
    """
    if one.count(";") != other.count(";"):
        return False
    short, long = sorted((_words(one), _words(other)), key=len)
    most = len(long) - len(short)
    return bool(short) and any(
        long[at : at + len(short)] == short and not _has_digits(long[:at], long[at + len(short) :])
        for at in range(most + 1)
    )


def _words(text: str) -> Sequence[str]:
    found = _WORDS.findall(text.casefold())
    return [word.lstrip("0") or "0" if word.isdecimal() else word for word in found]


def _has_digits(*parts: Sequence[str]) -> bool:
    return any(char.isdigit() for part in parts for word in part for char in word)
