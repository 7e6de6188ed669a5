"""Tables and progress bars for a terminal."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from flows.report import Report
from pipeline.model import Outcome, Status

COLOURS = {
    Status.DONE: "green",
    Status.UNCHANGED: "dim",
    Status.PARTIAL: "yellow",
    Status.REJECTED: "red",
    Status.CONFLICT: "magenta",
    Status.FAILED: "bold red",
}


@dataclass(slots=True)
class SourceProgress:
    """One source's bar. Files are known a page at a time, so its end moves as pages are listed."""

    bar: Progress
    task: TaskID

    def expect(self, found: int) -> None:
        """Learn how many files are found so far."""
        self.bar.update(self.task, total=found)

    def advance(self, outcome: Outcome) -> None:
        """Count one file."""
        if outcome.status is not Status.UNCHANGED:
            self.bar.advance(self.task)

    def finish(self) -> None:
        """Fill the bar of a source with nothing to do."""
        task = self.bar.tasks[self.bar.task_ids.index(self.task)]
        self.bar.update(self.task, total=task.completed or 1, completed=task.completed or 1)


@dataclass(slots=True)
class Bars:
    """The bars of a run."""

    bar: Progress

    def source(self, name: str) -> SourceProgress:
        """Add a source's bar."""
        return SourceProgress(self.bar, self.bar.add_task(name, total=None))


@contextmanager
def progress() -> Iterator[Bars]:
    """Show progress on stderr, where it is a terminal."""
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        yield Bars(bar)


def show_report(report: Report) -> None:
    """Print what became of the documents, what they cost, and what to do next."""
    console = Console()
    if report.outcomes:
        console.print(outcome_table(report.outcomes))
    document = report.document
    console.print(counts_line(document["documents"]), highlight=False)  # type: ignore[arg-type]  # written by Summary
    calls = document["caspio_calls"]
    console.print(
        f"run {document['run_id']} · {document['pages']} pages · {document['bytes']:,} bytes · "
        f"{calls['total']} Caspio calls · {document['seconds']:.1f} s",  # type: ignore[index]  # written by Summary
        highlight=False,
        style="dim",
    )
    if report.planned_only:
        console.print(
            f"[bold yellow]Planned only:[/] {report.planned_only} documents are read and archived, and nothing was "
            "written to Caspio, because a source is new or its settings changed. Run again to write, or use --yes.",
            highlight=False,
        )


def counts_line(documents: Mapping[str, int]) -> str:
    """Return the counts as one coloured line."""
    shown = [f"[{COLOURS[Status(name)]}]{count} {name}[/]" for name, count in documents.items() if count]
    return " · ".join(shown) or "nothing to do"


def outcome_table(outcomes: tuple[Outcome, ...]) -> Table:
    """Return one row a document: where it is, what became of it, what was written."""
    table = Table(title="Documents", title_justify="left")
    for heading in ("Record", "File", "Status", "Class", "Written", "Left to a person", "Why"):
        table.add_column(heading, overflow="fold")
    for outcome in outcomes:
        ref = outcome.ref
        record = f"{ref.record.container} {ref.record.pk}" if ref.record else (ref.path or "")
        name = f"{ref.name}\n→ {outcome.new_name}" if outcome.new_name else ref.name
        table.add_row(
            Text(record),
            Text(name),  # Text, not markup: names and values are a stranger's, and may hold brackets
            f"[{COLOURS[outcome.status]}]{outcome.status}[/]",
            outcome.doc_type or "",
            Text("\n".join(f"{column}: {value}" for column, value in outcome.written.items())),
            Text("\n".join(f"{s.column}: {s.current} (read: {s.suggested})" for s in outcome.suggestions)),
            Text(outcome.reason),
        )
    return table
