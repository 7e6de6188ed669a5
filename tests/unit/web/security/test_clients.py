"""Slow and many clients before the real server: none of them keeps the page from the others."""

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import pytest

from flows.app.drain import Drain
from flows.http.connections import BoundedConnection
from flows.http.server import Running, listening, server_of
from flows.web.app import create_app
from flows.web.serve import origins_of
from tests.unit.web.conftest import Office

pytestmark = pytest.mark.integration

CONNECTIONS = 8
CLIENTS = 40
WAIT_S = 120.0


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the server wait for a part of a second, instead of many."""
    monkeypatch.setattr(BoundedConnection, "header_s", 0.5)
    monkeypatch.setattr("flows.web.pages.BODY_S", 0.5)


@pytest.fixture
def address(office: Office) -> Iterator[tuple[str, int]]:
    """The page at an address, for a few clients."""
    with listening("127.0.0.1:0", what="The page") as door:
        host, port = door.getsockname()[:2]
        app = create_app(office.site, origins=origins_of(f"{host}:{port}", None))
        running = Running(server_of(app, connections=CONNECTIONS), door, Drain(), name="web page")
        with running.running():
            yield host, port


def _answers(address: tuple[str, int]) -> int:
    url = "http://{}:{}/login".format(*address)
    return httpx.get(url, trust_env=False, timeout=WAIT_S).status_code


def _answers_again(address: tuple[str, int]) -> bool:
    """Say whether the page answers; the server may still be about to close what others left."""
    for _ in range(200):
        # So little patience may close a connection of ours as well, on a busy machine.
        with suppress(httpx.TransportError):
            if _answers(address) == 200:
                return True
    return False


def _all_of(client: socket.socket) -> bytes:
    """Return everything until the server closes the connection."""
    received = b""
    try:
        while chunk := client.recv(65_536):
            received += chunk
    except ConnectionResetError:
        pass
    return received


@pytest.mark.usefixtures("impatient")
def test_clients_that_never_finish_a_header_are_closed(address: tuple[str, int]):
    """More of them than the page has connections: they are closed without an answer, and the page answers others."""
    slow = [socket.create_connection(address, WAIT_S) for _ in range(CONNECTIONS * 2)]
    for client in slow:
        client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0")
    received = [_all_of(client) for client in slow]
    for client in slow:
        client.close()

    assert set(received) == {b""}
    assert _answers_again(address)


@pytest.mark.usefixtures("impatient")
def test_a_form_that_trickles_is_refused(address: tuple[str, int]):
    """A body that does not arrive in time is answered with 408, and its connection is free again."""
    head = (
        "POST /login HTTP/1.1\r\nHost: {}:{}\r\nOrigin: http://{}:{}\r\nConnection: close\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nlink="
    ).format(*address, *address)
    with socket.create_connection(address, WAIT_S) as client:
        client.sendall(head.encode())
        received = _all_of(client)

    assert received.startswith(b"HTTP/1.1 408 ")
    assert b"The form took too long to arrive." in received
    assert _answers_again(address)


@pytest.mark.slow
def test_more_clients_than_connections_are_answered_or_turned_away(address: tuple[str, int]):
    """A few at once all get a page, and each of many a page or a 503; afterwards all is as before."""
    few = _statuses(address, CONNECTIONS // 2)
    assert _answers_again(address)
    many = _statuses(address, CLIENTS)

    assert few == {200: CONNECTIONS // 2}
    # On a busy machine all of them may be there before the first is read.
    assert many.total() == CLIENTS
    assert set(many) <= {200, 503}
    assert _answers_again(address)


def _statuses(address: tuple[str, int], clients: int) -> Counter[int]:
    """Return how often each status is the answer to clients that all ask at once."""
    barrier = threading.Barrier(clients)

    def visit(_: int) -> int:
        barrier.wait()
        return _answers(address)

    with ThreadPoolExecutor(clients) as pool:
        return Counter(pool.map(visit, range(clients)))
