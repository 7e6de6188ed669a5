"""Describe the metrics for Prometheus, from what the collector answers about an empty ledger."""

from pathlib import Path
from tempfile import TemporaryDirectory

from flows.telemetry.metrics import LedgerCollector
from pipeline.adapters.sql_ledger import SqlLedger
from pipeline.adapters.system_clock import SystemClock
from pipeline.metering.budget import Allowance


def metrics() -> str:
    """Write every metric with its kind and its description."""
    clock = SystemClock()
    with TemporaryDirectory(prefix="caspio-ingest-") as folder:
        ledger = SqlLedger(f"sqlite:///{Path(folder) / 'ledger.db'}", clock=clock)
        try:
            collector = LedgerCollector(
                ledger,
                clock,
                account="abc12345.caspio.com",
                allowance=Allowance(monthly_calls=1),
                cache_s=0,
            )
            found = list(collector.collect())
        finally:
            ledger.close()
    rows = ["| metric | kind | description |", "|---|---|---|"]
    rows += [f"| `{one.name}` | {one.type} | {one.documentation} |" for one in found]
    return "\n".join(rows)
