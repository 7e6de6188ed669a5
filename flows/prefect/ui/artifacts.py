"""What a person sees in a run's page in the Prefect UI: progress, a report, a table of documents."""

import re
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

from flows.app.run_report import Report, record_of
from flows.app.wiring import AppContext
from flows.prefect.ui.report import run_report
from flows.prefect.ui.text import cell
from flows.terminal.tables import shown
from pipeline.decide.naming import document_prefix
from pipeline.model import Outcome, Status
from pipeline.ports import Archive, Clock

PROGRESS_EVERY_S = 3.0
"""Seconds between updates: each costs the server about 13 ms."""


def artifact_key(*parts: str) -> str:
    """Join parts into a key as Prefect wants it: lower-case letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-")


class FlowProgress:
    """A progress artifact: files handled, of those found so far."""

    def __init__(self, source: str, *, clock: Clock) -> None:
        """Create the artifact."""
        self._clock = clock
        self._found = 0
        self._updated = clock.monotonic()
        created = create_progress_artifact(
            progress=0.0,
            key=artifact_key("progress", source),
            description=f"{source}: files handled, of those listed",
        )
        assert isinstance(created, UUID)
        self._id = created

    def expect(self, found: int) -> None:
        """Learn how many files are found so far."""
        self._found = found

    def advance(self, handled: int) -> None:
        """Show progress, unless it was shown a moment ago."""
        now = self._clock.monotonic()
        if self._found and now - self._updated >= PROGRESS_EVERY_S:
            self._updated = now
            update_progress_artifact(self._id, progress=min(100.0, 100.0 * handled / self._found))

    def finish(self) -> None:
        """Show that nothing is left."""
        update_progress_artifact(self._id, progress=100.0)


@dataclass(slots=True)
class _Watching:
    """One source of a run that is not worked on in batches."""

    shown: FlowProgress
    handled: int = 0

    def expect(self, found: int) -> None:
        """Learn how many files are found so far."""
        self.shown.expect(found)

    def advance(self, outcome: Outcome) -> None:
        """Count one file."""
        if outcome.status is not Status.UNCHANGED:
            self.handled += 1
            self.shown.advance(self.handled)

    def finish(self) -> None:
        """Show that nothing is left."""
        self.shown.finish()


@dataclass(frozen=True, slots=True)
class FlowBars:
    """Shows progress in the UI where the command line shows bars: an artifact for each source."""

    clock: Clock

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        return

    def source(self, name: str) -> _Watching:
        """Begin to show a source."""
        return _Watching(FlowProgress(name, clock=self.clock))


def leave_report(title: str, report: Report, *, context: AppContext) -> None:
    """Leave the report and, where anything was done, the table of documents with the run."""
    create_markdown_artifact(
        run_report(title, report, context),
        key=artifact_key("report", title),
        description=f"{title}: run {report.document['run_id']}",
    )
    if report.outcomes:
        create_table_artifact(
            table=[_row(outcome, context.ports.archive) for outcome in report.outcomes],
            key=artifact_key("documents", title),
            description=f"{title}: documents, those that need a person first",
        )


def _row(outcome: Outcome, archive: Archive) -> dict[str, str]:
    row = {
        "record": record_of(outcome),
        "file": outcome.ref.name,
        "new name": outcome.new_name or "",
        "status": f"{outcome.status}, planned only"
        if outcome.planned_only
        else outcome.status.value,
        "class": outcome.doc_type or "",
        "written": "; ".join(
            f"{column} = {shown(value)}" for column, value in outcome.written.items()
        ),
        "left to a person": "; ".join(
            f"{s.column}: {shown(s.suggested)}" for s in outcome.suggestions
        ),
        "why": outcome.reason,
        "archive": archive.address(document_prefix(outcome.ref)),
    }
    return {name: cell(text) for name, text in row.items()}
