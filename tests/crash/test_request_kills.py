"""A write under an `Idempotency-Key`, killed with its server at each boundary and sent again."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.agents.accounts import open_account
from flows.agents.door import Allowed
from flows.agents.tokens import make_token
from flows.api.app import api_app
from infra.emulator import Emulator
from pipeline.model.agents import CallState
from pipeline.settings import load_settings
from tests.crash.cells import document
from tests.crash.killing import killed_at, points_of
from tests.fakes.clock import FakeClock
from tests.fakes.reader import FakeReader
from tests.integration.agents.desk import RAW
from tests.integration.pipeline.accounts import Source, uploads, write_account, write_settings
from tests.integration.pipeline.workspace import CREDENTIALS, Elsewhere, Workspace

pytestmark = pytest.mark.integration

HOST = "http://127.0.0.1:8769"
COLUMNS = {"DocType": "doc_type", "Total": "total"}
INSERT = ("POST", "/tables/Uploads/records", {"DocType": "typed"})
SAMPLE = {
    "raw": [
        "SqlAgents begin_request after#1",
        "CaspioClient call after#1",
    ],
    "plan": ["SqlAgents settle_call before#1"],
}
"""What is killed in `make test`; the marker `full` has every boundary."""

Answer = tuple[int, dict[str, Any], str]
"""Status, body, and whether it was kept."""


@dataclass
class Api:
    """An account, and a token that may do everything in it."""

    emulator: Emulator
    config: Path
    token: str = ""

    def records(self) -> list[dict[str, Any]]:
        """Return what is in the table."""
        rows: list[dict[str, Any]] = self.emulator.control.dump()["tables"]["Uploads"]
        return rows

    def send(self, method: str, path: str, body: Mapping[str, Any], key: str = "key") -> Answer:
        """Send a request to a server of its own."""
        return send(self.config, self.emulator.url, self.token, method, path, body, key)

    def request(self, kind: str) -> tuple[str, str, Mapping[str, Any]]:
        """Return a raw write, or one that goes by the ledger's own intents."""
        if kind == "raw":
            return INSERT
        _, planned, _ = self.send("POST", "/pipeline/plan", {"source": "main"}, key="plan")
        return "POST", "/pipeline/apply", {"digest": planned["result"]["digest"]}


def send(  # noqa: PLR0917 - a process of its own takes no names
    config: Path,
    caspio: str,
    token: str,
    method: str,
    path: str,
    body: Mapping[str, Any],
    key: str,
) -> Answer:
    """Open the account, serve it, and send one request."""
    settings = load_settings(config)
    workspace = Workspace(config, Elsewhere(caspio), FakeReader(), FakeClock())  # type: ignore[arg-type]  # an address is enough
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}

    async def ask(app: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=HOST, headers=headers) as http:
            return await http.request(method, f"/api/main{path}", json=body)

    with open_account(settings, connecting=workspace.connecting) as account:
        allowed = Allowed.by(listen="127.0.0.1:8769", url=None, origins=())
        answer = asyncio.run(ask(api_app({"main": account}, allowed, None)))
    return answer.status_code, answer.json(), answer.headers.get("idempotency-replayed", "")


@contextmanager
def api(folder: Path) -> Iterator[Api]:
    """Set up an account with two documents that nobody has read."""
    files = {"one.txt": document(1), "two.txt": document(2)}
    os.environ.update(CREDENTIALS)
    with Emulator(seed=write_account(folder / "seed", uploads(files), files)) as emulator:
        source = Source(name="main", rename="", columns=COLUMNS, confirm="first")
        made = Api(emulator, write_settings(folder, emulator.url, source))
        with open_account(load_settings(made.config)) as account:
            made.token = make_token(
                account.ledger, account.key, name="t", scope=RAW, life=timedelta(1),
                clock=account.clock,
            ).token  # fmt: skip
        yield made


def points(folder: Path, kind: str) -> list[str]:
    """Return the points that a request passes."""
    with api(folder) as one:
        request = one.request(kind)
        where = (one.config, one.emulator.url, one.token, *request, "key")
        return points_of(folder / "points", send, *where)


def problem_of(folder: Path, kind: str, point: str) -> str:
    """Kill a server at a point of a request and send that again; return "" if nothing is wrong."""
    with api(folder) as one:
        request = one.request(kind)
        where = (one.config, one.emulator.url, one.token, *request, "key")
        if not killed_at(point, send, *where):
            return "the server was not killed"
        found = one.records()
        is_made = len(found) > 2 if kind == "raw" else all(row["Total"] for row in found)
        status, body, replayed = one.send(*request)
        problem = _raw_problem(one, is_made, status) if kind == "raw" else _plan_problem(one, body)
        if problem:
            return f"{problem} ({status}, {body})"
        kept = one.send(*request)
        if status == 200 and kept[1:] != (body, "true"):
            return f"the answer was not kept: {kept} instead of {body}, {replayed}"
        return _audit_problem(one, is_made=is_made)


def _raw_problem(one: Api, is_made: bool, status: int) -> str:  # noqa: FBT001 - what was found
    made = len(one.records()) - 2
    if status == 200 and made != 1:
        return f"answered, and there are {made} records"
    # In doubt, the second request has not been carried out: what there is, the first one made.
    if status == 409 and made != int(is_made):
        return f"in doubt, and there are {made} records instead of {int(is_made)}"
    return "" if status in {200, 409} else "neither carried out nor in doubt"


def _plan_problem(one: Api, body: Mapping[str, Any]) -> str:
    if body["errors"]:
        return "a plan was not finished"
    written = [(row["DocType"], row["Total"]) for row in one.records()]
    calls = [c for c in one.emulator.control.call_log() if c["operation"] == "UpdateTableRecords"]
    if written != [("receipt", 1.5), ("receipt", 2.5)] or len(calls) != len(written):
        return f"written were {written} with {len(calls)} calls"
    return ""


def _audit_problem(one: Api, *, is_made: bool) -> str:
    """Say whether the audit knows of a write that the killed server made."""
    with open_account(load_settings(one.config)) as account:
        calls = account.ledger.agents.agent_calls(account.key, limit=100)
    states = [call.state for call in calls if call.tool != "plan"]
    if is_made and not states:
        return "a write is not in the audit"
    return "" if CallState.FAILED not in states else f"the audit has {states}"


@pytest.mark.parametrize(
    ("kind", "point"), [(kind, point) for kind, some in SAMPLE.items() for point in some]
)
def test_a_request_whose_server_was_killed_may_be_sent_again(tmp_path: Path, kind: str, point: str):
    """It is carried out once, or said to be in doubt, and the audit has what was written."""
    assert problem_of(tmp_path, kind, point) == ""


@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", SAMPLE)
def test_a_server_may_be_killed_at_every_boundary_of_a_request(tmp_path: Path, kind: str):
    """There is no boundary after which a write is repeated, lost, or answered otherwise."""
    every = points(tmp_path / "points", kind)

    problems = {
        point: problem
        for number, point in enumerate(every)
        if (problem := problem_of(tmp_path / str(number), kind, point))
    }

    assert set(SAMPLE[kind]) <= set(every)
    assert problems == {}
