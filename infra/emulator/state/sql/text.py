"""SQL Server's text functions.

They are written here, after Microsoft's reference, because SQLite's own substr, instr, replace and
length stop at NUL, count from the end for a negative start, and distinguish case. NUL is treated as
any other character. Text compares without case and trailing blanks (§4, I: SQL Server's default
collation).
"""

import re
from functools import lru_cache


def fold(text: str) -> str:
    """Return what two texts must share to be equal: case and trailing blanks do not count."""
    return text.rstrip(" ").casefold()


def compare(left: str, right: str) -> int:
    """Order two texts, as a collation of SQLite: -1, 0 or 1."""
    first = fold(left)
    second = fold(right)
    return (first > second) - (first < second)


def like(value: object, pattern: object, escape: str) -> bool | None:
    """LIKE; `escape` is "" for none."""
    if value is None or pattern is None:
        return None
    return _like_pattern(str(pattern), escape).fullmatch(str(value)) is not None


@lru_cache(maxsize=256)
def _like_pattern(pattern: str, escape: str) -> re.Pattern[str]:
    """Translate `%`, `_`, `[set]`, `[^set]` and the escape character."""
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        end = pattern.find("]", at + 2) if char == "[" else -1
        if escape and char == escape and at + 1 < len(pattern):
            at += 1
            parts.append(re.escape(pattern[at]))
        elif end > 0:
            parts.append(_character_set(pattern[at + 1 : end]))
            at = end
        elif char == "%":
            parts.append(".*")
        elif char == "_":
            parts.append(".")
        else:
            parts.append(re.escape(char))
        at += 1
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


def _character_set(inside: str) -> str:
    """Translate the inside of `[set]`: characters and ranges such as `a-f`; `^` first negates."""
    negated = inside.startswith("^")
    rest = inside.removeprefix("^")
    items: list[str] = []
    while rest:
        first = rest[0]
        is_range = rest[1:2] == "-" and len(rest) > 2  # noqa: PLR2004  first, hyphen, last
        last = rest[2] if is_range else first
        rest = rest[3:] if is_range else rest[1:]
        # A range whose ends are in the wrong order matches nothing.
        if first <= last:
            items.append(f"{re.escape(first)}-{re.escape(last)}")
    if not items:
        return "." if negated else "(?!)"
    return f"[{'^' if negated else ''}{''.join(items)}]"


def length(value: object) -> int | None:
    """LEN: characters without trailing blanks."""
    return None if value is None else len(str(value).rstrip(" "))


def datalength(value: object) -> int | None:
    """DATALENGTH: bytes; a character of nvarchar has two."""
    return None if value is None else len(str(value).encode("utf-16-le"))


def left(value: object, count: float | None) -> str | None:
    """LEFT: the first characters."""
    if value is None or count is None:
        return None
    return str(value)[: _checked_length(count)]


def right(value: object, count: float | None) -> str | None:
    """RIGHT: the last characters."""
    if value is None or count is None:
        return None
    text = str(value)
    return text[max(0, len(text) - _checked_length(count)) :]


def substring(value: object, start: float | None, count: float | None) -> str | None:
    """SUBSTRING: the places from `start` on, counted from 1; places before the first are empty."""
    if value is None or start is None or count is None:
        return None
    first = int(start) - 1
    end = first + _checked_length(count)
    return str(value)[max(0, first) : max(0, end)]


def _checked_length(count: float) -> int:
    # T-SQL: a negative length is an error, not zero.
    if count < 0:
        raise ValueError(count)
    return int(count)


def charindex(wanted: object, value: object, start: float | None) -> int | None:
    """CHARINDEX: the place of a text in another, from 1; 0 if it is not there, or blank."""
    if wanted is None or value is None or start is None:
        return None
    if str(wanted) == "":
        return 0
    found = _find_pattern(str(wanted)).search(str(value), max(0, int(start) - 1))
    return 0 if found is None else found.start() + 1


def replace(value: object, old: object, new: object) -> str | None:
    """REPLACE: all places of a text; a blank one is found nowhere."""
    if value is None or old is None or new is None:
        return None
    if str(old) == "":
        return str(value)
    return _find_pattern(str(old)).sub(lambda _: str(new), str(value))


@lru_cache(maxsize=256)
def _find_pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text), re.IGNORECASE)


def upper(value: object) -> str | None:
    """UPPER."""
    return None if value is None else str(value).upper()


def lower(value: object) -> str | None:
    """LOWER."""
    return None if value is None else str(value).lower()
