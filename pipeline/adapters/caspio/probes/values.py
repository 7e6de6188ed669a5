"""What the capability probes find out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from pipeline.adapters.caspio.client import CaspioError, FileMissing, Refused
from pipeline.model.probes import Probed

Found = Iterator[Probed]
Steps = Mapping[Callable[[], Found], Sequence[str]]
"""Functions that probe, each with the names of what it finds out."""


def run_steps(steps: Steps) -> Found:
    """Run steps one after another; one that fails says so for its names and stops no other."""
    for step, names in steps.items():
        found: set[str] = set()
        try:
            for probed in step():
                found.add(probed.name)
                yield probed
        except CaspioError as error:
            for name in names:
                if name not in found:
                    yield Probed(name, None, str(error))


def yes_no(name: str, value: bool, detail: str) -> Probed:  # noqa: FBT001 - what was found out
    """Return a behavior that is there or not."""
    return Probed(name, "true" if value else "false", detail)


def refusal(name: str, attempt: Callable[[], object]) -> Probed:
    """Return how an attempt is refused."""
    try:
        attempt()
    except Refused as error:
        return Probed(name, f"{error.status} {error.code}".strip(), "how it is refused")
    except FileMissing as error:
        return Probed(name, "404", str(error))
    return Probed(name, "taken", "it is not refused")


def probe_file(folder: Path, name: str) -> Path:
    """Write a small file to upload."""
    path = folder / name
    path.write_text("Made by `caspio-ingest doctor --deep`; it may be deleted.\n", encoding="utf-8")
    return path
