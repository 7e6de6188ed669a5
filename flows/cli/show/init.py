"""What `init` shows on a terminal: the proposal with its reasons, and the next step."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.table import Table
from rich.text import Text

from flows.app.onboarding.init import Discovered, assumed
from flows.terminal.console import PlainConsole
from flows.terminal.tables import shown, table_of
from pipeline.onboarding.preview import Becomes
from pipeline.onboarding.proposal import Proposal, ProposedSource, empty_sources
from pipeline.wording import counted


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
    size = f"{least}{counted(area.files, 'file')}, {least}{area.size_bytes:,} bytes"
    console.print(f"The Files area: {size}.", soft_wrap=True)
    cost = discovered.estimate()
    minutes = counted(max(1, round(cost.minutes)), "minute")
    estimate = (
        f"A first run takes about {counted(cost.planning_calls, 'call')} and only plans; the next "
        f"writes with {cost.writing_calls:,}. Together they take about {minutes}. "
        f"Assumed: {assumed()}."
    )
    console.print(estimate, soft_wrap=True)


def show_left_out(proposal: Proposal) -> None:
    """Print which sources a proposal without empty ones lacks, and why."""
    console = PlainConsole(stderr=True)
    for source, why in empty_sources(proposal):
        console.print(f"{source.name} is left out: {why}.", soft_wrap=True)


def show_text(text: str) -> None:
    """Print the settings file that would have been written, on stdout."""
    PlainConsole().print(text, soft_wrap=True)


def show_end(discovered: Discovered, path: Path, calls: int) -> None:
    """Print what was written and what comes next."""
    number = len(discovered.proposal.sources)
    sources, made = counted(number, "source"), counted(calls, "call")
    text = (
        f"{path}: {sources}, after {made}. Next: `caspio-ingest doctor`, then `caspio-ingest run`."
    )
    PlainConsole().print(text, soft_wrap=True)


def source_table(source: ProposedSource) -> Table:
    """Return a proposed source as a table: each column with its finding and the reason."""
    title = f"{source.name}: {source.place}{counts_of(source)}"
    table = Table(title=title, title_justify="left", title_style="bold")
    for heading in ("Column", "Finding", "Why"):
        table.add_column(heading, overflow="fold")
    for match in source.columns:
        table.add_row(match.column, match.finding, match.why)
    for match in source.unsure:
        column, why = Text(match.column, style="dim"), Text(match.objection, style="dim")
        # Only mentioned, and not as a question: what the column means is the user's to say.
        table.add_row(column, Text("not taken", style="dim"), why)
    return table


def counts_of(source: ProposedSource) -> str:
    """Return how many files a source has in how many records; "" for a folder."""
    if source.folder is not None:
        return ""
    container = replace(source.container, fields=source.file_fields)
    counts = (
        f"{counted(container.files, 'file')}, {counted(container.size_bytes, 'byte')} in "
        f"{counted(container.records, 'record')}"
    )
    if container.counted_all:
        return f", {counts}"
    return f", about {counts} (counting stopped after {container.counted_records:,})"


def becomes_table(rows: Sequence[Becomes]) -> Table:
    """Return what sample documents would become: names, values, and what is left to a user."""
    table = table_of("Record and file", "Would become", title="The first documents", lines=True)
    for row in rows:
        file = Text(f"{row.record}\n{row.name}")
        lines = [Text(f"→ {row.new_name}", style="cyan")] if row.new_name else []
        for column, (before, after) in row.changes.items():
            values = f"{shown(before)} → "
            lines.append(Text.assemble((f"{column} ", "dim"), values, (shown(after), "green")))
        lines += [Text(line, style="yellow") for line in row.left]
        table.add_row(file, Text("\n").join(lines) if lines else Text("nothing", style="dim"))
    return table
