"""Listen at an address, and answer there with an application until the process is asked to stop."""

import signal
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

from flows.app.drain import Drain
from flows.http.connections import BoundedConnection
from pipeline.errors import BadSettings

CONNECTIONS = 200
"""Connections to a server of several accounts at the same time."""

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost"})
"""Hosts to listen at that this machine alone reaches."""


def server_of(
    app: ASGIApp, *, connections: int, lifespan: Literal["on", "off"] = "off"
) -> uvicorn.Server:
    """Return a server that answers so many connections in parallel; more of them receive 503."""
    # No access log, since the ledger has what matters, and no name of the software for strangers.
    configuration = uvicorn.Config(
        app,
        http=BoundedConnection,
        ws="none",
        lifespan=lifespan,
        log_config=None,
        access_log=False,
        server_header=False,
        # Who connects is who connects: a header must not name somebody else.
        proxy_headers=False,
        limit_concurrency=connections,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=10,
    )
    return uvicorn.Server(configuration)


@dataclass(frozen=True, slots=True)
class Running:
    """A server that listens, and answers as soon as it is run. `name` is that of its thread."""

    server: uvicorn.Server
    socket: socket.socket
    drain: Drain
    name: str
    path: str = ""

    @property
    def address(self) -> str:
        """Return its address."""
        return f"http://{address_of(self.socket)}{self.path}"

    def run(self) -> None:
        """Answer until SIGTERM or Ctrl-C, which also drains the current run.

        A second signal has its default effect. For the main thread only.
        """
        ended = threading.Event()
        # Signals reach the main thread only. So it waits here, and the server runs in another one.
        before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

        # A second signal finds the handler that was there before: it ends a server that cannot
        # drain.
        def end(number: int, _frame: FrameType | None) -> None:
            signal.signal(number, before[signal.Signals(number)])
            self.drain.request()
            ended.set()

        for number in before:
            signal.signal(number, end)
        with self.running(ended.set):
            ended.wait()
        for number, handler in before.items():
            signal.signal(number, handler)

    @contextmanager
    def running(self, ended: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Answer from a thread while the context lasts; requests in progress are answered.

        `ended` is called when the server has ended.
        """

        def run() -> None:
            try:
                self.server.run(sockets=[self.socket])
            finally:
                ended()

        thread = threading.Thread(target=run, name=self.name)
        thread.start()
        try:
            yield
        finally:
            self.server.should_exit = True
            thread.join()


@dataclass(frozen=True, slots=True)
class Serving:
    """A server of several accounts that is ready to run, and the addresses of its accounts."""

    server: uvicorn.Server
    socket: socket.socket
    addresses: tuple[str, ...]

    def run(self) -> None:
        """Answer until the process is asked to stop; calls that have begun are finished."""
        self.server.run(sockets=[self.socket])


@contextmanager
def serving_accounts(
    app: ASGIApp,
    *,
    address: str,
    what: str,
    paths: Iterable[str],
    url: str | None = None,
    lifespan: Literal["on", "off"] = "off",
) -> Iterator[Serving]:
    """Listen at HOST:PORT with the application of several accounts; run it with `Serving.run()`.

    `what` names the server in messages, `paths` are those of the accounts, and `url` is the address
    by which others reach it, where that is another one.

    Raises:
        BadSettings: the address cannot be listened at.
    """
    with listening(address, what=what) as door:
        base = url or f"http://{address_of(door)}"
        server = server_of(app, connections=CONNECTIONS, lifespan=lifespan)
        yield Serving(server, door, tuple(f"{base}{path}" for path in paths))


def address_of(door: socket.socket) -> str:
    """Return HOST:PORT of a socket that listens, with the port that it was given."""
    return "{}:{}".format(*door.getsockname()[:2])


def is_local(address: str) -> bool:
    """Say whether this machine alone reaches HOST:PORT."""
    return address.rpartition(":")[0] in LOCAL_HOSTS


def require_https(
    address: str, url: str | None, *, section: str, in_container: bool = False
) -> None:
    """Refuse to listen for other machines at HOST:PORT unless a proxy in front of it does https.

    `section` is the one of the settings that has both. `in_container` says that the address is a
    container's, and `url` that of its published port.

    Raises:
        BadSettings: what is sent would cross a network unencrypted.
    """
    is_https = url is not None and url.lower().startswith("https://")
    # Settings allow plain http for this machine only, so what users reach is this machine.
    if is_local(address) or is_https or (in_container and url is not None):
        return
    problem = (
        f"{section}.listen is {address}, which other machines reach. Set {section}.url to the "
        "https address of the proxy in front of it, or listen at 127.0.0.1."
    )
    raise BadSettings([problem])


@contextmanager
def listening(address: str, *, what: str) -> Iterator[socket.socket]:
    """Listen at HOST:PORT; port 0 takes a free one. `what` names the server in messages.

    Raises:
        BadSettings: the address cannot be listened at.
    """
    host, _, port = address.rpartition(":")
    # Named as TCP: otherwise asyncio does not switch Nagle's algorithm off, and each answer waits
    # 40 ms for an ACK.
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((host, int(port)))
        door.listen()
    except (OSError, OverflowError) as error:
        door.close()
        problem = (
            f"{what} cannot listen at {address}: {error}. "
            "Choose another address, or stop the program that listens there."
        )
        raise BadSettings([problem]) from error
    with door:
        yield door
