"""Ask a ClamAV daemon about a file by INSTREAM, over TCP or a Unix socket. Only bytes go there, never a name."""

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.model import ScanStatus

_CHUNK_BYTES = 2**18
_CONNECT_S = 5.0
_ANSWER_S = 120.0
_MOST_ANSWER_BYTES = 4096


@dataclass(frozen=True, slots=True)
class VirusScan:
    """What the scanner said; `detail` is the name of what it found, or why it could not be asked."""

    status: ScanStatus
    detail: str = ""


class Clamd:
    """A daemon at `host:port`, `[address]:port` or the path of a Unix socket."""

    def __init__(self, address: str) -> None:
        """Keep the address; nothing is opened."""
        self.address = address

    def scan(self, path: Path) -> VirusScan:
        """Have a file scanned; whatever goes wrong is a verdict, too: not scanned, and why."""
        try:
            with self._connected() as connection, path.open("rb") as file:
                answer = _stream(connection, file.read)
        except OSError as exc:
            return VirusScan(
                ScanStatus.NOT_SCANNED, f"the scanner at {self.address} does not answer: {exc}"
            )
        return _verdict(answer)

    def version(self) -> str:
        """Return the daemon's version and that of its signatures; raises OSError when it cannot be asked."""
        with self._connected() as connection:
            connection.sendall(b"zVERSION\0")
            return _answer(connection)

    def _connected(self) -> socket.socket:
        if self.address.startswith("/"):
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(_CONNECT_S)
            try:
                connection.connect(self.address)
            except OSError:
                connection.close()
                raise
        else:
            host, _, port = self.address.rpartition(":")
            connection = socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_S)
        connection.settimeout(_ANSWER_S)
        return connection


def _stream(connection: socket.socket, read: Callable[[int], bytes]) -> str:
    """Send a file in chunks, each with its length before it, an empty one last; return the answer.

    A daemon that has seen enough, or too much, answers and hangs up in the middle.
    """
    try:
        connection.sendall(b"zINSTREAM\0")
        while chunk := read(_CHUNK_BYTES):
            connection.sendall(struct.pack("!I", len(chunk)) + chunk)
        connection.sendall(struct.pack("!I", 0))
    except (BrokenPipeError, ConnectionResetError):
        said = _answer(connection)
        if said:
            return said
        raise
    return _answer(connection)


def _answer(connection: socket.socket) -> str:
    answer = b""
    while b"\0" not in answer and len(answer) < _MOST_ANSWER_BYTES:
        part = connection.recv(_MOST_ANSWER_BYTES)
        if not part:
            break
        answer += part
    return answer.partition(b"\0")[0].decode("utf-8", errors="replace").strip()


def _verdict(answer: str) -> VirusScan:
    said = answer.removeprefix("stream:").strip()
    if said == "OK":
        return VirusScan(ScanStatus.CLEAN)
    if said.endswith(" FOUND"):
        return VirusScan(ScanStatus.INFECTED, said.removesuffix(" FOUND"))
    return VirusScan(ScanStatus.NOT_SCANNED, f"the scanner said {said[:200] or 'nothing'!r}")
