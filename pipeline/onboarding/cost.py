"""What a source costs: the calls of its first runs, of a month, and of each new document. Pure."""

from dataclasses import dataclass

from pipeline.metering.budget import calls_to_fetch, calls_to_list, calls_to_write
from pipeline.model import SourceSpec
from pipeline.model.schema import Container
from pipeline.settings.schedule import runs_a_month


@dataclass(frozen=True, slots=True)
class SourceCost:
    """Caspio calls of a source.

    Attributes:
        planning: The first run, which reads every document and plans.
        writing: The run that writes what was planned.
        runs: Scheduled runs in 30 days.
        listing: Calls with which each of them looks for what is new.
        document: Calls of each new document: to fetch it, to write its values and its name.
    """

    planning: int
    writing: int
    runs: int
    listing: int
    document: int

    @property
    def month(self) -> int:
        """Return the calls of a month in which nothing is new."""
        return self.runs * self.listing


def _calls_to_write(spec: SourceSpec, *, updated: int, files: int, moves: bool) -> int:
    """Return what values and names take: a file of the Files area is moved to its new name."""
    named = 0 if spec.rename is None else files
    if moves:
        return calls_to_write(updated=updated, moved=named)
    return calls_to_write(updated=updated, renamed=named)


def source_cost(spec: SourceSpec, container: Container, *, files: int, schedule: str) -> SourceCost:
    """Return what a source costs, as far as its files were counted."""
    is_folder = spec.folder is not None
    types = [one.type for one in container.fields if not spec.fields or one.name in spec.fields]
    records = files if is_folder else container.records
    listing = calls_to_list(records, attachment_fields=types.count("ATTACHMENT"))
    written = min(records, files) if spec.columns or spec.index else 0
    moves = is_folder or "FILE" in types
    one = _calls_to_write(spec, updated=min(1, written), files=1, moves=moves)
    return SourceCost(
        planning=listing + calls_to_fetch(files),
        writing=listing + _calls_to_write(spec, updated=written, files=files, moves=moves),
        runs=runs_a_month(spec.schedule or schedule),
        listing=listing,
        document=calls_to_fetch(1) + one,
    )
