"""Servers that tests start beside themselves: a port for them, and their end."""

import socket
import subprocess
from contextlib import suppress
from typing import Any

import psutil


def free_port() -> int:
    """Return a loopback port that nothing listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end(process: "subprocess.Popen[Any]", *, within_s: float = 20) -> None:
    """Ask a process to end, and kill it where it does not."""
    process.terminate()
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def kill_tree(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process and all that came of it, as a host that loses power does."""
    tree = psutil.Process(process.pid)
    for one in [*tree.children(recursive=True), tree]:
        # It may end by itself since it was listed.
        with suppress(psutil.NoSuchProcess):
            one.kill()
    process.wait()
