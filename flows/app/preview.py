"""A dry run of `reprocess`: count what would be read again. Nothing is read or written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.app.classes import require_class
from flows.app.settings import load_settings
from flows.app.source_runs import make_source_run, new_run_id, within_budget
from flows.app.sources import choose_sources
from flows.app.wiring import AppContext, connect
from pipeline.context import SourceRun
from pipeline.metering.budget import Priority
from pipeline.model import FileRef
from pipeline.source_run.selection import Selection, forecast
from pipeline.wording import counted

MOST_ROWS = 500
"""Files that are listed; all are counted."""


@dataclass(slots=True)
class Preview:
    """What a selection contains.

    Attributes:
        read_again: Files whose contents would be read again.
        planned_again: Files that would only be planned again, from the reading that is kept.
        files: The first `MOST_ROWS` files.
    """

    source: str
    records: int = 0
    read_again: int = 0
    planned_again: int = 0
    files: tuple[FileRef, ...] = ()

    @property
    def total(self) -> int:
        """Return the number of files."""
        return self.read_again + self.planned_again

    def as_json(self) -> dict[str, int]:
        """Return the numbers for --json."""
        return {
            "records": self.records,
            "read_again": self.read_again,
            "planned_again": self.planned_again,
        }

    def __str__(self) -> str:
        """Return the numbers as a sentence."""
        if not self.total:
            return f"{self.source}: no file would be read or planned again"
        files, records = counted(self.total, "file"), counted(self.records, "record")
        return (
            f"{self.source}: of {files} in {records}, "
            f"{self.read_again:,} would be read again from the archive, "
            f"and {self.planned_again:,} would only be planned again"
        )


def preview(context: AppContext, run: SourceRun, selection: Selection) -> Preview:
    """Count what a selection contains in one source."""
    context.spending.priority = Priority.REPROCESS
    selected = Preview(run.spec.name)
    for work, read_again in within_budget(context, forecast(run, selection)):
        selected.records += 1
        selected.read_again += read_again
        selected.planned_again += len(work.files) - read_again
        # A list of a million files would help nobody; the counts have them all.
        selected.files += work.files[: MOST_ROWS - len(selected.files)]
    return selected


def preview_directly(
    config: Path, *, sources: Sequence[str], selection: Selection
) -> tuple[list[Preview], Mapping[str, list[str]]]:
    """Count what a selection contains in each source; also return what stops the others, by name.

    Raises:
        BadSettings: a source is unknown, or none can run (all problems listed).
    """
    settings = load_settings(config)
    require_class(settings, selection)
    with connect(settings) as context:
        run_id = new_run_id(context)
        chosen = choose_sources(context, sources)
        runs = [
            make_source_run(context, spec, run_id, yes=False, selection=selection)
            for spec in chosen.specs
        ]
        return [preview(context, run, selection) for run in runs], chosen.stopped
