"""Which process this is, and whether another one of the same machine is still alive."""

import os
import socket
from pathlib import Path


def process_space() -> str:
    """Name the space in which process ids are unique: this boot and this container.

    On systems other than Linux it is the host. Two machines may have one name, and a container that
    starts again has the ids of the one before it; a process must not be treated as dead because of
    either.
    """
    boot = Path("/proc/sys/kernel/random/boot_id")
    try:
        return f"{boot.read_text(encoding='ascii').strip()} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return socket.gethostname()


def is_gone(host: str, pid: int) -> bool:
    """Say whether a process is known to have ended.

    Nothing is known of a process in another space: its lease has to expire.
    """
    if host != process_space():
        return False
    try:
        os.kill(pid, 0)  # signal 0 only asks whether the process exists
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
