import socket
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.hostile.children.conftest import Misbehave


def test_nobody_can_be_reached(misbehave: Misbehave):
    """A child reaches nobody by TCP, UDP, Unix sockets, netlink or raw packets."""
    with ExitStack() as stack:
        # The path of a Unix socket has room for a hundred letters.
        path = f"{stack.enter_context(tempfile.TemporaryDirectory(prefix='s'))}/s"
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        datagrams = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        datagrams.bind(("127.0.0.1", server.getsockname()[1]))
        listening = [server, datagrams]
        for kind, address in (
            (socket.SOCK_STREAM, path),
            (socket.SOCK_DGRAM, f"{path}.datagrams"),
            (socket.SOCK_STREAM, f"\0{path}"),
        ):
            each = stack.enter_context(socket.socket(socket.AF_UNIX, kind))
            each.bind(address)
            if kind == socket.SOCK_STREAM:
                each.listen()
            listening.append(each)
        Path(path).chmod(0o777)

        findings = misbehave("call_out", server.getsockname()[1], path)

        assert "done" not in findings.text, findings.text
        assert findings.text.count("=") == 8
        for each in listening:
            each.settimeout(0)
            try:
                heard = each.accept() if each.type == socket.SOCK_STREAM else each.recv(10)
            except BlockingIOError:
                heard = None
            assert heard is None
