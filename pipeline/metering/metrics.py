"""Count and time what a process does, and add it up in the ledger, so that it is true across processes and restarts."""

import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import structlog

from pipeline.errors import LedgerUnavailable
from pipeline.ports import Clock, Ledger
from pipeline.ports.metrics import SILENT, CounterValue, Tracer

BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""Upper bounds of the buckets that stages' seconds are counted in; the last one has none."""

STAGE = "stage"
FLUSH_S = 10.0
"""Seconds between two entries in the ledger: so much is missing of a process that was killed."""

_log = structlog.get_logger()


class MetricsRecorder:
    """The Telemetry of one process; safe from many threads.

    `calls` tells the calls made so far, by operation.
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
        self._calls_told: Mapping[str, int] = {}
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], CounterValue] = {}
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._due_at = clock.monotonic() + FLUSH_S

    @contextmanager
    def stage(self, name: str, **about: str) -> Iterator[None]:
        """Time a stage and let the tracer know."""
        began = self._clock.monotonic()
        with self._tracer.span(name, about):
            try:
                yield
            finally:
                seconds = self._clock.monotonic() - began
                self._add(STAGE, bucket_label(name, seconds), CounterValue(1, seconds))
                with self._lock:
                    self._seconds[name] += seconds

    def seconds(self) -> Mapping[str, float]:
        """Return the seconds of each stage in this process so far, of all threads together."""
        with self._lock:
            return dict(self._seconds)

    def count(self, name: str, label: str, number: int = 1) -> None:
        """Count something."""
        self._add(name, label, CounterValue(number))

    def _add(self, name: str, label: str, more: CounterValue) -> None:
        with self._lock:
            self._kept[name, label] = self._kept.get((name, label), CounterValue()) + more
            due = self._clock.monotonic() >= self._due_at
            if due:
                self._due_at = self._clock.monotonic() + FLUSH_S
        if due:
            self.flush()

    def flush(self) -> None:
        """Add what was counted since the last time to the ledger; where that fails, the next time has it, too."""
        with self._lock:
            calls = dict(self._calls())
            new = {
                ("calls", name): CounterValue(n - self._calls_told.get(name, 0))
                for name, n in calls.items()
            }
            kept, self._kept = self._kept, {}
            self._calls_told = calls
        for key, counted in new.items():
            if counted.number:
                kept[key] = kept.get(key, CounterValue()) + counted
        try:
            if kept:
                self._ledger.usage.add_counters(kept)
        except LedgerUnavailable as error:
            _log.warning("what was counted is not in the ledger yet", error=str(error))
            with self._lock:
                for key, counted in kept.items():
                    self._kept[key] = self._kept.get(key, CounterValue()) + counted

    def close(self) -> None:
        """Add what is left, and let the tracer send what it has."""
        self.flush()
        self._tracer.close()


def bucket_label(stage: str, seconds: float) -> str:
    """Name the bucket of a stage: its number in BOUNDS_S, two digits."""
    return f"{stage} {bisect_left(BOUNDS_S, seconds):02}"
