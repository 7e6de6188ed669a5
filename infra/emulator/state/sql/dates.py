"""SQL Server's and Caspio's dates: reading, writing and calculating."""

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


def dateadd(part: str, number: float | None, value: object) -> str | None:
    """DATEADD: add a number of date parts, its fraction cut off."""
    if number is None or value is None:
        return None
    moment = _as_date(value)
    count = int(number)
    if part in _MONTHS:
        return format_date(_add_months(moment, count * _MONTHS[part]))
    if part in _DAYS:
        return format_date(moment + timedelta(days=count * _DAYS[part]))
    return format_date(moment + timedelta(seconds=count * _SECONDS[part]))


def _add_months(moment: datetime, months: int) -> datetime:
    """Add months; a day that the new month does not have becomes its last day (T-SQL)."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    next_year, next_month = divmod(year * 12 + month + 1, 12)
    first_of_next = datetime(next_year, next_month + 1, 1)  # noqa: DTZ001  no zone
    last_day = (first_of_next - timedelta(days=1)).day
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last_day))


def datediff(part: str, start: object, end: object) -> int | None:
    """DATEDIFF: count the boundaries of a date part that lie between two dates."""
    if start is None or end is None:
        return None
    first = _as_date(start)
    second = _as_date(end)
    if part in _MONTHS:
        size = _MONTHS[part]
        first_months = first.year * 12 + first.month - 1
        second_months = second.year * 12 + second.month - 1
        return second_months // size - first_months // size
    if part in _DAYS:
        return (second.date() - first.date()).days // _DAYS[part]
    span = timedelta(seconds=_SECONDS[part])
    return (second - _EPOCH) // span - (first - _EPOCH) // span


def date_part(part: str, value: object) -> int | None:
    """YEAR, MONTH and DAY."""
    return None if value is None else int(getattr(_as_date(value), part))


def _as_date(value: object) -> datetime:
    moment = parse_date(str(value))
    if moment is None:
        raise ValueError(value)
    return moment
