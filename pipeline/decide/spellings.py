"""Say which texts are two spellings of one value. Pure, and without words of any language."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import accumulate

_WORDS = re.compile(r"(?:(?<!\w)[-\u2212(](?=\d))?[^\W_]+(?:[.,][^\W_]+)*")
"""Words, and numbers with their sign: "0.5" is one."""
_SEPARATORS = r"[-\u2010-\u2014/.\s]+"
_CODE = re.compile(rf"[^\W_]+(?:{_SEPARATORS}[^\W_]+)*")
_GROUPS = re.compile(_SEPARATORS)
_NO_AMOUNT = re.compile(r"[-\u2010-\u2014/]")

_FEWEST_SIGNS = 5
"""Letters and digits of a code: of shorter ones 1-2 and 12 are rather two values."""
_FEWEST_CODES = 2
"""Codes that were typed in several ways: one alone may be a slip."""


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


def is_same_code(one: str, other: str) -> bool:
    """Return whether two codes have the same letters and digits, at most one in other groups.

    Groups of a code stand apart by hyphens, blanks, slashes or full stops. A number with a full
    stop alone is no code: it may be an amount.
    """
    groups, others = _groups(one), _groups(other)
    if not groups or "".join(groups) != "".join(others):
        return False
    is_grouped_alike = _ends(groups) == _ends(others)
    may_be_amount = "." in one + other and not _NO_AMOUNT.search(one + other)
    return (is_grouped_alike or 1 in {len(groups), len(others)}) and not may_be_amount


def separators_vary(values: Iterable[str]) -> bool:
    """Return whether people type the codes of a column with these separators or with others."""
    spellings: dict[str, set[str]] = defaultdict(set)
    for value in values:
        if groups := _groups(value):
            spellings["".join(groups)].add(value.strip().casefold())
    varying = (
        code
        for code, typed in spellings.items()
        if any(is_same_code(one, other) for one in typed for other in typed if one < other)
    )
    return sum(1 for _ in varying) >= _FEWEST_CODES


def _groups(text: str) -> Sequence[str]:
    """Return the groups of a code, none for a text that is none."""
    folded = text.strip().casefold()
    groups = _GROUPS.split(folded) if _CODE.fullmatch(folded) else []
    signs = "".join(groups)
    has_digit = any(map(str.isdigit, signs))
    return groups if has_digit and len(signs) >= _FEWEST_SIGNS else []


def _ends(groups: Sequence[str]) -> Sequence[int]:
    return list(accumulate(map(len, groups)))
