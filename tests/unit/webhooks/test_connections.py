"""A sender that does not send cannot keep a connection, and does not keep others from sending."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from flows.http.connections import BoundedConnection

pytestmark = pytest.mark.integration


class Quick(BoundedConnection):
    """The same, with a limit that a test can wait for."""

    header_s = 0.3


async def _answer(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    """Serve an application that answers with the length of a body."""
    app = Starlette(routes=[Route("/", _answer, methods=["GET", "POST"])])
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=Quick, ws="none", log_config=None, limit_concurrency=5)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield listener.getsockname()
    server.should_exit = True
    thread.join()


def _closed(connection: socket.socket) -> bool:
    """Wait until the other side closes a connection."""
    connection.settimeout(60)
    try:
        return connection.recv(1000) == b""
    except ConnectionResetError:
        return True


def _read(connection: socket.socket) -> bytes:
    """Return the body of an answer, which has one byte."""
    answer = b""
    while not (body := answer.partition(b"\r\n\r\n")[2]):
        answer += connection.recv(1000)
    return body


@pytest.mark.parametrize("sent", [b"", b"POST / HT", b"POST / HTTP/1.1\r\nHost: a\r\nX-Slow: "])
def test_a_connection_without_a_whole_request_is_closed(address: tuple[str, int], sent: bytes):
    """Neither silence nor half a header lasts longer than the limit."""
    with socket.create_connection(address) as connection:
        connection.sendall(sent)

        assert _closed(connection)


def test_a_header_sent_a_byte_at_a_time_does_not_extend_the_limit(address: tuple[str, int]):
    """The limit is for the whole headers, not for each byte."""
    started = time.monotonic()
    with socket.create_connection(address) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
        # An error is the server's close, met while sending.
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - started < 60:
                connection.sendall(b"x")
                time.sleep(0.05)

    assert time.monotonic() - started < 60


def test_idle_connections_leave_room_again(address: tuple[str, int]):
    """When all places are taken by silent senders, others get in as soon as the limit is over."""
    idle = [socket.create_connection(address) for _ in range(5)]

    assert all(_closed(connection) for connection in idle)
    assert httpx.post(f"http://127.0.0.1:{address[1]}/", content=b"abc").text == "3"
    for connection in idle:
        connection.close()


def test_a_slow_body_and_a_kept_connection_work_on(address: tuple[str, int]):
    """The limit is for headers: a body may take longer, and further requests use the connection."""
    with socket.create_connection(address) as connection:
        connection.settimeout(60)
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n")
        time.sleep(0.5)
        connection.sendall(b"ab")
        first = _read(connection)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        second = _read(connection)

    assert (first, second) == (b"2", b"0")
