"""One run over the sources: its row in the ledger, the records to work on, and what follows.

`run_source` is the same with and without Prefect; a `Runner` decides how the records are worked on.
"""

import uuid
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Protocol, TypeVar

from flows.app.accounts.own_archive import claim_archive
from flows.app.accounts.own_ledger import record_owner
from flows.app.missed_events import MissedEventCounter
from flows.app.run_request import RunRequest
from flows.app.sources import isolate_errors, named_sources
from flows.app.wiring import AppContext
from pipeline.context import SourceRun
from pipeline.decide.fingerprint import settings_hash
from pipeline.decide.naming import NameTemplate
from pipeline.environment import environment
from pipeline.errors import ArchiveUnavailable, StopRequested
from pipeline.learning.columns import learned_columns
from pipeline.metering.budget import Priority
from pipeline.metering.summary import FAILED, Summary
from pipeline.model import Confirm, FileRef, Outcome, RecordRef, RecordWork, SourceSpec, Status
from pipeline.record import new_records
from pipeline.source_run.checks import remember_types, require_pk_ids, unblock
from pipeline.source_run.leases import Leases, leased_worker
from pipeline.source_run.recovery import fill_review_table, recover_all, review_decisions
from pipeline.source_run.selection import Selection, requested_records, selected_records
from pipeline.source_run.worker_pool import Observe

T = TypeVar("T")


@dataclass(slots=True)
class OutcomeCounter:
    """Adds outcomes to a run's summary, and reports them to whatever shows the run's progress.

    Attributes:
        observe: Called with every outcome.
        found: Files listed so far; grows as pages are listed.
        handled: Files worked on so far, without those that are unchanged.
        on_found: Called with `found` whenever it grows.
        on_progress: Called with `handled` after each batch, where work is done in batches.
        on_finish: Called once, when nothing is left of the source.
        missed: Counts what webhooks did not report; None where that is not counted.
        requested: Records whose reprocess flag is set; they are worked on even if unchanged.
        missing: Versions that need a user and that no page of the listing has shown yet.
    """

    summary: Summary
    observe: Observe
    found: int = 0
    handled: int = 0
    on_found: Callable[[int], None] = field(default=lambda _: None)
    on_progress: Callable[[int], None] = field(default=lambda _: None)
    on_finish: Callable[[], None] = field(default=lambda: None)
    missed: MissedEventCounter | None = None
    requested: set[RecordRef | None] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)

    def add(self, outcome: Outcome) -> None:
        """Count an outcome and show it."""
        self.summary.add(outcome)
        self.handled += outcome.status is not Status.UNCHANGED
        self.observe(outcome)

    def unchanged(self, ref: FileRef) -> None:
        """Count a file that the ledger calls finished, unless its record is to be reprocessed."""
        self.missing.discard(ref.version)
        # Nearly always none is requested, and a listing has many files.
        if not self.requested or ref.record is None or ref.record not in self.requested:
            self.add(Outcome(ref, Status.UNCHANGED))

    def expect(self, files: int) -> None:
        """Add files that are about to be worked on."""
        self.found += files
        self.on_found(self.found)


class Runner(Protocol):
    """How the records of one source are worked on: directly, or as the tasks of a Prefect flow."""

    def counter(self, source: str, summary: Summary) -> OutcomeCounter:
        """Return a counter that shows the progress of a source."""

    def work(self, run: SourceRun, records: Iterator[RecordWork], counter: OutcomeCounter) -> int:
        """Work on the records; return how many files were left to other workers."""


def run_source(
    run: SourceRun, request: RunRequest, *, context: AppContext, summary: Summary, runner: Runner
) -> bool:
    """Work on one source as requested; an error in its configuration stops this source only.

    Returns whether it was planned to its end, so that it is confirmed once its report is made.

    Raises:
        BadSettings: a record that is named cannot be one.
    """
    named = request.records or (request.selection.records if request.selection else ())
    # Outside of what follows: it is the request that is wrong, and not the source.
    if run.spec.table is not None:
        require_pk_ids(named)
    counter, is_planned = runner.counter(run.spec.name, summary), False
    with (
        isolate_errors(run.spec, summary, context.ports.ledger),
        closing(prepare(context, run, counter, request)) as records,
    ):
        summary.leased_elsewhere += runner.work(run, records, counter)
        if not request.dry_run:
            is_planned = finish_request(run, request, counter)
    counter.on_finish()
    # After whatever stopped the source: what needed a user before still does.
    counted = run.ports.ledger.files.count_attention(FAILED, source=run.spec.name, keys=named)
    summary.needs_a_user += counted.open
    summary.acknowledged += counted.acknowledged
    return is_planned


def require_calls(
    context: AppContext, priority: Priority | None, sources: Sequence[str] = ()
) -> None:
    """Say for what kind of work calls are made, before the first one is, and refuse without any.

    The checks before a run make calls as well: without this, a schedule would go on beyond the
    budget. Without a priority it is a backlog if no source, of those named or of all, is caught up.

    Raises:
        BadSettings: a name is unknown.
        BudgetExhausted: the calls this priority may use are used up.
    """
    if priority is None:
        files = context.ports.ledger.files
        named = named_sources(context.settings, sources)
        caught_up = any(files.is_caught_up(spec.name) for spec in named)
        priority = Priority.NEW if caught_up else Priority.BACKFILL
    context.spending.priority = priority
    context.spending.require()


def new_run_id(context: AppContext) -> str:
    """Return an id that sorts by time: date, time, eight random hex digits. It names the worker.

    In a flow run these are the last eight of its id, by which a lost run is found at Prefect.
    """
    whole = environment("PREFECT__FLOW_RUN_ID") or uuid.uuid4().hex
    return f"{context.ports.clock.now():%Y%m%d-%H%M%S}-{whole.replace('-', '')[-8:]}"


def require_archive(context: AppContext) -> None:
    """Claim the archive before something is changed that has to be recorded in it.

    Raises:
        ForeignLedger, ArchiveUnavailable: as for `claim_archive`.
    """
    ports = context.ports
    try:
        claim_archive(context.settings, ports.archive, ports.ledger, ports.work_dir)
    except ArchiveUnavailable as error:
        raise ArchiveUnavailable(f"{error} Nothing was changed.") from error


@contextmanager
def recorded_run(
    context: AppContext,
    kind: str,
    summary: Summary,
    sources: Sequence[str] = (),
    *,
    needs_archive: bool = True,
) -> Iterator[Leases]:
    """Record a run in the ledger from start to end, with its counts and calls, however it ends.

    `sources` are those that it works on, where it is a run over sources. What does not need the
    archive claims it when it uses it.
    Yields the leases of this worker. It is a worker before it is a run, and longer: a run without
    a living worker is lost.

    Raises:
        ForeignLedger: the ledger or the archive belongs to another account.
        ArchiveUnavailable: the archive that the run needs cannot say whose it is.
    """
    ledger = context.ports.ledger
    record_owner(context.settings, ledger)
    # Before the run is recorded: what may not begin is no run, and so none that failed.
    context.spending.require()
    if needs_archive:
        require_archive(context)
    with leased_worker(ledger, summary.run_id) as leases:
        summary.lost_runs += ledger.usage.record_lost_runs()
        ledger.usage.start_run(summary.run_id, kind, sources)
        # What the ledger keeps if an error ends the run that no case below names.
        status = "stopped"
        try:
            yield leases
            if summary.stopped:
                status = "failed"
            else:
                status = "partly failed" if summary.needs_a_user else "done"
        except (KeyboardInterrupt, StopRequested):
            status = "interrupted"
            raise
        finally:
            # Also after an error: the calls were made, and they count in the month's budget.
            ledger.usage.finish_run(
                summary.run_id,
                status,
                counts=summary.counts(),
                calls=context.client.calls,
                values=asdict(summary.values),
            )


def make_source_run(
    context: AppContext,
    spec: SourceSpec,
    run_id: str,
    *,
    yes: bool,
    selection: Selection | None = None,
    leases: Leases | None = None,
) -> SourceRun:
    """Return the run for a source.

    The first run of a new or changed source only plans, unless `yes`. What a `selection` names is
    read again; if it selects stale files, only those read under another fingerprint are.
    """
    ledger = context.ports.ledger
    confirmed = (
        yes
        or spec.confirm is Confirm.NEVER
        or ledger.files.source_confirmed(spec.name, settings_hash(spec))
    )
    return SourceRun(
        spec,
        context.ports,
        run_id,
        plan_only=not confirmed,
        reread=selection is not None,
        reuse_readings=selection is not None and selection.stale,
        as_class=selection.as_class if selection is not None else "",
        template=NameTemplate(spec.rename) if spec.rename else None,
        leases=leases,
        other_sources=frozenset(context.settings.specs()) - {spec.name},
        check_stop=context.drain.require,
        learned=learned_columns(
            spec, ledger, context.ports.learner, precision=context.settings.learn.precision
        ),
    )


def prepare(
    context: AppContext, run: SourceRun, counter: OutcomeCounter, request: RunRequest
) -> Generator[RecordWork, None, None]:
    """Settle what an earlier run left open, then list the records that are new or requested.

    Close the generator, so that a listing that is not read to its end leaves nothing on disk.
    """
    # Until a source was written to its end once, its files are a backlog.
    caught_up = run.ports.ledger.files.is_caught_up(run.spec.name)
    by_progress = Priority.NEW if caught_up else Priority.BACKFILL
    context.spending.priority = request.priority or by_progress
    context.spending.require()
    if request.yes and not run.plan_only:
        # The operator has looked at the source. Unblock it before the work, not after it: what
        # another run meets meanwhile stays blocked.
        unblock(run.spec, run.ports.ledger)
    # First of all: a plan made on a record with an open change would be made on a wrong state.
    recover_all(run)
    # Decisions concern any record, so a run for a few records leaves them to the next whole one.
    if not request.records:
        for decided in review_decisions(run):
            counter.add(decided)
        for _row in within_budget(context, fill_review_table(run)):
            pass  # a row is an effect of its own, and has no outcome
    if request.selection is not None:
        records = _expected(selected_records(run, request.selection), counter)
    else:
        records = new_and_requested(run, request, counter)
    return within_budget(context, islice(records, request.limit))


def new_and_requested(
    run: SourceRun, request: RunRequest, counter: OutcomeCounter
) -> Iterator[RecordWork]:
    """Yield the records whose reprocess flag is set, then every other new or changed record."""
    counter.missed = MissedEventCounter(run) if request.whole else None
    if request.whole:
        known = run.ports.ledger.files.attention(FAILED, source=run.spec.name)
        counter.missing = {state.version for state in known}

    def listed(files: Sequence[FileRef]) -> None:
        # A page without anything new is no reason to go on after a request to stop.
        run.check_stop()
        counter.expect(len(files))
        counter.missing.difference_update(ref.version for ref in files)
        if counter.missed is not None:
            counter.missed.listed(files)

    new = new_records(run, only=request.records, on_unchanged=counter.unchanged, on_found=listed)
    # Requested records first: a user waits for them, and a limit or the budget may end the run.
    if run.spec.reprocess_column is not None and not run.plan_only:
        for work in _expected(requested_records(run, request.records), counter):
            counter.requested.add(work.record)
            yield work
    for work in new:
        # The others were worked on above.
        if work.record is None or work.record not in counter.requested:
            yield work


def _expected(records: Iterator[RecordWork], counter: OutcomeCounter) -> Iterator[RecordWork]:
    for work in records:
        counter.expect(len(work.files))
        yield work


def within_budget(context: AppContext, items: Iterator[T]) -> Generator[T, None, None]:
    """Yield items while calls are left this month and nobody asked to stop.

    What was started is finished; the rest waits for the next run.
    """
    for item in items:
        context.drain.require()
        context.spending.require()
        yield item


def finish_request(run: SourceRun, request: RunRequest, counter: OutcomeCounter) -> bool:
    """Conclude the source and count missed webhook events, after all records are worked on.

    Returns whether the whole source was planned. A plan of a few named records confirms nothing:
    the operator has not seen the others.
    """
    if request.records and run.plan_only:
        return False
    conclude(run, whole=request.whole)
    # What a user has deleted or replaced needs nobody any more.
    if counter.missing:
        run.ports.ledger.files.gone(counter.missing)
    if counter.missed is not None:
        counter.summary.missed += counter.missed.conclude()
    return run.plan_only


def confirm(run: SourceRun) -> None:
    """Let the next run of a source write what its settings say.

    A planned source is confirmed when its whole run has ended: the plan of one that was
    interrupted is in no report, so nobody has seen it.
    """
    run.ports.ledger.files.confirm_source(run.spec.name, settings_hash(run.spec))


def conclude(run: SourceRun, *, whole: bool = True) -> None:
    """Record that a source was run with its settings, and when it was first complete.

    One that was only planned is confirmed with `confirm`.
    """
    ledger = run.ports.ledger
    if not run.plan_only:
        confirm(run)
    remember_types(run.spec, target=run.ports.target, ledger=ledger)
    if whole and not run.plan_only:
        ledger.files.record_caught_up(run.spec.name, run.run_id)
