"""Access to the connection below ASGI: dropping it, and writing to it without the server's framing."""

import socket
import struct
from collections.abc import MutableMapping
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

Address = tuple[str, int]


class Wires:
    """The open connections by the client's address."""

    def __init__(self) -> None:
        self._open: MutableMapping[Address, Any] = {}

    def protocol(self) -> type[H11Protocol]:
        """Return the protocol class that reports its connections here."""
        wires = self

        class Reporting(H11Protocol):
            def connection_made(self, transport: Any) -> None:
                super().connection_made(transport)
                if self.client is not None:
                    wires._open[self.client] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                if self.client is not None:
                    wires._open.pop(self.client, None)
                super().connection_lost(exc)

        return Reporting

    def reset(self, client: Address) -> None:
        """Drop the connection so that the client sees a reset, not an end."""
        transport = self._open.get(client)
        if transport is None:
            return
        # Lingering for zero seconds makes the kernel send RST in place of FIN.
        transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        transport.abort()

    def close(self, client: Address) -> None:
        """End the connection after what was written has left."""
        transport = self._open.get(client)
        if transport is not None:
            transport.close()

    def write(self, client: Address, data: bytes) -> None:
        """Write bytes as they are."""
        transport = self._open.get(client)
        if transport is not None:
            transport.write(data)

    def is_open(self, client: Address) -> bool:
        """Say whether the client is still there."""
        transport = self._open.get(client)
        return transport is not None and not transport.is_closing()
