"""A file system of its own for a process: read-only mounts and one writable folder.

What is not in the tree does not exist for the process: no settings, no home folders, no sockets of
services. Read-only mounts also keep the modes and times of what is in it, which Landlock does not.
"""

import ctypes
import os
from collections.abc import Iterable
from pathlib import Path

from processors.sandbox.kernel import libc

_RDONLY, _NOSUID, _NODEV, _NOEXEC, _REMOUNT, _BIND = 1, 2, 4, 8, 32, 4096
_REC, _SLAVE = 16384, 1 << 19
_DETACH = 2
_MOUNT_SETATTR = 442  # Linux 5.12 and later, the same on every architecture
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_DEVICES = ("null", "zero", "random", "urandom")
_PROC_FILES = ("cpuinfo", "meminfo", "stat", "version", "filesystems")
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_MOST_LINKS = 1_000  # more are a circle
_KEPT_FLAGS = {
    os.ST_NOSUID: _NOSUID,
    getattr(os, "ST_NODEV", 4): _NODEV,
    getattr(os, "ST_NOEXEC", 8): _NOEXEC,
    getattr(os, "ST_NOATIME", 1024): 1024,
    getattr(os, "ST_RELATIME", 4096): 1 << 21,
}
"""Flags of a mount that a user namespace may not clear, as statvfs shows them and as mount takes
them.
"""


class _Attributes(ctypes.Structure):
    """struct mount_attr, linux/mount.h."""

    _fields_ = tuple((name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns"))


def confine(*, stage: Path, readable: Iterable[Path], folder: Path) -> bool:
    """Give this process a root file system of `readable`, read-only, and `folder`.

    `stage` is an empty folder to build it on. Paths stay what they were. Call it in the first
    processes of a PID namespace, so that /proc shows that namespace only.

    Returns:
        False where the kernel refuses; the file system then is the old one.
    """
    if os.uname().machine not in _PIVOT_ROOT:
        return False
    try:
        libc.unshare(libc.CLONE_NEWNS)
        libc.mount(None, "/", None, _SLAVE | _REC)
        libc.mount("tmpfs", str(stage), "tmpfs", _NOSUID | _NODEV, "mode=0755,size=1m")
        real, links = placed(readable)
        for path in real:
            _bind(path, stage, read_only=True)
        for link in links:
            place = stage / link.relative_to("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(link.readlink())
        for name in _DEVICES:
            _bind(Path("/dev", name), stage, read_only=False)
        _bind(folder, stage, read_only=False)
        mount_proc(stage)
        libc.mount(None, str(stage), None, _REMOUNT | _BIND | _RDONLY | _NOSUID | _NODEV)
    except OSError:
        return False
    return enter(stage)


def enter(stage: Path) -> bool:
    """Make a folder the root, and detach the old one."""
    here = Path.cwd()
    try:
        os.chdir(stage)
        # The same folder twice: the old root is then mounted over the new one, from where it can be
        # removed.
        libc.syscall(_PIVOT_ROOT[os.uname().machine], b".", b".")
    except OSError:
        os.chdir(here)
        return False
    libc.unmount(".", _DETACH)
    os.chdir("/")
    return True


def placed(paths: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """Return the folders and files to mount, outermost only, and the links on the way to them.

    Links are made again as links, and everything is mounted where it really is: a folder made
    through a link on the stage would be made outside of it.
    """
    links: set[Path] = set()
    resolved = [follow(path, links) for path in paths]
    real = {path for path in resolved if path.exists()}
    outermost: list[Path] = []
    for path in sorted(real, key=lambda each: each.parts):
        if not outermost or not path.is_relative_to(outermost[-1]):
            outermost.append(path)
    return outermost, sorted(
        link for link in links if not any(link.is_relative_to(above) for above in outermost)
    )


def follow(path: Path, links: set[Path]) -> Path:
    """Return where a path really is; add the links on the way to `links`."""
    here, ahead = Path("/"), list(path.parts[1:])
    while ahead and len(links) < _MOST_LINKS:
        part = ahead.pop(0)
        here = here.parent if part == ".." else here / part
        if here.is_symlink():
            links.add(here)
            target = here.readlink()
            ahead = [*(each for each in target.parts if each != "/"), *ahead]
            here = Path("/") if target.is_absolute() else here.parent
    return here


def _bind(path: Path, stage: Path, *, read_only: bool) -> None:
    """Mount what is at a path at the same place below the stage."""
    place = stage / path.relative_to("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        place.mkdir(exist_ok=True)
    else:
        place.touch()
    # Recursive: a user namespace may not show what other mounts cover.
    libc.mount(str(path), str(place), None, _BIND | _REC)
    if not read_only:
        return
    wanted = _Attributes(_RDONLY | _NOSUID, 0, 0, 0)
    try:
        libc.syscall(
            _MOUNT_SETATTR,
            _AT_FDCWD,
            os.fsencode(place),
            _AT_RECURSIVE,
            ctypes.byref(wanted),
            ctypes.sizeof(wanted),
        )
    except OSError:
        # Before Linux 5.12: the mount itself; what is mounted below it keeps its own rules.
        shown = os.statvfs(place).f_flag
        kept = sum(flag for bit, flag in _KEPT_FLAGS.items() if shown & bit)
        libc.mount(None, str(place), None, _REMOUNT | _BIND | _RDONLY | kept)


def mount_proc(stage: Path) -> None:
    """Show the processes of this namespace; where that is refused, this process and a few facts."""
    place = stage / "proc"
    place.mkdir()
    try:
        libc.mount("proc", str(place), "proc", _NOSUID | _NODEV | _NOEXEC)
    except OSError:
        # A container whose own /proc has hidden parts may not mount a whole one.
        own = place / "self"
        own.mkdir()
        libc.mount(str(Path("/proc/self").resolve()), str(own), None, _BIND)
        for name in _PROC_FILES:
            _bind(Path("/proc", name), stage, read_only=True)
