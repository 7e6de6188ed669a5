"""A plan as a table on a terminal."""

from rich.table import Table
from rich.text import Text

from flows.app.plan import PlanReport
from flows.cli.show.report import outcome_table
from flows.terminal.console import PlainConsole
from flows.terminal.tables import counts_line, shown, table_of
from pipeline.model import Status
from pipeline.plans.plan_file import PlannedRecord

_WIDE = 120
_NOT_PLANNED = frozenset({Status.REJECTED, Status.CONFLICT, Status.FAILED})


def show_plan(made: PlanReport) -> None:
    """Print what would be written record by record, why, what it costs, and how to go on."""
    console = PlainConsole()
    plan = made.plan
    if made.records:
        console.print(plan_table(made.records, width=console.width))
    if plan.records > len(made.records):
        console.print(
            f"and {plan.records - len(made.records):,} records more, in the file", style="dim"
        )
    left_out = tuple(outcome for outcome in made.report.outcomes if outcome.status in _NOT_PLANNED)
    if left_out:
        console.print(outcome_table(left_out, title="Not in the plan"))
    console.print(counts_line(made.report.document["documents"]), highlight=False)
    console.print(
        f"plan {plan.id} · {plan.records:,} records · about {plan.cost.calls:,} Caspio calls and "
        f"{plan.cost.size_bytes:,} bytes to apply",
        highlight=False,
    )
    console.print(
        Text(f"Nothing was written. Review {plan.path}, then: caspio-ingest apply {plan.path}"),
        soft_wrap=True,
    )


def plan_table(records: tuple[PlannedRecord, ...], *, width: int) -> Table:
    """Return one row a record; on a narrow terminal in two columns, since four would break every sentence."""
    wide = width >= _WIDE
    headings = (
        ("Record", "File", "Write", "Left to a person")
        if wide
        else ("Record and file", "Write · left to a person")
    )
    table = table_of(*headings, title="Plan", lines=True)
    for record in records:
        where = Text(
            f"{record.record.container} {record.record.pk}" if record.record else record.key
        )
        cells = (where, _files(record), _writes(record), _left(record))
        table.add_row(*(cells if wide else (_joined(*cells[:2]), _joined(*cells[2:]))))
    return table


def _joined(*cells: Text) -> Text:
    return Text("\n").join(cell for cell in cells if cell)


def _files(record: PlannedRecord) -> Text:
    lines = Text()
    for file in record.files:
        lines.append("\n" if lines else "").append(file.ref.name)
        if file.new_name:
            lines.append(f"\n→ {file.new_name}", style="cyan")
        if file.problem:
            lines.append(f"\n{file.problem}", style="red")
    return lines


def _writes(record: PlannedRecord) -> Text:
    lines = Text()
    for column, value in record.after.items():
        lines.append("\n" if lines else "").append(f"{column} ", style="dim")
        lines.append(f"{shown(record.before.get(column))} → ").append(shown(value), style="green")
        basis = record.basis.get(column)
        if basis is not None:
            lines.append(f"\n  {basis.confidence:.2f} {basis.reason}", style="dim")
    return lines


def _left(record: PlannedRecord) -> Text:
    lines = Text()
    for left in record.suggestions:
        lines.append("\n" if lines else "")
        lines.append(
            f"{left.column} stays {shown(left.current)}; read {shown(left.suggested)}",
            style="yellow",
        )
        lines.append(f"\n  {left.confidence:.2f} {left.reason}", style="dim")
    for problem in record.problems:
        lines.append(f"\n{problem}" if lines else problem, style="red")
    return lines
