"""Connections below ASGI: dropping them, and writing to them without the server's framing."""

import socket
import struct
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

Address = tuple[str, int]


class Connections:
    """The open connections by the client's address."""

    def __init__(self) -> None:
        self._open: dict[Address, Any] = {}

    def protocol(self) -> type[H11Protocol]:
        """Return a protocol class of uvicorn that registers its connections here."""
        connections = self._open

        class RegisteredProtocol(H11Protocol):
            def connection_made(self, transport: Any) -> None:
                super().connection_made(transport)
                if self.client is not None:
                    connections[self.client] = transport

            # asyncio calls this also after a reset.
            def connection_lost(self, exc: Exception | None) -> None:
                if self.client is not None:
                    connections.pop(self.client, None)
                super().connection_lost(exc)

        return RegisteredProtocol

    def reset(self, client: Address) -> None:
        """Drop a connection so that the client sees a reset, not an end."""
        transport = self._open.get(client)
        if transport is None:
            return
        # Lingering for zero seconds makes the kernel send RST instead of FIN.
        no_linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, no_linger
        )
        transport.abort()

    def close(self, client: Address) -> None:
        """End a connection after what was written has left."""
        transport = self._open.get(client)
        if transport is not None:
            transport.close()

    def write(self, client: Address, data: bytes) -> None:
        """Write bytes as they are."""
        transport = self._open.get(client)
        if transport is not None:
            transport.write(data)

    def is_open(self, client: Address) -> bool:
        """Report whether the client is still connected."""
        transport = self._open.get(client)
        return transport is not None and not transport.is_closing()
