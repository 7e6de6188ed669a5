"""Landlock: take from this process every file but those it needs, where the Linux kernel has it (5.13 and later).

Rights and numbers are those of linux/landlock.h; a kernel is asked only for what its version knows.
"""

import ctypes
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_VERSION_FLAG = 1
_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38

_READ = 1 << 0 | 1 << 2 | 1 << 3  # execute, read a file, read a folder
_WRITE_FILE = 1 << 1
_ON_FILES = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14  # what a rule about a single file may name
_ALL_FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_TCP_SINCE, _SCOPE_SINCE = 4, 6
_TCP = 1 << 0 | 1 << 1  # bind, connect
_SCOPE = 1 << 0 | 1 << 1  # abstract unix sockets, signals


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


@dataclass(frozen=True, slots=True)
class Restricted:
    """What the kernel granted: its Landlock version, 0 where it has none, and whether TCP is closed."""

    version: int = 0

    @property
    def tcp_closed(self) -> bool:
        """Say whether no TCP connection can be made any more."""
        return self.version >= _TCP_SINCE


def restrict(*, readable: Iterable[Path], writable: Iterable[Path]) -> Restricted:
    """Leave this thread, and whatever it starts from now on, nothing but these files and folders, for good.

    Call it before the process has other threads: they would keep what they have.
    """
    if not sys.platform.startswith("linux"):
        return Restricted()
    libc = ctypes.CDLL(None, use_errno=True)
    version = int(libc.syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG))
    if version < 1:
        return Restricted()
    handled = _ALL_FILES[max(known for known in _ALL_FILES if known <= version)]
    ruleset = _created(libc, version, handled)
    if ruleset < 0:
        return Restricted()
    try:
        for paths, rights in ((readable, _READ), (writable, handled)):
            for path in paths:
                _allow(libc, ruleset, path, rights & handled)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        done = libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0
    finally:
        os.close(ruleset)
    return Restricted(version if done else 0)


def _created(libc: ctypes.CDLL, version: int, handled: int) -> int:
    wanted = _Ruleset(
        handled, _TCP if version >= _TCP_SINCE else 0, _SCOPE if version >= _SCOPE_SINCE else 0
    )
    size = 8 if version < _TCP_SINCE else 16 if version < _SCOPE_SINCE else 24
    return int(libc.syscall(_CREATE_RULESET, ctypes.byref(wanted), size, 0))


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    """Add a rule for what lies below a path; what is not there needs none."""
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rule = _PathRule(rights if path.is_dir() else rights & _ON_FILES, parent)
        libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(parent)
