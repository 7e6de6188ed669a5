"""Who a process is and what it may do: user, capabilities, and whether others may look into it."""

import os
import struct
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from processors.sandbox.kernel import libc

_FIRST_UID = 1_900_000_000
"""Nobody's: systemd and the tools for containers give out numbers below 1,879,048,192 (systemd,
UIDS-GIDS.md).
"""
_MOST_PIDS = 2**22
_NEEDED = (0, 1, 3, 5, 6, 7)  # CHOWN, DAC_OVERRIDE, FOWNER, KILL, SETGID, SETUID
_LAST_CAPABILITY = 63
_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION_3 = 0x20080522


@dataclass(frozen=True, slots=True)
class ChildIdentity:
    """A user and a group of one child alone."""

    uid: int
    gid: int


def identity_for(pid: int) -> ChildIdentity | None:
    """Return a user for the child of a process; None where this process cannot give one.

    Every child gets another: what one leaves, no other may touch, and everything of one can be
    ended by its user.
    """
    if not libc.LINUX or os.geteuid() != 0:
        return None
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        effective = int(status.partition("CapEff:")[2].split()[0], 16)
        mapped = [
            [int(number) for number in line.split()]
            for line in Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()
        ]
    except (OSError, ValueError, IndexError):
        return None
    last = _FIRST_UID + _MOST_PIDS
    whole = any(first <= _FIRST_UID and last < first + count for first, _, count in mapped)
    if not whole or not all(effective >> capability & 1 for capability in _NEEDED):
        return None
    return ChildIdentity(_FIRST_UID + pid, _FIRST_UID + pid)


def can_use(identity: ChildIdentity, paths: Iterable[Path]) -> bool:
    """Say whether a user can read files and search folders: code in /root is closed to it."""
    wanted = [path for path in paths if path.exists()]
    child = os.fork()
    if child == 0:
        code = 1
        with suppress(OSError):
            _become(identity)
            usable = all(
                os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)) for path in wanted
            )
            code = 0 if usable else 1
        os._exit(code)
    return os.waitpid(child, 0)[1] == 0


def become(identity: ChildIdentity) -> None:
    """Change user and group for good, and with them give up every capability; raises OSError."""
    _become(identity)
    # A change of user makes a process opaque, to itself as well: it could not read its own
    # /proc/self.
    libc.prctl(libc.PR_SET_DUMPABLE, 1)


def _become(identity: ChildIdentity) -> None:
    os.setgroups([])
    os.setresgid(identity.gid, identity.gid, identity.gid)
    os.setresuid(identity.uid, identity.uid, identity.uid)


def drop_capabilities() -> bool:
    """Give up every capability for good, also those of this user namespace.

    Returns:
        False where the kernel refuses; without capabilities there is nothing to refuse.
    """
    if not libc.LINUX:
        return False
    with suppress(OSError):
        libc.prctl(libc.PR_CAP_AMBIENT, libc.PR_CAP_AMBIENT_CLEAR_ALL)
    for capability in range(_LAST_CAPABILITY + 1):
        with suppress(OSError):  # beyond the kernel's last one, or without the right to drop any
            libc.prctl(libc.PR_CAPBSET_DROP, capability)
    try:
        libc.prctl(libc.PR_SET_NO_NEW_PRIVS, 1)
        header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
        libc.syscall(_CAPSET[os.uname().machine], header, bytes(24))
    except (OSError, KeyError):
        return False
    return True


def hide() -> None:
    """Keep other processes of the same user from reading this one's memory and environment.

    Debuggers and profilers of the same user are kept out as well; root's are not. No core file is
    written.
    """
    if libc.LINUX:
        with suppress(OSError):
            libc.prctl(libc.PR_SET_DUMPABLE, 0)
