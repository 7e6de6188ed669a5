"""Bound how long a connection may wait for a request.

uvicorn limits the number of connections and the time between two requests, but not the time until
the headers of a request are complete: senders that open connections and say nothing, or send a
header a byte at a time, would occupy all of them.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_S = 10.0
"""Seconds for the complete headers of a request, from the connection or the last answer on."""


class BoundedConnection(H11Protocol):
    """A connection that is closed if the headers of its next request take too long."""

    header_s = HEADER_S
    _timer: asyncio.TimerHandle | None = None

    # The type of the transport is uvicorn's.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start to wait for the first request."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Pass data on; wait for headers unless a request is being answered."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Start to wait for the next request."""
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._cancel()
        super().connection_lost(exc)

    def _watch(self) -> None:
        cycle: Any = self.cycle
        if cycle is not None and not cycle.response_complete:
            self._cancel()  # the request has a time limit of its own
        elif self._timer is None and not self.transport.is_closing():
            self._timer = self.loop.call_later(self.header_s, self._expire)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        self._timer = None
        # abort, not close: a sender that does not read must not keep the connection, either.
        self.transport.abort()
