"""The commands as flows, if PREFECT_API_URL names a server; one flow run for each source."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prefect import State, tags
from prefect.exceptions import Abort
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from flows.app.learning.learn import LearnReport
from flows.app.run_report import Report
from flows.app.run_request import RunRequest
from flows.app.settings import load_settings
from flows.app.sources import named_sources, refuse_if_none_runs
from flows.app.verify import Verified
from flows.prefect.apply_plan import apply_plan
from flows.prefect.deployments.priorities import settings_name
from flows.prefect.ingest import ingest
from flows.prefect.ingest_record import ingest_record
from flows.prefect.learn import learn
from flows.prefect.names import HEARTBEATS, TAG
from flows.prefect.reprocess import reprocess
from flows.prefect.server import reachable_server
from flows.prefect.ui.states import RedRun
from flows.prefect.undo import undo
from flows.prefect.verify import verify
from pipeline.errors import StopRequested

ADDED = (
    "needs_a_user",
    "acknowledged",
    "planned_only",
    "leased_elsewhere",
    "missed_by_webhooks",
    "pages",
    "bytes",
    "seconds",
)
"""Members of a report's document that are added up."""


def work_as_flow(config: Path, *, sources: Sequence[str], request: RunRequest) -> Report:
    """Run the flow of a request for each source in turn."""
    # Before any flow starts: a wrong name must not be found after hours of other sources.
    names = [spec.name for spec in named_sources(load_settings(config), sources)]
    with as_deployed(config):
        reports = [result_of(flow_state(name, str(config), request)) for name in names]
    merged = merge(reports)
    # One source that could not run is reported; only if none could run, the command fails.
    if not any(merged.document["documents"].values()):
        refuse_if_none_runs(merged.stopped, names)
    return merged


def flow_state(source: str, config: str, request: RunRequest) -> State:
    """Run the flow of a request for one source; return its final state."""
    if request.records:
        return ingest_record(
            source, list(request.records), yes=request.yes, config=config, return_state=True
        )
    if request.selection is None:
        return ingest(
            source, limit=request.limit, yes=request.yes, config=config, return_state=True
        )
    selection = request.selection
    return reprocess(
        source,
        records=list(selection.records),
        where=selection.where or "",
        since=selection.since.date() if selection.since else None,
        stale=selection.stale,
        as_class=selection.as_class,
        yes=request.yes,
        config=config,
        return_state=True,
    )


def apply_as_flow(
    config: Path, file: Path, *, sources: Sequence[str], records: Sequence[str]
) -> Report:
    """Run the flow `apply-plan`."""
    chosen = {"sources": list(sources), "records": list(records)}
    report: Report = run_deployed(apply_plan, config, plan=str(file.resolve()), **chosen)
    return report


def undo_as_flow(
    config: Path, run_id: str, *, sources: Sequence[str], records: Sequence[str], redo: bool = False
) -> Report:
    """Run the flow `undo`."""
    chosen = {"sources": list(sources), "records": list(records)}
    report: Report = run_deployed(undo, config, run=run_id, redo=redo, **chosen)
    return report


def verify_as_flow(
    config: Path, *, sources: Sequence[str], limit: int | None, repair: bool, read: bool
) -> tuple[Verified, Mapping[str, int]]:
    """Run the flow `verify`; return its report and the Caspio calls by operation."""
    found: tuple[Verified, Mapping[str, int]] = run_deployed(
        verify, config, sources=list(sources), limit=limit, repair=repair, read=read
    )
    return found


def learn_as_flow(config: Path, *, sources: Sequence[str]) -> LearnReport:
    """Run the flow `learn`."""
    report: LearnReport = run_deployed(learn, config, sources=list(sources))
    return report


def run_deployed(flow: Callable[..., Any], config: Path, **parameters: object) -> Any:
    """Run a flow as if it were deployed; return its result, or raise the error that ended it."""
    with as_deployed(config):
        return result_of(flow(**parameters, config=str(config), return_state=True))


@contextmanager
def as_deployed(config: Path) -> Iterator[None]:
    """Give runs started by a command the tags and the heartbeats that deployed runs have.

    By the tags they are found if they are lost.
    """
    settings = load_settings(config)
    heartbeats = {PREFECT_FLOWS_HEARTBEAT_FREQUENCY: settings.serve.heartbeat_s}
    named = tags(TAG, HEARTBEATS, f"settings:{settings_name(settings)}")
    with reachable_server(), named, temporary_settings(heartbeats):
        yield


def result_of(state: State) -> Any:
    """Return the result of a flow run, or raise the error that ended it."""
    result = state.result(raise_on_failure=False)
    # A red run has a result all the same: what it did is printed as usual.
    if isinstance(result, RedRun):
        result = result.result
    elif isinstance(result, Abort):
        raise StopRequested(state.message or "It was asked to stop.")
    if isinstance(result, BaseException):
        raise result
    return result


def merge(reports: Sequence[Report]) -> Report:
    """Add up the reports of several flow runs; the run ids are joined."""
    documents = [report.document for report in reports]
    calls: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    values: Counter[str] = Counter()
    stages: Counter[str] = Counter()
    stopped: dict[str, Sequence[str]] = {}
    lost: list[str] = []
    for report in reports:
        calls.update(report.document["caspio_calls"]["by"])
        counts.update(report.document["documents"])
        values.update(report.document["values"])
        stages.update(report.document["stage_seconds"])
        stopped |= report.stopped
        lost += report.document["lost_runs"]
    added = {key: sum(document[key] for document in documents) for key in ADDED}
    merged = {
        # Each source was a run of its own, which `undo` and `status` know by its id.
        "run_id": " ".join(str(document["run_id"]) for document in documents),
        "documents": dict(counts),
        "values": dict(values),
        **added,
        "stage_seconds": {name: round(seconds, 3) for name, seconds in stages.items()},
        "sources_stopped": stopped,
        "lost_runs": lost,
        "caspio_calls": {"total": calls.total(), "by": dict(sorted(calls.items()))},
    }
    failed = sum(report.failed for report in reports)
    planned_only = sum(report.planned_only for report in reports)
    outcomes = tuple(outcome for report in reports for outcome in report.outcomes)
    return Report(merged, failed, planned_only, outcomes)
