"""Count and time what a process does, and add it up in the ledger with other processes."""

import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from pipeline.errors import LedgerUnavailable
from pipeline.ports import Clock, Ledger
from pipeline.ports.metrics import SILENT, CounterValue, Tracer

BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""Upper bounds of the buckets that count the seconds of a stage; the last bucket has none."""

STAGE = "stage"
FLUSH_S = 10.0
"""Seconds between two updates of the ledger; a killed process loses the counts since the last."""

_log = structlog.get_logger()


@dataclass(slots=True)
class _StageTime:
    """How long any thread was in a stage: threads that wait at the same time count once."""

    threads: int = 0
    since: float = 0.0
    before: float = 0.0

    def enter(self, now: float) -> None:
        if not self.threads:
            self.since = now
        self.threads += 1

    def leave(self, now: float) -> None:
        self.threads -= 1
        if not self.threads:
            self.before += now - self.since

    def seconds(self, now: float) -> float:
        return self.before + (now - self.since if self.threads else 0.0)


class MetricsRecorder:
    """The Telemetry of one process; safe from many threads.

    `calls` returns the Caspio calls that were made so far, by operation.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        clock: Clock,
        tracer: Tracer = SILENT,
        calls: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._tracer = tracer
        self._calls = calls
        self._recorded_calls: Mapping[str, int] = {}
        self._lock = threading.Lock()
        self._counters: defaultdict[tuple[str, str], CounterValue] = defaultdict(CounterValue)
        self._stages: defaultdict[str, _StageTime] = defaultdict(_StageTime)
        self._flush_at = clock.monotonic() + FLUSH_S

    @contextmanager
    def stage(self, name: str, **about: str) -> Iterator[None]:
        """Time a stage, and trace it as a span."""
        started = self._clock.monotonic()
        with self._lock:
            self._stages[name].enter(started)
        with self._tracer.span(name, about):
            try:
                yield
            finally:
                ended = self._clock.monotonic()
                seconds = ended - started
                self._add(STAGE, bucket_label(name, seconds), CounterValue(1, seconds))
                with self._lock:
                    self._stages[name].leave(ended)

    def seconds(self) -> Mapping[str, float]:
        """Return for each stage the seconds so far in which any thread was in it.

        Stages overlap, so together they may be longer than the run.
        """
        now = self._clock.monotonic()
        with self._lock:
            return {name: stage.seconds(now) for name, stage in self._stages.items()}

    def count(self, name: str, label: str, number: int = 1) -> None:
        """Count something."""
        self._add(name, label, CounterValue(number))

    def _add(self, name: str, label: str, value: CounterValue) -> None:
        with self._lock:
            self._counters[name, label] += value
            now = self._clock.monotonic()
            is_due = now >= self._flush_at
            if is_due:
                self._flush_at = now + FLUSH_S
        if is_due:
            self.flush()

    def flush(self) -> None:
        """Add the new counts to the ledger; if that fails, the next time adds them, too."""
        with self._lock:
            # The client counts its calls itself; what is new since the last time is added here.
            calls = dict(self._calls())
            for name, number in calls.items():
                new = number - self._recorded_calls.get(name, 0)
                if new:
                    self._counters["calls", name] += CounterValue(new)
            self._recorded_calls = calls
            counters = dict(self._counters)
            self._counters.clear()
        if not counters:
            return
        try:
            self._ledger.usage.add_counters(counters)
        except LedgerUnavailable as error:
            _log.warning("metrics not recorded yet", error=str(error))
            with self._lock:
                for key, value in counters.items():
                    self._counters[key] += value

    def close(self) -> None:
        """Add what is left, and let the tracer send what it has."""
        self.flush()
        self._tracer.close()


def bucket_label(stage: str, seconds: float) -> str:
    """Name the bucket of a stage: its number in BOUNDS_S, with two digits."""
    return f"{stage} {bisect_left(BOUNDS_S, seconds):02}"
