"""What `verify` found, as tables."""

from rich.text import Text

from flows.app.verify import Verified
from flows.terminal.console import PlainConsole
from flows.terminal.tables import table_of
from pipeline.verify.differences import ADVICE, HARMLESS
from pipeline.verify.rebuild import Rebuilt

MOST_ROWS = 50


def show_verified(report: Verified, *, calls: int) -> None:
    """Print counts by kind, the first differences, what was repaired, and what is left to do."""
    console = PlainConsole()
    counts = table_of("Difference", "Files", "What to do", title="Source, ledger, archive")
    for kind, number in sorted(report.counts.items()):
        style = "" if kind in HARMLESS else "yellow"
        counts.add_row(Text(kind, style=style), f"{number:,}", Text(ADVICE[kind]))
    if report.counts:
        console.print(counts)
    for title, rows in (("Repaired", report.repaired), ("Left to do", report.left)):
        if rows:
            table = table_of("Difference", "What", title, title=title)
            for difference, what in rows[:MOST_ROWS]:
                table.add_row(
                    difference.kind, Text(f"{difference.subject} {difference.detail}"), Text(what)
                )
            console.print(table)
    console.print(_last_line(report, calls), highlight=False)


def _last_line(report: Verified, calls: int) -> str:
    found = "no difference" if not report.counts else f"differences: {report.counts.total():,}"
    line = f"{report.files:,} files compared, {found}; {calls:,} Caspio calls, about {report.expected_calls:,} foreseen."
    return line if report.complete else f"{line} It goes on from here with the next `verify`."


def show_rebuilt(rebuilt: Rebuilt) -> None:
    """Print what a rebuild came to."""
    console = PlainConsole()
    console.print(
        f"{rebuilt.documents:,} documents and {rebuilt.effects:,} effects taken into the ledger, "
        f"{rebuilt.known:,} were known.",
        highlight=False,
    )
    for line in rebuilt.unreadable:
        console.print(Text.assemble(("not taken: ", "yellow"), line), soft_wrap=True)
