"""What a sync did, would do, and how far it has come, as tables."""

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from flows.app.sync.run import SyncResult
from flows.terminal.console import PlainConsole
from flows.terminal.tables import shown, table_of
from pipeline.sync.report import SyncReport, table_rows
from pipeline.wording import counted, counts_text

MOST_ROWS = 50
"""Changes, refusals and conflicts listed."""


def show_result(result: SyncResult) -> None:
    """Print the table of changes, what was refused, the counts and the calls."""
    console, report = PlainConsole(), result.report
    title = "Planned changes" if report.planned_only else "Changes"
    rows = table_rows(report)
    if rows:
        table = table_of("Row", "Side", "Change", "Column", "Before", "After", title=title)
        for row in rows[:MOST_ROWS]:
            table.add_row(*map(Text, row.values()))
        console.print(table)
    if len(rows) > MOST_ROWS:
        console.print(f"… and {len(rows) - MOST_ROWS:,} more; --json has them")
    if report.refused:
        table = table_of("Row", "Why it stays as it is", title="Not in sync")
        for name, reason in report.refused[:MOST_ROWS]:
            table.add_row(name, reason)
        console.print(table)
    made = counted(result.document["caspio_calls"]["total"], "Caspio call")
    line = f"{report.name}: {_counts(report)}; {made}"
    if report.planned_only:
        forecast = result.document["forecast_calls"]
        line = f"{line} to plan; a run makes {forecast['total']:,}"
    console.print(f"{line}. Run {report.run_id}.", soft_wrap=True)
    for note in report.notes:
        console.print(note, soft_wrap=True)


def _counts(report: SyncReport) -> str:
    """Return the rows by what became of them; for an undo, which compares none, its changes."""
    words = {
        "write": "to be written" if report.planned_only else "written",
        "kept": "kept although gone on one side",
    }
    counts = counts_text({words.get(name, name): n for name, n in sorted(report.counts.items())})
    if not counts and report.written:
        return counted(sum(report.written.values()), "change")
    return counts or "no rows"


def show_status(found: Mapping[str, Any]) -> None:
    """Print how far a sync has come, and the conflicts that wait."""
    console = PlainConsole()
    table = table_of("What", "Value", title=f"Sync {found['sync']}")
    for name, value in found.items():
        if name not in {"sync", "conflicts"}:
            table.add_row(name.replace("_", " "), Text(shown(value)))
    console.print(table)
    if found["conflicts"]:
        table = table_of("Row", "Column", "At Caspio", "In the mirror", title="Conflicts")
        for conflict in found["conflicts"][:MOST_ROWS]:
            values = (shown(conflict[side]) for side in ("caspio", "mirror"))
            table.add_row(*map(Text, (conflict["key"], conflict["column"], *values)))
        console.print(table)
        console.print(
            f"Decide with: caspio-ingest sync decide {found['sync']} ROW --take caspio|mirror",
        )
