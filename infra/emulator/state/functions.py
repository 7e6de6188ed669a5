"""SQL Server's functions and comparisons, given to SQLite under names beginning with `tsql_`."""

import re
import sqlite3
from datetime import datetime, timedelta
from functools import lru_cache

from infra.emulator.clock import Clock, to_seconds

_FORMATS = (
    "%m/%d/%Y",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %I:%M:%S %p",
    "%Y%m%d",
)
_DAYS = {"day": 1, "week": 7, "dayofyear": 1, "weekday": 1}
_SECONDS = {"hour": 3600, "minute": 60, "second": 1}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def fold(text: str) -> str:
    """Return what two texts must share to be equal: case and trailing blanks do not count."""
    return text.rstrip(" ").casefold()


def parse_date(text: str) -> datetime | None:
    """Read a date as Caspio takes it, None when it is none. A zone `Z` is dropped, not converted."""
    text = text.strip()
    bare = text[:-1] if text[-1:] in {"Z", "z"} else text
    try:
        moment = datetime.fromisoformat(bare) if bare[:5].endswith("-") else None
    except ValueError:
        moment = None
    if moment is not None:
        return None if moment.tzinfo else moment
    for pattern in _FORMATS:
        try:
            return datetime.strptime(bare, pattern)  # noqa: DTZ007  Caspio's dates have no zone
        except ValueError:
            continue
    return None


def iso(moment: datetime) -> str:
    """Write a date as it is stored, so that text order is time order: a fraction only where there is one."""
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")


@lru_cache(maxsize=256)
def like_pattern(pattern: str, escape: str) -> re.Pattern[str]:
    """Translate a LIKE pattern: `%`, `_`, `[set]`, `[^set]` and the escape character."""
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        end = pattern.find("]", at + 2) if char == "[" else -1
        if escape and char == escape and at + 1 < len(pattern):
            at += 1
            parts.append(re.escape(pattern[at]))
        elif char == "[" and end > 0:
            parts.append(_set(pattern[at + 1 : end]))
            at = end
        else:
            parts.append({"%": ".*", "_": "."}.get(char) or re.escape(char))
        at += 1
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


def _set(inside: str) -> str:
    negated = inside.startswith("^")
    body = (
        inside[negated:]
        .replace("\\", "\\\\")
        .replace("]", "\\]")
        .replace("[", "\\[")
        .replace("^", "\\^")
    )
    return f"[{'^' if negated else ''}{body}]"


def _like(value: object, pattern: object, escape: str) -> bool | None:
    if value is None or pattern is None:
        return None
    return like_pattern(str(pattern), escape).fullmatch(str(value)) is not None


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


def _len(value: object) -> int | None:
    return None if value is None else len(str(value).rstrip(" "))


def _datalength(value: object) -> int | None:
    return None if value is None else len(str(value).encode("utf-16-le"))


def _date(value: object) -> datetime:
    moment = parse_date(str(value))
    if moment is None:
        raise ValueError(value)
    return moment


def _dateadd(unit: str, number: float | None, value: object) -> str | None:
    if number is None or value is None:
        return None
    moment = _date(value)
    if unit in _MONTHS:
        return iso(_add_months(moment, int(number) * _MONTHS[unit]))
    if unit in _DAYS:
        return iso(moment + timedelta(days=int(number) * _DAYS[unit]))
    return iso(moment + timedelta(seconds=int(number) * _SECONDS[unit]))


def _add_months(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    first_of_next = datetime(year + (month == 11), (month + 1) % 12 + 1, 1)  # noqa: DTZ001, PLR2004  no zone; December
    last_day = (first_of_next - timedelta(days=1)).day
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last_day))


def _datediff(unit: str, start: object, end: object) -> int | None:
    """Count the unit's borders between two dates, as SQL Server does."""
    if start is None or end is None:
        return None
    first, second = _date(start), _date(end)
    if unit in _MONTHS:
        size = _MONTHS[unit]
        return (second.year * 12 + second.month - 1) // size - (
            first.year * 12 + first.month - 1
        ) // size
    if unit in _DAYS:
        return (second.date() - first.date()).days // _DAYS[unit]
    epoch = datetime(1900, 1, 1)  # noqa: DTZ001  no zone
    size = _SECONDS[unit]
    return (second - epoch) // timedelta(seconds=size) - (first - epoch) // timedelta(seconds=size)


def _part(unit: str, value: object) -> int | None:
    return None if value is None else int(getattr(_date(value), unit))


def _compare(left: str, right: str) -> int:
    one, other = fold(left), fold(right)
    return (one > other) - (one < other)


def units() -> frozenset[str]:
    """Return the date parts DATEADD and DATEDIFF understand."""
    return frozenset(_DAYS) | frozenset(_SECONDS) | frozenset(_MONTHS)


def install(db: sqlite3.Connection, clock: Clock) -> None:
    """Give a connection the collation CASPIO and the functions the translation uses."""
    db.create_collation("CASPIO", _compare)
    db.create_function("tsql_like", 3, _like, deterministic=True)
    db.create_function("tsql_number", 1, _number, deterministic=True)
    db.create_function("tsql_len", 1, _len, deterministic=True)
    db.create_function("tsql_datalength", 1, _datalength, deterministic=True)
    db.create_function("tsql_dateadd", 3, _dateadd, deterministic=True)
    db.create_function("tsql_datediff", 3, _datediff, deterministic=True)
    db.create_function("tsql_part", 2, _part, deterministic=True)
    db.create_function(
        "tsql_upper",
        1,
        lambda text: None if text is None else str(text).upper(),
        deterministic=True,
    )
    db.create_function(
        "tsql_lower",
        1,
        lambda text: None if text is None else str(text).lower(),
        deterministic=True,
    )
    db.create_function("tsql_now", 0, lambda: to_seconds(clock.now()))
