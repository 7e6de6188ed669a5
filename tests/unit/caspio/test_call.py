from collections.abc import Iterator

import httpx
import pytest

from pipeline.adapters.caspio import CaspioClient
from pipeline.adapters.caspio.where import pk_equals
from pipeline.errors import (
    EffectInDoubt,
    IngestError,
    RefusedByCaspio,
    RejectFile,
    ServiceUnavailable,
    Unauthorized,
)
from tests.fakes.clock import FakeClock

from .conftest import Reply, Script, reply

RATE = [{"name": "api-calls-rate", "message": "You have exceeded your API call rate limits."}]


def names() -> httpx.Response:
    """Make a good answer to a read."""
    return reply(200, {"Result": ["A"]})


def put(client: CaspioClient) -> int:
    """Write something, and return how many rows it met."""
    return client.tables.update("T", {"A": 1}, condition=pk_equals("1", is_view=False)).count


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("slow"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
        httpx.ReadError("reset"),
        (500, None),
        (503, "busy"),
        (400, {"Code": "InternalError"}),
        (429, RATE),
        (400, RATE),
    ],
)
def test_read_is_repeated(client: CaspioClient, script: Script, trouble: Exception | tuple[int, object]) -> None:
    """A read that fails for a moment is repeated and answers as if nothing had been."""
    script.replies = [reply(*trouble) if isinstance(trouble, tuple) else trouble, names()]

    assert client.tables.names() == ("A",)


def test_body_that_is_not_whole_is_asked_for_again(client: CaspioClient, script: Script) -> None:
    """JSON that was cut without a declared length is no answer."""
    script.replies = [httpx.Response(200, content=iter([b'{"Result": ["A'])), names()]

    assert client.tables.names() == ("A",)


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ReadTimeout("slow"),
        httpx.WriteTimeout("slow"),
        httpx.RemoteProtocolError("server disconnected"),
        httpx.ReadError("reset"),
        (500, None),
        (502, "<html>"),
        (400, {"Code": "InternalError"}),
        (200, None),
    ],
)
def test_write_is_in_doubt_and_never_repeated(
    client: CaspioClient, script: Script, trouble: Exception | tuple[int, object]
) -> None:
    """A write that was sent and not clearly answered is sent once and reported as in doubt."""
    answer: Reply = reply(*trouble) if isinstance(trouble, tuple) else trouble
    if trouble == (200, None):
        answer = httpx.Response(200, content=iter([b'{"RecordsAff']))
    script.replies = [answer, reply(200, {"RecordsAffected": 1, "Result": []})]

    with pytest.raises(EffectInDoubt, match="Nothing was repeated"):
        put(client)

    assert len(script.seen) == 1


@pytest.mark.parametrize(
    "trouble",
    [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("full"), (429, RATE), (400, RATE)],
)
def test_write_that_was_not_processed_is_repeated(
    client: CaspioClient, script: Script, trouble: Exception | tuple[int, object]
) -> None:
    """A write that provably did nothing is sent again."""
    script.replies = [
        reply(*trouble) if isinstance(trouble, tuple) else trouble,
        reply(200, {"RecordsAffected": 1, "Result": []}),
    ]

    assert put(client) == 1


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (500, {"Code": "AlterReadOnlyData", "Message": "x"}, RefusedByCaspio),
        (400, {"Code": "InvalidInputValue", "Message": "x"}, RefusedByCaspio),
        (400, {"Code": "SqlServerError", "Message": "x"}, RefusedByCaspio),
        (404, {"Code": "ObjectNotFound", "Message": "x"}, RefusedByCaspio),
        (415, None, RefusedByCaspio),
        (302, None, RefusedByCaspio),
        (400, {"Code": "ProfileDisabled", "Message": "x"}, Unauthorized),
        (400, {"Code": "UnsufficientPrivileges", "Message": "x"}, Unauthorized),
        (403, {"Code": "IpForbidden", "Message": "x"}, Unauthorized),
        (403, None, Unauthorized),
    ],
)
def test_refusal_is_translated_and_not_repeated(
    client: CaspioClient, script: Script, status: int, body: object, error: type[IngestError]
) -> None:
    """A refusal becomes the error for what the caller must do, after one call."""
    script.replies = [reply(status, body)]

    with pytest.raises(error, match=rf"PUT /v3/tables/\{{tableName\}}/records.*'T'.*{status}"):
        put(client)


def test_refusal_carries_what_support_asks_for(client: CaspioClient, script: Script) -> None:
    """The error holds status, code and request id."""
    script.replies = [reply(400, {"Code": "InvalidInputValue", "Message": "x", "RequestId": "abc"})]

    with pytest.raises(RefusedByCaspio) as caught:
        put(client)

    assert (caught.value.status, caught.value.code, caught.value.request_id) == (400, "InvalidInputValue", "abc")


def test_second_refusal_of_the_token_is_unauthorized(client: CaspioClient, script: Script) -> None:
    """After one new token a 401 stops the run."""
    script.replies = [names(), reply(401), reply(401)]
    client.tables.names()

    with pytest.raises(Unauthorized, match="Web Services profile"):
        client.tables.names()

    assert script.tokens == 2


def test_write_with_a_stale_token_is_sent_again(client: CaspioClient, script: Script) -> None:
    """A refused token proves that the write was not processed."""
    script.replies = [names(), reply(401), reply(200, {"RecordsAffected": 1})]
    client.tables.names()

    assert put(client) == 1


def test_retry_after_is_obeyed(client: CaspioClient, script: Script, clock: FakeClock) -> None:
    """The pause is at least what Caspio asked for."""
    script.replies = [httpx.Response(429, headers={"Retry-After": "9"}), names()]

    client.tables.names()

    assert clock.monotonic() >= 9


def test_retry_after_as_a_date_is_obeyed(client: CaspioClient, script: Script, clock: FakeClock) -> None:
    """Retry-After may be a date: the fake clock starts at 09:00:00."""
    script.replies = [httpx.Response(503, headers={"Retry-After": "Sat, 14 Mar 2026 09:00:20 GMT"}), names()]

    client.tables.names()

    assert clock.monotonic() == pytest.approx(20)


def test_repeating_ends(client: CaspioClient, script: Script, clock: FakeClock) -> None:
    """Repeating is bounded in count and time, and the error says what was tried."""
    script.replies = [reply(503) for _ in range(20)]

    with pytest.raises(ServiceUnavailable, match="failed 6 times"):
        client.tables.names()

    assert clock.monotonic() < 60


def test_a_pause_that_is_too_long_is_not_waited_for(client: CaspioClient, script: Script, clock: FakeClock) -> None:
    """An hour's pause ends the attempt at once instead of holding the run."""
    script.replies = [httpx.Response(503, headers={"Retry-After": "3600"})]

    with pytest.raises(ServiceUnavailable):
        client.tables.names()

    assert clock.slept == []


def test_every_attempt_is_counted(client: CaspioClient, script: Script) -> None:
    """Repetitions and tokens are calls: failed ones count against the account's quota too."""
    script.replies = [reply(503), names()]

    client.tables.names()

    assert client.calls == {"GET /v3/tables": 2, "POST /oauth/token": 1}


def test_address_too_long_is_not_sent(client: CaspioClient, script: Script) -> None:
    """An address over 2,047 characters is refused here, before it costs a call."""
    with pytest.raises(RejectFile, match="2,047"):
        client.tables.records("T", condition="A = " + "'x'" * 700)

    assert script.seen == []


def test_names_are_encoded(client: CaspioClient, script: Script) -> None:
    """A name with a slash or a blank stays one segment of the path."""
    script.replies = [reply(200, {"Result": []})]

    client.tables.fields("A/b c?")

    assert script.seen[0].url.raw_path == b"/integrations/rest/v3/tables/A%2Fb%20c%3F/fields"


def test_secret_is_in_no_text(client: CaspioClient, script: Script) -> None:
    """Neither the client nor an error shows the secret or a token."""
    script.replies = [reply(401, {"Message": "no"})]

    with pytest.raises(Unauthorized) as caught:
        client.tables.names()

    assert not any(word in f"{client!r} {caught.value!r}" for word in ("hush", "T1", "T2"))


def test_download_that_breaks_off_is_try_later(client: CaspioClient, script: Script) -> None:
    """A body that breaks after its beginning was handed on is not repeated here: the caller starts again."""

    def body() -> Iterator[bytes]:
        yield b"abc"
        raise httpx.ReadError("reset")

    script.replies = [httpx.Response(200, content=body())]

    with pytest.raises(ServiceUnavailable, match="broke off"), client.files.download("/a") as download:
        list(download.chunks)


def test_encoded_download_declares_no_length(client: CaspioClient, script: Script) -> None:
    """A compressed body's Content-Length does not count the bytes handed on, so it is not told."""
    script.replies = [
        httpx.Response(200, content=iter([b"abc"]), headers={"Content-Length": "3", "Content-Encoding": "x"})
    ]

    with client.files.download("/a") as download:
        assert download.declared_bytes is None
