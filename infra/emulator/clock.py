"""The emulator's own clock: the only module of the emulator that reads the time of day."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Return the current time in UTC.

    `unique_now` never returns the same time twice, so that each change of a file has its own date.
    """

    def __init__(self) -> None:
        self._last = datetime(1970, 1, 1)  # noqa: DTZ001  Caspio's dates have no zone

    def now(self) -> datetime:
        """Return the current time without a zone, to the millisecond."""
        now = datetime.now(tz=UTC)  # noqa: TID251  the pipeline's clock must not be shared
        return _to_milliseconds(now)

    def unique_now(self) -> datetime:
        """Return the current time, or the first millisecond after the last one returned."""
        self._last = max(self.now(), self._last + timedelta(milliseconds=1))
        return self._last


def from_timestamp(seconds: float) -> datetime:
    """Return a file system's date in UTC without a zone, to the millisecond."""
    return _to_milliseconds(datetime.fromtimestamp(seconds, tz=UTC))


def _to_milliseconds(moment: datetime) -> datetime:
    whole = moment.microsecond // 1000 * 1000
    return moment.replace(microsecond=whole, tzinfo=None)


def format_seconds(moment: datetime) -> str:
    """Write a date as records show it: no zone, no fraction."""
    # §3.6 and §4 (C): dates of records have no zone.
    return moment.isoformat(timespec="seconds")


def format_milliseconds(moment: datetime) -> str:
    """Write a date as file listings show it: UTC by convention, no zone, three decimals."""
    # §3.4 (C): the Files area's dates are UTC; their format is not documented.
    return moment.isoformat(timespec="milliseconds")
