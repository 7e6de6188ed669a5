"""Ask again for what a user asked of a run whose process is gone. Nothing here imports Prefect.

A run that is stopped asks again itself (`again.py`). A run that is killed cannot, so others do:
every flow over a source as it begins, and `serve` and `worker` as they start and every minute.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import structlog

from flows.prefect.names import HEARTBEATS, TAG
from flows.prefect.requests.silent_runs import FlowRun, inherited, silent_runs, unmarked
from flows.prefect.server import UNEXPECTED, Server
from pipeline.ports import Ledger

CONTINUED = "continued"
"""Tag of a lost run that was asked for again."""

MAX_TRIES = 3
"""Runs of a request that may be lost in a row. Then it is dropped: it may be the reason."""

_TRY = "try:"
_LOOKED_BACK = timedelta(days=1)  # a request of last week is not wanted any more without asking
# Until then a process may still be starting, also in a container whose image is fetched first.
_STARTING = timedelta(minutes=15)
# A look comes every minute, so a run that was lost is among the latest.
_LEDGER_RUNS = 200
_BY_THE_RECEIVER = "messages"  # the receiver of webhooks hands its messages over again itself

_log = structlog.get_logger()


def ask_again_for_lost(
    server: Server, settings: str, ledger: Ledger, *, silent_after: timedelta
) -> int:
    """Create a run for each lost one that a user asked for; return how many were created.

    `settings` is the name of the settings at the server. A run that is dead, and that the server
    believes in, is marked as crashed: it would hold its deployment's turn. What fails here is only
    logged, because the next look finds it again.
    """
    known = ledger.usage.runs(_LEDGER_RUNS)
    lost = {_end_of(run.id) for run in known if run.status == "lost"}
    alive = {_end_of(worker) for worker in ledger.leases.live_workers()}
    created = 0
    try:
        # By the server's clock, as all times in its answers: this machine's may differ.
        now = server.now()
        found = _recent(server, settings, now)
        doubtful = list(in_doubt(found, lost | alive))
        silent = list(silent_runs(server, doubtful, now=now, after=silent_after))
        _record(server, ledger, silent, known={_end_of(run.id) for run in known})
        for run in [*dead_runs(found, lost, now=now), *silent]:
            if run["state"]["type"] != "CRASHED":
                message = "Its process is gone. The next run continues from there."
                state = {"type": "CRASHED", "name": "Crashed", "message": message}
                server.ask("POST", f"/flow_runs/{run['id']}/set_state", {"state": state})
            if is_to_be_continued(run):
                _continue(server, run)
                created += 1
    except UNEXPECTED as error:
        _log.warning("lost requests not looked for", error=str(error))
    return created


def dead_runs(
    found: Sequence[FlowRun], lost: Collection[str], *, now: datetime
) -> Iterator[FlowRun]:
    """Yield the runs whose process is gone; `lost` are the ends of their ids, from the ledger."""
    for run in found:
        state = run["state"]
        match state["type"]:
            case "CRASHED":
                yield run
            case "RUNNING" if _end_of(run["id"]) in lost:
                yield run
            case "PENDING" if now - datetime.fromisoformat(state["timestamp"]) > _STARTING:
                yield run


def in_doubt(found: Sequence[FlowRun], known: Collection[str]) -> Iterator[FlowRun]:
    """Yield the running ones of which the ledger knows neither that they live nor that they died.

    Nothing can be heard of a run that sends no heartbeats, such as those in containers that
    Prefect's own worker starts. Nor is every living run in the ledger: a dry run of a sync is not.
    """
    for run in found:
        is_heard_of = run["state"]["type"] == "RUNNING" and HEARTBEATS in run["tags"]
        if is_heard_of and _end_of(run["id"]) not in known:
            yield run


def is_to_be_continued(run: FlowRun) -> bool:
    """Say whether a user asked for a run, and nobody else asks again."""
    is_request = run["deployment_id"] is not None and not run["auto_scheduled"]
    by_the_receiver = run["parameters"].get(_BY_THE_RECEIVER)
    is_done = CONTINUED in run["tags"] or number_of_try(run) >= MAX_TRIES
    return is_request and not by_the_receiver and not is_done


def number_of_try(run: FlowRun) -> int:
    """Return the how-manieth run it is for one request, from 1 on."""
    tries = [tag.removeprefix(_TRY) for tag in run["tags"] if tag.startswith(_TRY)]
    return max((int(number) for number in tries if number.isdecimal()), default=1)


def _recent(server: Server, settings: str, now: datetime) -> Sequence[FlowRun]:
    """Return the runs of these settings that may be dead, of the last day."""
    conditions = {
        "tags": {"all_": [TAG, f"settings:{settings}"]},
        "state": {"type": {"any_": ["CRASHED", "RUNNING", "PENDING"]}},
        "expected_start_time": {"after_": (now - _LOOKED_BACK).isoformat()},
    }
    found: Sequence[FlowRun] = server.ask("POST", "/flow_runs/filter", {"flow_runs": conditions})
    return found


def _record(
    server: Server, ledger: Ledger, silent: Iterable[FlowRun], *, known: Collection[str]
) -> None:
    """Record in the ledger the runs that died before they did it; without a worker they are lost.

    The run of a command has another id there, so nothing can be said of it.
    """
    for run in silent:
        end = _end_of(run["id"])
        if run["deployment_id"] is None or end in known:
            continue
        began = datetime.fromisoformat(run["state"]["timestamp"])
        kind = server.ask("GET", f"/flows/{run['flow_id']}")["name"]
        source = run["parameters"].get("source")
        sources = [source] if source else []
        ledger.usage.start_run(f"{began:%Y%m%d-%H%M%S}-{end}", kind, sources)


def _continue(server: Server, run: FlowRun) -> None:
    """Create the next run of a request, and say so at the lost one; safe to repeat."""
    tags = [tag for tag in inherited(run["tags"]) if not tag.startswith(_TRY)]
    server.ask(
        "POST",
        f"/deployments/{run['deployment_id']}/create_flow_run",
        {
            "name": run["name"],
            "parameters": run["parameters"],
            "tags": [*tags, f"{_TRY}{number_of_try(run) + 1}"],
            # A run has one successor, even if whoever creates it is killed before the next line.
            "idempotency_key": f"continues {run['id']}",
        },
    )
    server.ask("PATCH", f"/flow_runs/{run['id']}", {"tags": [*unmarked(run["tags"]), CONTINUED]})
    _log.info("asked again for what a lost run was to do", run=run["name"], lost=run["id"])


def _end_of(run_id: str) -> str:
    """Return the part that the ids of a flow run and of its run in the ledger have in common."""
    return run_id.replace("-", "")[-8:]
