"""Time, memory and disk beyond the limits."""

import mmap
import os
import resource
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.hostile.children.deeds.common import LIBC, MIB, PAUSE, checked, tried, wait_forever


def _lift(kind: int) -> None:
    _, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (hard, hard))


def spin_on(work_dir: Path) -> str:
    """Lift the soft limit on CPU time and use the processor for ever."""
    del work_dir
    _lift(resource.RLIMIT_CPU)
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    while True:
        pass


def spin_in_parts(work_dir: Path) -> str:
    """Use the processor in four processes, each below the limit for long."""
    del work_dir
    _lift(resource.RLIMIT_CPU)
    for _ in range(3):
        if os.fork() == 0:
            while True:
                pass
    while True:
        pass


def eat_on(work_dir: Path) -> str:
    """Lift the soft limit on memory and use more and more."""
    del work_dir
    _lift(resource.RLIMIT_DATA)
    return _eat(lambda: bytearray(b"x" * 16 * MIB))


def eat_shared(work_dir: Path) -> str:
    """Use memory that is shared, and so private to nobody."""
    del work_dir

    def piece() -> mmap.mmap:
        shared = mmap.mmap(-1, 16 * MIB)
        shared.write(b"x" * 16 * MIB)
        return shared

    return _eat(piece)


def eat_in_parts(work_dir: Path) -> str:
    """Use memory in ten processes, each below the limit."""
    del work_dir
    for _ in range(10):
        if os.fork() == 0:
            memory = bytearray(b"x" * 150 * MIB)
            PAUSE.wait()
            del memory
    return wait_forever()


def _eat(piece: Callable[[], object]) -> str:
    eaten = []
    while len(eaten) < 200:  # 3 GiB: the machine of the test survives it
        eaten.append(piece())
        time.sleep(0.01)
    return f"ate {len(eaten)} pieces"


def hidden_memory(work_dir: Path) -> str:
    """Ask for memory that belongs to no process."""
    del work_dir
    return " ".join([
        "memfd=" + tried(lambda: os.memfd_create("x")),
        "shmget=" + tried(lambda: checked(LIBC.shmget(0, MIB, 0o1600))),
        "msgget=" + tried(lambda: checked(LIBC.msgget(0, 0o1600))),
        "semget=" + tried(lambda: checked(LIBC.semget(0, 1, 0o1600))),
        "shm=" + tried(lambda: Path("/dev/shm/deed").write_text("x")),  # noqa: S108 - the place is the point
        "tmp=" + tried(lambda: Path("/tmp/deed").write_text("x")),  # noqa: S108
    ])  # fmt: skip


def fill_unlinked(work_dir: Path) -> str:
    """Fill files that have no name any more: some open, some only mapped."""
    kept: list[Any] = []
    for number in range(10):
        path = work_dir / f"{number}"
        file = path.open("w+b")
        file.write(b"x" * 6 * MIB)
        file.flush()
        path.unlink()
        if number % 2:
            kept.append(mmap.mmap(file.fileno(), 4096))
            file.close()
        else:
            kept.append(file)
    return wait_forever()
