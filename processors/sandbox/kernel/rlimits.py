"""Limits that the kernel enforces for one process."""

import os
import re
import resource
import signal
from contextlib import suppress
from pathlib import Path

from processors.sandbox.kernel import libc

MODELS_MIB = 1024
"""Room for what a child loads once and keeps: OCR models and their runtime hold about half of
it.
"""
_MOST_FILES = 512
_MOST_TASKS = 256
"""Processes and threads of one child; a Java program alone has forty threads."""
_NPROC_BY_NAMESPACE = (5, 14)
"""Since this version of Linux, RLIMIT_NPROC counts within a user namespace and not all that the
user runs.
"""


def limit_process(*, memory_mib: int, output_mib: int, alone: bool) -> None:
    """Set hard limits for good: what is set here, the process cannot lift.

    `alone` says that the user of the process, or its user namespace, has no other processes.
    """
    mib = 2**20
    # RLIMIT_DATA counts private memory. RLIMIT_AS would also count the gigabytes of address space
    # that inference runtimes reserve and never touch.
    _lower(resource.RLIMIT_DATA, data_bytes() + (memory_mib + MODELS_MIB) * mib)
    _lower(resource.RLIMIT_FSIZE, output_mib * mib)
    _lower(resource.RLIMIT_NOFILE, _MOST_FILES)
    _lower(resource.RLIMIT_CORE, 0)
    if alone:
        _lower(resource.RLIMIT_NPROC, _MOST_TASKS)
    for name in ("RLIMIT_MSGQUEUE", "RLIMIT_MEMLOCK", "RLIMIT_RTPRIO"):
        kind = getattr(resource, name, None)
        if kind is not None:
            _lower(kind, 0)
    # A file over the limit is an error that the writer sees, not the end of the process.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def limit_document(*, memory_mib: int, cpu_s: int) -> None:
    """Set the memory and CPU time that this process may use for the next document.

    Both are added to what it has used so far. These are soft limits: they end honest documents
    exactly. The parent measures both from outside as well, since code that took over the process
    can lift a soft limit.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    _set_soft(resource.RLIMIT_DATA, data_bytes() + memory_mib * 2**20, hard)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    # Whole seconds: one more than begun, so that none is cut short.
    _set_soft(resource.RLIMIT_CPU, int(usage.ru_utime + usage.ru_stime) + 1 + cpu_s, hard)


def hard_limit(kind: int, unit: int) -> int | None:
    """Return a hard limit of this process in a unit, None where there is none."""
    hard = resource.getrlimit(kind)[1]
    return None if hard == resource.RLIM_INFINITY else hard // unit


def counts_by_namespace() -> bool:
    """Say whether this kernel counts processes within a user namespace."""
    version = re.match(r"(\d+)\.(\d+)", os.uname().release)
    return (
        libc.LINUX
        and version is not None
        and (int(version[1]), int(version[2])) >= _NPROC_BY_NAMESPACE
    )


def data_bytes() -> int:
    """Return the private memory of this process as RLIMIT_DATA counts it; 0 if unknown."""
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmData:"):
                return int(line.split()[1]) * 1024
    return 0


def _set_soft(kind: int, value: int, hard: int) -> None:
    soft = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (soft, hard))


def _lower(kind: int, value: int) -> None:
    """Lower a limit for good, never above what the parent was given."""
    _, hard = resource.getrlimit(kind)
    ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
    with suppress(OSError, ValueError):  # macOS does not know all of them
        resource.setrlimit(kind, (ceiling, ceiling))
