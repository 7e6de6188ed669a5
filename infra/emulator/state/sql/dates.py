"""SQL Server's and Caspio's dates: reading, writing and calculating."""

from calendar import monthrange
from datetime import datetime, timedelta

# US dates of API version 2 (§3.4, C), and the ISO date without hyphens, which SQL Server reads in
# every language setting (T-SQL).
_FORMATS = (
    "%m/%d/%Y",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %I:%M:%S %p",
    "%Y%m%d",
)

# T-SQL: adding `weekday` or `dayofyear` adds days.
_DAYS = {"day": 1, "week": 7, "dayofyear": 1, "weekday": 1}
_SECONDS = {"hour": 3600, "minute": 60, "second": 1}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
DATE_PARTS = frozenset(_DAYS) | frozenset(_SECONDS) | frozenset(_MONTHS)
_EPOCH = datetime(1900, 1, 1)  # noqa: DTZ001  Caspio's dates have no zone


def parse_date(text: str) -> datetime | None:
    """Read a date as Caspio does, None if it is not one. A zone `Z` is dropped, not converted."""
    # §4 (C): dates have no zone, and a `Z` is ignored.
    text = text.strip()
    bare = text[:-1] if text.endswith(("Z", "z")) else text
    if bare[:5].endswith("-"):
        try:
            moment = datetime.fromisoformat(bare)
        except ValueError:
            pass
        else:
            return None if moment.tzinfo else moment
    for pattern in _FORMATS:
        try:
            return datetime.strptime(bare, pattern)  # noqa: DTZ007  Caspio's dates have no zone
        except ValueError:
            continue
    return None


def format_date(moment: datetime) -> str:
    """Write a date as it is stored; the order of the texts is the order of the dates."""
    # A fraction only where there is one: most dates then read as the API shows them.
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")


def dateadd(part: str, number: float, value: object) -> str:
    """DATEADD: add a number of date parts, its fraction cut off."""
    moment = _as_date(value)
    count = int(number)
    if part in _MONTHS:
        months = moment.year * 12 + moment.month - 1 + count * _MONTHS[part]
        year, month = divmod(months, 12)
        # T-SQL: a day that the new month does not have becomes its last day.
        last_day = monthrange(year, month + 1)[1]
        moment = moment.replace(year=year, month=month + 1, day=min(moment.day, last_day))
    elif part in _DAYS:
        moment += timedelta(days=count * _DAYS[part])
    else:
        moment += timedelta(seconds=count * _SECONDS[part])
    return format_date(moment)


def datediff(part: str, start: object, end: object) -> int:
    """DATEDIFF: count the boundaries of a date part between two dates."""
    return _boundaries(part, _as_date(end)) - _boundaries(part, _as_date(start))


def _boundaries(part: str, moment: datetime) -> int:
    """Count the boundaries of a date part before a date, from a fixed first one on."""
    if part in _MONTHS:
        return (moment.year * 12 + moment.month - 1) // _MONTHS[part]
    if part in _DAYS:
        # Day 1 is a Monday, so day 7 and every seventh are Sundays. T-SQL: for DATEDIFF, a week
        # begins on Sunday whatever the language.
        return moment.toordinal() // _DAYS[part]
    return (moment - _EPOCH) // timedelta(seconds=_SECONDS[part])


def date_part(part: str, value: object) -> int:
    """YEAR, MONTH and DAY."""
    return int(getattr(_as_date(value), part))


def _as_date(value: object) -> datetime:
    moment = parse_date(str(value))
    if moment is None:
        raise ValueError(value)
    return moment
