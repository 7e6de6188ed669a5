"""Check schedules and time zones when settings load, not when `serve` uses them."""

import zoneinfo
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import takewhile

from cronsim import CronSim, CronSimError

_AS_FIELDS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
"""Expressions that Prefect also accepts; cronsim does not know them."""

_FIELDS = "minute, hour, day of the month, month, day of the week"


def checked_cron(expression: str) -> str:
    """Return a cron expression as it is.

    Raises:
        ValueError: it is not one, or it never matches a day, such as February 30.
    """
    if expression.strip().lower() in _AS_FIELDS:
        return expression
    if len(expression.split()) != 5:  # noqa: PLR2004 - see _FIELDS
        raise ValueError(f"a schedule has five fields ({_FIELDS}), such as 0 6 * * *")
    try:
        # Any start will do: the first match shows that there is one.
        next(CronSim(expression, datetime(2024, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        raise ValueError(f"not a cron expression ({error}); an example is 0 6 * * *") from None
    except StopIteration:
        raise ValueError("this schedule never matches a day") from None
    return expression


@cache
def runs_a_month(expression: str) -> int:
    """Count how often a schedule runs in 30 days."""
    # A Monday: 30 days from it have each day of the week four or five times.
    start = datetime(2024, 1, 1, tzinfo=UTC)
    expression = _AS_FIELDS.get(expression.strip().lower(), expression)
    runs = CronSim(expression, start)
    return sum(1 for _ in takewhile(lambda at: at <= start + timedelta(days=30), runs))


def checked_timezone(name: str) -> str:
    """Return the name of a time zone as it is.

    Raises:
        ValueError: the IANA database has no such zone.
    """
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        # OSError: a name such as "/etc" or a folder of the database.
        raise ValueError(
            "not a time zone of the IANA database, such as UTC or America/New_York"
        ) from None
    return name
