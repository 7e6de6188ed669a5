import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers.missing_program import MissingProgram
from tests.support.processes import free_port

_START_S = 30
_STOP_S = 10


@contextmanager
def run_redis() -> Iterator[str]:
    """Run a Redis server that stores nothing on disk; yield its address without a database.

    Raises:
        MissingProgram: no Redis server is installed.
        RuntimeError: it does not start; the message has its log.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise MissingProgram("Redis is not installed: apt-get install redis-server.")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="redis-", ignore_cleanup_errors=True) as folder:
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", folder]
        # Nothing is stored on disk.
        command += ["--save", "", "--appendonly", "no"]
        # As in production: Prefect's messages must not be evicted.
        command += ["--maxmemory-policy", "noeviction"]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            try:
                wait_until_ready(port, process)
                yield f"redis://127.0.0.1:{port}"
            finally:
                process.terminate()
                try:
                    process.communicate(timeout=_STOP_S)
                except subprocess.TimeoutExpired:
                    process.kill()


def wait_until_ready(port: int, process: "subprocess.Popen[str]") -> None:
    """Return once the server answers PING; RuntimeError with its log if it does not."""
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
