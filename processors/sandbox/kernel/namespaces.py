"""Namespaces: own processes, network and shared memory for each child.

Root may make them directly. Another user makes a user namespace first, if the kernel and its
security modules allow that; Docker and Kubernetes refuse both by default.
"""

import os
from contextlib import suppress
from pathlib import Path

from processors.sandbox.kernel import libc

_SEPARATE = libc.CLONE_NEWPID | libc.CLONE_NEWNET | libc.CLONE_NEWIPC
NAMES = ("pid", "network", "ipc")


def separate() -> tuple[str, ...]:
    """Move into new namespaces and return their names; () where the kernel refuses.

    What this process starts from now on is in a PID namespace of its own, and the first process of
    it ends all others when it ends. The process must have one thread only.
    """
    if not libc.LINUX:
        return ()
    if os.geteuid() == 0:
        with suppress(OSError):
            libc.unshare(_SEPARATE)
            return NAMES
    uid, gid = os.geteuid(), os.getegid()
    try:
        libc.unshare(_SEPARATE | libc.CLONE_NEWUSER)
    except OSError:
        return ()
    # Without this mapping, files that exist only look as if they belonged to nobody.
    with suppress(OSError):
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    with suppress(OSError):
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1", encoding="ascii")
    return (*NAMES, "user")
