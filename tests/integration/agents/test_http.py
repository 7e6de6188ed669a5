"""Who is let in: Host and Origin, tokens and where they may be, and both eras of the protocol."""

from collections.abc import Iterator
from typing import Any

import pytest
from mcp.client import Client
from pydantic import SecretStr

from pipeline.model.agents import Scope
from processors.sandbox.reader import SandboxedReader
from tests.integration.agents.desk import LEGACY, MODERN, Desk, desk_of
from tests.integration.pipeline.workspace import CREDENTIALS

pytestmark = pytest.mark.integration

KEY = "operator-key-of-the-settings"
READS = Scope(methods=("read",), per_minute=1_000)


@pytest.fixture(scope="module")
def open_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Two accounts behind a server whose settings allow what is off by default."""
    options: dict[str, Any] = {
        "path_tokens": True,
        "operator_key": SecretStr(KEY),
        "url": "https://agents.example.com",
        "origins": ("https://chat.example.com",),
    }
    with pytest.MonkeyPatch.context() as environment, SandboxedReader(workers=1) as reader:
        for name, value in CREDENTIALS.items():
            environment.setenv(name, value)
        with desk_of(tmp_path_factory.mktemp("open"), reader, **options) as desk:
            yield desk


def listing(era: str = MODERN) -> dict[str, Any]:
    """Return a request for the tools."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params = {"_meta": meta} if era == MODERN else {}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": params}


def headers(token: str = "", era: str = MODERN, **more: str) -> dict[str, str]:
    """Return the headers that a client sends."""
    sent = {
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": era,
        "Mcp-Method": "tools/list",
    }
    if token:
        sent["Authorization"] = f"Bearer {token}"
    return sent | {name.replace("_", "-"): value for name, value in more.items()}


def status(desk: Desk, path: str = "/mcp/main", **kwargs: Any) -> int:
    """Return the status of a request for the tools."""
    kwargs.setdefault("headers", headers())
    code: int = desk.request("POST", path, body=listing(), **kwargs).status_code
    return code


@pytest.mark.parametrize("era", [MODERN, LEGACY])
def test_both_eras_are_served_at_one_address(desk: Desk, era: str):
    """A client of 2026-07-28 discovers the server, one of 2025-11-25 initializes it."""

    async def ask(client: Client) -> str:
        return client.protocol_version

    assert desk.with_client(ask, desk.token(), era=era) == era
    assert len(desk.tools(desk.token(), era=era)) == 17


def test_a_request_needs_a_token(desk: Desk):
    """Without one, the answer says where the metadata of the resource is (RFC 9728)."""
    answer = desk.request("POST", "/mcp/main", headers=headers(), body=listing())

    where = "http://127.0.0.1:8768/.well-known/oauth-protected-resource/mcp/main"
    assert answer.status_code == 401
    assert f'resource_metadata="{where}"' in answer.headers["www-authenticate"]
    metadata = desk.request("GET", where.removeprefix("http://127.0.0.1:8768")).json()
    assert metadata["resource"] == "http://127.0.0.1:8768/mcp/main"
    assert metadata["bearer_methods_supported"] == ["header"]


def test_an_account_that_there_is_not_looks_like_a_wrong_token(desk: Desk):
    """A stranger does not learn the names of accounts from the endpoint."""
    token = desk.token()

    assert status(desk, "/mcp/nobody", headers=headers(token)) == 401
    assert status(desk, "/mcp/other", headers=headers(token)) == 401
    assert status(desk, "/mcp/main", headers=headers(token)) == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:8767", "", "agents.example.com"]
)
def test_a_foreign_host_is_refused(desk: Desk, host: str):
    """A name that was made to point at this machine (DNS rebinding) does not get in."""
    assert status(desk, headers=headers(desk.token(), Host=host)) == 421


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example"]
)
def test_a_foreign_origin_is_refused(desk: Desk, origin: str):
    """A page in a browser that the settings do not name does not get in."""
    assert status(desk, headers=headers(desk.token(), Origin=origin)) == 403


def test_the_metadata_is_for_no_foreign_host_either(desk: Desk):
    """Every path checks Host and Origin, also those without a token."""
    for path in ("/.well-known/oauth-protected-resource/mcp/main",):
        assert desk.request("GET", path, headers={"Host": "evil.example"}).status_code == 421
        assert (
            desk.request("GET", path, headers={"Origin": "http://evil.example"}).status_code == 403
        )
        assert desk.request("GET", path).status_code == 200


def test_the_hosts_and_origins_of_the_settings_are_let_in(open_desk: Desk):
    """The public address and a page that the settings name are accepted."""
    sent = headers(open_desk.token(scope=READS), Host="agents.example.com")

    assert status(open_desk, headers=sent) == 200
    assert status(open_desk, headers=sent | {"Origin": "https://chat.example.com"}) == 200


def test_a_token_in_the_query_is_refused(desk: Desk):
    """Not even a valid one: it is in histories and the logs of proxies by then."""
    token = desk.token()

    assert status(desk, f"/mcp/main?token={token}", headers=headers(token)) == 400
    assert status(desk, f"/mcp/main?access_token={token}") == 400


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_there_is_no_session_to_open_or_end(desk: Desk, method: str):
    """Only requests are answered: nothing can be listened to, resumed or deleted."""
    answer = desk.request(method, "/mcp/main", headers=headers(desk.token()))

    assert answer.status_code == 405


def test_a_token_in_the_path_is_off_by_default(desk: Desk):
    """Even one that was made for it is refused until the settings allow it."""
    token = desk.token(scope=Scope(methods=("read",), in_path=True), days=30)

    assert status(desk, f"/mcp/main/{token}") == 401


def test_a_token_in_the_path_only_reads(open_desk: Desk, caplog: pytest.LogCaptureFixture):
    """Where it is allowed, a token that was made for it reads, and no log has it."""
    token = open_desk.token(scope=Scope(methods=("read",), in_path=True), days=30)
    usual = open_desk.token(scope=READS)

    answer = open_desk.request(
        "POST", f"/mcp/main/{token}", headers=headers(), body=listing()
    ).json()

    shown = {tool["name"] for tool in answer["result"]["tools"]}
    assert "read_document" in shown
    assert not shown & {"plan", "apply", "undo"}
    assert status(open_desk, f"/mcp/main/{usual}") == 401
    assert status(open_desk, headers=headers(token)) == 401
    assert token not in caplog.text


def test_dual_auth_needs_the_operators_key(open_desk: Desk):
    """A token that needs it is refused without the key, in the query or elsewhere."""
    token = open_desk.token(scope=Scope(needs_operator_key=True, per_minute=1_000))
    key = "X_Caspio_Ingest_Operator_Key"

    assert status(open_desk, headers=headers(token)) == 401
    assert status(open_desk, headers=headers(token, **{key: "wrong"})) == 401
    assert status(open_desk, headers=headers(token, **{key: KEY})) == 200
    assert status(open_desk, headers=headers(KEY, **{key: KEY})) == 401


def test_a_token_ends_at_once(desk: Desk):
    """Between two requests it can be revoked, and an expired one never was valid."""
    token = desk.token()
    mine = desk.accounts["main"]
    assert status(desk, headers=headers(token)) == 200

    known = mine.ledger.agents.tokens(mine.key)[-1]
    mine.ledger.agents.revoke(mine.key, known.id)

    assert status(desk, headers=headers(token)) == 401

    expired = desk.token()
    known = mine.ledger.agents.tokens(mine.key)[-1]
    mine.ledger.agents.change_expiry(mine.key, known.id, mine.clock.now())
    assert status(desk, headers=headers(expired)) == 401


def test_a_large_body_is_refused(desk: Desk):
    """More than a call can need is not read."""
    body = listing() | {"padding": "x" * (5 * 2**20)}

    answer = desk.request("POST", "/mcp/main", headers=headers(desk.token()), body=body)

    assert answer.status_code == 413
