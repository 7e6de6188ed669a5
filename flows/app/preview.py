"""A dry run of `reprocess`: what would be read again and what only planned anew. Nothing is read, nothing written."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.app.run_request import RunRequest
from flows.app.settings import load_settings
from flows.app.source_runs import make_source_run, new_run_id, within_budget
from flows.app.sources import require_sources
from flows.app.wiring import AppContext, connect
from pipeline.metering.budget import Priority
from pipeline.model import FileRef
from pipeline.record import SourceRun
from pipeline.source_run.worker_pool import Selection, foreseen

MOST_ROWS = 500
"""Files that are named; all are counted."""


@dataclass(slots=True)
class Preview:
    """What a selection comes to: records and files, of these those to be read again. `files` names the first."""

    source: str
    records: int = 0
    read_again: int = 0
    planned_anew: int = 0
    files: tuple[FileRef, ...] = ()

    @property
    def total(self) -> int:
        """Count the files."""
        return self.read_again + self.planned_anew

    def as_json(self) -> dict[str, int]:
        """Return the figures."""
        return {
            "records": self.records,
            "read_again": self.read_again,
            "planned_anew": self.planned_anew,
        }

    def __str__(self) -> str:
        """Say it in a sentence."""
        if not self.total:
            return f"{self.source}: no file would be read again or planned anew"
        return (
            f"{self.source}: of {self.total:,} files of {self.records:,} records, {self.read_again:,} would be read "
            f"again, from the archive, and {self.planned_anew:,} only planned anew"
        )


def preview(context: AppContext, run: SourceRun, selection: Selection) -> Preview:
    """Count what a selection comes to in a source."""
    context.spending.priority = Priority.REPROCESS
    seen = Preview(run.spec.name)
    for work, again in within_budget(context, foreseen(run, selection)):
        seen.records += 1
        seen.read_again += again
        seen.planned_anew += len(work.files) - again
        seen.files += work.files[: MOST_ROWS - len(seen.files)]
    return seen


def preview_directly(config: Path, *, sources: Sequence[str], request: RunRequest) -> list[Preview]:
    """Count what a selection comes to in each source.

    Raises:
        BadSettings: a source is unknown or cannot be run (all problems listed).
    """
    assert request.selection is not None
    with connect(load_settings(config)) as context:
        specs, run_id, selection = (
            require_sources(context, sources),
            new_run_id(context),
            request.selection,
        )
        jobs = [
            make_source_run(context, spec, run_id, yes=False, selection=selection) for spec in specs
        ]
        return [preview(context, run, selection) for run in jobs]
