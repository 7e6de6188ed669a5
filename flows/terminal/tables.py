"""Tables, and how counts and values are written in them."""

from collections.abc import Mapping
from decimal import Decimal

from rich.table import Table
from rich.text import Text

from flows.terminal.fitting import FittingTable
from pipeline.decide.column_values import as_shown
from pipeline.decide.confidence import confidence_text
from pipeline.model import Basis, Status, Value
from pipeline.wording import side_by_side

MOST_CHARS = 300
"""Characters of a value that are shown of a text column: --json has all of it."""

_BIG = 1e12  # from here on a number is shown in scientific notation

COLORS = {
    Status.DONE: "green",
    Status.UNCHANGED: "dim",
    Status.PARTIAL: "yellow",
    Status.REJECTED: "red",
    Status.CONFLICT: "magenta",
    Status.FAILED: "bold red",
}


def counts_line(documents: Mapping[str, int]) -> Text:
    """Return the counts as one colored line."""
    counts = [
        Text(f"{count} {name}", COLORS[Status(name)]) for name, count in documents.items() if count
    ]
    return Text(" · ").join(counts) if counts else Text("nothing to do")


def table_of(
    *headings: str, title: str | None = None, whole: str = "", lines: bool = False
) -> Table:
    """Return a table that cuts nothing off, and breaks no words that fit on the terminal.

    A long name continues on the next line; the column `whole` is never broken.
    """
    table = FittingTable(title=title, title_justify="left", show_lines=lines)
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading == whole)
    return table


def certainty(basis: Basis) -> str:
    """Return the confidence of a value to be written, and the one that its column asks for."""
    return f"{confidence_text(basis.confidence)} ≥ {basis.write_at:g}"


def shown(value: Value) -> str:
    """Return a column's value as a user would write it."""
    match value:
        case None | "":
            return "(empty)"
        case str():
            return as_shown(value, "")
        case float():
            return f"{value:g}" if abs(value) >= _BIG else _all_decimals(value)
        case _:
            return str(value)


def shortened(text: str) -> str:
    """Return the beginning of a long text on one line; the text of a document has any length."""
    if len(text) <= MOST_CHARS:
        return text
    return f"{' '.join(text[:MOST_CHARS].split())}…"


def both_shown(one: Value, other: Value, *, most_chars: int = MOST_CHARS) -> tuple[str, str]:
    """Return two values as a user would write them; of long texts the part where they differ."""
    first, second = side_by_side(shown(one), shown(other), most_chars=most_chars)
    return " ".join(first.split()), " ".join(second.split())


def _all_decimals(value: float) -> str:
    """Return a number with all its decimals, and two at least: none is rounded away."""
    whole, _, decimals = f"{Decimal(repr(value)):f}".partition(".")
    return f"{whole}.{decimals:0<2}"
