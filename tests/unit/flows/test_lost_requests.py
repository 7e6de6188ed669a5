from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from flows.prefect.requests.lost_requests import MAX_TRIES, ask_again_for_lost
from flows.prefect.requests.silent_runs import SILENT, patience
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
        "updated": timestamp,
        "flow_id": "of reprocess",
        "deployment_id": "of receipts",
        "auto_scheduled": False,
        "parameters": {"records": ["1"], "source": "receipts"},
        "tags": ["caspio-ingest", "settings:papers", "heartbeats"],
        **changes,
    }


@dataclass
class Server:
    """A server with some flow runs and a clock, which notes what it is asked to change.

    `beats` are the times at which it received heartbeats, by flow run.
    """

    runs: list[dict[str, Any]]
    created: list[Mapping[str, Any]] = field(default_factory=list)
    crashed: list[str] = field(default_factory=list)
    beats: dict[str, list[datetime]] = field(default_factory=dict)
    time: datetime = START
    down: bool = False

    @property
    def tags(self) -> list[str]:
        """Return the tags of its first run."""
        return list(self.runs[0]["tags"])

    def now(self) -> datetime:
        """Return its own time."""
        return self.time

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Answer a call."""
        if self.down:
            raise BadSettings(["it does not answer"])
        if path == "/events/filter":
            return {"events": self._heartbeats(**body["filter"])}
        if path.endswith("/filter"):
            return self.runs
        if path == "/flows/of reprocess":
            return {"name": "reprocess"}
        if path.endswith("/create_flow_run"):
            self.created.append(body)
        elif path.endswith("/set_state"):
            self.crashed.append(path.split("/")[2])
            self.runs[0]["state"] = body["state"] | {"timestamp": self.time.isoformat()}
        elif method == "PATCH":
            self.runs[0] |= body | {"updated": self.time.isoformat()}
        return {}

    def _heartbeats(self, *, event: Any, resource: Any, occurred: Any) -> list[dict[str, str]]:
        assert event == {"name": ["prefect.flow-run.heartbeat"]}
        (about,) = resource["id"]
        received = self.beats.get(about.removeprefix("prefect.flow-run."), [])
        # The clock of the worker is four hours slow.
        since = datetime.fromisoformat(occurred["since"]) + timedelta(hours=4)
        return [{"received": beat.isoformat()} for beat in received if beat >= since]


def ask(server: Server, *, lost: str = "", ledger: MemoryLedger | None = None) -> int:
    """Look for lost requests; `lost` is the end of the id of a run that the ledger knows as lost."""
    ledger = ledger or MemoryLedger()
    if lost:
        ledger.usage.start_run(f"20260314-090000-{lost}", "ingest")
        ledger.usage.record_lost_runs()
    after = patience(30)
    return ask_again_for_lost(server, "papers", ledger, silent_after=after)  # type: ignore[arg-type]  # answers like one


def test_what_a_crashed_run_was_asked_for_is_asked_again():
    """The new run has its name, parameters and deployment, and a key by which it is made once."""
    server = Server([flow_run()])

    assert ask(server) == 1

    (created,) = server.created
    assert (created["name"], created["parameters"]) == (
        "reprocess receipts",
        {"records": ["1"], "source": "receipts"},
    )
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
    assert server.crashed == [FLOW_RUN]


def test_a_server_that_does_not_answer_stops_nothing():
    """The next run looks again."""
    assert ask(Server([flow_run()], down=True)) == 0


@pytest.mark.parametrize(
    "answer",
    [None, {"detail": "moved"}, "<html>", [None], [{}], [flow_run(tags=None)]],
    ids=["nothing", "an error", "a page", "no run", "an empty run", "no tags"],
)
def test_one_strange_answer_costs_one_look(answer: Any):
    """Whoever looks, a run as it begins or a service every minute, goes on, and the next look finds all."""
    server = Server(answer)

    assert ask(server) == 0
    server.runs = [flow_run()]
    assert ask(server) == 1


def test_a_run_that_nobody_knows_of_is_asked_again_at_the_second_look():
    """It was killed before its first heartbeat and before the ledger knew it: two looks hear nothing."""
    server, ledger = Server([flow_run("RUNNING", minutes=3)]), MemoryLedger()

    assert ask(server, ledger=ledger) == 0
    assert (SILENT in server.tags, server.crashed) == (True, [])
    server.time += timedelta(minutes=1)
    assert ask(server, ledger=ledger) == 0  # too soon after the first
    server.time += timedelta(minutes=1)
    assert ask(server, ledger=ledger) == 1

    assert server.crashed == [FLOW_RUN]
    assert server.tags == ["caspio-ingest", "settings:papers", "heartbeats", "continued"]
    # Whoever starts the next one says whether it sends heartbeats.
    assert server.created[0]["tags"] == ["caspio-ingest", "settings:papers", "try:2"]
    (known,) = ledger.usage.runs()
    assert (known.id, known.kind) == ("20260314-085700-aabbccdd", "reprocess")
    assert (known.status, known.sources) == ("lost", ("receipts",))


@pytest.mark.parametrize(
    ("minutes", "later"), [(1, 0), (90, 0), (90, 30)], ids=["young", "old", "looked at for hours"]
)
def test_a_run_whose_heartbeats_come_lives(minutes: int, later: int):
    """The server receives them by its own clock, however wrong the worker's is."""
    server = Server([flow_run("RUNNING", minutes=minutes)])
    for minute in range(later + 1):
        server.time = START + timedelta(minutes=minute)
        server.beats = {FLOW_RUN: [server.time - timedelta(seconds=40)]}
        assert ask(server) == 0

    assert (server.crashed, SILENT in server.tags) == ([], False)


@pytest.mark.parametrize("pause_minutes", [3, 60, 60 * 20], ids=["short", "long", "over night"])
def test_a_run_that_paused_lives(pause_minutes: int):
    """Its machine slept, or the server was down: the first look is in the silence, the second is not."""
    server = Server([flow_run("RUNNING", minutes=pause_minutes)])
    server.beats = {FLOW_RUN: [START - timedelta(minutes=pause_minutes, seconds=-5)]}

    assert ask(server) == 0
    assert SILENT in server.tags
    server.beats[FLOW_RUN].append(START + timedelta(seconds=25))
    server.time += timedelta(minutes=2)
    assert ask(server) == 0
    # Heard of again, it is as one that never paused: two more looks must hear nothing.
    assert (SILENT in server.tags, server.crashed) == (False, [])
    server.time += timedelta(minutes=30)
    assert ask(server) == 0
    assert server.crashed == []


@pytest.mark.parametrize("tags", [[], [SILENT]], ids=["new", "marked by an older version"])
def test_silence_says_nothing_of_a_run_that_sends_no_heartbeats(tags: list[str]):
    """A dry run of a sync in a container lives unheard and outside the ledger: it is not repeated."""
    server = Server([flow_run("RUNNING", minutes=90, tags=["caspio-ingest", *tags])])

    for _ in range(3):
        assert ask(server) == 0
        server.time += timedelta(minutes=5)

    assert (server.crashed, server.created) == ([], [])


def test_a_run_that_lives_in_the_ledger_needs_no_heartbeat():
    """What works on documents is known there, also while the server hears nothing."""
    server, ledger = Server([flow_run("RUNNING", minutes=90)]), MemoryLedger()
    ledger.leases.join("20260314-080000-aabbccdd", ttl_s=120)

    for _ in range(3):
        assert ask(server, ledger=ledger) == 0
        server.time += timedelta(minutes=5)

    assert (server.crashed, SILENT in server.tags) == ([], False)


def test_the_lost_run_of_a_command_is_marked_and_not_repeated():
    """Whoever gave the command knows; in the ledger it has another id."""
    run = flow_run("RUNNING", minutes=90, deployment_id=None, tags=["heartbeats", SILENT])
    server, ledger = Server([run]), MemoryLedger()

    assert ask(server, ledger=ledger) == 0

    assert (server.crashed, server.created, ledger.usage.runs()) == ([FLOW_RUN], [], [])


@pytest.mark.parametrize(("heartbeat_s", "silent_s"), [(30, 120), (60, 180)])
def test_a_living_run_may_be_silent_for_three_heartbeats(heartbeat_s: int, silent_s: int):
    """No less than two minutes, after which a worker counts as dead in the ledger, too."""
    assert patience(heartbeat_s) == timedelta(seconds=silent_s)
