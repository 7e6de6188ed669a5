"""Scan a file for viruses with a ClamAV daemon, over TCP or a Unix socket.

The command is clamd's INSTREAM. Only bytes are sent, never a name. Commands and replies are
described in clamd(8): with the prefix "z", both end with a zero byte.
"""

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.model import ScanStatus

_CHUNK_BYTES = 2**18
_CONNECT_TIMEOUT_S = 5.0
_REPLY_TIMEOUT_S = 120.0  # clamd gives up on a file after the same time (MaxScanTime)
_MOST_REPLY_BYTES = 4096  # a reply is one line
_MOST_REPLY_CHARS = 200  # of an unexpected reply, in a message


@dataclass(frozen=True, slots=True)
class VirusScan:
    """The result of a scan; `detail` is the name of the virus, or why the file was not scanned."""

    status: ScanStatus
    detail: str = ""


class Clamd:
    """A daemon at `host:port`, `[address]:port` or the path of a Unix socket."""

    def __init__(self, address: str) -> None:
        """Keep the address; nothing is opened."""
        self.address = address

    def scan(self, path: Path) -> VirusScan:
        """Scan a file. Failures are results, too: not scanned, and why."""
        try:
            with self._connect() as connection, path.open("rb") as file:
                reply = send_for_scan(connection, file.read)
        except OSError as exc:
            return VirusScan(
                ScanStatus.NOT_SCANNED, f"the scanner at {self.address} does not answer: {exc}"
            )

        reply = reply.removeprefix("stream:").strip()
        if reply == "OK":
            return VirusScan(ScanStatus.CLEAN)
        if reply.endswith(" FOUND"):
            return VirusScan(ScanStatus.INFECTED, reply.removesuffix(" FOUND"))
        shown = reply[:_MOST_REPLY_CHARS] or "nothing"
        return VirusScan(ScanStatus.NOT_SCANNED, f"the scanner replied {shown!r}")

    def version(self) -> str:
        """Return the version of the daemon and of its signatures.

        Raises OSError if it does not answer.
        """
        with self._connect() as connection:
            connection.sendall(b"zVERSION\0")
            return _read_reply(connection)

    def _connect(self) -> socket.socket:
        if self.address.startswith("/"):
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(_CONNECT_TIMEOUT_S)
            try:
                connection.connect(self.address)
            except OSError:
                connection.close()
                raise
        else:
            host, _, port = self.address.rpartition(":")
            connection = socket.create_connection(
                (host.strip("[]"), int(port)), timeout=_CONNECT_TIMEOUT_S
            )
        connection.settimeout(_REPLY_TIMEOUT_S)
        return connection


def send_for_scan(connection: socket.socket, read: Callable[[int], bytes]) -> str:
    """Send a file in chunks, each preceded by its length, an empty one last; return the reply.

    A daemon that has found a virus, or reached its size limit, replies and hangs up before the end
    of the file.
    """
    try:
        connection.sendall(b"zINSTREAM\0")
        while chunk := read(_CHUNK_BYTES):
            connection.sendall(struct.pack("!I", len(chunk)) + chunk)
        connection.sendall(struct.pack("!I", 0))
    except (BrokenPipeError, ConnectionResetError):
        reply = _read_reply(connection)
        if reply:
            return reply
        raise
    return _read_reply(connection)


def _read_reply(connection: socket.socket) -> str:
    reply = b""
    while b"\0" not in reply and len(reply) < _MOST_REPLY_BYTES:
        part = connection.recv(_MOST_REPLY_BYTES)
        if not part:
            break
        reply += part
    return reply.partition(b"\0")[0].decode("utf-8", errors="replace").strip()
