"""The line without Prefect: what `run` and `reprocess` do when no Prefect server is named."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from flows.execute import (
    Tally,
    alone,
    choose_sources,
    conclude,
    make_job,
    new_run_id,
    prepare,
    recorded_run,
    refuse_if_none_runs,
)
from flows.report import Report
from flows.show import progress
from flows.wiring import Connected, connect
from pipeline.batch import Selection, work_all
from pipeline.settings import load_settings
from pipeline.summary import Summary


def work_directly(
    config: Path, *, sources: Sequence[str], limit: int | None, yes: bool, selection: Selection | None
) -> Report:
    """Take the sources down the line one after another, with a progress bar on stderr."""
    with connect(load_settings(config)) as connected:
        return work_sources(connected, sources=sources, limit=limit, yes=yes, selection=selection)


def work_sources(
    connected: Connected, *, sources: Sequence[str], limit: int | None, yes: bool, selection: Selection | None
) -> Report:
    """Do the same on what is connected already."""
    clock = connected.parts.clock
    began = clock.monotonic()
    summary = Summary(new_run_id(connected))
    kind = "ingest" if selection is None else "reprocess"
    chosen = choose_sources(connected, sources, accept_types=yes)
    summary.stopped |= chosen.stopped
    with recorded_run(connected, kind, summary) as leases, progress() as bar:
        for spec in chosen.specs:
            job = make_job(connected, spec, summary.run_id, yes=yes, reread=selection is not None, leases=leases)
            shown = bar.source(spec.name)
            tally = Tally(summary, shown.advance, on_found=shown.expect)
            with (
                alone(spec, summary),
                closing(prepare(connected, job, tally, selection=selection, limit=limit)) as works,
            ):
                summary.held += work_all(works, job, observe=tally.add, threads=connected.threads)
                conclude(job, whole=limit is None and selection is None)
            shown.finish()
    if not summary.worked_on:
        refuse_if_none_runs(summary.stopped, [*chosen.stopped, *(spec.name for spec in chosen.specs)])
    document = summary.as_json(calls=connected.client.calls, seconds=clock.monotonic() - began)
    return Report(document, summary.failed, summary.planned, tuple(summary.shown()))
