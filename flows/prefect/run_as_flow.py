"""The commands as flows, when PREFECT_API_URL names a server; `run` and `reprocess` are one flow run a source."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prefect import State, tags
from prefect.exceptions import Abort
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from flows.app.run_report import Report
from flows.app.run_request import RunRequest
from flows.app.settings import load_settings
from flows.app.sources import named_sources, refuse_if_none_runs
from flows.app.verify import Verified
from flows.prefect.apply_plan import apply_plan
from flows.prefect.deployments.automations import TAG
from flows.prefect.ingest import ingest
from flows.prefect.ingest_record import ingest_record
from flows.prefect.reprocess import reprocess
from flows.prefect.ui.states import Ended
from flows.prefect.undo import undo
from flows.prefect.verify import verify
from pipeline.errors import StopRequested


def work_as_flow(config: Path, *, sources: Sequence[str], request: RunRequest) -> Report:
    """Run the flow that an order is for, for each source in turn."""
    return _each(config, sources, lambda name: _state_of(name, str(config), request))


def _state_of(source: str, config: str, request: RunRequest) -> State:
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
        yes=request.yes,
        config=config,
        return_state=True,
    )


def apply_as_flow(config: Path, file: Path, *, records: Sequence[str]) -> Report:
    """Run the flow that carries out a plan."""
    with _as_deployed(config):
        state = apply_plan(
            str(file.resolve()), records=list(records), config=str(config), return_state=True
        )
    report: Report = _result(state)
    return report


def undo_as_flow(config: Path, run_id: str, *, records: Sequence[str]) -> Report:
    """Run the flow that undoes a run."""
    with _as_deployed(config):
        state = undo(run_id, records=list(records), config=str(config), return_state=True)
    report: Report = _result(state)
    return report


def verify_as_flow(
    config: Path, *, sources: Sequence[str], limit: int | None, repair: bool
) -> tuple[Verified, Mapping[str, int]]:
    """Run the flow that compares; return what it found and the calls it made."""
    with _as_deployed(config):
        state = verify(
            sources=list(sources), limit=limit, repair=repair, config=str(config), return_state=True
        )
    found: tuple[Verified, Mapping[str, int]] = _result(state)
    return found


@contextmanager
def _as_deployed(config: Path) -> Iterator[None]:
    """Give runs started by hand what others have: the tag that the rule for lost runs goes by, and heartbeats."""
    heartbeat_s = load_settings(config).serve.heartbeat_s
    with tags(TAG), temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: heartbeat_s}):
        yield


def _result(state: State) -> Any:
    """Return what a flow run came to, or raise what ended it."""
    result = state.result(raise_on_failure=False)
    if isinstance(result, Ended):
        result = result.result
    elif isinstance(result, Abort):
        raise StopRequested(state.message or "It was asked to stop.")
    if isinstance(result, BaseException):
        raise result
    return result


def _each(config: Path, sources: Sequence[str], run: Callable[[str], State]) -> Report:
    names = [spec.name for spec in named_sources(load_settings(config), sources)]
    with _as_deployed(config):
        merged = merge([_result(run(name)) for name in names])
    if not any(merged.document["documents"].values()):
        refuse_if_none_runs(merged.stopped, names)
    return merged


def merge(reports: Sequence[Report]) -> Report:
    """Add up the reports of several flow runs; the run ids stand side by side."""
    documents = [report.document for report in reports]
    calls: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    stages: dict[str, float] = {}
    for document in documents:
        calls.update(document["caspio_calls"]["by"])
        counts.update(document["documents"])
        for name, seconds in document["stage_seconds"].items():
            stages[name] = round(stages.get(name, 0.0) + seconds, 3)
    figures = (
        "planned_only",
        "leased_elsewhere",
        "missed_by_webhooks",
        "pages",
        "bytes",
        "seconds",
    )
    added = {key: sum(d[key] for d in documents) for key in figures}
    stopped = {name: problems for report in reports for name, problems in report.stopped.items()}
    document = {
        "run_id": " ".join(str(d["run_id"]) for d in documents),
        "documents": dict(counts),
        **added,
        "stage_seconds": stages,
        "sources_stopped": stopped,
        "caspio_calls": {"total": sum(calls.values()), "by": dict(sorted(calls.items()))},
    }
    outcomes = tuple(outcome for report in reports for outcome in report.outcomes)
    return Report(
        document, sum(r.failed for r in reports), sum(r.planned_only for r in reports), outcomes
    )
