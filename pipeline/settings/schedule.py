"""Check schedules and time zones when settings load, not when `serve` uses them."""

import zoneinfo
from datetime import UTC, datetime

from cronsim import CronSim, CronSimError

_ALIASES = {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}
"""Expressions that Prefect also accepts; cronsim does not know them."""

_FIELDS = "minute, hour, day of the month, month, day of the week"


def checked_cron(expression: str) -> str:
    """Return a cron expression as it is.

    Raises:
        ValueError: it is not one, or it never matches a day, such as February 30.
    """
    if expression.strip().lower() in _ALIASES:
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
