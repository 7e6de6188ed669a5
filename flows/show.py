"""Tables and progress bars for a terminal."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from flows.report import Report, record_of
from flows.terminal import PlainConsole
from pipeline.model import Outcome, Status, Value

_BIG = 1e12

COLOURS = {
    Status.DONE: "green",
    Status.UNCHANGED: "dim",
    Status.PARTIAL: "yellow",
    Status.REJECTED: "red",
    Status.CONFLICT: "magenta",
    Status.FAILED: "bold red",
}


class Watched(Protocol):
    """How far a run has come with one source."""

    def expect(self, found: int) -> None:
        """Learn how many files are found so far."""

    def advance(self, outcome: Outcome) -> None:
        """Count one file."""

    def finish(self) -> None:
        """Show that nothing is left."""


class Watch(Protocol):
    """Shows how far a run has come."""

    def source(self, name: str) -> Watched:
        """Begin to show a source."""


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
    console = PlainConsole(stderr=True)
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
    console = PlainConsole()
    if report.outcomes:
        console.print(outcome_table(report.outcomes))
    document = report.document
    console.print(counts_line(document["documents"]), highlight=False)
    calls = document["caspio_calls"]
    console.print(
        f"run {document['run_id']} · {document['pages']} pages · {document['bytes']:,} bytes · "
        f"{calls['total']} Caspio calls · {document['seconds']:.1f} s",
        highlight=False,
        style="dim",
    )
    if document["missed_by_webhooks"]:
        console.print(f"{document['missed_by_webhooks']} records changed, and no message of the webhook told of it.")
    for problem in (problem for problems in report.stopped.values() for problem in problems):
        console.print(Text.assemble(("Stopped: ", "bold red"), problem), soft_wrap=True)
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


def table_of(*headings: str, title: str | None = None, whole: str = "", lines: bool = False) -> Table:
    """Return a table that cuts nothing off: a word too long for its column goes on below; `whole` is never broken."""
    table = Table(title=title, title_justify="left", show_lines=lines)
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading == whole)
    return table


def outcome_table(outcomes: tuple[Outcome, ...], *, title: str = "Documents") -> Table:
    """Return one row a document: where it is, what became of it, what was written and what was left."""
    table = table_of("Record", "File", "Status", "What happened", title=title, lines=True)
    for outcome in outcomes:
        ref = outcome.ref
        file = Text(ref.name)  # Text, not markup: names and values are a stranger's, and may hold brackets
        if outcome.new_name:
            file.append(f"\n→ {outcome.new_name}", style="cyan")
        status = Text(outcome.status, style=COLOURS[outcome.status])
        status.append(f"\n{outcome.doc_type or ''}", style="dim")
        table.add_row(Text(record_of(outcome)), file, status, _happened(outcome))
    return table


def _happened(outcome: Outcome) -> Text:
    """Tell what was written, what was left to a person, and why, a line each."""
    text = Text("\n").join(Text.assemble((f"{column} ", "dim"), shown(v)) for column, v in outcome.written.items())
    for left in outcome.suggestions:
        line = f"{left.column} stays {shown(left.current)}; read {shown(left.suggested)}"
        text.append(f"\n{line}" if text else line, style="yellow")
    if outcome.reason:
        text.append(f"\n{outcome.reason}" if text else outcome.reason, style="red")
    return text


def shown(value: Value) -> str:
    """Return a column's value as a person would write it."""
    match value:
        case None | "":
            return "(empty)"
        case str():
            return value.removesuffix("T00:00:00")
        case float():
            return f"{value:g}" if abs(value) >= _BIG else f"{value:.2f}"
        case _:
            return str(value)
