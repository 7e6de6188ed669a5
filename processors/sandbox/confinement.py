"""Confine the process of a child.

It gives up everything that a reader of documents does not need, in the one order that works.
Namespaces and mounts come first, since they need rights; then the user and the rights go; Landlock
and the filter of system calls come last, since they refuse what the steps before them do. No
document has been opened yet.
"""

import os
import platform
import resource
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from processors.contract import Limits
from processors.sandbox.isolation import Granted
from processors.sandbox.kernel import landlock, libc, mounts, privileges, rlimits, seccomp
from processors.sandbox.kernel.privileges import ChildIdentity

_SYSTEM = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt", "/nix", "/etc/ld.so.cache",
    "/etc/alternatives", "/etc/fonts", "/etc/ghostscript", "/etc/localtime", "/etc/mime.types",
    "/etc/OpenCL", "/var/lib/ghostscript", "/var/cache/fontconfig", "/sys/devices",
    "/sys/fs/cgroup",
)  # fmt: skip
"""What programs and libraries are made of, on the usual systems; other settings in /etc are not for
a reader.
"""
_DEVICES = ("/dev/urandom", "/dev/random", "/dev/zero")
_LEFT_OVER = 65_536


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of one child.

    It reads `documents` and writes to `own`. `stage` is empty: the mounts are built on it.
    """

    documents: Path
    own: Path
    stage: Path


@dataclass(frozen=True, slots=True)
class Confinement:
    """How to confine a child.

    `code` are folders and files with the code it runs, beside Python's own. `identity` is the user
    to become. `without` names layers to leave out, for tests: namespaces, mounts, landlock, filter,
    identity, group.
    """

    folders: Folders
    limits: Limits
    code: tuple[Path, ...]
    identity: ChildIdentity | None
    without: frozenset[str] = frozenset()


def confine(
    plan: Confinement, *, namespaces: tuple[str, ...], group: str, keep_open: int
) -> Granted:
    """Confine this process for good and return what the system granted.

    `namespaces` are those it is in already, `group` is what its control group does. Every open file
    but `keep_open` is closed.
    """
    with suppress(OSError):
        os.setsid()
    close_others(keep_open)
    # veraPDF is a Java program; on Debian its settings are there.
    java = Path("/etc").glob("java-*")
    readable = [*map(Path, _SYSTEM), *java, *_python(), *plan.code, plan.folders.documents]
    own = plan.folders.own
    own_tree = "pid" in namespaces and "mounts" not in plan.without
    if own_tree and mounts.confine(stage=plan.folders.stage, readable=readable, folder=own):
        namespaces = (*namespaces, "mount")
    identity = plan.identity
    if not _can_become(identity, [*_python(), *plan.code, own]):
        # Without its capabilities, root may write in its own folders only.
        os.chown(own, os.geteuid(), os.getegid())
        identity = None
    # In a user namespace the kernel counts the processes of that namespace alone.
    alone = identity is not None or ("user" in namespaces and rlimits.counts_by_namespace())
    rlimits.limit_process(
        memory_mib=plan.limits.memory_mib, output_mib=plan.limits.output_mib, alone=alone
    )
    if identity is not None:
        privileges.become(identity)
    dropped = privileges.drop_capabilities()
    die_with_parent()
    os.chdir(own)
    version = 0
    if "landlock" not in plan.without:
        version = restrict_files(readable, own)
    filtered = False
    if "filter" not in plan.without:
        # Where nothing else keeps signals from other processes of this user, only this process
        # itself may be signaled; a program that takes too long then ends with its document.
        reachable = "pid" not in namespaces and identity is None
        filtered = filter_calls(only_self=reachable and version < landlock.SCOPE_SINCE)
    # Libraries put temporary files and what they keep at home here.
    tempfile.tempdir = str(own)
    os.environ.update(TMPDIR=str(own), HOME=str(own))  # noqa: TID251 - for libraries only
    granted = Granted(
        namespaces=namespaces,
        landlock=version,
        filtered=filtered,
        own_user=identity is not None,
        as_root=os.geteuid() == 0,
        privileges_dropped=dropped,
        group=group,
    )
    return with_limits(granted, plan.limits)


def _can_become(identity: ChildIdentity | None, needed: list[Path]) -> bool:
    return identity is None or privileges.can_use(identity, needed)


def restrict_files(readable: list[Path], own: Path) -> int:
    """Leave this process only these files, by Landlock; return its version, 0 without it."""
    files = [*readable, Path("/proc"), *(Path(device) for device in _DEVICES)]
    return landlock.restrict(readable=files, writable=[own, Path(os.devnull)])


def filter_calls(*, only_self: bool) -> bool:
    """Install the call filter, if there is one for this machine; return whether it holds.

    With `only_self`, this process may send signals to itself only.
    """
    if not seccomp.supported():
        return False
    signals_to = os.getpid() if only_self else None
    return seccomp.install(seccomp.program(platform.machine(), signals_to=signals_to))


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent ends.

    A change of user cancels this.
    """
    if libc.LINUX:
        with suppress(OSError):
            libc.prctl(libc.PR_SET_PDEATHSIG, signal.SIGKILL)


def with_limits(granted: Granted, limits: Limits) -> Granted:
    """Add the limits that this process has: whoever started it may have set lower ones."""
    memory = rlimits.hard_limit(resource.RLIMIT_DATA, 2**20)
    cpu = rlimits.hard_limit(resource.RLIMIT_CPU, 1)
    return replace(
        granted,
        memory_mib=None if memory is None else min(memory, limits.memory_mib),
        cpu_s=limits.cpu_s if cpu is None else min(cpu, limits.cpu_s),
        output_mib=rlimits.hard_limit(resource.RLIMIT_FSIZE, 2**20),
        watched=Path("/proc/self/stat").exists(),
    )


def _python() -> Iterator[Path]:
    """Yield where Python's own code and the installed packages are."""
    yield from map(Path, {sys.prefix, sys.base_prefix, sys.exec_prefix})
    yield Path(os.__file__).parent
    for entry in sys.path:
        if Path(entry).name in {"site-packages", "dist-packages"}:
            yield Path(entry)


def close_others(keep_open: int) -> None:
    """Close inherited files and discard what libraries print, which could fill a disk."""
    most = min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], _LEFT_OVER)
    os.closerange(3, keep_open)
    os.closerange(keep_open + 1, most)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)
