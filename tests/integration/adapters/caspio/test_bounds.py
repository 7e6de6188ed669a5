"""Whatever answers in Caspio's place, a call ends.

In time, in memory, with an error that says what to do.
"""

import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import pytest

from pipeline.adapters.caspio.client import (
    RETRY,
    CaspioClient,
    Clause,
    InDoubt,
    PauseTooLong,
    Unavailable,
    UnexpectedAnswer,
)
from pipeline.adapters.caspio.client.http import auth, network
from pipeline.adapters.system_clock import SystemClock
from pipeline.errors import StopRequested

from .raw_server import dripping, endless, raw_server, whole

pytestmark = pytest.mark.integration

ROW = Clause("PK_ID = 1")
ONE_TRY = replace(RETRY, attempts=1)
OPEN_END = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"


@contextmanager
def connected(url: str, **options: object) -> Iterator[CaspioClient]:
    """Connect without a limit that would hide what is measured."""
    given = {"url": url, "client_id": "id", "client_secret": "secret", "rate": "100000/1s"}
    with CaspioClient(**{"retry": ONE_TRY, **given, **options}) as client:  # type: ignore[arg-type]  # a test names options
        yield client


@pytest.fixture
def short_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give answers a second instead of two minutes."""
    monkeypatch.setattr(network, "ANSWER_S", 1.0)
    monkeypatch.setattr(auth, "TOKEN_S", 1.0)


@pytest.mark.parametrize(
    "answer",
    [
        dripping(OPEN_END + b'{"Result": []}' * 999, pause_s=0.1),
        dripping(b"HTTP/1.1 200 OK\r\n" + b"X-Drip: 1\r\n" * 999, pause_s=0.1),
        lambda _: time.sleep(30),
    ],
    ids=["body", "headers", "silence"],
)
@pytest.mark.usefixtures("short_time")
def test_an_answer_that_drips_ends_in_time(answer: object) -> None:
    """A server that sends a byte now and then is late for the answer, though for no single read."""
    with raw_server(other=answer) as url, connected(url) as client:  # type: ignore[arg-type]
        started = time.monotonic()
        with pytest.raises(Unavailable, match="failed once"):
            client.tables.names()

    assert time.monotonic() - started < 25  # it drips for longer than that


@pytest.mark.usefixtures("short_time")
def test_a_write_whose_answer_drips_is_in_doubt() -> None:
    """A write that was sent and not answered in time is looked at, never repeated."""
    answer = dripping(OPEN_END + b'{"RecordsAffected"' * 99, pause_s=0.1)
    with raw_server(other=answer) as url, connected(url) as client, pytest.raises(InDoubt):
        client.tables.update("T", {"A": 1}, condition=ROW)


@pytest.mark.usefixtures("short_time")
def test_a_token_that_drips_holds_nobody_up_for_long() -> None:
    """The token's answer has a bound of its own, and no thread waits for it for ever."""
    drip = dripping(OPEN_END + b'{"access_token": "' + b"x" * 999, pause_s=0.1)
    errors: list[Exception] = []

    def call(client: CaspioClient) -> None:
        try:
            client.tables.names()
        except Unavailable as error:
            errors.append(error)

    with raw_server(token=drip) as url, connected(url) as client:
        started = time.monotonic()
        threads = [threading.Thread(target=call, args=(client,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(errors) == 4
    assert time.monotonic() - started < 90


def bomb(size_mib: int) -> bytes:
    """Return gzip of many MiB of blanks, in one member."""
    import zlib

    packer = zlib.compressobj(wbits=31)
    return b"".join(packer.compress(b" " * (1 << 20)) for _ in range(size_mib)) + packer.flush()


@pytest.mark.parametrize("operation", ["read", "write", "token"])
def test_a_bomb_ends_at_the_bound(operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gigabyte of blanks in a megabyte is not unpacked.

    The call ends, with the memory of the bound.
    """
    from pipeline.adapters.caspio.client.http import transport

    monkeypatch.setattr(transport, "MAX_JSON_BYTES", 1 << 20)
    body = bomb(256)
    answer = whole(body, headers="Content-Encoding: gzip\r\n")
    where_ = {"token": answer} if operation == "token" else {"other": answer}
    expected = {"read": UnexpectedAnswer, "write": InDoubt, "token": Unavailable}[operation]

    with raw_server(**where_) as url, connected(url) as client:
        calls = {"write": partial(client.tables.update, "T", {"A": 1}, condition=ROW)}
        call = calls.get(operation, client.tables.names)
        tracemalloc.start()
        with pytest.raises(expected):
            call()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert peak < 16 << 20


def test_an_answer_without_an_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that goes on for ever is cut at the bound."""
    from pipeline.adapters.caspio.client.http import transport

    monkeypatch.setattr(transport, "MAX_JSON_BYTES", 1 << 20)
    with (
        raw_server(other=endless(OPEN_END, b" " * 65536)) as url,
        connected(url) as client,
        pytest.raises(UnexpectedAnswer, match="more than"),
    ):
        client.tables.names()


def test_deep_json_is_not_a_traceback() -> None:
    """An answer nested a million levels deep is an answer that is not whole."""
    with (
        raw_server(other=whole(b"[" * 1_000_000)) as url,
        connected(url) as client,
        pytest.raises(Unavailable, match="not whole JSON"),
    ):
        client.tables.names()


@pytest.mark.parametrize("part", ["token", "other"])
def test_a_pause_of_hours_ends_the_call_at_once(part: str) -> None:
    """A Retry-After above three minutes is not waited for, wherever it comes from."""
    refusal = whole(b"{}", status="429 Too Many", headers="Retry-After: 7200\r\n")
    with (
        raw_server(**{part: refusal}) as url,
        connected(url, retry=RETRY) as client,
        pytest.raises(PauseTooLong, match=r"7,200 s"),
    ):
        client.tables.names()


@pytest.mark.parametrize("value", ["²", "soon", "-5", "9" * 30])
def test_nonsense_as_a_pause_is_ignored(value: str) -> None:
    """A Retry-After that is no number and no date is as if it were not there."""
    refusal = whole(b"{}", status="503 Busy", headers=f"Retry-After: {value}\r\n")
    with (
        raw_server(other=refusal) as url,
        connected(url) as client,
        pytest.raises(Unavailable, match=r"failed once .* Caspio cannot answer now"),
    ):
        client.tables.names()


def test_a_wait_ends_when_the_run_is_asked_to_stop() -> None:
    """A request to stop ends a call that waits for its next attempt, long before that."""
    asked = threading.Event()

    def check() -> None:
        if asked.is_set():
            raise StopRequested("asked to stop")

    busy = whole(b"{}", status="503 Busy", headers="Retry-After: 120\r\n")
    with (
        raw_server(other=busy) as url,
        connected(url, retry=RETRY, clock=SystemClock(check)) as client,
    ):
        threading.Timer(0.5, asked.set).start()
        started = time.monotonic()
        with pytest.raises(StopRequested):
            client.tables.names()

    assert time.monotonic() - started < 100


def test_a_slow_but_steady_download_is_not_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """What arrives puts the end off: a large file on a slow line comes down whole."""
    monkeypatch.setattr(network, "ANSWER_S", 1.0)
    monkeypatch.setattr(network, "BYTES_PER_S", 1000)
    body = b"x" * 6000

    def steady(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6000\r\n\r\n")
        for start in range(0, 6000, 600):
            connection.sendall(body[start : start + 600])
            time.sleep(0.2)

    with (
        raw_server(other=steady) as url,
        connected(url) as client,
        client.files.download("/a") as file,
    ):
        assert b"".join(file.chunks) == body
