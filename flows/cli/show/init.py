"""What `init` shows on a terminal: the proposal with its reasons, and the next step."""

from pathlib import Path

from rich.table import Table
from rich.text import Text

from flows.app.init import Discovered, assumed
from flows.terminal.console import PlainConsole
from flows.terminal.tables import counted
from pipeline.model.schema import Container
from pipeline.onboarding.proposal import ProposedSource


def show_proposal(discovered: Discovered) -> None:
    """Print each source with its files and columns, what was left out, and what it would cost."""
    console = PlainConsole(stderr=True)
    for source in discovered.proposal.sources:
        console.print(source_table(source))
        names = ", ".join(f"{column.name} ({column.type})" for column in source.missing)
        if names:
            console.print(Text(f"  could be created: {names}", style="dim"), soft_wrap=True)
    for container, why in discovered.proposal.left_out:
        console.print(Text(f"{container.name} is left out: {why}.", style="dim"), soft_wrap=True)
    for name, why in discovered.account.unreadable.items():
        console.print(Text(f"{name} cannot be read: {why}", style="yellow"), soft_wrap=True)
    area = discovered.account.files_area
    least = "" if area.counted_all else "at least "
    size = f"{least}{area.files:,} files, {least}{area.size_bytes:,} bytes"
    console.print(Text(f"The Files area: {size}."), soft_wrap=True)
    cost = discovered.estimate()
    minutes = counted(max(1, round(cost.minutes)), "minute")
    estimate = (
        f"A first run takes about {cost.planning_calls:,} calls and only plans; the next writes "
        f"with {cost.writing_calls:,}. Together they take about {minutes}. Assumed: {assumed()}."
    )
    console.print(Text(estimate), soft_wrap=True)


def show_text(text: str) -> None:
    """Print the settings file that would have been written, on stdout."""
    PlainConsole().print(text, markup=False, highlight=False, soft_wrap=True)


def show_end(discovered: Discovered, path: Path, calls: int) -> None:
    """Print what was written and what comes next."""
    number = len(discovered.proposal.sources) + discovered.proposal.folder
    sources, made = counted(number, "source"), counted(calls, "call")
    text = (
        f"{path}: {sources}, after {made}. Next: `caspio-ingest doctor`, then `caspio-ingest run`."
    )
    PlainConsole().print(text, markup=False, highlight=False, soft_wrap=True)


def source_table(source: ProposedSource) -> Table:
    """Return a proposed source as a table: each column with its finding and the reason."""
    title = f"{source.name}: {container_line(source.container)}"
    table = Table(title=title, title_justify="left", title_style="bold")
    for heading in ("Column", "Finding", "Why"):
        table.add_column(heading, overflow="fold")
    for match in source.columns:
        table.add_row(Text(match.column), match.finding, Text(match.why))
    for match in source.unsure:
        column, why = Text(match.column, style="dim"), Text(match.objection, style="dim")
        table.add_row(column, f"({match.finding}?)", why)
    return table


def container_line(container: Container) -> str:
    """Return a table or view with its file fields and counts as one line."""
    kind = "view" if container.is_view else "table"
    fields = ", ".join(field.name for field in container.fields)
    counts = (
        f"{container.files:,} files, {container.size_bytes:,} bytes in "
        f"{container.records:,} records"
    )
    if not container.counted_all:
        counts = f"about {counts} (counting stopped after {container.counted_records:,})"
    return f"{kind} {container.name} ({fields}), {counts}"
