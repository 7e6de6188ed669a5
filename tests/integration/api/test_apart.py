"""Nothing crosses: accounts, tokens, scopes, hosts and secrets, over the API as over MCP."""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from flows.agents.tools.catalog import all_tools
from flows.api.answers import PROBLEMS
from flows.api.endpoints import Endpoint, endpoints
from flows.app.drain import Drain
from flows.app.wiring import AppContext
from pipeline.metering.metrics import MetricsRecorder
from pipeline.model.agents import Scope
from tests.integration.agents.conftest import CANARIES
from tests.integration.agents.desk import RAW, Desk
from tests.integration.agents.test_tools import arguments_for
from tests.integration.api.caller import ApiDesk, request_of

pytestmark = pytest.mark.integration

READS = Scope(methods=("read",), per_minute=1_000)
OTHERS = {
    "table": "OtherTable", "view": "OtherView", "source": "other", "record": "9", "key": "other-key",
    "path": "/Other/a.txt", "directory": "other-id", "webhook": "other-id", "event": "other-id",
    "datapage": "other-id", "field": "OtherField", "document": "other-version",
}  # fmt: skip


@pytest.fixture(scope="module")
def theirs(api: ApiDesk) -> ApiDesk:
    """The API as the other account's owner sees it, who may do everything there."""
    return api.by(api.desk.token("other", RAW), "other")


@pytest.fixture(scope="module")
def of_other(theirs: ApiDesk) -> dict[str, str]:
    """Things that only the other account has: a table with a record, a file, a plan, a document."""
    fields = [{"Name": "OtherField", "Type": "STRING"}]
    theirs.result("POST", "/tables", json={"Name": "OtherTable", "Fields": fields})
    theirs.result("POST", "/tables/OtherTable/records", json={"OtherField": "other-secret-text"})
    theirs.result("POST", "/files?name=other-file.txt", content=b"other-secret-text")
    webhook = {"Name": "other-hook", "OutgoingUrls": ["https://example.com/hook"]}
    hook = theirs.result("POST", "/outgoingWebhooks", json=webhook)
    info = theirs.result("GET", "/files/path/fileInfo?path=/other-file.txt")
    plan = theirs.result("POST", "/pipeline/plan", json={"source": "other"})
    applied = theirs.result("POST", "/pipeline/apply", json={"digest": plan["digest"]})
    return {
        **OTHERS, "path": "/other-file.txt", "key": info["ExternalKey"], "webhook": hook["Id"],
        "digest": plan["digest"], "run_id": applied["run_id"],
        "document": plan["changes"][0]["files"][0]["document"],
    }  # fmt: skip


def every_request(desk: Desk) -> list[tuple[Endpoint, str, str, dict[str, Any]]]:
    """Return a request for every operation, with arguments of the first account."""
    return [(one, *request_of(one, arguments_for(one.tool.name, desk))) for one in endpoints()]


def test_no_token_of_another_account_is_let_in(api: ApiDesk, theirs: ApiDesk):
    """Every operation, called with the other account's token: refused before it is looked at."""
    stranger = api.by(theirs.token, "main")
    audits = len(api.desk.audit()), len(api.desk.audit("other"))

    for _, method, path, content in every_request(api.desk):
        answer = stranger.send(method, path, **content)
        assert answer.status_code == 401
        assert "main 1" not in answer.text
    assert stranger.send("GET", "").status_code == 401
    assert stranger.send("GET", "/documents/x/original").status_code == 401

    assert (len(api.desk.audit()), len(api.desk.audit("other"))) == audits


def test_an_account_that_there_is_not_looks_like_a_wrong_token(api: ApiDesk):
    """A stranger does not learn the names of accounts."""
    answers = [api.by("cing_wrong", name).send("GET", "/tables") for name in ("main", "none")]

    assert [one.status_code for one in answers] == [401, 401]
    bodies = [one.text for one in answers]
    assert bodies[0] == bodies[1]


def test_the_others_things_are_unknown(api: ApiDesk, of_other: dict[str, str]):
    """Every operation with the other account's names, ids, paths and digests finds nothing of it."""
    for endpoint in endpoints():
        tool = endpoint.tool
        arguments = arguments_for(tool.name, api.desk)
        swapped = {name: of_other.get(name, value) for name, value in arguments.items()}
        if swapped == arguments:
            continue
        method, path, content = request_of(endpoint, swapped)
        answer = api.send(method, path, **content)
        assert "other-secret-text" not in answer.text, tool.name
        assert "Other Hardware" not in answer.text, tool.name
        # A webhook's event or a file of a folder that there is not: refused, never empty.
        assert answer.status_code in {400, 403, 404}, (tool.name, answer.text)


def test_the_others_things_are_as_they_were(
    api: ApiDesk, theirs: ApiDesk, of_other: dict[str, str]
):
    """What was tried from here with the other's names has changed nothing there."""
    for endpoint in endpoints():
        if not endpoint.tool.is_raw:
            continue
        arguments = arguments_for(endpoint.tool.name, api.desk)
        swapped = {name: of_other.get(name, value) for name, value in arguments.items()}
        if swapped != arguments:
            method, path, content = request_of(endpoint, swapped)
            api.send(method, path, **content)

    assert (
        theirs.result("GET", "/tables/OtherTable/records")[0]["OtherField"] == "other-secret-text"
    )
    assert theirs.send("GET", "/files/path?path=/other-file.txt").content == b"other-secret-text"
    assert theirs.result("GET", f"/outgoingWebhooks/{of_other['webhook']}")["Name"] == "other-hook"


def test_documents_and_cursors_of_the_other_are_unknown(
    api: ApiDesk, theirs: ApiDesk, of_other: dict[str, str]
):
    """A document's address and a cursor are of one account, whatever the token may do."""
    for what in ("original", "text"):
        assert api.problem("GET", f"/documents/{of_other['document']}/{what}") == (404, "not_found")
        assert theirs.send("GET", f"/documents/{of_other['document']}/{what}").status_code == 200
    for n in range(6):
        theirs.result("POST", "/tables/Private/records", json={"Salary": n})
    cursor = theirs.send("GET", "/tables/Private/records?page_size=5").json()["next_cursor"]

    path = f"/tables/Private/records?page_size=5&cursor={cursor}"
    assert theirs.send("GET", path).status_code == 200
    assert api.problem("GET", path) == (400, "arguments")


def test_a_token_that_ended_is_refused_in_listing_and_call(api: ApiDesk):
    """Revoked or expired between two requests, it lists nothing and calls nothing."""
    mine = api.desk.accounts["main"]
    for end in ("revoke", "expire"):
        caller = api.by(api.desk.token(scope=READS))
        assert caller.send("GET", "").status_code == 200
        known = mine.ledger.agents.tokens(mine.key)[-1]
        if end == "revoke":
            mine.ledger.agents.revoke(mine.key, known.id)
        else:
            mine.ledger.agents.change_expiry(mine.key, known.id, mine.clock.now())

        assert caller.problem("GET", "") == (401, "token")
        assert caller.problem("GET", "/pipeline/budget") == (401, "token")


def test_a_narrowed_token_lists_and_calls_its_own_alone(api: ApiDesk):
    """For one table: no other table, view, file, user or webhook is listed, read or written."""
    scope = Scope(tags=RAW.tags, tables=("Private",), raw_writes=True, per_minute=10_000)
    narrow = api.by(api.desk.token(scope=scope))
    listed = {one["name"] for one in narrow.send("GET", "").json()["result"]}

    for endpoint, method, path, content in every_request(api.desk):
        name = endpoint.tool.name
        if name in listed and endpoint.tool.container not in {"table", "view"}:
            continue
        if name == "list_all_caspio_tables":
            continue
        status, kind = narrow.problem(method, path, **content)
        assert (status, kind) == (403, "scope"), name
    assert narrow.result("GET", "/tables") == ["Private"]
    assert narrow.problem("GET", "/documents/x/original") == (404, "not_found")


def assert_refused(answer: httpx.Response, status: int, kind: str) -> None:
    """Check that a refusal has the one form of all answers, with a kind that is explained."""
    refused = answer.json()
    assert answer.status_code == refused["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert refused["result"] is None
    assert [error["kind"] for error in refused["errors"]] == [kind]
    assert refused["type"] == f"{PROBLEMS}/{kind}"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8769", "", "127.0.0.1:x"])
def test_a_foreign_host_is_refused(api: ApiDesk, host: str):
    """A name that was made to point at this machine (DNS rebinding) does not get in."""
    for path in ("/tables", "//openapi.json"):
        assert_refused(api.send("GET", path, headers={"Host": host}), 421, "host")


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example"]
)
def test_a_foreign_origin_is_refused(api: ApiDesk, origin: str):
    """A page in a browser that the settings do not name does not get in."""
    for path in ("/tables", "//openapi.json"):
        assert_refused(api.send("GET", path, headers={"Origin": origin}), 403, "origin")
    named = {"Origin": "https://desk.example.com"}
    assert api.send("GET", "/tables", headers=named).status_code == 200


def test_a_token_is_in_the_header_alone(api: ApiDesk):
    """In the query or in the path it is refused, whether it is valid or not."""
    nobody = api.by("")

    assert nobody.problem("GET", f"/tables?token={api.token}") == (400, "arguments")
    assert api.problem("GET", f"/tables?access_token={api.token}") == (400, "arguments")
    assert nobody.problem("GET", f"/{api.token}/tables") == (401, "token")
    reader = api.desk.token(scope=Scope(methods=("read",), in_path=True), days=30)
    assert nobody.by(reader).problem("GET", "/tables") == (401, "token")


def test_the_metadata_names_the_resource(api: ApiDesk):
    """Who is refused learns where the resource describes itself (RFC 9728)."""
    refused = api.by("").send("GET", "/tables")
    where = "/.well-known/oauth-protected-resource/api/main"

    assert (
        f'resource_metadata="http://127.0.0.1:8769{where}"' in refused.headers["www-authenticate"]
    )
    assert api.send("GET", f"/{where}").json()["resource"] == "http://127.0.0.1:8769/api/main"


class Recorder:
    """A tracer that keeps what it would send, errors included."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    @contextmanager
    def span(self, name: str, about: Mapping[str, str]) -> Iterator[None]:
        """Keep a span and the error that leaves it."""
        self.seen.append(f"{name} {dict(about)}")
        try:
            yield
        except Exception as error:
            self.seen.append(repr(error))
            raise

    def close(self) -> None:
        """Have nothing to send."""


@pytest.fixture
def spans(api: ApiDesk) -> Iterator[list[str]]:
    """What the runs of the first account say in their traces."""
    account, recorder = api.desk.accounts["main"], Recorder()
    connect = account.connect

    @contextmanager
    def traced(drain: Drain) -> Iterator[AppContext]:
        with connect(drain) as context:
            ledger, clock = context.ports.ledger, context.ports.clock
            telemetry = MetricsRecorder(ledger, clock=clock, tracer=recorder)
            yield replace(context, ports=replace(context.ports, telemetry=telemetry))

    # Frozen, as it should be: the tests share it, and it is put back.
    object.__setattr__(account, "connect", traced)
    yield recorder.seen
    object.__setattr__(account, "connect", connect)


def test_no_secret_is_in_an_answer_a_log_a_trace_or_the_audit(
    api: ApiDesk,
    spans: list[str],
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
):
    """Each place of a credential has a canary; every operation is called well and badly; none is seen."""
    caplog.set_level(logging.DEBUG)
    mine = api.desk.accounts["main"]
    api.result("GET", "/tables")
    caspio_token = mine.client._sender._auth._kept.token.secret.reveal()  # type: ignore[union-attr]
    usual = api.by(api.desk.token(scope=replace(RAW, raw_writes=False)))
    seen = []
    for endpoint in endpoints():
        if endpoint.tool.is_raw and endpoint.tool.name != "create_a_caspio_outgoing_webhook":
            continue
        arguments = arguments_for(endpoint.tool.name, api.desk)
        for given in (arguments, {n: "no such thing" for n in arguments if n != "where"}):
            complete = {**arguments, **given}
            method, path, content = request_of(endpoint, complete)
            answer = usual.send(method, path, **content)
            seen.append(answer.text + json.dumps(dict(answer.headers)))
    seen.append(api.by("").send("GET", "/tables").text)
    seen.append(api.send("GET", f"/tables?token={api.token}").text)

    printed = capsys.readouterr()
    kept = repr(mine.ledger.agents.tokens(mine.key)) + repr(api.desk.audit()) + repr(mine)
    texts = [*seen, kept, caplog.text, printed.out, printed.err, *spans]
    canaries = [text.strip('[]"') for text in CANARIES.values()]
    assert len(seen) > len(all_tools()) / 2
    assert spans
    for canary in (caspio_token, usual.token, *canaries):
        assert not [text for text in texts if canary in text]
