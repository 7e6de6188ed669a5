"""Tables, and the counts and values in them, as a person reads them."""

from collections.abc import Mapping

from rich.table import Table

from pipeline.model import Status, Value

_BIG = 1e12

COLOURS = {
    Status.DONE: "green",
    Status.UNCHANGED: "dim",
    Status.PARTIAL: "yellow",
    Status.REJECTED: "red",
    Status.CONFLICT: "magenta",
    Status.FAILED: "bold red",
}


def counts_line(documents: Mapping[str, int]) -> str:
    """Return the counts as one coloured line."""
    shown = [
        f"[{COLOURS[Status(name)]}]{count} {name}[/]" for name, count in documents.items() if count
    ]
    return " · ".join(shown) or "nothing to do"


def counted(number: int, noun: str) -> str:
    """Return a number of things."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def table_of(
    *headings: str, title: str | None = None, whole: str = "", lines: bool = False
) -> Table:
    """Return a table that cuts nothing off: a word too long for its column goes on below; `whole` is never broken."""
    table = Table(title=title, title_justify="left", show_lines=lines)
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading == whole)
    return table


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
