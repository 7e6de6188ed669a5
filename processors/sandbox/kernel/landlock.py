"""Landlock: restrict a process to some files (Linux 5.13 and later).

Rights and numbers are those of linux/landlock.h; a kernel is asked only for what its version knows.
Landlock does not cover modes, owners, times and attributes of files: the system call filter refuses
those calls.
"""

import ctypes
import os
from collections.abc import Iterable
from pathlib import Path

from processors.sandbox.kernel import libc

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_VERSION_FLAG = 1
_PATH_BENEATH = 1

_READ = 1 << 0 | 1 << 2 | 1 << 3  # execute, read a file, read a folder
_ON_FILES = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15  # what a rule about one file may name
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""All rights on files that a version knows; a version that is not here knows those of the one
before.
"""
_TCP_SINCE, SCOPE_SINCE = 4, 6
_TCP = 1 << 0 | 1 << 1  # bind, connect
_SCOPE = 1 << 0 | 1 << 1  # abstract Unix sockets, signals


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def restrict(*, readable: Iterable[Path], writable: Iterable[Path]) -> int:
    """Leave this thread and what it starts from now on these files and folders, for good.

    Call it before the process has other threads, which would keep what they have, and after
    `no_new_privs`. From version 4 on no TCP connection is possible afterwards, from version 6 on no
    signal to a process outside.

    Returns:
        The kernel's version of Landlock, 0 where it has none.
    """
    if not libc.LINUX:
        return 0
    try:
        version = libc.syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG)
        rights = _FILE_RIGHTS[max(known for known in _FILE_RIGHTS if known <= version)]
        ruleset = created(version, rights)
    except (OSError, ValueError):
        return 0
    try:
        for path in readable:
            _allow(ruleset, path, _READ)
        for path in writable:
            _allow(ruleset, path, rights)
        libc.syscall(_RESTRICT_SELF, ruleset, 0)
    except OSError:
        return 0
    finally:
        os.close(ruleset)
    return version


def created(version: int, rights: int) -> int:
    """Return a rule set that handles all that the version knows."""
    net = _TCP if version >= _TCP_SINCE else 0
    scoped = _SCOPE if version >= SCOPE_SINCE else 0
    # An older kernel refuses a structure that is longer than the one it knows.
    if version < _TCP_SINCE:
        size = 8
    elif version < SCOPE_SINCE:
        size = 16
    else:
        size = 24
    return libc.syscall(_CREATE_RULESET, ctypes.byref(_Ruleset(rights, net, scoped)), size, 0)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    """Add a rule for what is below a path; a path that does not exist needs none."""
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rule = _PathRule(rights if path.is_dir() else rights & _ON_FILES, parent)
        libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(parent)
