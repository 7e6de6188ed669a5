"""What code does that took over a child. Each function takes what a job takes.

A document holds the name of a function of these modules and its arguments. A function ends with
what it found out as the text of its findings, or does not end.
"""

from collections.abc import Callable
from pathlib import Path

from pipeline.model import Findings
from tests.hostile.children.deeds import files, limits, network, next_document, processes
from tests.hostile.children.deeds.common import KEPT, found

DEEDS: dict[str, Callable[..., str | Findings]] = {
    name: value
    for module in (files, limits, network, next_document, processes)
    for name, value in vars(module).items()
    if getattr(value, "__module__", "") == module.__name__ and not name.startswith("_")
}


def does(path: Path, name: str, work_dir: Path) -> Findings:
    """Do what the document says; repeat it where it names no function."""
    del name
    if KEPT and callable(KEPT[-1]):
        KEPT[-1]()
    what, *arguments = path.read_text().split()
    if what not in DEEDS:
        return found(path.read_text())
    answer = DEEDS[what](work_dir, *arguments)
    return answer if isinstance(answer, Findings) else found(answer)
