"""Keep a receiver running: the application, and the thread that hands its messages out."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from flows.app.drain import Drain
from flows.app.wiring import open_ledger
from flows.webhooks.dispatch import Dispatcher, Loop, Start, start_at_prefect, start_directly
from flows.webhooks.receiver import PATH, Receiver
from pipeline.adapters.system_clock import SystemClock
from pipeline.errors import BadSettings
from pipeline.settings import Settings, environment

CONNECTIONS = 100
"""Senders answered at once; more are told 503 and send again."""


WHERE_IT_IS = "Export what `caspio-ingest webhooks sync` printed when it made the webhook; Caspio's own page of it shows it, too."


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """Return the secrets a message may carry: one, or several apart by blanks while they are changed over.

    Raises:
        BadSettings: there is none.
    """
    if settings.webhook_secret is None:
        raise BadSettings([f"CASPIO_WEBHOOK_SECRET is not set. {WHERE_IT_IS}"])
    return tuple(settings.webhook_secret.get_secret_value().split())


@dataclass(frozen=True, slots=True)
class Running:
    """A receiver that listens already, and answers once it is run."""

    server: uvicorn.Server
    socket: socket.socket
    drain: Drain

    @property
    def address(self) -> str:
        """Return where it takes messages."""
        host, port = self.socket.getsockname()[:2]
        return f"http://{host}:{port}{PATH}"

    def run(self) -> None:
        """Answer until SIGTERM or Ctrl-C comes, which also drains the run in hand; a second one has its plain effect.

        For the main thread only.
        """
        ended = threading.Event()
        before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

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
        """Answer from a thread while the context lasts; what was begun is answered. `ended` is told when none is."""

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
    """Open the ledger, take up what an earlier receiver left, and listen.

    Unless told how to `start` them, runs are asked for at PREFECT_API_URL, or made in this process without it.

    Raises:
        BadSettings: there is no secret, or nothing can listen at the address.
    """
    secrets = secrets_of(settings)
    with (
        listening(listen or settings.webhooks.listen) as door,
        open_ledger(settings, clock=SystemClock()) as ledger,
    ):
        drain = Drain()
        if start is None:
            at_prefect = environment("PREFECT_API_URL")
            start = (
                start_at_prefect(settings, config) if at_prefect else start_directly(config, drain)
            )
        loop = Loop(Dispatcher(settings, ledger, start, drain))
        app = Receiver(settings, ledger, secrets, loop.wake).app()
        loop.start()
        try:
            yield Running(uvicorn.Server(_configuration(app)), door, drain)
        finally:
            loop.stop()


@contextmanager
def listening(address: str) -> Iterator[socket.socket]:
    """Listen at HOST:PORT; port 0 takes a free one."""
    host, _, port = address.rpartition(":")
    # Named as TCP, or asyncio would not switch Nagle's algorithm off, and each answer would wait 40 ms for an ACK.
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((host, int(port)))
        door.listen()
    except (OSError, OverflowError) as error:
        door.close()
        said = f"The receiver cannot listen at {address}: {error}. Choose another --listen, or stop what listens there."
        raise BadSettings([said]) from error
    with door:
        yield door


def _configuration(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=10,
    )
