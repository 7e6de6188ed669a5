"""What the flows over one source share: batches as tasks, progress, report and final state."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path

from prefect import State, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.utilities.annotations import quote

from flows.app.classes import require_class
from flows.app.preview import preview
from flows.app.run_report import Report
from flows.app.run_request import RunRequest
from flows.app.source_runs import (
    OutcomeCounter,
    confirm,
    make_source_run,
    new_run_id,
    recorded_run,
    require_calls,
    run_source,
)
from flows.app.sources import isolate_errors, named_sources, source_problems
from flows.app.webhook_messages import answering
from flows.app.wiring import AppContext, connected
from flows.prefect.deployments.priorities import settings_name
from flows.prefect.requests.learn_again import learn_if_grown
from flows.prefect.requests.lost_requests import ask_again_for_lost
from flows.prefect.requests.overtaken import skip_overtaken
from flows.prefect.requests.silent_runs import patience
from flows.prefect.server import Server
from flows.prefect.ui import events
from flows.prefect.ui.alarms import forget_settled, raise_alarms
from flows.prefect.ui.artifacts import FlowProgress, leave_report
from flows.prefect.ui.plan import leave_selection
from flows.prefect.ui.problems import Problems
from flows.prefect.ui.states import final_state, stopped_state
from pipeline.context import SourceRun
from pipeline.errors import StopRequested
from pipeline.metering.summary import Summary
from pipeline.model import RecordWork, SourceSpec
from pipeline.ports import Clock
from pipeline.source_run.worker_pool import WorkerPool, for_seconds, worker_pool

BATCH_S = 30.0
"""Seconds of work for one task. Prefect's own cost, about 30 ms a task, stays negligible."""


@dataclass(frozen=True, slots=True)
class BatchWork:
    """The work of one batch task, for a time. It stays in this process; Prefect only sees counts.

    Attributes:
        until_s: Reading of the clock at which the batch ends.
    """

    records: Iterator[RecordWork]
    pool: WorkerPool
    counter: OutcomeCounter
    source: str
    clock: Clock
    until_s: float

    def work(self) -> int:
        """Work until the end of the batch; return how many files were left to other workers.

        Records in hand stay with the pool for the next batch. If no records are left, finish them.
        """
        self.pool.process(self.records)
        # Time is left, so the records have ended, and no later batch will wait for those in hand.
        return self.pool.finish() if self.clock.monotonic() < self.until_s else 0


@task(cache_policy=NO_CACHE, task_run_name="batch {number}")
def work_batch(batch: BatchWork, *, number: int) -> dict[str, int]:
    """Work for about `BATCH_S` seconds and return documents by status."""
    summary = batch.counter.summary
    before = summary.counts()
    with suppress(StopRequested):  # the flow asks again and ends as stopped; this task is done
        summary.leased_elsewhere += batch.work()
    after = summary.counts()
    # The summary counts over the whole run, and a task reports its own part only.
    counts = {name: after[name] - before[name] for name in after if after[name] > before[name]}
    events.send_batch(batch.source, number=number, counts=counts)
    listed = ", ".join(f"{count} {status}" for status, count in counts.items())
    get_run_logger().info("batch %d: %s", number, listed)
    return counts


@dataclass(frozen=True, slots=True)
class PrefectRunner:
    """Works on records in batches, one task after the other; a batch's records run in parallel.

    Attributes:
        does_scheduled_work: True if it does what a scheduled run of the source would do.
    """

    context: AppContext
    does_scheduled_work: bool

    def counter(self, source: str, summary: Summary) -> OutcomeCounter:
        """Return a counter that moves the flow run's progress artifact and logs problems."""
        progress = FlowProgress(source, clock=self.context.ports.clock)
        observe = Problems(get_run_logger()).report
        counter = OutcomeCounter(summary, observe, on_found=progress.expect)

        def finish() -> None:
            # The last update may be seconds old, since the artifact is not updated each time.
            progress.advance(counter.handled)
            progress.finish()

        counter.on_progress = progress.advance
        counter.on_finish = finish
        return counter

    def work(self, run: SourceRun, records: Iterator[RecordWork], counter: OutcomeCounter) -> int:
        """Work on the records; return how many files were left to other workers at the end."""
        clock = self.context.ports.clock
        with worker_pool(run, observe=counter.add, threads=self.context.threads) as pool:
            for number in count(1):
                if self.does_scheduled_work:
                    skip_overtaken()
                # Taken before the task is made: a task without a record would only be noise in the
                # UI.
                first = next(records, None)
                run.check_stop()
                if first is None:
                    return pool.finish()
                # The clock starts with the first record: to list a large source may take minutes.
                until_s = clock.monotonic() + BATCH_S
                timed = chain([first], for_seconds(records, BATCH_S, clock=clock))
                batch = BatchWork(timed, pool, counter, run.spec.name, clock, until_s)
                # Quoted, because Prefect would search the whole batch for results of other tasks.
                work_batch(quote(batch), number=number)  # type: ignore[call-overload]  # unwrapped
                counter.on_progress(counter.handled)
        return 0


def run_flow(config: Path, source: str, request: RunRequest) -> State:
    """Run one source as a flow, and return a state that says how it went."""
    interrupted = None
    with connected(config) as context:
        require_class(context.settings, request.selection)
        require_calls(context, request.priority, [source])
        started = context.ports.clock.monotonic()
        server = Server.from_environment()
        if server is not None:
            name = settings_name(context.settings)
            after = patience(context.settings.serve.heartbeat_s)
            ask_again_for_lost(server, name, context.ports.ledger, silent_after=after)
        summary = Summary(new_run_id(context))
        forget_settled(context.ports.ledger, source)
        (spec,) = named_sources(context.settings, [source])
        problems = source_problems(context, spec, accept_types=request.yes)
        context.ports.ledger.files.save_stopped(source, problems)
        if problems:
            summary.stopped[source] = problems
        else:
            try:
                run_recorded(context, spec, summary, request)
            except StopRequested as error:
                # Kept until the report is made: what was done before the stop is part of it.
                interrupted = error
        report = Report.of(summary, context.document(summary, started=started))
        leave_report(source, report, context=context)
        # While the ledger is still open, which the alarms compare with.
        named = request.records or (request.selection and request.selection.records)
        raise_alarms(context, source, summary, few=bool(named))
        if server is not None and interrupted is None:
            learn_if_grown(server, context.settings, spec, request, summary)
    if interrupted:
        return stopped_state(interrupted, summary.counts())
    return final_state(report, summary.counts())


def run_recorded(
    context: AppContext, spec: SourceSpec, summary: Summary, request: RunRequest
) -> None:
    """Run a source as a run of the ledger."""
    with (
        recorded_run(context, request.kind, summary, [spec.name]) as leases,
        answering(context.ports.ledger, request, summary),
    ):
        run = make_source_run(
            context,
            spec,
            summary.run_id,
            yes=request.yes,
            selection=request.selection,
            leases=leases,
        )
        if request.dry_run and request.selection is not None:
            with isolate_errors(spec, summary, context.ports.ledger):
                selected = preview(context, run, request.selection)
                leave_selection(selected)
                summary.planned = selected.total
            return
        if request.dry_run:
            run = replace(run, plan_only=True)
        runner = PrefectRunner(context, request.whole and not request.dry_run)
        if run_source(run, request, context=context, summary=summary, runner=runner):
            confirm(run)
