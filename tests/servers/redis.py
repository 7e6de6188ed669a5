import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers.absent import Absent
from tests.support.processes import free_port

_START_S = 30
_STOP_S = 10


@contextmanager
def run_redis() -> Iterator[str]:
    """Run a Redis server that keeps nothing on the disk; yield its address without a database.

    Raises:
        Absent: no Redis server is installed.
        RuntimeError: it does not start; the message has its log.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise Absent("Redis is not installed: apt-get install redis-server.")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="redis-", ignore_cleanup_errors=True) as folder:
        options = [
            "--port",
            str(port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            folder,
        ]
        command = [program, *options, "--maxmemory-policy", "noeviction"]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            try:
                _await_answer(port, process)
                yield f"redis://127.0.0.1:{port}"
            finally:
                process.terminate()
                try:
                    process.communicate(timeout=_STOP_S)
                except subprocess.TimeoutExpired:
                    process.kill()


def _await_answer(port: int, process: "subprocess.Popen[str]") -> None:
    until = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as connection:
                connection.sendall(b"PING\r\n")
                if connection.recv(16).startswith(b"+PONG"):
                    return
        except OSError:
            time.sleep(0.05)
    process.kill()
    raise RuntimeError(
        f"Redis did not start within {_START_S} s:\n{process.communicate()[0][-4000:]}"
    )
