"""Artifacts on a run's page in the Prefect UI: progress, a report, a table of documents."""

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
from pipeline.archive_layout import document_prefix
from pipeline.model import Outcome, Status
from pipeline.ports import Archive, Clock

PROGRESS_EVERY_S = 3.0
"""Seconds between updates: each costs the server about 13 ms."""


def artifact_key(*parts: str) -> str:
    """Join parts into a key as Prefect requires it: lower-case letters, digits and dashes."""
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
        """Set how many files are found so far."""
        self._found = found

    def advance(self, handled: int) -> None:
        """Update the artifact, at most every `PROGRESS_EVERY_S` seconds."""
        now = self._clock.monotonic()
        # Before the first page is listed there is nothing to divide by.
        if self._found and now - self._updated >= PROGRESS_EVERY_S:
            self._updated = now
            update_progress_artifact(self._id, progress=min(100.0, 100.0 * handled / self._found))

    def finish(self) -> None:
        """Show that nothing is left."""
        update_progress_artifact(self._id, progress=100.0)


@dataclass(slots=True)
class SourceArtifact:
    """The progress of one source in a run that is not worked on in batches."""

    progress: FlowProgress
    handled: int = 0

    def expect(self, found: int) -> None:
        """Set how many files are found so far."""
        self.progress.expect(found)

    def advance(self, outcome: Outcome) -> None:
        """Count one file."""
        # Unchanged files take no time, so they would only blur how far the run has come.
        if outcome.status is not Status.UNCHANGED:
            self.handled += 1
            self.progress.advance(self.handled)

    def count(self, files: int) -> None:
        """Count files that have no outcome, as when they are compared."""
        self.handled += files
        self.progress.advance(self.handled)

    def finish(self) -> None:
        """Show that nothing is left."""
        self.progress.finish()


@dataclass(frozen=True, slots=True)
class FlowBars:
    """Shows a progress artifact for each source, where the command line shows bars."""

    clock: Clock

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        return

    def source(self, name: str) -> SourceArtifact:
        """Create the artifact of a source."""
        return SourceArtifact(FlowProgress(name, clock=self.clock))


def leave_report(title: str, report: Report, *, context: AppContext) -> None:
    """Create the report artifact and, if anything was done, the table of documents."""
    create_markdown_artifact(
        run_report(title, report, context),
        key=artifact_key("report", title),
        description=f"{title}: run {report.document['run_id']}",
    )
    if report.outcomes:
        create_table_artifact(
            table=[document_row(outcome, context.ports.archive) for outcome in report.outcomes],
            key=artifact_key("documents", title),
            description=f"{title}: documents, those that need a user first",
        )


def document_row(outcome: Outcome, archive: Archive) -> dict[str, str]:
    """Return a document as a row of the table."""
    written = [f"{column} = {shown(value)}" for column, value in outcome.written.items()]
    suggested = [f"{s.column}: {shown(s.suggested)}" for s in outcome.suggestions]
    row = {
        "record": record_of(outcome),
        "file": outcome.ref.name,
        "new name": outcome.new_name or "",
        "status": outcome.state,
        "class": outcome.doc_type or "",
        "written": "; ".join(written),
        "suggested": "; ".join(suggested),
        "why": outcome.reason,
        "archive": archive.address(document_prefix(outcome.ref)),
    }
    return {name: cell(text) for name, text in row.items()}
