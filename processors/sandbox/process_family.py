"""What a child process and everything it started are doing, seen from outside: by /proc, where there is one."""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_MOST_ROUNDS = 50
_PGRP, _UTIME, _CSTIME = 2, 11, 14  # fields of /proc/PID/stat after the command's name, proc(5)


@dataclass(frozen=True, slots=True)
class Who:
    """A child: its process, and the network it is in, which is its own where the kernel allows that."""

    pid: int
    network: str


def seen(pid: int) -> Who:
    """Return who a living child is, as the system tells it."""
    return Who(pid, _network_of(pid))


def held_network(pid: int) -> int | None:
    """Open the network of a child, so that its name is given to no other as long as this is not closed.

    What is ended by the name of a network that is gone may be another worker's child.
    """
    try:
        return os.open(_PROC / str(pid) / "ns" / "net", os.O_RDONLY)
    except OSError:
        return None


def cpu_s(who: Who, below: Sequence[int]) -> float | None:
    """Return the CPU seconds of a child and all it started, ended ones included; None where the system hides them.

    `below` are its members: to find them costs a look at every process there is.
    """
    own = _stat(who.pid)
    if own is None:
        return None
    ticks = sum(own[_UTIME : _CSTIME + 1])
    for member in below:
        stat = _stat(member)
        ticks += sum(stat[_UTIME : _UTIME + 2]) if stat else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def members(who: Who) -> list[int]:
    """Return the processes that belong to a child, itself left out.

    What leaves its group is still in the child's network, where that is its own; else the group is all there is to see.
    """
    own_network = bool(who.network) and who.network != _network_of(os.getpid())
    found = []
    for other in _pids():
        if other in {who.pid, os.getpid()}:
            continue
        if own_network:
            if _network_of(other) == who.network and not _ended(other):
                found.append(other)
        elif (stat := _stat(other)) is not None and stat[_PGRP] == who.pid and not _ended(other):
            found.append(other)
    return found


def _network_of(pid: int) -> str:
    """Name the network a process is in; "" where the system does not tell."""
    try:
        return str((_PROC / str(pid) / "ns" / "net").readlink())
    except OSError:
        return ""


def has_children(pid: int) -> bool:
    """Say whether a process has processes below it; they come back to it when what lay between ends."""
    with suppress(OSError):
        for thread in (_PROC / str(pid) / "task").iterdir():
            if (thread / "children").read_text(encoding="ascii").strip():
                return True
    return False


def end_programs(who: Who) -> None:
    """End everything a child started, wherever it hid, and leave the child itself.

    All are stopped before any is ended, again until no new one appears: what is stopped starts nothing.
    """
    for number in (signal.SIGSTOP, signal.SIGKILL):
        seen: set[int] = set()
        for _ in range(_MOST_ROUNDS):
            new = set(members(who)) - seen
            if not new:
                break
            seen |= new
            for member in new:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(member, number)


def _pids() -> Iterator[int]:
    with suppress(OSError), os.scandir(_PROC) as entries:
        for entry in entries:
            if entry.name.isdigit():
                yield int(entry.name)


def _ended(pid: int) -> bool:
    """Say whether a process is gone, or waits for its parent to notice that it is."""
    try:
        return " Z " in (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True


def _stat(pid: int) -> list[int] | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        return [
            int(field) if field.lstrip("-").isdigit() else 0
            for field in text.rpartition(")")[2].split()
        ]
    except OSError:
        return None
