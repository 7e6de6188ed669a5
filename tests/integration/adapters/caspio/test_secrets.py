"""Secrets stay secret: a canary is planted, everything goes wrong, and nobody may hear it sing."""

import logging
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from infra.emulator import Emulator
from pipeline.adapters.caspio.client import CaspioClient
from pipeline.adapters.caspio.client.errors import CaspioError
from pipeline.adapters.caspio.client.http.network import network_transport
from pipeline.adapters.caspio.client.where import pk_equals
from tests.fakes.clock import FakeClock

from .conftest import seed

pytestmark = pytest.mark.integration

CANARY = "canary-secret-9f8b7c6d"
OK = 200
PASSWORD = "canary-password-1a2b3c4d"
ONE = pk_equals("1", is_view=False)
Act = Callable[[CaspioClient], object]


class Listening(httpx.BaseTransport):
    """The network, with an ear for the tokens that go over it; `trouble` may raise in its place."""

    def __init__(self) -> None:
        self._inner = network_transport(connections=2)
        self.secrets = {CANARY, PASSWORD}
        self.trouble: Callable[[str], None] | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token:
            self.secrets.add(token)
            if self.trouble is not None:
                self.trouble(token)
        return self._inner.handle_request(request)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


def read(client: CaspioClient) -> object:
    """Ask for something."""
    return client.tables.names()


def write(client: CaspioClient) -> object:
    """Write a password."""
    return client.tables.set_password("T", "P", PASSWORD, condition=ONE)


def download(client: CaspioClient) -> object:
    """Read a file to its end."""
    with client.files.download("/a") as found:
        return list(found.chunks)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """Start an account whose client secret is the canary, once for all tests here."""
    fields = [{"Name": "A", "Type": "INTEGER"}, {"Name": "P", "Type": "PASSWORD"}]
    tables = {"T": {"fields": fields, "records": [{"PK_ID": 1}]}}
    folder = seed(
        tmp_path_factory.mktemp("seed"), {"tables": tables, "files": {"/a": "a"}}, {"a": b"a" * 100}
    )
    with Emulator(seed=folder, client_secret=CANARY) as emulator:
        yield emulator


@pytest.fixture
def emulator(account: Emulator) -> Emulator:
    """Return the account without faults."""
    account.control.clear_faults()
    return account


@pytest.fixture
def ear() -> Listening:
    """Make a network that listens."""
    return Listening()


@pytest.fixture
def client(emulator: Emulator, ear: Listening, clock: FakeClock) -> Iterator[CaspioClient]:
    """Connect with the canary."""
    with CaspioClient(
        url=emulator.url, client_id="id", client_secret=CANARY, clock=clock, rate="1000000/1s",
        transport=ear, timeout=httpx.Timeout(30.0, read=0.25),
    ) as made:  # fmt: skip
        yield made


def texts_of(error: BaseException) -> Iterator[str]:
    """Yield every text of an error and of all that it came from."""
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None:
            yield from (
                str(one),
                repr(one),
                repr(one.args),
                repr(vars(one)),
                *traceback.format_exception(one),
            )
            waiting += [one.__cause__, one.__context__]


def fails(client: CaspioClient, act: Act) -> str:
    """Do something that must fail, and return all that its error says."""
    with pytest.raises(CaspioError) as caught:
        act(client)
    return "\n".join([*texts_of(caught.value), repr(client), repr(vars(client))])


def heard(ear: Listening, text: str, log: pytest.LogCaptureFixture) -> set[str]:
    """Return the secrets that stand in a text or in the log."""
    records = "\n".join(f"{record.getMessage()} {vars(record)!r}" for record in log.records)
    return {secret for secret in ear.secrets if secret in text or secret in records}


@pytest.mark.parametrize("act", [read, write, download])
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 403},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 400, "body": {"Code": "InvalidInputValue", "Message": "no"}},
        {
            "kind": "status",
            "status": 400,
            "body": {"Code": CANARY, "Message": f"sent {CANARY}", "RequestId": CANARY},
        },
        {"kind": "status", "status": 500, "body": f"<html>{CANARY}</html>"},
        {"kind": "status", "status": 200, "body": f"{{{CANARY}"},
        {"kind": "reset"},
        {"kind": "lost"},
        {"kind": "cut"},
        {"kind": "stall", "seconds": 10},
        {"kind": "expired_token"},
        {"kind": "rate_limited"},
    ],
    ids=str,
)
def test_nothing_secret_is_said_of_a_failure(
    client: CaspioClient,
    emulator: Emulator,
    ear: Listening,
    caplog: pytest.LogCaptureFixture,
    *,
    act: Act,
    fault: dict[str, Any],
) -> None:
    """No error, cause or log record has the secret, a token or a password, whatever fails."""
    caplog.set_level(logging.DEBUG)
    read(client)
    if act is download and fault.get("status") == OK:
        act = read  # a download's bytes are nobody's but the caller's
    only = {"contains": "/path"} if act is download else {}
    emulator.control.fault({**fault, **only, "times": 0})

    assert heard(ear, fails(client, act), caplog) == set()
    assert len(ear.secrets) > 2, "no token was seen"
    assert caplog.records


def test_nothing_secret_is_said_of_a_header(
    client: CaspioClient, emulator: Emulator, ear: Listening
) -> None:
    """A header that quotes a secret gets into no error, though support asks for it."""
    read(client)
    headers = {"X-Caspio-Request-ID": CANARY, "Location": CANARY, "Retry-After": CANARY}
    emulator.control.fault({"kind": "status", "status": 404, "headers": headers})

    text = fails(client, read)

    assert {secret for secret in ear.secrets if secret in text} == set()
    assert "request id ****" in text


@pytest.mark.parametrize("status", [400, 401, 403, 503])
def test_nothing_secret_is_said_of_refused_credentials(
    client: CaspioClient,
    emulator: Emulator,
    ear: Listening,
    status: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Credentials that are refused are not shown, though the answer may show them."""
    caplog.set_level(logging.DEBUG)
    body = {"error": "invalid_client", "error_description": f"{CANARY} is wrong"}
    emulator.control.fault(
        {"kind": "status", "template": "/oauth/token", "status": status, "body": body, "times": 0}
    )

    assert heard(ear, fails(client, read), caplog) == set()


@pytest.mark.parametrize("act", [read, write])
def test_what_the_network_quotes_is_masked(
    client: CaspioClient, ear: Listening, act: Act, caplog: pytest.LogCaptureFixture
) -> None:
    """An error that quotes a token, as parsers quote lines, is masked with its causes."""

    def quote(token: str) -> None:
        raise httpx.RemoteProtocolError(f"cannot read {token} {CANARY}") from ValueError(
            f"illegal line: {token}"
        )

    ear.trouble = quote

    text = fails(client, act)

    assert heard(ear, text, caplog) == set()
    assert "****" in text
