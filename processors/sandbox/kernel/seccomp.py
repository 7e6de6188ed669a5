"""A filter that refuses system calls that a reader of documents never needs.

The filter is a classic BPF program, as seccomp(2) takes it. It names what is refused, not what is
allowed: OCR runtimes differ in what they call, and a forgotten call would end the reading of honest
documents. Calls that are newer than the filter answer as on an older kernel. The other layers
(namespaces, Landlock, limits) do not depend on it.
"""

import ctypes
import errno
import os
import platform
import socket
import struct
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from processors.sandbox.kernel import libc
from processors.sandbox.kernel.syscall_numbers import NUMBERS

ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
"""By machine: AUDIT_ARCH_* of linux/audit.h, and the column of NUMBERS."""

ALLOW = 0x7FFF0000
KILL = 0x80000000
_ERRNO = 0x00050000
REFUSE = _ERRNO | errno.EPERM
UNKNOWN = _ERRNO | errno.ENOSYS

_NEWEST_KNOWN = 469
"""The highest number in NUMBERS' tables (file_setattr, Linux 6.17)."""
_X32_BIT = 0x40000000
"""Numbers with this bit reach the same calls through the x32 interface, past a filter by number."""
_SET_MODE_FILTER, _SYNCHRONIZE = 1, 1  # SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC
_SECCOMP = {"x86_64": 317, "aarch64": 277}
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
"""Offsets in struct seccomp_data, linux/seccomp.h."""

_REFUSED_BY_REASON = {
    "It would reach others. The pair of sockets that the parent gave works by read and write.": (
        "socket connect bind listen accept accept4 sendmsg sendmmsg recvmmsg"
    ),
    "It would reach into other processes.": (
        "ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp "
        "pidfd_getfd"
    ),
    "It would leave or rebuild what the process is confined to.": (
        "unshare setns mount umount2 pivot_root chroot move_mount open_tree open_tree_attr fsopen "
        "fsconfig fsmount fspick mount_setattr name_to_handle_at open_by_handle_at"
    ),
    "It would make memory that no limit counts, or messages that outlive the process.": (
        "shmget shmat shmctl shmdt msgget msgsnd msgrcv msgctl semget semop semctl semtimedop "
        "mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify memfd_create memfd_secret"
    ),
    "It is a part of the kernel with a long record of faults, and no reader uses it.": (
        "keyctl add_key request_key bpf perf_event_open userfaultfd io_uring_setup io_uring_enter "
        "io_uring_register modify_ldt iopl ioperm uselib lookup_dcookie migrate_pages move_pages"
    ),
    "It changes or watches any file that a path leads to, and Landlock does not cover it.": (
        "chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes utimensat "
        "futimesat file_setattr setxattr lsetxattr fsetxattr setxattrat removexattr lremovexattr "
        "fremovexattr removexattrat inotify_init inotify_init1 inotify_add_watch fanotify_init "
        "fanotify_mark"
    ),
    "It administers the machine. The kernel refuses it as well to a process without rights.": (
        "acct adjtimex clock_adjtime clock_settime settimeofday syslog quotactl quotactl_fd reboot "
        "swapon swapoff kexec_load kexec_file_load init_module finit_module delete_module "
        "sethostname setdomainname"
    ),
}
REFUSED = tuple(name for names in _REFUSED_BY_REASON.values() for name in names.split())
"""Calls that are refused whatever their arguments."""

_NEW_NAMESPACES = (
    libc.CLONE_NEWNS
    | libc.CLONE_NEWUTS
    | libc.CLONE_NEWIPC
    | libc.CLONE_NEWUSER
    | libc.CLONE_NEWPID
    | libc.CLONE_NEWNET
    | libc.CLONE_NEWCGROUP
)
_KEPT_PRCTLS = (
    libc.PR_SET_PDEATHSIG,  # ends the process with its supervisor
    libc.PR_SET_DUMPABLE,  # lets the parent count what it holds open
    libc.PR_SET_CHILD_SUBREAPER,  # would take orphans away from the supervisor
)
_TERMINAL_INPUT = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: typing into somebody's terminal


class Instruction(NamedTuple):
    """One instruction: operation, jumps taken if true and if false, operand (linux/filter.h)."""

    code: int
    if_true: int
    if_false: int
    operand: int


_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _MASK, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06


def _returned(value: int) -> Instruction:
    return Instruction(_RETURN, 0, 0, value)


def _loaded(offset: int) -> Instruction:
    return Instruction(_LOAD, 0, 0, offset)


def _argument(index: int) -> Instruction:
    """Load the lower half of an argument: both architectures are little-endian."""
    return _loaded(_ARGUMENTS + 8 * index)


def program(machine: str, *, signals_to: int | None = None) -> list[Instruction]:
    """Return the filter for x86_64 or aarch64.

    `signals_to` is the only process that may be sent signals by its number, and None where any may:
    a process in its own PID namespace sees no others.
    """
    architecture, column = ARCHITECTURES[machine]
    lines = [
        _loaded(_ARCHITECTURE),
        Instruction(_EQUAL, 1, 0, architecture),
        _returned(KILL),  # a 32-bit call would be judged by the wrong table
        _loaded(_NUMBER),
    ]
    if machine == "x86_64":
        lines += [Instruction(_AT_LEAST, 0, 1, _X32_BIT), _returned(KILL)]
    lines += [Instruction(_AT_LEAST, 0, 1, _NEWEST_KNOWN + 1), _returned(UNKNOWN)]
    for name in REFUSED:
        number = NUMBERS[name][column]
        if number is not None:
            lines += [Instruction(_EQUAL, 0, 1, number), _returned(REFUSE)]
    for name, body in _conditional(signals_to):
        number = NUMBERS[name][column]
        if number is not None:
            lines += [Instruction(_EQUAL, 0, len(body), number), *body]
    lines.append(_returned(ALLOW))
    return lines


def _conditional(signals_to: int | None) -> Iterator[tuple[str, list[Instruction]]]:
    """Yield calls that are refused for some arguments; each body ends in an answer."""
    # glibc falls back to clone, whose flags a filter can see.
    yield "clone3", [_returned(UNKNOWN)]
    yield (
        "clone",
        [
            _argument(0),
            Instruction(_ANY_BIT, 0, 1, _NEW_NAMESPACES),
            _returned(REFUSE),
            _returned(ALLOW),
        ],
    )
    # A connected pair of streams reaches nobody else; one of datagrams can be sent to any path.
    yield (
        "socketpair",
        [
            _argument(0),
            Instruction(_EQUAL, 0, 3, socket.AF_UNIX),
            _argument(1),
            Instruction(_MASK, 0, 0, 0xF),  # without SOCK_CLOEXEC and SOCK_NONBLOCK
            Instruction(_EQUAL, 1, 0, socket.SOCK_STREAM),
            _returned(REFUSE),
            _returned(ALLOW),
        ],
    )
    yield "prctl", _refused_if(0, _KEPT_PRCTLS)
    yield "ioctl", _refused_if(1, _TERMINAL_INPUT)
    yield "prlimit64", _allowed_if(0, (0, os.getpid()))
    if signals_to is not None:
        for name in ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"):
            # 0 is the process's own group, which is its alone.
            allowed = (0, signals_to) if name == "kill" else (signals_to,)
            yield name, _allowed_if(0, allowed)
        yield "tkill", _allowed_if(0, (signals_to,))
        yield "pidfd_send_signal", [_returned(REFUSE)]


def _refused_if(index: int, values: Sequence[int]) -> list[Instruction]:
    tests = [Instruction(_EQUAL, len(values) - at, 0, value) for at, value in enumerate(values)]
    return [_argument(index), *tests, _returned(ALLOW), _returned(REFUSE)]


def _allowed_if(index: int, values: Sequence[int]) -> list[Instruction]:
    tests = [Instruction(_EQUAL, len(values) - at, 0, value) for at, value in enumerate(values)]
    return [_argument(index), *tests, _returned(REFUSE), _returned(ALLOW)]


class _Program(ctypes.Structure):
    """struct sock_fprog: number of instructions and where they are."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def install(lines: Sequence[Instruction]) -> bool:
    """Filter this process and all it starts, for good; return whether the kernel does it.

    `no_new_privs` must be set. Other threads that exist already are filtered, too.
    """
    code = b"".join(struct.pack("HBBI", *line) for line in lines)
    buffer = ctypes.create_string_buffer(code, len(code))
    given = _Program(len(lines), ctypes.addressof(buffer))
    number = _SECCOMP[platform.machine()]
    try:
        libc.syscall(number, _SET_MODE_FILTER, _SYNCHRONIZE, ctypes.byref(given))
    except OSError:
        return False
    return True


def supported() -> bool:
    """Say whether there is a filter for this system."""
    return libc.LINUX and platform.machine() in ARCHITECTURES and sys.maxsize > 2**32
