"""Run a program as an ordinary user: `python -m tests.hostile.children.as_user PROGRAM…`, as root on Linux.

Python may be in a folder that only root can enter. In a mount namespace of its own, this process
covers that folder with an empty one that shows nothing but Python.
"""

import os
import sys
import tempfile
from pathlib import Path

from processors.sandbox.kernel import libc

UID = 54_321
_BIND, _RECURSIVE, _PRIVATE = 4096, 16384, 1 << 18


def become_user() -> None:
    """Make Python reachable, then change user, group and home for good."""
    home = tempfile.mkdtemp(prefix="home-")
    os.chown(home, UID, UID)
    libc.unshare(libc.CLONE_NEWNS)
    libc.mount(None, "/", None, _RECURSIVE | _PRIVATE)
    for folder in {Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve()}:
        closed = [above for above in reversed(folder.parents) if not above.stat().st_mode & 0o001]
        if closed:
            opened = os.open(folder, os.O_PATH)
            libc.mount("tmpfs", str(closed[0]), "tmpfs", 0, "mode=0755")
            folder.mkdir(parents=True, exist_ok=True)
            libc.mount(f"/proc/self/fd/{opened}", str(folder), None, _BIND | _RECURSIVE)
            os.close(opened)
    os.environ.update(HOME=home, TMPDIR=home, PYTHONDONTWRITEBYTECODE="1")
    os.setgroups([])
    os.setresgid(UID, UID, UID)
    os.setresuid(UID, UID, UID)


if __name__ == "__main__":
    become_user()
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - that is its purpose
