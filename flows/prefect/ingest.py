"""The flows `ingest`, `ingest-record` and `reprocess`: one run a source, one task a batch of seconds, none a file."""

from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from prefect import State, flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.utilities.annotations import quote

from flows.app.drain import draining
from flows.app.execute import (
    OutcomeCounter,
    alone,
    finish_request,
    make_job,
    named_sources,
    new_run_id,
    prepare,
    recorded_run,
    source_problems,
)
from flows.app.preview import preview
from flows.app.run_report import Report
from flows.app.run_request import RunRequest
from flows.app.settings import load_settings
from flows.app.webhook_messages import answering
from flows.app.wiring import AppContext, connect
from flows.prefect.ui import events
from flows.prefect.ui.alarms import raise_alarms
from flows.prefect.ui.artifacts import FlowProgress, leave_report
from flows.prefect.ui.forms import Config, Day, Limit, NamedRecords, Records, Source, Where
from flows.prefect.ui.plan import leave_selection
from flows.prefect.ui.problems import Problems
from flows.prefect.ui.states import ended, final_state, stopped_state
from pipeline.errors import StopRequested
from pipeline.metering.summary import Summary
from pipeline.model import RecordWork, SourceSpec
from pipeline.ports import Clock
from pipeline.record import SourceRun
from pipeline.source_run.worker_pool import Selection, WorkerPool, for_seconds, manned

BATCH_S = 30.0
"""Seconds of work a task takes on: long enough that Prefect's own cost (about 30 ms a task) does not count."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What a batch task works on until a moment; it stays in this process, and Prefect sees the counts only."""

    works: Iterator[RecordWork]
    crew: WorkerPool
    counter: OutcomeCounter
    source: str
    clock: Clock
    until_s: float

    def work(self) -> None:
        """Work until then, and leave what is in hand to the next batch; where nothing more comes, finish it."""
        self.crew.work(self.works)
        if self.clock.monotonic() < self.until_s:
            self.counter.summary.held += self.crew.finish()


@flow(
    name="ingest",
    flow_run_name="ingest {source}",
    description="Work on everything new or changed in a source.",
)
def ingest(
    source: Source,
    limit: Limit = None,
    yes: bool = False,  # noqa: FBT001, FBT002 - Prefect passes parameters by name
    dry_run: bool = False,  # noqa: FBT001, FBT002 - the same
    config: Config = "caspio-ingest.toml",
) -> State:
    """Enumerate, then work in batches until nothing is left.

    Args:
        source: The source, as the settings name it.
        limit: Stop after this many records. None is no limit.
        yes: Write, even where a new or changed source would only be planned.
        dry_run: Read, archive and plan, and write nothing to Caspio, whatever else is chosen.
        config: The settings file, on the machine that runs the flow.
    """
    return ended(
        lambda: _follow(Path(config), source, RunRequest(limit=limit, yes=yes, dry_run=dry_run))
    )


@flow(
    name="ingest-record",
    flow_run_name="ingest-record {source}",
    description="Work on a few records of a source.",
)
def ingest_record(
    source: Source,
    records: NamedRecords,
    yes: bool = False,  # noqa: FBT001, FBT002 - Prefect passes parameters by name
    messages: str = "",
    config: Config = "caspio-ingest.toml",
) -> State:
    """Take what is new or changed of the named records down the line, before everything else.

    Args:
        source: The source, as the settings name it.
        records: PK_IDs; for a source that is a folder, paths of the Files area.
        yes: Write, even where a new or changed source would only be planned.
        messages: Set by the webhook receiver: the messages this run is for.
        config: The settings file, on the machine that runs the flow.
    """
    return ended(
        lambda: _follow(
            Path(config), source, RunRequest(records=tuple(records), yes=yes, batch=messages)
        )
    )


@flow(
    name="reprocess",
    flow_run_name="reprocess {source}",
    description="Read again, from the archive.",
)
def reprocess(  # noqa: PLR0917 - Prefect makes a form of them and passes them by name
    source: Source,
    records: Records = [],  # noqa: B006 - Prefect copies it
    where: Where = "",
    since: Day | None = None,
    stale: bool = False,  # noqa: FBT001, FBT002 - the form's switches
    yes: bool = False,  # noqa: FBT001, FBT002 - the same
    dry_run: bool = False,  # noqa: FBT001, FBT002 - the same
    config: Config = "caspio-ingest.toml",
) -> State:
    """Take up a selection again. Without conditions: the whole source.

    Args:
        source: The source, as the settings name it.
        records: Only these PK_IDs; for a source that is a folder, paths of the Files area.
        where: Only records that meet this WHERE clause, such as Status = 'open'.
        since: Only what was handled on or after this day (UTC).
        stale: Only what was read or planned under other code, settings or models.
        yes: Write, even where a new or changed source would only be planned.
        dry_run: Show which records would be read again, and stop there.
        config: The settings file, on the machine that runs the flow.
    """
    moment = datetime(since.year, since.month, since.day, tzinfo=UTC) if since else None
    selection = Selection(records=tuple(records), where=where or None, since=moment, stale=stale)
    return ended(
        lambda: _follow(
            Path(config), source, RunRequest(selection=selection, yes=yes, dry_run=dry_run)
        )
    )


@task(cache_policy=NO_CACHE, task_run_name="batch {number}")
def work_batch(batch: Batch, *, number: int) -> dict[str, int]:
    """Work for about `BATCH_S` seconds and return documents by status."""
    before = batch.counter.summary.counts()
    with suppress(
        StopRequested
    ):  # the flow asks again, and ends as what it is; this task has done its part
        batch.work()
    after = batch.counter.summary.counts()
    counts = {
        status: after[status] - before[status] for status in after if after[status] > before[status]
    }
    events.tell_batch(batch.source, number=number, counts=counts)
    get_run_logger().info(
        "batch %d: %s", number, ", ".join(f"{n} {status}" for status, n in counts.items())
    )
    return counts


def _follow(config: Path, source: str, request: RunRequest) -> State:
    """Run one source as a flow, and end in a state that says how it went."""
    interrupted = None
    with connect(load_settings(config)) as context, draining(context.drain):
        began = context.ports.clock.monotonic()
        summary = Summary(new_run_id(context))
        (spec,) = named_sources(context.settings, [source])
        problems = source_problems(context, spec, accept_types=request.yes)
        if problems:
            summary.stopped[source] = problems
        else:
            try:
                _run(context, spec, summary, request)
            except StopRequested as error:
                interrupted = error
        document = context.document(summary, began=began)
        report = Report(
            document,
            summary.failed,
            summary.planned,
            tuple(summary.shown()),
            tuple(summary.slowest),
        )
        leave_report(source, report, context=context)
        raise_alarms(context, source, summary, few=bool(request.records))
    return (
        stopped_state(interrupted, summary.counts())
        if interrupted
        else final_state(report, summary.counts())
    )


def _run(context: AppContext, spec: SourceSpec, summary: Summary, request: RunRequest) -> None:
    """Take a source down the line as a run of the ledger."""
    ledger = context.ports.ledger
    with (
        recorded_run(context, request.kind, summary) as leases,
        answering(ledger, request, summary),
    ):
        job = make_job(
            context,
            spec,
            summary.run_id,
            yes=request.yes,
            selection=request.selection,
            leases=leases,
        )
        if request.dry_run:
            job = replace(job, plan_only=True)
        with alone(spec, summary):
            if request.dry_run and request.selection is not None:
                seen = preview(context, job, request.selection)
                leave_selection(seen)
                summary.planned = seen.total
                return
            counter = _work(context, job, summary, request)
            if not request.dry_run:
                finish_request(job, request, counter)


def _work(
    context: AppContext, job: SourceRun, summary: Summary, request: RunRequest
) -> OutcomeCounter:
    """Hand out batches, one task after the other; the documents of a batch are worked on in parallel."""
    progress = FlowProgress(job.spec.name, clock=context.ports.clock)
    counter = OutcomeCounter(summary, Problems(get_run_logger()).tell, on_found=progress.expect)
    number = 0
    clock = context.ports.clock
    with (
        manned(job, observe=counter.add, threads=context.threads) as crew,
        closing(prepare(context, job, counter, request)) as works,
    ):
        while (first := next(works, None)) is not None:
            job.go_on()
            number += 1
            until_s = clock.monotonic() + BATCH_S
            timed = chain([first], for_seconds(works, BATCH_S, clock=clock))
            batch = Batch(timed, crew, counter, job.spec.name, clock, until_s)
            work_batch(quote(batch), number=number)  # type: ignore[call-overload]  # Prefect unwraps quote
            progress.advance(counter.handled)
        job.go_on()
        summary.held += crew.finish()
    progress.advance(counter.handled)
    progress.finish()
    return counter
