"""Run a receiver: the application, and the thread that starts runs for its messages."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import uvicorn

from flows.app.drain import Drain
from flows.app.wiring import open_ledger
from flows.webhooks.connections import BoundedConnection
from flows.webhooks.dispatch import Dispatcher, Loop, Start, start_at_prefect, start_directly
from flows.webhooks.receiver import PATH, Receiver
from pipeline.errors import BadSettings
from pipeline.settings import Settings, environment

CONNECTIONS = 100
"""Senders answered in parallel; more receive 503 and send again."""


HOW_TO_EXPORT = (
    "Export the secret that `caspio-ingest webhooks sync` printed when it created the webhook. "
    "Caspio also shows it on the webhook's page."
)


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """Return the secrets a message may carry: one, or several during a rotation.

    Several are separated by spaces.

    Raises:
        BadSettings: there is none.
    """
    if settings.webhook_secret is None:
        raise BadSettings([f"CASPIO_WEBHOOK_SECRET is not set. {HOW_TO_EXPORT}"])
    return tuple(settings.webhook_secret.get_secret_value().split())


@dataclass(frozen=True, slots=True)
class Running:
    """A receiver that listens, and answers as soon as it is run."""

    server: uvicorn.Server
    socket: socket.socket
    drain: Drain

    @property
    def address(self) -> str:
        """Return the address that receives messages."""
        host, port = self.socket.getsockname()[:2]
        return f"http://{host}:{port}{PATH}"

    def run(self) -> None:
        """Answer until SIGTERM or Ctrl-C, which also drains the current run.

        A second signal has its default effect. For the main thread only.
        """
        ended = threading.Event()
        # Signals reach the main thread only. So it waits here, and the server runs in another one.
        before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

        # A second signal finds the handler that was there before: it ends a receiver that cannot
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

        thread = threading.Thread(target=run, name="webhook receiver")
        thread.start()
        try:
            yield
        finally:
            self.server.should_exit = True
            thread.join()


@contextmanager
def receiving(
    settings: Settings, config: Path, listen: str = "", *, start: Start | None = None
) -> Iterator[Running]:
    """Open the ledger, continue with what an earlier receiver left, and listen.

    Without `start`, runs are requested at PREFECT_API_URL or, without that, run in this process.

    Raises:
        BadSettings: there is no secret, or the address cannot be listened at.
    """
    secrets = secrets_of(settings)
    with (
        listening(listen or settings.webhooks.listen) as door,
        open_ledger(settings) as ledger,
    ):
        drain = Drain()
        if start is None:
            if environment("PREFECT_API_URL"):
                start = start_at_prefect(settings, config)
            else:
                start = start_directly(config, drain)
        loop = Loop(Dispatcher(settings, ledger, start, drain))
        app = Receiver(settings, ledger, secrets, loop.wake).app()
        # No access log, since the ledger has every message, and no name of the software for
        # strangers.
        configuration = uvicorn.Config(
            app,
            http=BoundedConnection,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=CONNECTIONS,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=10,
        )
        # Before the first message: what an earlier receiver has left waits for no new one.
        loop.start()
        try:
            yield Running(uvicorn.Server(configuration), door, drain)
        finally:
            loop.stop()


@contextmanager
def listening(address: str) -> Iterator[socket.socket]:
    """Listen at HOST:PORT; port 0 takes a free one."""
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
            f"The receiver cannot listen at {address}: {error}. "
            "Choose another --listen, or stop the program that listens there."
        )
        raise BadSettings([problem]) from error
    with door:
        yield door
