"""What a person sees in a run's page in the Prefect UI: progress, a table of outcomes, a list of problems."""

import re
from uuid import UUID

from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

from flows.report import Report
from pipeline.model import Outcome
from pipeline.naming import document_prefix
from pipeline.ports import Archive, Clock
from pipeline.summary import NEEDS_A_PERSON

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
            progress=0.0, key=artifact_key("progress", source), description=f"{source}: files handled, of those listed"
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


def leave_report(source: str, report: Report, *, archive: Archive) -> None:
    """Leave the summary table, the table of documents and the list of problems with the run."""
    document = report.document
    calls = document["caspio_calls"]
    documents = document["documents"]
    rows = [{"what": status, "count": count} for status, count in documents.items()]
    rows += [{"what": what, "count": document[what]} for what in ("pages", "bytes", "seconds")]
    rows += [{"what": "Caspio calls", "count": calls["total"]}]
    create_table_artifact(
        table=rows, key=artifact_key("summary", source), description=f"{source}: run {document['run_id']}"
    )
    create_table_artifact(
        table=[_row(outcome, archive) for outcome in report.outcomes],
        key=artifact_key("documents", source),
        description=f"{source}: documents, those that need a person first",
    )
    problems = [outcome for outcome in report.outcomes if outcome.status in NEEDS_A_PERSON]
    if problems:
        lines = [f"- **{o.status}** {_quoted(_record(o))} {_quoted(o.ref.name)}: {_quoted(o.reason)}" for o in problems]
        create_markdown_artifact(
            "\n".join([f"## {len(problems)} documents need a person", *lines]), key=artifact_key("problems", source)
        )


def _record(outcome: Outcome) -> str:
    ref = outcome.ref
    return f"{ref.record.container} {ref.record.pk}" if ref.record else (ref.path or "")


def _row(outcome: Outcome, archive: Archive) -> dict[str, str]:
    return {
        "record": _record(outcome),
        "file": outcome.ref.name,
        "new name": outcome.new_name or "",
        "status": outcome.status,
        "class": outcome.doc_type or "",
        "written": "; ".join(f"{column} = {value}" for column, value in outcome.written.items()),
        "left to a person": "; ".join(f"{s.column}: {s.suggested}" for s in outcome.suggestions),
        "why": outcome.reason,
        "archive": archive.address(document_prefix(outcome.ref)),
    }


def _quoted(text: str) -> str:
    """Show a stranger's text in markdown as it is: nothing in it becomes a link, a picture or HTML."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))
