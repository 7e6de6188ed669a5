"""Runs that Prefect calls Running although nothing is heard of them. Prefect is not imported.

A process that is killed right after its run became Running has sent no heartbeat and is not in the
ledger yet, so neither the automation for lost runs nor the ledger can know that it is dead.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flows.prefect.names import HEARTBEATS, HEARTBEATS_MISSED
from flows.prefect.server import Server

SILENT = "no-heartbeat"
"""Tag of a run of which one look has heard nothing; the next look decides."""

_HEARTBEAT = "prefect.flow-run.heartbeat"
# That of a dead worker in the ledger: a busy server may show heartbeats late.
_SHORTEST = timedelta(minutes=2)
# An event has the time of the worker's clock, which may be wrong by so much.
_WRONG_CLOCK = timedelta(days=1)

FlowRun = Mapping[str, Any]
"""A flow run as the server's REST API describes it."""


def patience(heartbeat_s: int) -> timedelta:
    """Return how long a living run may be silent."""
    return max(timedelta(seconds=HEARTBEATS_MISSED * heartbeat_s), _SHORTEST)


def silent_runs(
    server: Server, running: Iterable[FlowRun], *, now: datetime, after: timedelta
) -> Iterator[FlowRun]:
    """Yield the runs of which two looks in a row have heard nothing; mark those of the first look.

    One look is not enough. A machine that slept, and a server that was down, show the same silence
    for a moment; the heartbeats of a living run come again before the second look. Only the
    server's clock counts: `now` is its time, and so are the times of what it has received.
    """
    for run in running:
        if now - _time(run["state"]["timestamp"]) < after:
            continue
        is_marked = SILENT in run["tags"]
        if _is_heard(server, run, since=now - after):
            if is_marked:
                _tag(server, run, unmarked(run["tags"]))
        elif not is_marked:
            _tag(server, run, [*run["tags"], SILENT])
        # Nothing but the mark changes a dead run, so it was made when the run was changed last.
        elif now - _time(run["updated"]) >= after:
            yield run


def unmarked(tags: Sequence[str]) -> list[str]:
    """Return the tags without the mark of a first look."""
    return [tag for tag in tags if tag != SILENT]


def inherited(tags: Sequence[str]) -> list[str]:
    """Return the tags for the next run of a request; whoever starts it says if it is heard of."""
    return [tag for tag in unmarked(tags) if tag != HEARTBEATS]


def _is_heard(server: Server, run: FlowRun, *, since: datetime) -> bool:
    """Say whether the server has received a heartbeat of a run since then."""
    found = server.ask(
        "POST",
        "/events/filter",
        {
            "filter": {
                "event": {"name": [_HEARTBEAT]},
                "resource": {"id": [f"prefect.flow-run.{run['id']}"]},
                "occurred": {
                    "since": (since - _WRONG_CLOCK).isoformat(),
                    "until": (since + 2 * _WRONG_CLOCK).isoformat(),
                },
            },
        },
    )
    return any(_time(event["received"]) >= since for event in found["events"])


def _tag(server: Server, run: FlowRun, tags: Sequence[str]) -> None:
    server.ask("PATCH", f"/flow_runs/{run['id']}", {"tags": list(tags)})


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
