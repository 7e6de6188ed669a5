"""Progress bars on a terminal, and the protocols of anything that shows a run's progress."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from flows.terminal.console import PlainConsole
from pipeline.model import Outcome, Status


class SourceProgress(Protocol):
    """Shows how far a run has come with one source."""

    def expect(self, found: int) -> None:
        """Set how many files are found so far."""

    def advance(self, outcome: Outcome) -> None:
        """Count one file."""

    def count(self, files: int) -> None:
        """Count files that have no outcome, as when they are compared."""

    def finish(self) -> None:
        """Show that nothing is left."""


class RunProgress(Protocol):
    """Shows how far a run has come."""

    def source(self, name: str) -> SourceProgress:
        """Add a source."""


@dataclass(slots=True)
class SourceBar:
    """The bar of one source. Its total grows as pages are listed."""

    bar: Progress
    task: TaskID

    def expect(self, found: int) -> None:
        """Set how many files are found so far."""
        self.bar.update(self.task, total=found)

    def advance(self, outcome: Outcome) -> None:
        """Count one file."""
        if outcome.status is not Status.UNCHANGED:
            self.bar.advance(self.task)

    def count(self, files: int) -> None:
        """Count files that have no outcome, as when they are compared."""
        self.bar.advance(self.task, files)

    def finish(self) -> None:
        """Fill the bar of a source with nothing to do."""
        task = self.bar.tasks[self.bar.task_ids.index(self.task)]
        # Files that are unchanged were listed and not counted, so the total is corrected at the
        # end.
        self.bar.update(self.task, total=task.completed or 1, completed=task.completed or 1)


@dataclass(slots=True)
class Bars:
    """The bars of a run."""

    bar: Progress

    def source(self, name: str) -> SourceBar:
        """Add a source's bar."""
        return SourceBar(self.bar, self.bar.add_task(name, total=None))


@contextmanager
def progress(*, shown: bool = True) -> Iterator[Bars]:
    """Show progress bars on stderr, if it is a terminal and they are to be `shown`."""
    console = PlainConsole(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    # Bars in a log file would be thousands of lines.
    with Progress(*columns, console=console, disable=not (shown and console.is_terminal)) as bar:
        yield Bars(bar)
