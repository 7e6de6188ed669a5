"""A server made of bare sockets, which answers what no server should."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

TOKEN = b'{"access_token":"a-token-of-the-test","token_type":"bearer","expires_in":3600}'

Answer = Callable[[socket.socket], None]


def whole(body: bytes, *, status: str = "200 OK", headers: str = "") -> Answer:
    """Answer at once."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}"
    head += f"Content-Length: {len(body)}\r\n\r\n"
    return lambda connection: connection.sendall(head.encode("latin-1") + body)


def dripping(text: bytes, *, pause_s: float) -> Answer:
    """Answer one byte after the other."""

    def send(connection: socket.socket) -> None:
        for position in range(len(text)):
            connection.sendall(text[position : position + 1])
            time.sleep(pause_s)

    return send


def endless(head: bytes, piece: bytes) -> Answer:
    """Answer and never stop."""

    def send(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(piece)

    return send


@contextmanager
def raw_server(*, token: Answer | None = None, other: Answer | None = None) -> Iterator[str]:
    """Serve until the context ends: one answer for the token, one for every other request."""
    answers = {True: token or whole(TOKEN), False: other or whole(b"{}")}
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_accept, args=(server, answers), daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def _accept(server: socket.socket, answers: dict[bool, Answer]) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(connection, answers), daemon=True).start()


def _serve(connection: socket.socket, answers: dict[bool, Answer]) -> None:
    with connection, suppress(OSError):
        buffer = b""
        while True:
            while b"\r\n\r\n" not in buffer:
                data = connection.recv(65536)
                if not data:
                    return
                buffer += data
            head, _, buffer = buffer.partition(b"\r\n\r\n")
            length = 0
            for line in head.split(b"\r\n"):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            while len(buffer) < length:
                buffer += connection.recv(65536)
            buffer = buffer[length:]
            answers[b"/oauth/token" in head.split(b"\r\n")[0]](connection)
