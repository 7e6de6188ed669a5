"""Alarms after a run, as events: many failures, a budget nearly used, a growing quarantine."""

from flows.app.wiring import AppContext
from flows.prefect.ui import events
from flows.prefect.ui.states import FAILED_SHARE, failed_share
from pipeline.metering.summary import NEEDS_ATTENTION, Summary
from pipeline.ports import Ledger

BUDGET_LOW_SHARE = 0.8
"""Share of the month's calls from which on each run raises an alarm."""


def raise_alarms(context: AppContext, source: str, summary: Summary, *, few: bool = False) -> None:
    """Send an event for each reason to look.

    After a run of a `few` named records, the documents of the whole source are not counted.
    """
    run_id, counts = summary.run_id, summary.counts()
    # A run of few documents counts, too: a broken mapping shows in the first ones.
    share = failed_share(summary.failed, counts)
    if share >= FAILED_SHARE:
        events.send(events.MANY_FAILED, source, run=run_id, share=round(share, 3), **counts)
    used, budget = context.spending.used.calls, context.settings.caspio.monthly_calls
    if budget is not None and used >= BUDGET_LOW_SHARE * budget:
        events.send(events.BUDGET_LOW, source, run=run_id, used=used, budget=budget)
    if few:
        return
    before, now = compare_quarantine(context.ports.ledger, source, run_id=run_id)
    if now > before:
        events.send(events.QUARANTINE_GREW, source, run=run_id, before=before, now=now)


def compare_quarantine(ledger: Ledger, source: str, *, run_id: str) -> tuple[int, int]:
    """Return how many documents of a source needed a user when last counted, and need one now.

    The new count is kept. What grew between two runs, by a command or another worker, is noticed
    by the next.
    """
    before = ledger.files.attention_count(source)
    by_status = ledger.files.counts().get(source, {})
    now = sum(by_status.get(status, 0) for status in NEEDS_ATTENTION)
    # Written only if it changed: most runs change nothing, and the ledger is shared.
    if now != before:
        ledger.files.save_attention_count(source, now, run_id=run_id)
    return before, now
