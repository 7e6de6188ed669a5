"""A control group for each child: it counts all memory and ends all processes.

It is used where the system has delegated one to this program. Handed over means a group of a
systemd unit with `Delegate=yes`, or the group at the top of a cgroup namespace. Nothing is made in
a group that belongs to somebody else. Version 2 only.
"""

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from processors.sandbox.kernel import libc

_PREFIX = "caspio-ingest-child-"
_DELEGATED = ("user.delegate", "trusted.delegate")  # systemd, CGROUP_DELEGATION.md
_MOST_TASKS = 256
_END_S = 10.0


@dataclass(frozen=True, slots=True)
class ControlGroup:
    """A control group of one child. `bounded` says that it limits memory."""

    folder: Path
    bounded: bool

    def add(self, pid: int) -> bool:
        """Move a process in, with all that it starts from now on; return whether that worked."""
        try:
            (self.folder / "cgroup.procs").write_text(str(pid), encoding="ascii")
        except OSError:
            return False
        return True

    def end(self) -> None:
        """End every process in it, wait until all are gone, and remove it."""
        with suppress(OSError):  # cgroup.kill is there since Linux 5.14
            (self.folder / "cgroup.kill").write_text("1", encoding="ascii")
        deadline = time.monotonic() + _END_S
        while time.monotonic() < deadline:
            try:
                self.folder.rmdir()
            except FileNotFoundError:
                return
            except OSError:  # busy as long as a process is in it
                time.sleep(0.01)
            else:
                return


def create(*, memory_mib: int) -> ControlGroup | None:
    """Make a group below this process's own; None where none was handed over."""
    parent = delegated() if libc.LINUX else None
    if parent is None:
        return None
    # Killed supervisors leave their groups behind; a group in use cannot be removed.
    with suppress(OSError):
        for folder in parent.glob(f"{_PREFIX}*"):
            with suppress(OSError):
                folder.rmdir()
    folder = parent / f"{_PREFIX}{os.getpid()}"
    try:
        folder.mkdir()
    except OSError:
        return None
    limits = {
        "memory.max": str(memory_mib * 2**20),
        "memory.swap.max": "0",
        "memory.oom.group": "1",  # half a family is of no use
        "pids.max": str(_MOST_TASKS),
    }
    for name, value in limits.items():
        # Only controllers that the parent group passes on have a file here.
        with suppress(OSError), (folder / name).open("r+", encoding="ascii") as file:
            file.write(value)
    try:
        bounded = (folder / "memory.max").read_text(encoding="ascii").strip() != "max"
    except OSError:
        bounded = False
    return ControlGroup(folder, bounded)


def delegated() -> Path | None:
    """Return the folder of this process's own group where children may be made in it."""
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
        own = next(line[3:] for line in lines if line.startswith("0::"))
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
        root = next(line.split()[4] for line in mounts if " - cgroup2 " in line)
    except (OSError, StopIteration, IndexError):
        return None
    folder = Path(root, own.lstrip("/"))
    if not os.access(folder / "cgroup.procs", os.W_OK):
        return None
    return folder if own == "/" or _is_handed_over(folder) else None


def _is_handed_over(folder: Path) -> bool:
    for name in _DELEGATED:
        with suppress(OSError):
            if os.getxattr(folder, name) == b"1":
                return True
    return False
