"""Alarms after a run, as events: once for one cause, naming the source and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flows.app.wiring import AppContext
from flows.prefect.ui import events
from flows.prefect.ui.states import FAILED_SHARE, failed_share
from pipeline.metering.summary import FAILED, Summary
from pipeline.model import Status, short_digest
from pipeline.ports import Ledger
from pipeline.wording import counted

BUDGET_LOW_SHARE = 0.8
"""Share of the month's calls from which on an alarm is raised, once a month."""

_WHAT = {
    Status.REJECTED: "rejected",
    Status.CONFLICT: "left in conflict",
    Status.FAILED: "not processed",
}


@dataclass(frozen=True, slots=True)
class Alarm:
    """A reason to look.

    Attributes:
        event: Its event.
        about: What it is about: a source, or the account.
        cause: Distinguishes one cause from the next; "" if there is none at present.
        message: What happened and what to do, as sentences.
    """

    event: str
    about: str
    cause: str
    message: str = ""
    metrics: Mapping[str, object] = field(default_factory=dict)


def raise_alarms(context: AppContext, source: str, summary: Summary, *, few: bool = False) -> None:
    """Send an event for each new reason to look.

    A run of a `few` named records raises one only for documents that did not need a user before.
    """
    ledger = context.ports.ledger
    budget = budget_low(context)
    due = source_alarms(ledger, source, summary, few=few)
    due += [budget] if is_new(budget, ledger) else []
    keep(budget, ledger)
    for alarm in due:
        message, metrics = alarm.message, alarm.metrics
        events.send(alarm.event, source, run=summary.run_id, message=message, **metrics)


def forget_settled(ledger: Ledger, source: str) -> None:
    """Before a run, take what users repaired or acknowledged off the number that is compared with.

    Otherwise as many new documents as those would raise no alarm.
    """
    before = _last_count(ledger, source)
    now = _count(ledger, source) if before else 0
    if now < before:
        ledger.files.keep_alarm(source, events.QUARANTINE_GREW, str(now))


def source_alarms(ledger: Ledger, source: str, summary: Summary, *, few: bool) -> list[Alarm]:
    """Return the alarms of a source whose cause is new, and keep the causes of those."""
    failing = many_failed(source, summary)
    due = [failing] if is_new(failing, ledger) else []
    # Whoever names a known document again needs no alarm. Counted only where there may be one.
    if few and not due:
        keep(failing, ledger)
        return []
    before, now = _last_count(ledger, source), _count(ledger, source)
    # Nothing is kept of what is not sent: a later run of the whole source may have to send it.
    if few and now <= before:
        return []
    grown = quarantine_grew(source, summary, before=before, now=now)
    keep(failing, ledger)
    keep(grown, ledger)
    # The documents of the other alarm are those by which the number has grown.
    return due if due or now <= before else [grown]


def _last_count(ledger: Ledger, source: str) -> int:
    return int(ledger.files.last_alarm(source, events.QUARANTINE_GREW) or 0)


def _count(ledger: Ledger, source: str) -> int:
    return ledger.files.count_attention(FAILED, source=source).open


def is_new(alarm: Alarm, ledger: Ledger) -> bool:
    """Say whether an alarm has a cause that is not the last one's."""
    return alarm.cause not in {"", ledger.files.last_alarm(alarm.about, alarm.event)}


def keep(alarm: Alarm, ledger: Ledger) -> None:
    """Keep the cause of an alarm, "" where there is none at present."""
    ledger.files.keep_alarm(alarm.about, alarm.event, alarm.cause)


def many_failed(source: str, summary: Summary) -> Alarm:
    """Return the alarm of a run in which too many documents did not get through."""
    counts = summary.counts()
    # A run of few documents counts, too: a broken mapping shows in the first ones.
    share = failed_share(summary.failed, counts)
    if share < FAILED_SHARE:
        return Alarm(events.MANY_FAILED, source, "")
    reasons = {one.reason for one in summary.problems if one.status in FAILED}
    message = (
        f"{what_happened(source, summary, summary.failed)}, {share:.0%} of those worked on. "
        "The report of the run has the reasons."
    )
    metrics = {"share": round(share, 3), **counts}
    # The same reasons run after run are one cause, such as a mapping that is broken.
    return Alarm(events.MANY_FAILED, source, short_digest(sorted(reasons)), message, metrics)


def quarantine_grew(source: str, summary: Summary, *, before: int, now: int) -> Alarm:
    """Return the alarm of a source of which more documents need a user than when last counted."""
    message = (
        f"{what_happened(source, summary, now - before)}. `caspio-ingest status` has the reasons; "
        "`caspio-ingest acknowledge` silences what is to stay as it is."
    )
    return Alarm(events.QUARANTINE_GREW, source, str(now), message, {"before": before, "now": now})


def budget_low(context: AppContext) -> Alarm:
    """Return the alarm of an account whose calls of this month are nearly used."""
    about = f"account {context.settings.caspio.account}"
    used, budget = context.spending.used.calls, context.settings.caspio.monthly_calls
    if budget is None or used < BUDGET_LOW_SHARE * budget:
        return Alarm(events.BUDGET_LOW, about, "")
    message = (
        f"{used:,} of the {budget:,} Caspio calls of this month are used. Raise "
        "caspio.monthly_calls if the account has more; otherwise work waits for the next month."
    )
    month = f"{context.ports.clock.now():%Y-%m}"
    return Alarm(events.BUDGET_LOW, about, month, message, {"used": used, "budget": budget})


def what_happened(source: str, summary: Summary, documents: int) -> str:
    """Return how many documents of a source need a user, why, and since when."""
    statuses = [_WHAT[status] for status in _WHAT if summary.documents[status]]
    verb = "was" if documents == 1 else "were"
    what = " or ".join(statuses) or "rejected"
    # A run's id begins with date and time: 20260301-140512-….
    since = f"{summary.run_id[9:11]}:{summary.run_id[11:13]} UTC"
    return f"{counted(documents, 'document')} of {source} {verb} {what} since {since}"
