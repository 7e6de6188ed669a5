"""A download that the client does not take is never ended as a whole file."""

from collections.abc import Callable
from typing import Any

import anyio
import anyio.to_thread
import pytest
from starlette.types import Message

from flows.api.transfers import Sending
from pipeline.adapters.caspio.client.values import Download
from pipeline.errors import StopRequested


class Connection:
    """A client that takes what `takes` says, and leaves the rest."""

    def __init__(self, takes: Callable[[Message], bool]) -> None:
        self._takes = takes
        self.taken: list[Any] = []

    async def send(self, message: Message) -> None:
        """Take a message, or never return."""
        if not self._takes(message):
            await anyio.sleep_forever()
        self.taken.append(message)

    async def receive(self) -> Message:
        """Stay."""
        await anyio.sleep_forever()
        raise AssertionError


def sending(connection: Connection) -> Sending:
    """Return what sends to a client."""
    return Sending(connection.receive, connection.send)


def test_a_last_chunk_that_is_not_taken_ends_the_download(monkeypatch: pytest.MonkeyPatch):
    """Also without a declared size, the file is not said to be whole."""
    monkeypatch.setattr("flows.api.transfers.CHUNK_S", 0.01)
    connection = Connection(lambda message: message.get("body") != b"last")
    download = Download(iter([b"first", b"last"]), None)

    async def run() -> None:
        await anyio.to_thread.run_sync(sending(connection), download, "a.pdf")

    with pytest.raises(StopRequested, match="does not take"):
        anyio.run(run)
    assert [one.get("body") for one in connection.taken] == [None, b"first"]


def test_the_end_waits_for_no_client(monkeypatch: pytest.MonkeyPatch):
    """A client that does not take the end is left, and its connection is free."""
    monkeypatch.setattr("flows.api.transfers.CHUNK_S", 0.01)
    connection = Connection(lambda _: False)

    async def run() -> None:
        with anyio.fail_after(10):
            await sending(connection).end()

    anyio.run(run)

    assert connection.taken == []
