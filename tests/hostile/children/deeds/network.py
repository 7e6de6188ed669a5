"""Ways to reach a server."""

import socket
from pathlib import Path

from tests.hostile.children.deeds.common import tried


def call_out(work_dir: Path, port: str, path: str) -> str:
    """Try every way to reach a server on this machine: TCP, UDP and Unix sockets."""
    del work_dir

    def connected(family: int, kind: int, address: object) -> str:
        with socket.socket(family, kind) as each:
            each.settimeout(2)
            each.connect(address)  # type: ignore[arg-type]
            each.send(b"hello")
        return "connected"

    def by_pair() -> str:
        one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        with one, other:
            one.sendto(b"hello", f"{path}.datagrams")
        return "connected"

    unix, stream, datagram = socket.AF_UNIX, socket.SOCK_STREAM, socket.SOCK_DGRAM
    ways = {
        "tcp": lambda: connected(socket.AF_INET, stream, ("127.0.0.1", int(port))),
        "udp": lambda: connected(socket.AF_INET, datagram, ("127.0.0.1", int(port))),
        "path": lambda: connected(unix, stream, path),
        "datagrams": lambda: connected(unix, datagram, f"{path}.datagrams"),
        "abstract": lambda: connected(unix, stream, f"\0{path}"),
        "pair": by_pair,
        "netlink": lambda: socket.socket(16, socket.SOCK_RAW).close(),
        "packet": lambda: socket.socket(17, socket.SOCK_RAW).close(),
    }
    return " ".join(f"{name}={tried(way)}" for name, way in ways.items())
