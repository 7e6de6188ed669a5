"""The emulator's own clock: the only module here that reads the time of day."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Give the present in UTC; ticks are never the same, so that every change of a file has a date of its own."""

    def __init__(self) -> None:
        self._last = datetime(1970, 1, 1)  # noqa: DTZ001  Caspio's dates have no zone

    def now(self) -> datetime:
        """Return the present without a zone, to the millisecond."""
        wall = datetime.now(tz=UTC).replace(tzinfo=None)  # noqa: TID251  the pipeline's clock must not be shared
        return wall.replace(microsecond=wall.microsecond // 1000 * 1000)

    def tick(self) -> datetime:
        """Return the present, or the next millisecond that no tick returned before."""
        self._last = max(self.now(), self._last + timedelta(milliseconds=1))
        return self._last


def from_timestamp(seconds: float) -> datetime:
    """Return a file system's date in UTC without a zone, to the millisecond."""
    moment = datetime.fromtimestamp(seconds, tz=UTC).replace(tzinfo=None)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def to_seconds(moment: datetime) -> str:
    """Write a date as records show it: no zone, no fraction."""
    return moment.isoformat(timespec="seconds")


def to_milliseconds(moment: datetime) -> str:
    """Write a date as file listings show it: UTC by convention, no zone, three decimals."""
    return moment.isoformat(timespec="milliseconds")
