"""The line without Prefect: what `run` and `reprocess` do when no Prefect server is named."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from flows.app.drain import Drain, draining
from flows.app.execute import (
    OutcomeCounter,
    alone,
    choose_sources,
    finish_request,
    make_job,
    new_run_id,
    prepare,
    recorded_run,
    refuse_if_none_runs,
)
from flows.app.run_report import Report
from flows.app.run_request import RunRequest
from flows.app.settings import load_settings
from flows.app.webhook_messages import answering
from flows.app.wiring import AppContext, connect
from flows.terminal.progress import progress
from pipeline.metering.summary import Summary
from pipeline.source_run.worker_pool import work_all


def work_directly(
    config: Path, *, sources: Sequence[str], request: RunRequest, drain: Drain | None = None
) -> Report:
    """Take the sources down the line one after another, with a progress bar on stderr."""
    with connect(load_settings(config), drain=drain) as context, draining(context.drain):
        return work_sources(context, sources=sources, request=request)


def work_sources(context: AppContext, *, sources: Sequence[str], request: RunRequest) -> Report:
    """Do the same on what is connected already."""
    began = context.ports.clock.monotonic()
    summary = Summary(new_run_id(context))
    chosen = choose_sources(context, sources, accept_types=request.yes)
    summary.stopped |= chosen.stopped
    ledger = context.ports.ledger
    with (
        recorded_run(context, request.kind, summary) as leases,
        answering(ledger, request, summary),
        progress() as bar,
    ):
        for spec in chosen.specs:
            job = make_job(
                context,
                spec,
                summary.run_id,
                yes=request.yes,
                selection=request.selection,
                leases=leases,
            )
            shown = bar.source(spec.name)
            counter = OutcomeCounter(summary, shown.advance, on_found=shown.expect)
            with alone(spec, summary), closing(prepare(context, job, counter, request)) as works:
                summary.held += work_all(works, job, observe=counter.add, threads=context.threads)
                finish_request(job, request, counter)
            shown.finish()
    if not summary.worked_on:
        refuse_if_none_runs(
            summary.stopped, [*chosen.stopped, *(spec.name for spec in chosen.specs)]
        )
    document = context.document(summary, began=began)
    return Report(document, summary.failed, summary.planned, tuple(summary.shown()))
