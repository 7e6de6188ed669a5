"""What `init` shows on a terminal: the proposal with its reasons, and how to go on."""

from pathlib import Path

from rich.table import Table
from rich.text import Text

from flows.app.init import Discovered, assumed
from flows.terminal.console import PlainConsole
from flows.terminal.tables import counted
from pipeline.model.schema import Container, FilesArea
from pipeline.onboarding.proposal import ProposedSource


def show_proposal(discovered: Discovered) -> None:
    """Print each source with its files and columns, what was left out, and what it would cost."""
    console = PlainConsole(stderr=True)
    for source in discovered.proposal.sources:
        console.print(_table(source))
        names = ", ".join(f"{column.name} ({column.type})" for column in source.missing)
        if names:
            console.print(Text(f"  could be created: {names}", style="dim"), soft_wrap=True)
    for container, why in discovered.proposal.left_out:
        console.print(Text(f"{container.name} is left out: {why}.", style="dim"), soft_wrap=True)
    for name, why in discovered.survey.unreadable.items():
        console.print(Text(f"{name} cannot be discovered: {why}", style="yellow"), soft_wrap=True)
    console.print(Text(_area(discovered.survey.files_area)), soft_wrap=True)
    cost = discovered.estimate()
    minutes = counted(max(1, round(cost.minutes)), "minute")
    console.print(
        Text(
            f"A first run takes about {cost.planning_calls:,} calls and plans; the next writes with "
            f"{cost.writing_calls:,}; together about {minutes}. Assumed: {assumed()}."
        ),
        soft_wrap=True,
    )


def show_text(text: str) -> None:
    """Print the settings file that would have been written, on stdout."""
    PlainConsole().print(text, markup=False, highlight=False, soft_wrap=True)


def show_end(discovered: Discovered, path: Path, calls: int) -> None:
    """Say what was written and what comes next."""
    number = len(discovered.proposal.sources) + discovered.proposal.folder
    text = f"{path}: {number} sources, after {calls} calls. Next: `caspio-ingest doctor`, then `caspio-ingest run`."
    PlainConsole().print(text, markup=False, highlight=False, soft_wrap=True)


def _table(source: ProposedSource) -> Table:
    container = source.container
    table = Table(
        title=f"{source.name}: {_counted(container)}", title_justify="left", title_style="bold"
    )
    for heading in ("Column", "Finding", "Why"):
        table.add_column(heading, overflow="fold")
    for match in source.columns:
        table.add_row(Text(match.column), match.finding, Text(match.why))
    for match in source.unsure:
        table.add_row(
            Text(match.column, style="dim"),
            f"({match.finding}?)",
            Text(match.objection, style="dim"),
        )
    return table


def _counted(container: Container) -> str:
    kind = "view" if container.is_view else "table"
    fields = ", ".join(field.name for field in container.fields)
    counted = f"{container.files:,} files, {container.size_bytes:,} bytes in {container.records:,} records"
    if not container.counted_all:
        counted = f"about {counted} (counting stopped after {container.looked_at:,})"
    return f"{kind} {container.name} ({fields}), {counted}"


def _area(area: FilesArea) -> str:
    least = "" if area.counted_all else "at least "
    return f"The Files area: {least}{area.files:,} files, {least}{area.size_bytes:,} bytes."
