"""Run sources without Prefect: what `run` and `reprocess` do when no Prefect server is named."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from flows.app.classes import require_class
from flows.app.drain import Drain
from flows.app.reading import KeptReader
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
from flows.app.sources import choose_sources, refuse_if_none_runs
from flows.app.webhook_messages import answering
from flows.app.wiring import AppContext, connected
from flows.terminal.progress import RunProgress, progress
from pipeline.context import SourceRun
from pipeline.metering.summary import Summary
from pipeline.model import RecordWork
from pipeline.source_run.worker_pool import process_all


@dataclass(frozen=True, slots=True)
class DirectRunner:
    """Works on records in threads of this process, with a progress bar for each source."""

    bars: RunProgress
    threads: int

    def counter(self, source: str, summary: Summary) -> OutcomeCounter:
        """Return a counter that moves the source's progress bar."""
        bar = self.bars.source(source)
        return OutcomeCounter(summary, bar.advance, on_found=bar.expect, on_finish=bar.finish)

    def work(self, run: SourceRun, records: Iterator[RecordWork], counter: OutcomeCounter) -> int:
        """Work on the records; return how many files were left to other workers."""
        return process_all(records, run, observe=counter.add, threads=self.threads)


def work_directly(
    config: Path,
    *,
    sources: Sequence[str],
    request: RunRequest,
    drain: Drain | None = None,
    kept: KeptReader | None = None,
) -> Report:
    """Work on the sources one after another, with progress bars on stderr."""
    with connected(config, drain=drain, kept=kept) as context:
        return work_sources(context, sources=sources, request=request)


def work_sources(
    context: AppContext,
    *,
    sources: Sequence[str],
    request: RunRequest,
    watch: AbstractContextManager[RunProgress] | None = None,
) -> Report:
    """Work on the sources of a connected account; `watch` shows the progress, or else bars do."""
    require_class(context.settings, request.selection)
    require_calls(context, request.priority, sources)
    started = context.ports.clock.monotonic()
    summary = Summary(new_run_id(context))
    chosen = choose_sources(context, sources, accept_types=request.yes)
    summary.stopped |= chosen.stopped
    named = [*(spec.name for spec in chosen.specs), *chosen.stopped]
    with (
        recorded_run(context, request.kind, summary, named) as leases,
        answering(context.ports.ledger, request, summary),
        watch or progress() as bars,
    ):
        runner = DirectRunner(bars, context.threads)
        planned = []
        # One source after the other: a single one already keeps every core and the account's rate
        # busy.
        for spec in chosen.specs:
            run = make_source_run(
                context,
                spec,
                summary.run_id,
                yes=request.yes,
                selection=request.selection,
                leases=leases,
            )
            if run_source(run, request, context=context, summary=summary, runner=runner):
                planned.append(run)
        for run in planned:
            confirm(run)
    # A source may also stop while it is read. A run that did nothing at all must not look like a
    # success.
    if not summary.processed:
        names = [*chosen.stopped, *(spec.name for spec in chosen.specs)]
        refuse_if_none_runs(summary.stopped, names)
    return Report.of(summary, context.document(summary, started=started))
