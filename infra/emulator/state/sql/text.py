"""SQL Server's text functions.

They are written here, after Microsoft's reference, because SQLite's own substr, instr, replace and
length stop at NUL, count from the end for a negative start, and distinguish case. NUL is treated as
any other character. Text compares without case and trailing blanks (§4, I: SQL Server's default
collation). No argument is NULL: `sqlite_functions` answers NULL itself.
"""

import re
from functools import lru_cache

from infra.emulator.state.sql.like import like_pattern


def fold(text: str) -> str:
    """Return what two texts must share to be equal: case and trailing blanks do not count."""
    return text.rstrip(" ").casefold()


def compare(left: str, right: str) -> int:
    """Order two texts, as a collation of SQLite: -1, 0 or 1."""
    first = fold(left)
    second = fold(right)
    return (first > second) - (first < second)


def like(value: object, pattern: object, escape: str) -> bool:
    """LIKE; `escape` is "" for none."""
    compiled = like_pattern(str(pattern), escape)
    return compiled.fullmatch(str(value)) is not None


def length(value: object) -> int:
    """LEN: characters without trailing blanks."""
    return len(str(value).rstrip(" "))


def datalength(value: object) -> int:
    """DATALENGTH: bytes; a character of nvarchar has two."""
    return len(str(value).encode("utf-16-le"))


def left(value: object, count: float) -> str:
    """LEFT: the first characters."""
    return str(value)[: _checked_length(count)]


def right(value: object, count: float) -> str:
    """RIGHT: the last characters."""
    text = str(value)
    # A count beyond the text's length is the whole text.
    start = max(0, len(text) - _checked_length(count))
    return text[start:]


def substring(value: object, start: float, count: float) -> str:
    """SUBSTRING: the places from `start` on, counted from 1; places before the first are empty."""
    first = int(start) - 1
    end = first + _checked_length(count)
    return str(value)[max(0, first) : max(0, end)]


def _checked_length(count: float) -> int:
    # T-SQL: a negative length is an error, not zero.
    if count < 0:
        raise ValueError(count)
    return int(count)


def charindex(wanted: object, value: object, start: float) -> int:
    """CHARINDEX: the place of a text in another, from 1; 0 if it is not there, or blank."""
    if str(wanted) == "":
        return 0
    # T-SQL: a start before the first place is the first place.
    first = max(0, int(start) - 1)
    found = _find_pattern(str(wanted)).search(str(value), first)
    return 0 if found is None else found.start() + 1


def replace(value: object, old: object, new: object) -> str:
    """REPLACE: all places of a text; an empty text is never found."""
    if str(old) == "":
        return str(value)
    # A function as replacement: a text would give backslashes a meaning.
    return _find_pattern(str(old)).sub(lambda _: str(new), str(value))


@lru_cache(maxsize=256)
def _find_pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text), re.IGNORECASE)
