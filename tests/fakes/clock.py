from datetime import UTC, datetime, timedelta

QUARTER_HOUR = timedelta(minutes=15)
START = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)


class FakeClock:
    """A clock that only moves when a test moves it, or when somebody sleeps.

    `slept` lists how long each time.
    """

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._now = start
        self.slept: list[float] = []

    def now(self) -> datetime:
        """Return the present."""
        return self._now

    def monotonic(self) -> float:
        """Return seconds since the clock was made, or since it was last set."""
        return (self._now - self._start).total_seconds()

    def sleep(self, seconds: float) -> None:
        """Move on by so many seconds."""
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move on without anybody sleeping."""
        self._now += timedelta(seconds=seconds)

    def set(self, now: datetime) -> None:
        """Jump to a time; `monotonic` goes on from where it was."""
        self._start += now - self._now
        self._now = now


class RunningClock(FakeClock):
    """The time of day, which fits the dates of a local Caspio; what is slept or skipped is added.

    Only whole quarters of an hour are added: in some zone it is then the same time as at Caspio.
    """

    def now(self) -> datetime:
        """Return the present."""
        skipped = self._now - self._start
        return datetime.now(tz=UTC) + skipped // QUARTER_HOUR * QUARTER_HOUR
