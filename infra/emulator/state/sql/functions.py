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
    """Translate the inside of `[set]`: single characters and ranges such as `a-f`, `^` first for all others."""
    negated = inside.startswith("^")
    items: list[str] = []
    rest = inside[negated:]
    while rest:
        first, last = rest[0], rest[0]
        if len(rest) > 2 and rest[1] == "-":  # noqa: PLR2004  a range has three characters
            last = rest[2]
        rest = rest[1 if first == last else 3 :]
        # A range whose ends are in the wrong order matches nothing.
        if first <= last:
            items.append(re.escape(first) + ("-" + re.escape(last) if first != last else ""))
    if not items:
        return "." if negated else "(?!)"
    return f"[{'^' if negated else ''}{''.join(items)}]"


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


# SQLite's own substr, instr, replace and length stop at NUL, SQL Server's functions do not; SQLite's also count from the
# end for a negative start, and distinguish case. So these are written here, from Microsoft's reference of Transact-SQL.


def _left(value: object, length: float | None) -> str | None:
    if value is None or length is None:
        return None
    return str(value)[: _length(length)]


def _right(value: object, length: float | None) -> str | None:
    if value is None or length is None:
        return None
    text = str(value)
    return text[max(0, len(text) - _length(length)) :]


def _substring(value: object, start: float | None, length: float | None) -> str | None:
    """Return characters `start` to `start + length - 1`, counted from 1; places before the first one are empty."""
    if value is None or start is None or length is None:
        return None
    end = int(start) - 1 + _length(length)
    return str(value)[max(0, int(start) - 1) : max(0, end)]


def _length(number: float) -> int:
    if number < 0:
        raise ValueError(number)
    return int(number)


def _charindex(wanted: object, value: object, start: float | None) -> int | None:
    """Return the place of a text in another, counted from 1; 0 where it is not there, and for a blank one."""
    if wanted is None or value is None or start is None:
        return None
    if str(wanted) == "":
        return 0
    found = _anywhere(str(wanted)).search(str(value), max(0, int(start) - 1))
    return 0 if found is None else found.start() + 1


def _replace(value: object, old: object, new: object) -> str | None:
    if value is None or old is None or new is None:
        return None
    if str(old) == "":
        return str(value)
    return _anywhere(str(old)).sub(lambda _: str(new), str(value))


@lru_cache(maxsize=256)
def _anywhere(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text), re.IGNORECASE)


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
    db.create_function("tsql_left", 2, _left, deterministic=True)
    db.create_function("tsql_right", 2, _right, deterministic=True)
    db.create_function("tsql_substring", 3, _substring, deterministic=True)
    db.create_function("tsql_charindex", 3, _charindex, deterministic=True)
    db.create_function("tsql_replace", 3, _replace, deterministic=True)
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
