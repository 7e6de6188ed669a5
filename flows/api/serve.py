"""Run the HTTP API until the process is asked to stop."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from flows.agents.accounts import open_accounts
from flows.agents.door import Allowed, refuse_open_door
from flows.api.app import api_app
from flows.api.endpoints import ROOT
from flows.http.server import listening, server_of

CONNECTIONS = 200
BLOCK = 20
"""Caspio calls booked at a time: programs make many, and each booking waits for the disk."""


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that is ready to run, and the addresses of its accounts."""

    server: uvicorn.Server
    socket: socket.socket
    addresses: tuple[str, ...]

    def run(self) -> None:
        """Answer until the process is asked to stop; calls that have begun are finished."""
        self.server.run(sockets=[self.socket])


@contextmanager
def serving(configs: tuple[Path, ...], listen: str = "") -> Iterator[Serving]:
    """Open the accounts and return their server; run it with `Serving.run()`.

    Raises:
        BadSettings: others could reach the server, and the settings do not say under which
            address, or it cannot be listened at.
    """
    with open_accounts(configs, block=BLOCK) as accounts:
        settings = next(iter(accounts.values())).settings.api
        address = listen or settings.listen
        refuse_open_door(section="api", listen=address, url=settings.url)
        allowed = Allowed.by(listen=address, url=settings.url, origins=settings.origins)
        app = api_app(accounts, allowed, settings.url)
        with listening(address, what="The HTTP API") as door:
            host, port = door.getsockname()[:2]
            base = settings.url or f"http://{host}:{port}"
            server = server_of(app, connections=CONNECTIONS)
            yield Serving(server, door, tuple(f"{base}{ROOT}/{name}" for name in accounts))
