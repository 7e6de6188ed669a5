"""Look at a child at work once a second: is it idle, does it exceed a limit, does it multiply.

What is measured here is measured from outside and for the child with all it started. So it holds
for code that took over the child as well, which can lift its own soft limits, hide files and start
programs.
"""

import time

from pipeline.model import ReadStatus
from processors.contract import Limits
from processors.sandbox import file_tree, process_family
from processors.sandbox.launch import SHARED_MEMORY

INTERVAL_S = 1.0
_PROGRESS_S = 0.05
"""CPU time that counts as progress: the kernel counts in hundredths."""
_MOST_PROGRAMS = 32
_CPU_MARGIN_S = 2
"""The child's own limit ends it at a whole second after the one it began in; what it starts has
limits of its own.
"""

Trouble = tuple[ReadStatus, str]
"""What a child does wrong: a status, and the end of a sentence that begins with the document's
name.
"""


class Watch:
    """Watches a child with one document.

    `root` is its supervisor, `folder` the open folder that it may write to.
    """

    def __init__(self, limits: Limits, *, root: int, folder: int) -> None:
        self._limits = limits
        self._root = root
        self._folder = folder
        self._progress_at = time.monotonic()
        family = process_family.descendants(root)
        self._cpu_at_start_s = process_family.cpu_s(family) or 0.0
        self._memory_at_start = process_family.memory_bytes(family)
        self._cpu_s = 0.0

    def trouble(self) -> Trouble | None:
        """Return what the child does wrong, None if nothing."""
        family = process_family.descendants(self._root)
        # The init of a PID namespace and the child itself are no programs.
        if len(family) - 2 > _MOST_PROGRAMS:
            return (
                ReadStatus.SUSPICIOUS,
                f"reading it started more than {_MOST_PROGRAMS} programs; upload it as PDF.",
            )
        return self._memory(family) or self._disk(family) or self._time(family)

    def _disk(self, family: set[int]) -> Trouble | None:
        limits = self._limits
        usage = file_tree.usage(self._folder)
        # Files without a name take up space as well.
        unlinked = process_family.unlinked_bytes(family, file_bytes=limits.output_mib * 2**20)
        most = limits.disk_mib * 2**20
        if usage.disk_bytes + unlinked > most or usage.files > limits.disk_files:
            return ReadStatus.TOO_BIG, (
                f"reading it writes more than {limits.disk_mib} MiB or {limits.disk_files} files, "
                "the limits; split it or raise the limits."
            )
        if usage.too_deep:
            return ReadStatus.SUSPICIOUS, (
                f"reading it makes folders more than {file_tree.DEEPEST} levels deep; "
                "export it again as PDF."
            )
        return None

    def _memory(self, family: set[int]) -> Trouble | None:
        limit = SHARED_MEMORY * self._limits.memory_mib * 2**20
        if process_family.memory_bytes(family) - self._memory_at_start <= limit:
            return None
        return ReadStatus.OUT_OF_MEMORY, (
            f"reading it needs more than the limit of {self._limits.memory_mib} MiB of memory; "
            "upload a smaller scan, split the document or raise the limit."
        )

    def _time(self, family: set[int]) -> Trouble | None:
        now = time.monotonic()
        measured = process_family.cpu_s(family)
        if measured is None:  # not shown on this system
            return None
        cpu_s = measured - self._cpu_at_start_s
        if cpu_s > self._limits.cpu_s + _CPU_MARGIN_S:
            limit = f"{self._limits.cpu_s} s of CPU time"
            return ReadStatus.TIMED_OUT, too_slow(limit)
        if abs(cpu_s - self._cpu_s) >= _PROGRESS_S:
            self._progress_at, self._cpu_s = now, cpu_s
        if now - self._progress_at < self._limits.stall_s:
            return None
        return ReadStatus.TIMED_OUT, (
            f"reading it was idle for {self._limits.stall_s} s, the limit; export it again as PDF."
        )


def too_slow(limit: str) -> str:
    """Return the end of a sentence about a document that took too long."""
    return (
        f"reading was stopped after {limit}, the limit for one document; "
        "split it or raise the limit."
    )
