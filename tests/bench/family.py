"""Measure CPU time and memory of a program with everything that it starts.

What the kernel adds up for a parent (RUSAGE_CHILDREN) lacks every process that was killed together
with the process that would have waited for it, as a reader process is that is replaced. So the
family is observed while it runs, from here: that costs the program itself nothing.
"""

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from processors.sandbox.process_family import children

LOOK_S = 0.02
"""Seconds between two looks: so much of a killed process's time may be missing."""

_OWN, _WAITED = (11, 12), (13, 14)  # fields of /proc/PID/stat from the state on, proc(5)
_UNITS = os.sysconf("SC_CLK_TCK")
_KIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What a program used: itself, and the processes below it.

    `peak_mib` is the highest memory of the program alone, `below_mib` that of the largest process
    below it. `output` is what it printed.
    """

    own_s: float
    below_s: float
    wall_s: float
    peak_mib: float
    below_mib: float
    output: str

    @property
    def cpu_s(self) -> float:
        """Return the CPU seconds of the whole family."""
        return self.own_s + self.below_s


class Family:
    """A process and all processes that it starts, those that have ended included."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._below: dict[int, set[int]] = {root: set()}
        self._times: dict[int, tuple[float, float]] = {}
        self._peaks: dict[int, float] = {}

    def look(self) -> None:
        """Note what every process has used until now."""
        waiting = [self._root]
        while waiting:
            pid = waiting.pop()
            found = _times(pid)
            if found is None:
                continue
            self._times[pid] = found
            self._peaks[pid] = max(self._peaks.get(pid, 0.0), _peak_mib(pid))
            below = self._below.setdefault(pid, set())
            below.update(children(pid))
            waiting.extend(below)

    def own_s(self) -> float:
        """Return the CPU seconds of the first process alone."""
        return self._times.get(self._root, (0.0, 0.0))[0]

    def cpu_s(self, pid: int | None = None) -> float:
        """Return the CPU seconds of a process and of all below it: the first one's unless named."""
        pid = self._root if pid is None else pid
        own, waited = self._times.get(pid, (0.0, 0.0))
        seen = sum(self.cpu_s(one) for one in self._below.get(pid, ()))
        # Short processes are only in what was waited for, killed ones only in what was seen.
        return own + max(waited, seen)

    def waited_s(self) -> float:
        """Return the CPU seconds that the kernel added to the first process for those below it."""
        return self._times.get(self._root, (0.0, 0.0))[1]

    def below(self) -> list[int]:
        """Return the processes that the first one started itself."""
        return sorted(self._below[self._root])

    def peak_mib(self) -> float:
        """Return the highest memory of the first process."""
        return self._peaks.get(self._root, 0.0)

    def below_mib(self) -> float:
        """Return the highest memory of any process below it."""
        return max((peak for pid, peak in self._peaks.items() if pid != self._root), default=0.0)


def used(
    command: Sequence[str], *, env: Mapping[str, str] | None = None, codes: Collection[int] = (0,)
) -> Used:
    """Run a program to its end and return what it used.

    Raises:
        CalledProcessError: it ended with another exit code than one of `codes`, with what it
            printed.
    """
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as printed,
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
    ):
        began = time.monotonic()
        process = subprocess.Popen(
            command, env=env, stdin=subprocess.DEVNULL, stdout=printed, stderr=errors
        )
        family, ended = Family(process.pid), threading.Event()
        observer = threading.Thread(target=_observe, args=(family, ended), daemon=True)
        observer.start()
        # Without collecting it: the kernel keeps its times until then.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        wall_s = time.monotonic() - began
        ended.set()
        observer.join()
        family.look()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        errors.seek(0)
        output = printed.read()
        if process.returncode not in codes:
            raise subprocess.CalledProcessError(
                process.returncode, command, output, stderr=errors.read()
            )
    below_s = family.cpu_s() - family.own_s()
    # The kernel's sum is exact to the microsecond, /proc to a hundredth of a second.
    own_s = usage.ru_utime + usage.ru_stime - family.waited_s()
    return Used(
        own_s=own_s,
        below_s=below_s,
        wall_s=wall_s,
        peak_mib=family.peak_mib(),
        below_mib=family.below_mib(),
        output=output,
    )


def _observe(family: Family, ended: threading.Event) -> None:
    while not ended.wait(LOOK_S):
        family.look()


def _times(pid: int) -> tuple[float, float] | None:
    """Return the CPU seconds of a process, and of those below it that it waited for."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    own, waited = (sum(int(fields[at]) for at in pair) for pair in (_OWN, _WAITED))
    return own / _UNITS, waited / _UNITS


def _peak_mib(pid: int) -> float:
    """Return the highest memory of a process until now; 0 where it is unknown."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / _KIB for line in lines if line.startswith("VmHWM")), 0.0)
