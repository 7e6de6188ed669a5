"""What a child and its programs are doing, as /proc shows it."""

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path

_PROC = "/proc"
_PARENT, _UTIME, _CSTIME = 0, 10, 13  # fields of /proc/PID/stat after the state, proc(5)
_ENDED, _STOPPED = "ZX", "TtZX"
_MEMORY_LINES = ("RssAnon:", "RssShmem:", "VmSwap:")
_DELETED = " (deleted)"
_SHARED_MEMORY = "/dev/zero (deleted)"  # counted as memory
_BLOCK_BYTES = 512  # the unit of st_blocks on every file system


def children(pid: int) -> list[int]:
    """Return the children of a process, adopted ones included."""
    found: list[int] = []
    if not _lists_children():
        others = [int(name) for name in _names("") if name.isdigit()]
        return [other for other in others if (_stat(other) or [0])[_PARENT] == pid]
    for thread in _names(f"{pid}/task"):
        found.extend(map(int, _read(f"{pid}/task/{thread}/children").split()))
    return found


def descendants(pid: int) -> set[int]:
    """Return all processes below a process, those that ended and wait to be noticed left out."""
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        for other in children(waiting.pop()):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return {other for other in found if not has_ended(other)}


def has_ended(pid: int) -> bool:
    """Say whether a process is gone, or only waits for its parent to notice that it is."""
    return _state(pid) in _ENDED


def is_stopped(pid: int) -> bool:
    """Say whether no thread of a process runs any more: it is stopped, or has ended."""
    return all(_state(pid, thread) in _STOPPED for thread in _names(f"{pid}/task"))


def cpu_s(pids: Iterable[int]) -> float | None:
    """Return the CPU seconds of processes and of those they waited for; None if unknown."""
    seen = [fields for pid in pids if (fields := _stat(pid))]
    if not seen:
        return None
    clock_units = sum(sum(fields[_UTIME : _CSTIME + 1]) for fields in seen)
    return clock_units / os.sysconf("SC_CLK_TCK")


def memory_bytes(pids: Iterable[int]) -> int:
    """Return the memory of processes that no file backs: private, shared and swapped.

    Shared pages count for each process that has touched them.
    """
    kib = 0
    for pid in pids:
        for line in _read(f"{pid}/status").splitlines():
            if line.startswith(_MEMORY_LINES):
                kib += int(line.split()[1])
    return kib * 1024


def unlinked_bytes(pids: Iterable[int], *, file_bytes: int) -> int:
    """Return the disk space of files that have no name any more, but that processes still hold.

    A file that is only mapped counts as `file_bytes`, the largest that one may be: its size cannot
    be seen.
    """
    sizes: dict[tuple[int, int], int] = {}
    for pid in pids:
        for number in _names(f"{pid}/fd"):
            with suppress(OSError):
                found = Path(f"{_PROC}/{pid}/fd/{number}").stat()
                if stat.S_ISREG(found.st_mode) and found.st_nlink == 0:
                    sizes[found.st_dev, found.st_ino] = found.st_blocks * _BLOCK_BYTES
        for line in _read(f"{pid}/maps").splitlines():
            if line.endswith(_DELETED) and not line.endswith(_SHARED_MEMORY):
                fields = line.split(maxsplit=5)
                major, minor = (int(part, 16) for part in fields[3].split(":"))
                sizes.setdefault((os.makedev(major, minor), int(fields[4])), file_bytes)
    return sum(sizes.values())


@cache
def _lists_children() -> bool:
    """Say whether the kernel lists the children of a process.

    Otherwise every process is looked at for its parent.
    """
    return Path(f"{_PROC}/self/task/{os.getpid()}/children").exists()


def _names(folder: str) -> list[str]:
    try:
        return [entry.name for entry in os.scandir(f"{_PROC}/{folder}")]
    except OSError:
        return []


def _state(pid: int, thread: str = "") -> str:
    """Return the letter for the state of a process or a thread; Z where it is gone."""
    name = f"{pid}/task/{thread}/stat" if thread else f"{pid}/stat"
    return _read(name).rpartition(")")[2].strip()[:1] or "Z"


def _stat(pid: int) -> list[int] | None:
    """Return the numbers of a process, counted from its parent's; None where it is gone."""
    fields = _read(f"{pid}/stat").rpartition(")")[2].split()
    return [int(field) for field in fields[1:]] or None


def _read(name: str) -> str:
    try:
        path = f"{_PROC}/{name}"
        # Many files a second: a Path would cost more than the reading.
        with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - see above
            return file.read()
    except OSError:
        return ""
