"""The flows `ingest`, `ingest-record` and `reprocess`: one run a source, one task a batch of seconds, none a file."""

from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from typing import Annotated

from prefect import State, flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.utilities.annotations import quote
from pydantic import Field

from flows import events
from flows.alarms import raise_alarms
from flows.artifacts import FlowProgress, leave_report
from flows.drain import draining
from flows.execute import (
    Tally,
    alone,
    finish_order,
    make_job,
    named_sources,
    new_run_id,
    prepare,
    recorded_run,
    source_problems,
)
from flows.messages import answering
from flows.order import Order
from flows.problems import Problems
from flows.report import Report
from flows.states import final_state, stopped_state
from flows.wiring import Connected, connect
from pipeline.batch import Crew, Selection, for_seconds, manned
from pipeline.errors import StopRequested
from pipeline.model import RecordWork, SourceSpec
from pipeline.ports import Clock
from pipeline.run import Job
from pipeline.settings import load_settings
from pipeline.summary import Summary

BATCH_S = 30.0
"""Seconds of work a task takes on: long enough that Prefect's own cost (about 30 ms a task) does not count."""

Source = Annotated[str, Field(description="The source's name in the settings file")]
Config = Annotated[str, Field(description="Path of the settings file, on the machine that runs the flow")]
Limit = Annotated[int | None, Field(ge=1, description="Stop after this many records")]
Yes = Annotated[bool, Field(description="Write, even where a new or changed source would only be planned")]


@dataclass(frozen=True, slots=True)
class Batch:
    """What a batch task works on until a moment; it stays in this process, and Prefect sees the counts only."""

    works: Iterator[RecordWork]
    crew: Crew
    tally: Tally
    source: str
    clock: Clock
    until_s: float

    def work(self) -> None:
        """Work until then, and leave what is in hand to the next batch; where nothing more comes, finish it."""
        self.crew.work(self.works)
        if self.clock.monotonic() < self.until_s:
            self.tally.summary.held += self.crew.finish()


@flow(name="ingest", flow_run_name="ingest {source}", description="Work on everything new or changed in a source.")
def ingest(source: Source, limit: Limit = None, yes: Yes = False, config: Config = "caspio-ingest.toml") -> State:  # noqa: FBT002 - Prefect passes parameters by name
    """Enumerate, then work in batches until nothing is left."""
    return _follow(Path(config), source, Order(limit=limit, yes=yes))


@flow(name="ingest-record", flow_run_name="ingest-record {source}", description="Work on a few records of a source.")
def ingest_record(
    source: Source,
    records: Annotated[
        list[str], Field(min_length=1, max_length=1000, description="PK_IDs; for a source that is a folder, paths")
    ],
    yes: Yes = False,  # noqa: FBT002 - Prefect passes parameters by name
    messages: Annotated[str, Field(description="Set by the webhook receiver: the messages this run is for")] = "",
    config: Config = "caspio-ingest.toml",
) -> State:
    """Take what is new or changed of the named records down the line, before everything else."""
    return _follow(Path(config), source, Order(records=tuple(records), yes=yes, batch=messages))


@flow(name="reprocess", flow_run_name="reprocess {source}", description="Read again, from the archive.")
def reprocess(  # noqa: PLR0917 - Prefect makes a form of them and passes them by name
    source: Source,
    records: Annotated[list[str] | None, Field(description="Only these PK_IDs")] = None,
    where: Annotated[str | None, Field(description="Only records that meet this WHERE clause")] = None,
    since: Annotated[date | None, Field(description="Only what was handled on or after this day (UTC)")] = None,
    stale: Annotated[bool, Field(description="Only what was read under other code, settings or models")] = False,  # noqa: FBT002
    yes: Yes = False,  # noqa: FBT002
    config: Config = "caspio-ingest.toml",
) -> State:
    """Take up a selection again. Without conditions: the whole source."""
    moment = datetime(since.year, since.month, since.day, tzinfo=UTC) if since else None
    selection = Selection(records=tuple(records or ()), where=where, since=moment, stale=stale)
    return _follow(Path(config), source, Order(selection=selection, yes=yes))


@task(cache_policy=NO_CACHE, task_run_name="batch {number}")
def work_batch(batch: Batch, *, number: int) -> dict[str, int]:
    """Work for about `BATCH_S` seconds and return documents by status."""
    before = batch.tally.summary.counts()
    with suppress(StopRequested):  # the flow asks again, and ends as what it is; this task has done its part
        batch.work()
    after = batch.tally.summary.counts()
    counts = {status: after[status] - before[status] for status in after if after[status] > before[status]}
    events.tell_batch(batch.source, number=number, counts=counts)
    get_run_logger().info("batch %d: %s", number, ", ".join(f"{n} {status}" for status, n in counts.items()))
    return counts


def _follow(config: Path, source: str, order: Order) -> State:
    """Run one source as a flow, and end in a state that says how it went."""
    interrupted = None
    with connect(load_settings(config)) as connected, draining(connected.drain):
        began = connected.parts.clock.monotonic()
        summary = Summary(new_run_id(connected))
        (spec,) = named_sources(connected.settings, [source])
        problems = source_problems(connected, spec, accept_types=order.yes)
        if problems:
            summary.stopped[source] = problems
        else:
            try:
                _run(connected, spec, summary, order)
            except StopRequested as error:
                interrupted = error
        seconds = connected.parts.clock.monotonic() - began
        document = summary.as_json(calls=connected.client.calls, seconds=seconds)
        report = Report(document, summary.failed, summary.planned, tuple(summary.shown()), tuple(summary.slowest))
        leave_report(source, report, connected=connected)
        raise_alarms(connected, source, summary, few=bool(order.records))
    return stopped_state(interrupted, summary.counts()) if interrupted else final_state(report, summary.counts())


def _run(connected: Connected, spec: SourceSpec, summary: Summary, order: Order) -> None:
    """Take a source down the line as a run of the ledger."""
    reread = order.selection is not None
    ledger = connected.parts.ledger
    with recorded_run(connected, order.kind, summary) as leases, answering(ledger, order, summary):
        job = make_job(connected, spec, summary.run_id, yes=order.yes, reread=reread, leases=leases)
        with alone(spec, summary):
            finish_order(job, order, _work(connected, job, summary, order))


def _work(connected: Connected, job: Job, summary: Summary, order: Order) -> Tally:
    """Hand out batches, one task after the other; the documents of a batch are worked on in parallel."""
    progress = FlowProgress(job.spec.name, clock=connected.parts.clock)
    tally = Tally(summary, Problems(get_run_logger()).tell, on_found=progress.expect)
    number = 0
    clock = connected.parts.clock
    with (
        manned(job, observe=tally.add, threads=connected.threads) as crew,
        closing(prepare(connected, job, tally, order)) as works,
    ):
        while (first := next(works, None)) is not None:
            job.go_on()
            number += 1
            until_s = clock.monotonic() + BATCH_S
            timed = chain([first], for_seconds(works, BATCH_S, clock=clock))
            batch = Batch(timed, crew, tally, job.spec.name, clock, until_s)
            work_batch(quote(batch), number=number)  # type: ignore[call-overload]  # Prefect unwraps quote
            progress.advance(tally.handled)
        job.go_on()
        summary.held += crew.finish()
    progress.advance(tally.handled)
    progress.finish()
    return tally
