from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from flows.prefect.requests.lost_requests import MAX_TRIES, ask_again_for_lost
from pipeline.errors import BadSettings
from tests.fakes.clock import START
from tests.fakes.ledger import MemoryLedger

FLOW_RUN = "0190a5a0-0000-7000-8000-0000aabbccdd"


def flow_run(state: str = "CRASHED", *, minutes: int = 1, **changes: Any) -> dict[str, Any]:
    """Return a flow run that a user asked for."""
    timestamp = (START - timedelta(minutes=minutes)).isoformat()
    return {
        "id": FLOW_RUN,
        "name": "reprocess receipts",
        "state": {"type": state, "timestamp": timestamp},
        "deployment_id": "of receipts",
        "auto_scheduled": False,
        "parameters": {"records": ["1"]},
        "tags": ["caspio-ingest", "settings:papers"],
        **changes,
    }


@dataclass
class Server:
    """A server with some flow runs, which notes what it is asked to change."""

    runs: list[dict[str, Any]]
    created: list[Mapping[str, Any]] = field(default_factory=list)
    crashed: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    down: bool = False

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Answer a call."""
        if self.down:
            raise BadSettings(["it does not answer"])
        if path.endswith("/filter"):
            return self.runs
        if path.endswith("/create_flow_run"):
            self.created.append(body)
        elif path.endswith("/set_state"):
            self.crashed.append(body["state"]["type"])
        elif method == "PATCH":
            self.tags = body["tags"]
        return {}


def ask(server: Server, *, lost: str = "") -> int:
    """Look for lost requests; `lost` is the end of the id of a run that the ledger knows as lost."""
    ledger = MemoryLedger()
    if lost:
        ledger.usage.start_run(f"20260314-090000-{lost}", "ingest")
        ledger.usage.record_lost_runs()
    return ask_again_for_lost(server, "papers", ledger, now=START)  # type: ignore[arg-type]  # answers like one


def test_what_a_crashed_run_was_asked_for_is_asked_again():
    """The new run has its name, parameters and deployment, and a key by which it is made once."""
    server = Server([flow_run()])

    assert ask(server) == 1

    (created,) = server.created
    assert (created["name"], created["parameters"]) == ("reprocess receipts", {"records": ["1"]})
    assert created["idempotency_key"] == f"continues {FLOW_RUN}"
    assert "try:2" in created["tags"]
    assert server.tags[-1] == "continued"
    assert server.crashed == []


@pytest.mark.parametrize(
    "run",
    [
        flow_run(auto_scheduled=True),
        flow_run(deployment_id=None),
        flow_run(parameters={"messages": "due"}),
        flow_run(tags=["continued"]),
        flow_run(tags=[f"try:{MAX_TRIES}"]),
        flow_run("RUNNING"),
        flow_run("PENDING"),
    ],
    ids=["a schedule's", "a command's", "the receiver's", "done", "tried", "alive", "starting"],
)
def test_nobody_else_is_asked_for(run: dict[str, Any]):
    """What a schedule, a command or the receiver asks for itself, what was continued, and what lives stay."""
    server = Server([run])

    assert ask(server) == 0
    assert (server.created, server.crashed) == ([], [])


@pytest.mark.parametrize("run", [flow_run("RUNNING"), flow_run("PENDING", minutes=16)])
def test_a_run_that_only_the_server_believes_in_is_marked(run: dict[str, Any]):
    """What the ledger knows as lost, and what never began, is crashed; then it is asked for again."""
    server = Server([run])

    assert ask(server, lost="aabbccdd") == 1
    assert server.crashed == ["CRASHED"]


def test_a_server_that_does_not_answer_stops_nothing():
    """The next run looks again."""
    assert ask(Server([flow_run()], down=True)) == 0
