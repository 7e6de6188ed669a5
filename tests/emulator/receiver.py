"""A receiver of webhook messages on this machine."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.emulator.api import eventually


@dataclass
class Receiver:
    """What has arrived; `statuses` are the next answers, then 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def messages(self, count: int = 1) -> list[dict[str, Any]]:
        """Wait for so many messages and return all."""
        eventually(lambda: len(self.bodies) >= count)
        return [json.loads(body) for body in self.bodies]

    def rows(self, count: int) -> list[dict[str, Any]]:
        """Wait for so many rows, in any number of messages, and return all."""
        eventually(lambda: sum(len(json.loads(body)["data"]) for body in self.bodies) >= count)
        return [row for body in self.bodies for row in json.loads(body)["data"]]


@contextmanager
def receiving(statuses: Sequence[int] = ()) -> Iterator[Receiver]:
    """Listen until the block ends."""
    seen = Receiver(statuses=list(statuses))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.headers.append(dict(self.headers.items()))
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = seen.statuses.pop(0) if seen.statuses else 200
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")
            seen.bodies.append(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    seen.url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        yield seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
