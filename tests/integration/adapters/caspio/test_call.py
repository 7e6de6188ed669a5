"""What becomes of a call when the network, the token or Caspio fails."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from infra.emulator import Emulator
from pipeline.adapters.caspio.client import (
    CaspioClient,
    NameTaken,
    NotFound,
    QueryRefused,
    TooLarge,
    ValueRefused,
)
from pipeline.adapters.caspio.client.errors import (
    AccessDenied,
    CaspioError,
    FileMissing,
    InDoubt,
    ItemError,
    PauseTooLong,
    Refused,
    Unavailable,
)
from pipeline.adapters.caspio.client.where import pk_equals
from tests.fakes.clock import FakeClock
from tests.support.meanwhile import Meanwhile

from .conftest import seed

pytestmark = pytest.mark.integration

READ, WRITE, DOWNLOAD = "ListTables", "UpdateTableRecords", "DownloadFileByPath"
INTERNAL = {"Code": "InternalError", "Message": "Internal error"}
SHORT = httpx.Timeout(30.0, read=0.5)
Fault = dict[str, Any]
STALL: Fault = {"kind": "stall", "seconds": 20}
SAFE_TO_REPEAT = [
    {"kind": "rate_limited", "status": 429},
    {"kind": "rate_limited", "status": 400},
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("slow"),
    httpx.PoolTimeout("full"),
]
UNCLEAR = [
    STALL,
    {"kind": "reset"},
    {"kind": "lost"},
    {"kind": "cut", "declared": True},
    {"kind": "cut", "declared": False, "ending": "chunked"},
    {"kind": "cut", "declared": False, "ending": "close"},
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503, "body": "busy"},
    {"kind": "status", "status": 502, "body": "<html>"},
    {"kind": "status", "status": 400, "body": INTERNAL},
    httpx.WriteTimeout("slow"),
]


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """Start an account with a table and a file, once for all tests here."""
    tables = {
        "T": {"fields": [{"Name": "A", "Type": "INTEGER"}], "records": [{"PK_ID": 1, "A": 0}]}
    }
    folder = seed(
        tmp_path_factory.mktemp("seed"),
        {"tables": tables, "files": {"/a": "a"}},
        {"a": b"0123456789"},
    )
    with Emulator(seed=folder) as emulator:
        yield emulator


@pytest.fixture
def emulator(account: Emulator) -> Emulator:
    """Return the account without faults and with no calls seen."""
    account.control.clear_faults()
    account.control.reset_calls()
    return account


Connect = Callable[..., CaspioClient]


@pytest.fixture
def connect(emulator: Emulator, clock: FakeClock) -> Iterator[Connect]:
    """Return a way to connect.

    An exception given is the network's, once, for requests of its method.
    """
    made: list[CaspioClient] = []

    def connect(
        trouble: Fault | Exception | None = None, *, method: str = "GET", operation: str = ""
    ) -> CaspioClient:
        def fail() -> None:
            assert isinstance(trouble, Exception)
            raise trouble

        if isinstance(trouble, dict):
            emulator.control.fault({"operation": operation, **trouble})
        client = CaspioClient(
            url=emulator.url,
            client_id="id",
            client_secret="secret",
            clock=clock,
            rate="1000000/1s",
            timeout=SHORT if trouble is STALL else None,
            transport=Meanwhile(fail, method=method, contains="/v3/")
            if isinstance(trouble, Exception)
            else None,
        )
        made.append(client)
        return client

    yield connect
    for client in made:
        client.close()


@pytest.fixture
def client(connect: Connect) -> CaspioClient:
    """Connect to the account."""
    return connect()


def put(client: CaspioClient) -> int:
    """Write something, and return how many rows it met."""
    return client.tables.update("T", {"A": 1}, condition=pk_equals("1", is_view=False)).count


def seen(emulator: Emulator, operation: str) -> int:
    """Return how often an operation reached the account."""
    return sum(call["operation"] == operation for call in emulator.control.call_log())


@pytest.mark.parametrize("trouble", [*SAFE_TO_REPEAT, *UNCLEAR], ids=str)
def test_read_is_repeated(connect: Connect, trouble: Fault | Exception) -> None:
    """A read that fails for a moment is repeated and answers as if nothing had been."""
    assert connect(trouble, operation=READ).tables.names() == ("T",)


@pytest.mark.parametrize("trouble", UNCLEAR, ids=str)
def test_write_is_in_doubt_and_never_repeated(
    connect: Connect, emulator: Emulator, trouble: Fault | Exception
) -> None:
    """A write that was sent and not clearly answered is sent once and reported as in doubt."""
    client = connect(trouble, method="PUT", operation=WRITE)

    with pytest.raises(InDoubt, match="Nothing was repeated"):
        put(client)

    assert client.calls["PUT /v3/tables/{tableName}/records"] == 1
    assert seen(emulator, WRITE) <= 1


@pytest.mark.parametrize("trouble", SAFE_TO_REPEAT, ids=str)
def test_write_that_was_not_processed_is_repeated(
    connect: Connect, trouble: Fault | Exception
) -> None:
    """A write that provably did nothing is sent again."""
    assert put(connect(trouble, method="PUT", operation=WRITE)) == 1


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (500, {"Code": "AlterReadOnlyData", "Message": "x"}, ValueRefused),
        (400, {"Code": "InvalidInputValue", "Message": "x"}, ValueRefused),
        (400, {"Code": "IncorrectBodyParameter", "Message": "x"}, ValueRefused),
        (400, {"Code": "SqlServerError", "Message": "x"}, QueryRefused),
        (404, {"Code": "ObjectNotFound", "Message": "x"}, NotFound),
        (404, {"Code": "FieldNotFound", "Message": "x"}, NotFound),
        (404, None, NotFound),
        (409, None, NameTaken),
        (413, None, TooLarge),
        (415, None, Refused),
        (302, None, Refused),
        (404, {"Code": "FileNotFound", "Message": "x"}, FileMissing),
        (400, {"Code": "ProfileDisabled", "Message": "x"}, AccessDenied),
        (400, {"Code": "UnsufficientPrivileges", "Message": "x"}, AccessDenied),
        (403, {"Code": "IpForbidden", "Message": "x"}, AccessDenied),
        (403, None, AccessDenied),
    ],
)
def test_refusal_is_translated_and_not_repeated(
    connect: Connect, emulator: Emulator, status: int, body: object, error: type[CaspioError]
) -> None:
    """A refusal becomes the error for what the caller must do, after one call."""
    client = connect({"kind": "status", "status": status, "body": body}, operation=WRITE)

    with pytest.raises(error, match=r"^Updating table records \(table 'T'\): "):
        put(client)

    assert seen(emulator, WRITE) == 1


def test_refusal_carries_what_support_asks_for(connect: Connect) -> None:
    """The error holds status, code and request id."""
    client = connect()

    with pytest.raises(ValueRefused) as caught:
        client.tables.update("T", {"A": "not a number"}, condition=pk_equals("1", is_view=False))

    assert (caught.value.status, caught.value.code) == (400, "InvalidInputValue")
    assert caught.value.request_id in str(caught.value)
    assert caught.value.request_id


def test_second_refusal_of_the_token_is_unauthorized(
    client: CaspioClient, emulator: Emulator
) -> None:
    """After one new token a 401 stops the run."""
    client.tables.names()
    emulator.control.fault({"kind": "expired_token", "operation": READ, "times": 2})

    with pytest.raises(AccessDenied, match="Web Services profile"):
        client.tables.names()

    assert emulator.control.calls()["POST /oauth/token"] == 2


def test_write_with_a_stale_token_is_sent_again(client: CaspioClient, emulator: Emulator) -> None:
    """A refused token proves that the write was not processed."""
    client.tables.names()
    emulator.control.fault({"kind": "expired_token", "operation": WRITE})

    assert put(client) == 1
    assert seen(emulator, WRITE) == 2


@pytest.mark.parametrize("operation", [READ, WRITE])
def test_busy_token_endpoint_delays_a_call(
    client: CaspioClient, emulator: Emulator, operation: str
) -> None:
    """A call whose token is late is made once the token is there, a write too.

    Nothing of it had been sent.
    """
    for trouble in (
        {"kind": "status", "status": 503},
        {"kind": "reset"},
        {"kind": "rate_limited", "status": 429},
    ):
        emulator.control.fault({"template": "/oauth/token", **trouble})

    assert client.tables.names() == ("T",) if operation == READ else put(client) == 1
    assert seen(emulator, operation) == 1


def test_retry_after_is_obeyed(connect: Connect, clock: FakeClock) -> None:
    """The pause is at least what Caspio asked for."""
    connect(
        {"kind": "rate_limited", "status": 429, "retry_after": 9}, operation=READ
    ).tables.names()

    assert clock.monotonic() >= 9


def test_retry_after_as_a_date_is_obeyed(connect: Connect, clock: FakeClock) -> None:
    """Retry-After may be a date: the fake clock starts at 09:00:00."""
    headers = {"Retry-After": "Sat, 14 Mar 2026 09:00:20 GMT"}

    connect({"kind": "status", "status": 503, "headers": headers}, operation=READ).tables.names()

    assert clock.monotonic() == pytest.approx(20, abs=0.1)


def test_repeating_ends(connect: Connect, clock: FakeClock) -> None:
    """Repeating is bounded in count and time, and the error says what was tried."""
    client = connect({"kind": "status", "status": 503, "times": 0}, operation=READ)

    with pytest.raises(Unavailable, match="failed 6 times"):
        client.tables.names()

    assert clock.monotonic() < 60


def unreachable(
    emulator: Emulator, clock: FakeClock, error: httpx.HTTPError, *, after: int
) -> CaspioClient:
    """Connect to an account to which no connection is made any more after some answers."""
    real, left = httpx.HTTPTransport(), iter(range(after))

    class Lost(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if next(left, None) is None:
                raise error
            return real.handle_request(request)

        def close(self) -> None:
            real.close()

    return CaspioClient(
        url=emulator.url, client_id="id", client_secret="secret", clock=clock, transport=Lost()
    )


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("[Errno -2] Name or service not known"),
        httpx.ConnectError("[Errno 111] Connection refused"),
        httpx.ConnectTimeout("slow"),
    ],
    ids=str,
)
def test_an_account_that_was_never_reached_may_have_another_address(
    emulator: Emulator, clock: FakeClock, error: httpx.HTTPError
) -> None:
    """Before the first answer the address is doubted; after it, there is work to continue."""
    with (
        unreachable(emulator, clock, error, after=0) as client,
        pytest.raises(Unavailable, match=f"Check the account's address, {emulator.url} ") as never,
    ):
        client.tables.names()
    # The token, and the answer to the first call.
    with unreachable(emulator, clock, error, after=2) as client:
        client.tables.names()
        with pytest.raises(Unavailable, match="A later attempt may succeed") as later:
            client.tables.names()

    assert "continues" not in str(never.value)
    assert "address" not in str(later.value)


def test_a_pause_that_is_too_long_is_not_waited_for(connect: Connect, clock: FakeClock) -> None:
    """An hour's pause ends the call at once instead of holding the run."""
    client = connect(
        {"kind": "status", "status": 503, "headers": {"Retry-After": "3600"}}, operation=READ
    )

    with pytest.raises(PauseTooLong, match=r"3,600 s"):
        client.tables.names()

    assert clock.slept == []


def test_every_attempt_is_counted(connect: Connect, emulator: Emulator) -> None:
    """Repetitions and tokens are calls: failed ones count against the account's quota too."""
    client = connect({"kind": "status", "status": 503}, operation=READ)

    client.tables.names()

    assert client.calls == {"GET /v3/tables": 2, "POST /oauth/token": 1} == emulator.control.calls()


def test_address_too_long_is_not_sent(client: CaspioClient, emulator: Emulator) -> None:
    """An address over 2,047 characters is refused here, before it costs a call."""
    with pytest.raises(ItemError, match="2,047"):
        client.tables.records("T", condition="A = " + "'x'" * 700)

    assert emulator.control.calls() == {}


def test_download_that_breaks_off_is_try_later(connect: Connect) -> None:
    """A body that breaks after its beginning was handed on is not repeated here.

    The caller starts again.
    """
    client = connect({"kind": "cut", "bytes": 3}, operation=DOWNLOAD)

    with (
        pytest.raises(Unavailable, match="broke off"),
        client.files.download("/a") as download,
    ):
        list(download.chunks)


def test_download_says_how_long_it_is(client: CaspioClient) -> None:
    """The declared length counts the bytes that are handed on."""
    with client.files.download("/a") as download:
        assert download.declared_bytes == len(b"".join(download.chunks)) == 10
