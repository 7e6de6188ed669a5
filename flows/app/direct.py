"""The line without Prefect: what `run` and `reprocess` do when no Prefect server is named."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from flows.app.drain import Drain, draining
from flows.app.execute import (
    Tally,
    alone,
    choose_sources,
    finish_order,
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
    config: Path, *, sources: Sequence[str], order: RunRequest, drain: Drain | None = None
) -> Report:
    """Take the sources down the line one after another, with a progress bar on stderr."""
    with connect(load_settings(config), drain=drain) as connected, draining(connected.drain):
        return work_sources(connected, sources=sources, order=order)


def work_sources(connected: AppContext, *, sources: Sequence[str], order: RunRequest) -> Report:
    """Do the same on what is connected already."""
    began = connected.parts.clock.monotonic()
    summary = Summary(new_run_id(connected))
    chosen = choose_sources(connected, sources, accept_types=order.yes)
    summary.stopped |= chosen.stopped
    ledger = connected.parts.ledger
    with (
        recorded_run(connected, order.kind, summary) as leases,
        answering(ledger, order, summary),
        progress() as bar,
    ):
        for spec in chosen.specs:
            job = make_job(
                connected,
                spec,
                summary.run_id,
                yes=order.yes,
                selection=order.selection,
                leases=leases,
            )
            shown = bar.source(spec.name)
            tally = Tally(summary, shown.advance, on_found=shown.expect)
            with alone(spec, summary), closing(prepare(connected, job, tally, order)) as works:
                summary.held += work_all(works, job, observe=tally.add, threads=connected.threads)
                finish_order(job, order, tally)
            shown.finish()
    if not summary.worked_on:
        refuse_if_none_runs(
            summary.stopped, [*chosen.stopped, *(spec.name for spec in chosen.specs)]
        )
    document = connected.document(summary, began=began)
    return Report(document, summary.failed, summary.planned, tuple(summary.shown()))
