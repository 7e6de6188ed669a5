"""Metrics of the ledger for Prometheus: read when scraped, cached for seconds, across processes."""

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from pipeline.errors import LedgerUnavailable
from pipeline.metering.budget import Allowance
from pipeline.metering.metrics import BOUNDS_S, STAGE
from pipeline.ports import Clock, Ledger
from pipeline.ports.metrics import Counters, CounterValue, LedgerMetrics, SourceMetrics

PREFIX = "caspio_ingest"

Samples = Iterable[tuple[tuple[str, ...], float]]
"""Label values and the value of each sample."""

_COUNTERS = {
    "documents": ("processed_documents", "Outcomes of work on files", ("source", "status")),
    "pages": ("processed_pages", "Pages of files worked on", ("source",)),
    "values": (
        "processed_values",
        "Values of columns that were written, planned, suggested or left open",
        ("source", "state"),
    ),
    "calls": ("caspio_calls", "Calls to Caspio", ("operation",)),
}
"""By name in the ledger: the metric's name, its description and its labels."""


@dataclass(slots=True, eq=False)
class LedgerCollector(Collector):
    """Collects the ledger's metrics; reads the ledger at most every `cache_s` seconds."""

    ledger: Ledger
    clock: Clock
    account: str
    allowance: Allowance
    cache_s: float
    sources: Sequence[str] = ()
    _metrics: LedgerMetrics | None = None
    _read_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def collect(self) -> Iterator[Metric]:
        """Yield everything; if the ledger is not available, only that."""
        about = "Whether the ledger answers"
        try:
            # Everything is read before the first metric is given: a ledger that fails in between
            # must not leave half of them.
            # Two servers may scrape at the same time; one of them reads the ledger for both.
            with self._lock:
                now = self.clock.monotonic()
                if self._metrics is None or now - self._read_at >= self.cache_s:
                    self._metrics, self._read_at = self.ledger.usage.metrics(), now
                metrics = self._metrics
            found = [
                *self._source_metrics(metrics.sources),
                *self._ledger_metrics(metrics),
                *self._webhook_metrics(),
                *counter_metrics(metrics.counters),
                stage_seconds(metrics.counters),
            ]
        except LedgerUnavailable:
            yield gauge("up", about, [((), 0)])
            return
        yield gauge("up", about, [((), 1)])
        yield from found

    def _source_metrics(self, sources: Sequence[SourceMetrics]) -> Iterator[Metric]:
        now = self.clock.now()
        documents: list[tuple[tuple[str, ...], float]] = []
        ages: list[tuple[tuple[str, ...], float]] = []
        for one in sources:
            documents += [
                ((one.source, status), number) for status, number in sorted(one.documents.items())
            ]
            # The clocks of two machines may differ by more than the age.
            age_s = max(0.0, (now - one.oldest_at).total_seconds()) if one.oldest_at else 0.0
            ages.append(((one.source,), age_s))
        pages = [((one.source,), one.pages) for one in sources]
        waiting = [((one.source,), one.waiting) for one in sources]
        quarantined = [((one.source,), one.quarantined) for one in sources]
        yield gauge("documents", "Files by status", documents, "source", "status")
        yield gauge("document_pages", "Pages of these files", pages, "source")
        yield gauge("queue_documents", "Files that need work", waiting, "source")
        about = "Seconds since the oldest of these was first listed"
        yield gauge("queue_oldest_age_seconds", about, ages, "source")
        about = "Files whose reading alone ended the program repeatedly"
        yield gauge("quarantined_documents", about, quarantined, "source")

    def _ledger_metrics(self, metrics: LedgerMetrics) -> Iterator[Metric]:
        yield gauge("workers", "Active runs", [((), metrics.workers)])
        yield gauge("leases", "Records and files leased by them", [((), metrics.leases)])
        about = "Changes at Caspio whose outcome is not known"
        yield gauge("open_effects", about, [((), metrics.open_effects)])
        used = self.ledger.usage.this_month(self.account).by_priority
        calls = [((priority,), number) for priority, number in sorted(used.items())]
        yield gauge("budget_used_calls", "Calls of this month (UTC)", calls, "priority")
        monthly_calls = self.allowance.monthly_calls
        if monthly_calls is not None:
            yield gauge("budget_calls", "Calls allowed in a month", [((), monthly_calls)])
        moved = [((account,), number) for account, number in sorted(metrics.size_bytes.items())]
        yield counter("transferred_bytes", "Bytes from and to Caspio", moved, "account")

    def _webhook_metrics(self) -> Iterator[Metric]:
        """Yield messages by state, and what they missed."""
        states: list[tuple[tuple[str, ...], float]] = []
        for source, backlog in sorted(self.ledger.messages.backlog(self.account).items()):
            # A message of a table that no source reads has no source.
            name = source or "none"
            states.append(((name, "waiting"), backlog.waiting))
            states.append(((name, "started"), backlog.started))
            states.append(((name, "done"), backlog.done))
        yield gauge("webhook_messages", "Messages by state", states, "source", "state")
        missed = []
        for source in self.sources:
            watched = self.ledger.messages.watched(source)
            if watched is not None and watched.missed is not None:
                missed.append(((source,), watched.missed))
        about = "Files that no message reported"
        yield counter("webhook_missed_documents", about, missed, "source")


def counter_metrics(counters: Counters) -> Iterator[Metric]:
    """Yield what all processes have counted."""
    for name, (metric, about, labels) in _COUNTERS.items():
        samples = []
        for (counted, label), value in sorted(counters.items()):
            if counted == name:
                # The last label may contain spaces.
                samples.append((tuple(label.split(" ", len(labels) - 1)), value.number))
        yield counter(metric, about, samples, *labels)


def stage_seconds(counters: Counters) -> Metric:
    """Return the seconds of the stages as a histogram.

    The ledger counts each bucket on its own; Prometheus expects cumulative counts.
    """
    stages: dict[str, dict[int, CounterValue]] = defaultdict(dict)
    for (name, label), value in counters.items():
        if name == STAGE:
            stage, _, bucket = label.rpartition(" ")
            stages[stage][int(bucket)] = value
    about = "Seconds of a stage of the pipeline."
    metric = HistogramMetricFamily(f"{PREFIX}_stage_seconds", about, labels=["stage"])
    bounds = [*map(str, BOUNDS_S), "+Inf"]
    for stage, buckets in sorted(stages.items()):
        total, cumulative = 0, []
        for number, bound in enumerate(bounds):
            total += buckets.get(number, CounterValue()).number
            cumulative.append((bound, total))
        seconds = sum(bucket.amount for bucket in buckets.values())
        metric.add_metric([stage], cumulative, seconds)
    return metric


def gauge(name: str, about: str, samples: Samples, *labels: str) -> Metric:
    """Return a gauge with its samples."""
    metric = GaugeMetricFamily(f"{PREFIX}_{name}", f"{about}.", labels=labels)
    for values, number in samples:
        metric.add_metric(list(values), number)
    return metric


def counter(name: str, about: str, samples: Samples, *labels: str) -> Metric:
    """Return a counter with its samples."""
    metric = CounterMetricFamily(f"{PREFIX}_{name}", f"{about}.", labels=labels)
    for values, number in samples:
        metric.add_metric(list(values), number)
    return metric


def registry(collector: Collector) -> CollectorRegistry:
    """Return a registry with this collector only: Prefect's server shows its own metrics."""
    created = CollectorRegistry()
    created.register(collector)
    return created


def as_text(collector: Collector) -> str:
    """Return the metrics in Prometheus' text format."""
    return generate_latest(registry(collector)).decode()
