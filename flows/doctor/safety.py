"""What the system grants the reader processes, graded: `doctor`'s line `safety`."""

import os
from typing import TYPE_CHECKING

from flows.app.reading import open_reader
from flows.doctor.check import Check
from pipeline.errors import IngestError

if TYPE_CHECKING:
    from pipeline.settings.sections import ProcessingSettings
    from processors.sandbox.isolation import Granted

_ROOT = (
    "Run as an ordinary user: this program runs as root, so a fault in it reaches everything here."
)
_WEAK = (
    "Read only documents that you trust here, or run where more is granted "
    "(docs/security.md lists what each system needs)."
)
_NO_CHILD = "Check the limits of processes on this machine (ulimit -a)."


def examine_safety(settings: "ProcessingSettings") -> Check:
    """Start a reader process and grade what it was granted; `remedy` may be a warning."""
    # The level is the answer here, and no reason to stop.
    asked = settings.model_copy(update={"require_isolation": "none"})
    try:
        with open_reader(asked, workers=1) as reader:
            granted = reader.granted()
    except (IngestError, OSError) as error:
        return Check("safety", ok=False, detail=str(error), remedy=_NO_CHILD)
    if granted is None:
        problem = "no reader process could be started"
        return Check("safety", ok=False, detail=problem, remedy=_NO_CHILD)
    enough = granted.level.reaches(type(granted.level)(settings.require_isolation))
    warnings = []
    # Too little isolation fails the check; the warnings below leave it successful.
    if not enough:
        warnings.append(
            f'processing.require_isolation is "{settings.require_isolation}": nothing is read here.'
        )
    if granted.level == "none":
        warnings.append(_WEAK)
    # Even if the reader processes have a user of their own: the parent that checks their output has
    # root's rights.
    if os.geteuid() == 0:
        warnings.append(_ROOT)
    detail = (
        f'isolation "{granted.level}": {isolation_text(granted)}; {limits_text(granted, settings)}'
    )
    return Check("safety", ok=enough, detail=detail, remedy=" ".join(warnings))


def isolation_text(granted: "Granted") -> str:
    """Say what a reader process is kept from, what it is not, and which layers are missing."""
    kept = {
        "network": granted.network_closed,
        "other files": granted.files_closed,
        "other processes": granted.processes_closed,
    }
    parts = []
    closed = [name for name, is_closed in kept.items() if is_closed]
    if closed:
        parts.append(f"kept from {', '.join(closed)}")
    parts.extend(f"NOT kept from {name}" for name, is_closed in kept.items() if not is_closed)
    parts.extend(granted.missing())
    return ", ".join(parts)


def limits_text(granted: "Granted", asked: "ProcessingSettings") -> str:
    """Return the limits of a reader process as a text."""
    idle = f"{asked.stall_s}" if granted.watched else f"NOT checked against {asked.stall_s}"
    group = {"bounds": ", control group", "ends": ", control group without limits"}
    return (
        f"memory {_of(granted.memory_mib, asked.memory_mib)} MiB, "
        f"CPU time {_of(granted.cpu_s, asked.cpu_s)} s, wall time {asked.wall_s} s, "
        f"idle time {idle} s, disk {asked.disk_mib} MiB{group.get(granted.group, '')}"
    )


def _of(granted: int | None, asked: int) -> str:
    """Write what was granted, and what was asked where that is more."""
    if granted is None:
        return f"NOT limited to {asked}"
    return f"{granted}" if granted >= asked else f"{granted} of {asked}"
