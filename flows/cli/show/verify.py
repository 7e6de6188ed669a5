"""What `verify` found, as tables."""

from rich.text import Text

from flows.app.run_report import lost_runs_line
from flows.app.verify import Verified
from flows.terminal.console import PlainConsole
from flows.terminal.tables import table_of
from pipeline.verify.differences import ADVICE, HARMLESS
from pipeline.verify.rebuild import Rebuilt
from pipeline.wording import counted

MOST_ROWS = 50
"""Differences listed per table."""


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
        if not rows:
            continue
        table = table_of("Difference", "What", title, title=title)
        for difference, action in rows[:MOST_ROWS]:
            subject = f"{difference.subject} {difference.detail}"
            table.add_row(difference.kind, subject, action)
        console.print(table)
    found = f"differences: {report.counts.total():,}" if report.counts else "no difference"
    line = (
        f"{counted(report.files, 'file')} compared, {found}; "
        f"{counted(calls, 'Caspio call')}, about {report.expected_calls:,} forecast."
    )
    if report.unproven:
        line += (
            f" Of {counted(report.unproven, 'original')} the store has no checksum of its own: "
            "`verify --read` hashes their bytes."
        )
    if not report.complete:
        line += " The next `verify` continues from here."
    console.print(line)
    lost = lost_runs_line(report.lost_runs)
    if lost:
        console.print(f"lost runs: {lost}")


def show_rebuilt(rebuilt: Rebuilt) -> None:
    """Print the result of a rebuild."""
    console = PlainConsole()
    documents, effects = counted(rebuilt.documents, "document"), counted(rebuilt.effects, "effect")
    console.print(
        f"{documents} and {effects} added to the ledger, {rebuilt.known:,} were known.",
    )
    for line in rebuilt.unreadable:
        console.print(Text.assemble(("not added: ", "yellow"), line), soft_wrap=True)
