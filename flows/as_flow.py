"""`run` and `reprocess` as flows, one run a source, when PREFECT_API_URL names a server."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from prefect import State

from flows.ingest import ingest, reprocess
from flows.report import Report
from pipeline.batch import Selection
from pipeline.settings import load_settings


def ingest_as_flow(config: Path, *, sources: Sequence[str], limit: int | None, yes: bool) -> Report:
    """Run the ingest flow for each source in turn."""
    return _each(
        config,
        sources,
        lambda name: ingest(name, limit=limit, yes=yes, config=str(config), return_state=True),
    )


def reprocess_as_flow(config: Path, *, sources: Sequence[str], selection: Selection, yes: bool) -> Report:
    """Run the reprocess flow for each source in turn."""
    return _each(
        config,
        sources,
        lambda name: reprocess(
            name,
            records=list(selection.records) or None,
            where=selection.where,
            since=selection.since.date() if selection.since else None,
            stale=selection.stale,
            yes=yes,
            config=str(config),
            return_state=True,
        ),
    )


def _each(config: Path, sources: Sequence[str], run: Callable[[str], State]) -> Report:
    names = list(sources) or list(load_settings(config).specs())
    reports = []
    for name in names:
        result = run(name).result(raise_on_failure=False)
        if isinstance(result, BaseException):
            raise result
        reports.append(result)
    return merge(reports)


def merge(reports: Sequence[Report]) -> Report:
    """Add up the reports of several flow runs; the run ids stand side by side."""
    documents = [report.document for report in reports]
    calls: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for document in documents:
        calls.update(document["caspio_calls"]["by"])
        counts.update(document["documents"])
    added = {key: sum(d[key] for d in documents) for key in ("planned_only", "held", "pages", "bytes", "seconds")}
    document = {
        "run_id": " ".join(str(d["run_id"]) for d in documents),
        "documents": dict(counts),
        **added,
        "caspio_calls": {"total": sum(calls.values()), "by": dict(sorted(calls.items()))},
    }
    outcomes = tuple(outcome for report in reports for outcome in report.outcomes)
    return Report(document, sum(r.failed for r in reports), sum(r.planned_only for r in reports), outcomes)
