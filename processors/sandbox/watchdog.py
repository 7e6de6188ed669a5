"""Look at a child at work once a second: does it move, does it fill the disk, does it multiply."""

import os
import time
from pathlib import Path

from pipeline.model import ReadStatus
from processors.contract import Limits
from processors.sandbox import process_family as _family

INTERVAL_S = 1.0
_PROGRESS_S = 0.05
"""CPU time that counts as moving: the kernel counts in hundredths."""
_MOST_PROGRAMS = 32


class Watch:
    """Watches a child with one document. `folder` is where it may write."""

    def __init__(self, limits: Limits, *, who: _family.Who, folder: Path) -> None:
        self._limits = limits
        self._who = who
        self._folder = folder
        self._moved_at = time.monotonic()
        self._cpu_s = 0.0

    def trouble(self) -> tuple[ReadStatus, str] | None:
        """Return what the child does wrong, as a status and the end of a sentence."""
        size_bytes, files = _usage(self._folder)
        limits = self._limits
        if size_bytes > limits.disk_mib * 2**20 or files > limits.disk_files:
            return ReadStatus.TOO_BIG, (
                f"reading it writes more than {limits.disk_mib} MiB or {limits.disk_files} files, the limits; "
                "split it or raise the limits."
            )
        members = _family.members(self._who)
        if len(members) > _MOST_PROGRAMS:
            return (
                ReadStatus.SUSPICIOUS,
                f"reading it started more than {_MOST_PROGRAMS} programs; upload it as PDF.",
            )
        return self._stall(_family.cpu_s(self._who, members))

    def _stall(self, cpu_s: float | None) -> tuple[ReadStatus, str] | None:
        now = time.monotonic()
        if cpu_s is None or abs(cpu_s - self._cpu_s) >= _PROGRESS_S:
            self._moved_at, self._cpu_s = now, cpu_s or 0.0
        if now - self._moved_at < self._limits.stall_s:
            return None
        return ReadStatus.TIMED_OUT, (
            f"reading it stood still for {self._limits.stall_s} s, the limit; export it again as PDF."
        )


def _usage(folder: Path) -> tuple[int, int]:
    """Count bytes and entries below a folder, links not followed."""
    size_bytes = files = 0
    waiting = [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    files += 1
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        size_bytes += entry.stat(follow_symlinks=False).st_blocks * 512
        except OSError:  # the child removes what we are looking at
            continue
    return size_bytes, files
