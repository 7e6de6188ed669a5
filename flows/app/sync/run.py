"""Run, plan and undo a sync as one run of the ledger; one run of a sync at a time."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.app.accounts.wiring import open_own_ledger
from flows.app.drain import Drain
from flows.app.reading import KeptReader
from flows.app.settings import load_settings
from flows.app.source_runs import new_run_id, recorded_run
from flows.app.sync.wiring import connected_sync, named_sync, placed_spec
from flows.app.webhook_messages import MessagesResult, answering_batch
from flows.app.wiring import AppContext, connect, connected
from flows.app.wiring.ports import open_ledger
from pipeline.errors import AtWorkElsewhere, BadSettings
from pipeline.metering.budget import Priority
from pipeline.metering.summary import Summary
from pipeline.model.review import Decider, ReviewState
from pipeline.model.sync import Side, SyncSpec
from pipeline.ports import Ledger
from pipeline.source_run.checks import require_pk_ids
from pipeline.sync.context import SyncContext
from pipeline.sync.report import SyncReport
from pipeline.sync.reviews import decide
from pipeline.sync.run import run_sync
from pipeline.sync.undo import undo_sync
from pipeline.wording import counts_text

PATIENCE_S = 120.0
"""Seconds that a whole run waits for another one: those for messages take a few."""

# A look is one short query at the ledger; a second run mostly waits for some seconds only.
_LOOK_S = 0.5


@dataclass(frozen=True, slots=True)
class SyncResult:
    """A report with its document for --json."""

    report: SyncReport
    document: Mapping[str, Any]


def run_one(
    context: AppContext,
    name: str,
    *,
    sweep: bool = False,
    delete_all: bool = False,
    records: Sequence[str] = (),
    batch: str = "",
) -> SyncResult:
    """Bring both sides of a sync together; `batch` names the webhook messages that it is for.

    Raises:
        AtWorkElsewhere: another run works on the sync.
        BadSettings: a record that is named cannot be one.
    """
    with _recorded(context, name, "sync", batch=batch) as sync:
        if not sync.spec.is_view:
            require_pk_ids(records)
        if batch and sync.ledger.progress(sync.spec.identity).swept_at is None:
            # A few rows of an empty mirror would keep an export task from loading it.
            sync.report.notes.append("left to the first run of the sync, which compares every row")
        else:
            run_sync(sync, sweep=sweep, delete_all=delete_all, only=records)
    return _result(context, sync.report)


def plan_one(
    context: AppContext,
    name: str,
    *,
    sweep: bool = False,
    delete_all: bool = False,
    records: Sequence[str] = (),
) -> SyncResult:
    """Say what a run would do, and how many calls it would make; nothing is written."""
    settings = named_sync(context.settings, name)
    # A plan makes the calls of a comparison; only the writes are left out.
    context.spending.require()
    run_id = new_run_id(context)
    with connected_sync(context, settings, run_id=run_id, dry_run=True) as sync:
        run_sync(sync, sweep=sweep, delete_all=delete_all, only=records)
    return _result(context, sync.report)


def undo_one(context: AppContext, name: str, run_id: str) -> SyncResult:
    """Take back what a run of a sync wrote."""
    with _recorded(context, name, "sync undo") as sync:
        undo_sync(sync, run_id)
    return _result(context, sync.report)


@contextmanager
def _recorded(
    context: AppContext, name: str, kind: str, *, batch: str = ""
) -> Iterator[SyncContext]:
    settings = named_sync(context.settings, name)
    spec = placed_spec(settings)
    ledger = context.ports.ledger
    # The first run compares every row: documents that arrive meanwhile go first.
    is_new = ledger.syncs.progress(spec.identity).swept_at is None
    context.spending.priority = Priority.BACKFILL if is_new else Priority.NEW
    if batch:
        context.spending.priority = Priority.WEBHOOK
    summary = Summary(new_run_id(context))
    reports: list[SyncReport] = []
    with (
        recorded_run(context, kind, summary, [spec.name], needs_archive=False),
        answering_batch(ledger, batch, summary.run_id, lambda: _answer(reports[0])),
    ):
        # Messages are put back and wait in the ledger; a schedule tries again in an hour only.
        take_sync(context, spec, summary.run_id, patience_s=0.0 if batch else PATIENCE_S)
        with connected_sync(context, settings, run_id=summary.run_id) as sync:
            reports.append(sync.report)
            yield sync


def take_sync(context: AppContext, spec: SyncSpec, run_id: str, *, patience_s: float) -> None:
    """Lease a sync, and wait so many seconds for the run that has it.

    Raises:
        AtWorkElsewhere: it still has it then.
        StopRequested: the run was asked to stop meanwhile.
    """
    clock, ledger = context.ports.clock, context.ports.ledger
    ends_at = clock.monotonic() + patience_s
    while not ledger.leases.claim(run_id, [[spec.source]])[0]:
        if clock.monotonic() >= ends_at:
            problem = f"Another run works on sync {spec.name!r}. Run again when it has ended."
            raise AtWorkElsewhere(problem)
        # A run that waits has begun nothing, so it can stop at once.
        context.drain.require()
        clock.sleep(_LOOK_S)


def _answer(report: SyncReport) -> MessagesResult:
    """Say what became of the records that messages have reported."""
    again = "a row changed during the run, or a write is in doubt" if report.unsettled else ""
    counts = counts_text(dict(sorted(report.counts.items())))
    result = "; ".join(filter(None, [counts, *report.notes]))
    return MessagesResult(again, result or "nothing to do: the record is not in the sync")


def _result(context: AppContext, report: SyncReport) -> SyncResult:
    return SyncResult(report, report.as_json(calls=context.client.calls))


def status_of(ledger: Ledger, spec: SyncSpec) -> Mapping[str, Any]:
    """Return what the ledger knows of a sync; no call is made."""
    progress = ledger.syncs.progress(spec.identity)
    items = ledger.effects.review_items(spec.source)
    waiting = [item for item in items if item.state is ReviewState.OPEN]
    return {
        "sync": spec.name,
        "container": spec.container,
        "mirror": ".".join(filter(None, (spec.mirror_schema, spec.mirror_table))),
        "direction": spec.direction,
        "rows": ledger.syncs.count(spec.identity),
        "swept_at": progress.swept_at.isoformat() if progress.swept_at else None,
        "caspio_mark": progress.caspio_mark or None,
        "open_effects": len(ledger.syncs.open(spec.identity)),
        "conflicts": [
            {
                "key": item.record.pk,
                "column": item.suggestion.column,
                "caspio": item.suggestion.current,
                "mirror": item.suggestion.suggested,
            }
            for item in waiting
        ],
    }


def decide_one(
    ledger: Ledger, spec: SyncSpec, key: str, winner: Side, *, column: str = ""
) -> list[str]:
    """Decide the conflicts of a row that wait, or one of them; return their columns.

    Raises:
        BadSettings: none waits.
    """
    waiting = [
        item
        for item in ledger.effects.review_items(spec.source)
        if item.state is ReviewState.OPEN
        and item.record.pk == key
        and column in {"", item.suggestion.column}
    ]
    if not waiting:
        problem = f"No conflict of row {key} of sync {spec.name!r} waits for a decision."
        raise BadSettings([f"{problem} `sync status {spec.name}` shows those that do."])
    for item in waiting:
        # No run is made for it: the next one carries out what is decided here.
        decide(ledger.effects, item, winner, decider=Decider.USER, run_id="")
    return [item.suggestion.column for item in waiting]


def run_directly(
    config: Path, name: str, *, sweep: bool, delete_all: bool, records: Sequence[str] = ()
) -> SyncResult:
    """Run a sync in this process."""
    with connected(config) as context:
        return run_one(context, name, sweep=sweep, delete_all=delete_all, records=records)


def run_reported(
    config: Path,
    name: str,
    records: Sequence[str],
    batch: str,
    *,
    drain: Drain,
    kept: KeptReader | None = None,
) -> SyncResult:
    """Compare the records that a batch of webhook messages reports, until `drain` asks to stop.

    A sync reads no document, so that `kept` spares it a reader that would only be opened.
    """
    with connect(load_settings(config), drain=drain, kept=kept) as context:
        return run_one(context, name, records=records, batch=batch)


def plan_directly(config: Path, name: str, *, sweep: bool, delete_all: bool) -> SyncResult:
    """Plan a sync."""
    with connected(config) as context:
        return plan_one(context, name, sweep=sweep, delete_all=delete_all)


def undo_directly(config: Path, name: str, run_id: str) -> SyncResult:
    """Undo a run of a sync."""
    with connected(config) as context:
        return undo_one(context, name, run_id)


def status_directly(config: Path, name: str) -> Mapping[str, Any]:
    """Return what is known of a sync."""
    settings = load_settings(config, credentials=False)
    with open_ledger(settings) as ledger:
        return status_of(ledger, placed_spec(named_sync(settings, name)))


def decide_directly(
    config: Path, name: str, key: str, winner: Side, *, column: str = ""
) -> list[str]:
    """Decide conflicts of a row."""
    settings = load_settings(config, credentials=False)
    with open_own_ledger(settings) as ledger:
        return decide_one(ledger, named_sync(settings, name).spec(), key, winner, column=column)
