"""Call the C library where Python has no function of its own, on Linux only."""

import ctypes
import os
import sys
from functools import cache

LINUX = sys.platform.startswith("linux")

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
CLONE_NEWCGROUP = 0x02000000

_Path = str | bytes | None


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def syscall(number: int, *arguments: object) -> int:
    """Make a system call by its number and return its result.

    Raises:
        OSError: the kernel refused it.
    """
    # Integers are passed as long: the kernel reads whole registers, ctypes would pass an int.
    given = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    result = int(_libc().syscall(ctypes.c_long(number), *given))
    if result < 0:
        raise _error()
    return result


def prctl(option: int, first: int = 0, second: int = 0) -> int:
    """Change how the kernel treats this process; raises OSError."""
    return _checked(_libc().prctl(option, *map(ctypes.c_ulong, (first, second, 0, 0))))


def unshare(flags: int) -> None:
    """Leave namespaces for new ones; raises OSError."""
    _checked(_libc().unshare(flags))


def mount(source: _Path, target: str, kind: _Path, flags: int, data: _Path = None) -> None:
    """Mount a file system or change a mount; raises OSError with the target."""
    given = [_encoded(each) for each in (source, target, kind)]
    if _libc().mount(*given, ctypes.c_ulong(flags), _encoded(data)) < 0:
        raise _error(target)


def unmount(target: str, flags: int) -> None:
    """Remove a mount; raises OSError."""
    if _libc().umount2(os.fsencode(target), flags) < 0:
        raise _error(target)


def _encoded(path: _Path) -> bytes | None:
    return None if path is None else os.fsencode(path)


def _checked(result: int) -> int:
    if result < 0:
        raise _error()
    return result


def _error(name: str | None = None) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number), name)
