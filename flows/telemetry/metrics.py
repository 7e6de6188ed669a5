"""Figures of the ledger for Prometheus: asked for when scraped, kept for some seconds, true across processes."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
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


@dataclass(slots=True, eq=False)
class LedgerCollector(Collector):
    """Collects what the ledger adds up to; asks it again after `cache_s` seconds at the earliest."""

    ledger: Ledger
    clock: Clock
    account: str
    allowance: Allowance
    cache_s: float
    sources: Sequence[str] = ()
    _figures: LedgerMetrics | None = None
    _asked_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def collect(self) -> Iterator[Metric]:
        """Yield everything; without a ledger, that there is none."""
        try:
            found = list(self._everything())
        except LedgerUnavailable:
            yield _gauge("up", "Whether the ledger answers", [((), 0)])
            return
        yield _gauge("up", "Whether the ledger answers", [((), 1)])
        yield from found

    def _everything(self) -> Iterator[Metric]:
        figures = self._known()
        yield from self._of_sources(figures.sources)
        yield from self._of_the_whole(figures)
        yield from self._of_webhooks()
        yield from _counters(figures.counters)
        yield _seconds(figures.counters)

    def _known(self) -> LedgerMetrics:
        with self._lock:
            now = self.clock.monotonic()
            if self._figures is None or now - self._asked_at >= self.cache_s:
                self._figures, self._asked_at = self.ledger.usage.metrics(), now
            return self._figures

    def _of_sources(self, sources: Iterable[SourceMetrics]) -> Iterator[Metric]:
        sources = list(sources)
        now = self.clock.now()
        documents = [
            ((one.source, status), n)
            for one in sources
            for status, n in sorted(one.documents.items())
        ]
        yield _gauge("documents", "Files by what became of them", documents, "source", "status")
        by_source: list[tuple[str, str, Callable[[SourceMetrics], float]]] = [
            ("document_pages", "Pages of these files", lambda one: one.pages),
            ("queue_documents", "Files that need work still", lambda one: one.waiting),
            ("queue_oldest_age_seconds", "Since the oldest of them was first listed", lambda one: (
                max(0.0, (now - one.oldest_at).total_seconds()) if one.oldest_at else 0.0
            )),
            ("quarantined_documents", "Files whose reading killed the program thrice", lambda one: one.quarantined),
        ]  # fmt: skip
        for name, about, value in by_source:
            yield _gauge(name, about, [((one.source,), value(one)) for one in sources], "source")

    def _of_the_whole(self, figures: LedgerMetrics) -> Iterator[Metric]:
        used = self.ledger.usage.this_month(self.account)
        yield _gauge("workers", "Runs at work", [((), figures.workers)])
        yield _gauge("leases", "Records and files they hold", [((), figures.leases)])
        yield _gauge(
            "open_effects",
            "Changes at Caspio not known to stand or not to",
            [((), figures.open_effects)],
        )
        priorities = [((priority,), calls) for priority, calls in sorted(used.by_priority.items())]
        yield _gauge(
            "budget_used_calls",
            "Calls of this month (UTC), by kind of work",
            priorities,
            "priority",
        )
        if self.allowance.monthly_calls is not None:
            yield _gauge(
                "budget_calls", "Calls allowed in a month", [((), self.allowance.monthly_calls)]
            )
        moved = [
            ((account,), size_bytes) for account, size_bytes in sorted(figures.size_bytes.items())
        ]
        yield _counter("transferred_bytes", "Bytes from and to Caspio", moved, "account")

    def _of_webhooks(self) -> Iterator[Metric]:
        """Yield what webhooks told and missed, for the sources whose messages are kept."""
        backlog = self.ledger.messages.backlog(self.account)
        states = [
            ((source or "none", state), number)
            for source, one in sorted(backlog.items())
            for state, number in (
                ("waiting", one.waiting),
                ("started", one.begun),
                ("done", one.done),
            )
        ]
        yield _gauge(
            "webhook_messages", "Messages kept, by how far they are", states, "source", "state"
        )
        watched = {source: self.ledger.messages.watched(source) for source in self.sources}
        missed = [
            ((source,), one.missed)
            for source, one in watched.items()
            if one is not None and one.missed is not None
        ]
        yield _counter(
            "webhook_missed_documents", "Files that no message told of", missed, "source"
        )


def _counters(counters: Counters) -> Iterator[Metric]:
    named = {"documents": ("processed_documents", "Outcomes of work on files", ("source", "status")),
             "pages": ("processed_pages", "Pages of files worked on", ("source",)),
             "calls": ("caspio_calls", "Calls to Caspio", ("operation",))}  # fmt: skip
    for name, (metric, about, labels) in named.items():
        found = [
            (label, counted.number)
            for (whose, label), counted in sorted(counters.items())
            if whose == name
        ]
        samples = [(tuple(label.split(" ", len(labels) - 1)), number) for label, number in found]
        yield _counter(metric, about, samples, *labels)


def _seconds(counters: Counters) -> Metric:
    """Return the stages' seconds as a histogram, from buckets that were counted one by one."""
    stages: dict[str, dict[int, CounterValue]] = defaultdict(dict)
    for (name, label), counted in counters.items():
        if name == STAGE:
            stage, _, bucket = label.rpartition(" ")
            stages[stage][int(bucket)] = counted
    metric = HistogramMetricFamily(
        f"{PREFIX}_stage_seconds", "Seconds a stage of the line takes.", labels=["stage"]
    )
    for stage, buckets in sorted(stages.items()):
        below, cumulated = 0, []
        for number, bound in enumerate([*map(str, BOUNDS_S), "+Inf"]):
            below += buckets.get(number, CounterValue()).number
            cumulated.append((bound, below))
        metric.add_metric([stage], cumulated, sum(one.amount for one in buckets.values()))
    return metric


_Samples = Iterable[tuple[tuple[str, ...], float]]


def _gauge(name: str, about: str, samples: _Samples, *labels: str) -> Metric:
    return _filled(GaugeMetricFamily(f"{PREFIX}_{name}", f"{about}.", labels=labels), samples)


def _counter(name: str, about: str, samples: _Samples, *labels: str) -> Metric:
    return _filled(CounterMetricFamily(f"{PREFIX}_{name}", f"{about}.", labels=labels), samples)


def _filled(metric: GaugeMetricFamily | CounterMetricFamily, samples: _Samples) -> Metric:
    for values, number in samples:
        metric.add_metric(list(values), number)
    return metric


def registry(collector: Collector) -> CollectorRegistry:
    """Return a registry with nothing but this collector: Prefect's own figures are its server's to show."""
    made = CollectorRegistry()
    made.register(collector)
    return made


def as_text(collector: Collector) -> str:
    """Return the figures as Prometheus reads them."""
    return generate_latest(registry(collector)).decode()
