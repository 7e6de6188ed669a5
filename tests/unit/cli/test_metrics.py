"""What Prometheus reads, and what the dashboard shows of it."""

import json
import re
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from flows.cli import app
from flows.cli.services.metrics import answering
from flows.telemetry.metrics import LedgerCollector, as_text, registry
from pipeline.errors import BadSettings
from pipeline.metering.budget import Allowance
from pipeline.metering.metrics import MetricsRecorder
from pipeline.model import FileRef, Outcome, Place, RecordRef, Status
from pipeline.model.messages import Message, ReportedRecord
from pipeline.ports.ledger import WatchedSource
from pipeline.ports.metrics import CounterValue
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import MemoryLedger

GRAFANA = Path(__file__).parents[3] / "infra" / "grafana"


@pytest.fixture
def clock() -> FakeClock:
    """A clock that does not advance until it is set."""
    return FakeClock()


@pytest.fixture
def ledger(clock: FakeClock) -> MemoryLedger:
    """A ledger with a file that is done, one that waits since five minutes, calls, a message, and a stage timed."""
    ledger = MemoryLedger(clock)
    refs = [
        FileRef(
            "receipts", Place.ATTACHMENT, "R", "Scan", RecordRef("R", pk), "a.pdf", 1, "2026-01-01"
        )
        for pk in ("1", "2")
    ]
    ledger.files.seen(refs, "r")
    ledger.files.finish(Outcome(refs[0], Status.DONE, pages=3), "r")
    ledger.usage.spend("account", "new", calls=12, size_bytes=99)
    ledger.messages.save(
        [Message("account", "m1", "receipts", "R", "table.recordInsert", (ReportedRecord("1"),))]
    )
    ledger.messages.save_watched("receipts", WatchedSource(clock.now(), missed=4))
    book = MetricsRecorder(
        ledger, clock=clock, calls=lambda: {"GET /v3/tables/{tableName}/records": 4}
    )
    with book.stage("read"):
        clock.advance(0.2)
    book.count("documents", "receipts done")
    book.count("pages", "receipts", 3)
    book.close()
    clock.advance(299.8)
    return ledger


def collector(ledger: MemoryLedger, *, cache_s: float = 0.0) -> LedgerCollector:
    """Return a collector over a ledger, with a budget."""
    return LedgerCollector(
        ledger, ledger.clock, "account", Allowance(500), cache_s, ("receipts", "other")
    )


def samples(text: str) -> dict[str, float]:
    """Parse as Prometheus does: name and labels, and the number."""
    return {
        sample.name + "".join(f" {value}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_figures_are_what_the_ledger_says(ledger: MemoryLedger):
    """Documents, queue, budget, calls, bytes and seconds have their numbers, names and units."""
    found = samples(as_text(collector(ledger)))

    expected = {
        "caspio_ingest_up": 1,
        "caspio_ingest_documents receipts done": 1,
        "caspio_ingest_documents receipts seen": 1,
        "caspio_ingest_document_pages receipts": 3,
        "caspio_ingest_queue_documents receipts": 1,
        "caspio_ingest_queue_oldest_age_seconds receipts": 300,
        "caspio_ingest_quarantined_documents receipts": 0,
        "caspio_ingest_workers": 0,
        "caspio_ingest_leases": 0,
        "caspio_ingest_open_effects": 0,
        "caspio_ingest_budget_calls": 500,
        "caspio_ingest_budget_used_calls new": 12,
        "caspio_ingest_transferred_bytes_total account": 99,
        "caspio_ingest_processed_documents_total receipts done": 1,
        "caspio_ingest_processed_pages_total receipts": 3,
        "caspio_ingest_caspio_calls_total GET /v3/tables/{tableName}/records": 4,
        "caspio_ingest_stage_seconds_count read": 1,
        "caspio_ingest_stage_seconds_sum read": pytest.approx(0.2),
        "caspio_ingest_stage_seconds_bucket 0.1 read": 0,
        "caspio_ingest_stage_seconds_bucket 0.25 read": 1,
        "caspio_ingest_stage_seconds_bucket +Inf read": 1,
    }
    assert {name: found.get(name) for name in expected} == expected


def test_webhooks_are_metrics_too(ledger: MemoryLedger):
    """Messages count by source and how far they are; what none reported counts once it is known."""
    found = samples(as_text(collector(ledger)))

    assert found["caspio_ingest_webhook_messages receipts waiting"] == 1
    assert {name: n for name, n in found.items() if "missed" in name} == {
        "caspio_ingest_webhook_missed_documents_total receipts": 4
    }


def test_a_ledger_that_does_not_answer_is_a_metric(ledger: MemoryLedger):
    """The endpoint goes on answering, and says what is wrong."""
    ledger.down = "The server is gone."

    assert samples(as_text(collector(ledger))) == {"caspio_ingest_up": 0}


def test_the_ledger_is_asked_again_only_after_some_seconds(ledger: MemoryLedger, clock: FakeClock):
    """However often is scraped, what is known is good for the seconds that are set."""
    metrics = collector(ledger, cache_s=15)
    as_text(metrics)
    ledger.usage.add_counters({("pages", "receipts"): CounterValue(7)})
    clock.advance(14)
    early = samples(as_text(metrics))["caspio_ingest_processed_pages_total receipts"]
    clock.advance(1)

    assert (early, samples(as_text(metrics))["caspio_ingest_processed_pages_total receipts"]) == (
        3,
        10,
    )


def test_names_follow_the_conventions(ledger: MemoryLedger):
    """Counters end in _total, seconds and bytes are named as such, and each figure says what it is."""
    for family in registry(collector(ledger)).collect():
        assert family.name.startswith("caspio_ingest_")
        assert family.documentation.endswith(".")
        assert (family.type == "counter") == any(
            s.name.endswith("_total") for s in family.samples
        ) or not family.samples
        assert not re.search(r"_(ms|millis|mib|kb)(_|$)", family.name)


@contextmanager
def served(ledger: MemoryLedger) -> Iterator[str]:
    """Serve the metrics on a free port; yield the address."""
    with answering(collector(ledger), "127.0.0.1:0") as address:
        yield address


def test_prometheus_is_answered(ledger: MemoryLedger):
    """The endpoint gives the same text, and its port is free again afterwards."""
    with (
        served(ledger) as address,
        urllib.request.urlopen(f"http://{address}/metrics", timeout=120) as answer,
    ):
        assert samples(answer.read().decode())["caspio_ingest_up"] == 1


@pytest.mark.parametrize("address", ["[::1]:9464", ":9464", "127.0.0.1:9464"])
def test_an_address_of_the_settings_is_one_of_the_command_line(tmp_path: Path, address: str):
    """Prometheus may be answered at an address of IPv6, or of this machine alone."""
    missing = tmp_path / "missing.toml"

    done = CliRunner().invoke(app, ["metrics", "--config", str(missing), "--listen", address])

    # Behind the address, the settings file is the next thing that is looked at.
    assert isinstance(done.exception, BadSettings)


def _queries(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (
            value
            for key, value in node.items()
            if key in {"expr", "query", "definition"} and isinstance(value, str)
        )
        for value in node.values():
            yield from _queries(value)
    elif isinstance(node, list):
        for value in node:
            yield from _queries(value)


def test_the_dashboard_shows_metrics_that_are_exported(ledger: MemoryLedger):
    """Every name in a query of the dashboard, and of the alarms beside it, is one that is exported."""
    text = (GRAFANA / "caspio-ingest.json").read_text(encoding="utf-8")
    asked = " ".join(_queries(json.loads(text))) + (GRAFANA / "alerts.yml").read_text(
        encoding="utf-8"
    )
    exported = {
        sample.name for family in registry(collector(ledger)).collect() for sample in family.samples
    }
    names = set(re.findall(r"\bcaspio_ingest_\w+", asked))

    assert len(names) > 10
    assert names - exported == set()
