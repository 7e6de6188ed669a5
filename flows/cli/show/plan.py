"""A plan as a table on a terminal."""

from rich.table import Table
from rich.text import Text

from flows.app.plan import PlanReport
from flows.app.run_report import values_line
from flows.cli.show.report import attention_line, outcome_table
from flows.terminal.console import PlainConsole
from flows.terminal.pages import paged
from flows.terminal.tables import certainty, counts_line, shown, table_of
from pipeline.decide.confidence import confidence_text
from pipeline.plans.plan_file import PlannedRecord
from pipeline.wording import counted

_WIDE = 120  # columns of a terminal from which on a plan's four columns fit side by side


def show_plan(made: PlanReport) -> None:
    """Print the totals, what would be written record by record and why, and what is left out.

    On a terminal, more than fits on it is shown page by page.
    """
    console = PlainConsole()
    with paged(console):
        show_totals(made, console)
        if made.records:
            console.print(plan_table(made.records, width=console.width))
        if made.plan.records > len(made.records):
            more = counted(made.plan.records - len(made.records), "more record")
            console.print(f"and {more}, in the file", style="dim")
        for reason in made.left_out.reasons:
            console.print(Text.assemble(("Not in the plan: ", "yellow"), reason), soft_wrap=True)
        if made.left_out.outcomes:
            console.print(outcome_table(made.left_out.outcomes, title="Not in the plan"))


def show_totals(made: PlanReport, console: PlainConsole) -> None:
    """Print the counts, what applying the plan costs, and how to continue."""
    plan = made.plan
    console.print(counts_line(made.report.document["documents"]))
    values = values_line(made.report.document["values"])
    if values:
        console.print(f"values: {values}")
    records, calls = counted(plan.records, "record"), counted(plan.cost.calls, "Caspio call")
    size = counted(plan.cost.size_bytes, "byte")
    console.print(f"plan {plan.id} · {records} · about {calls} and {size} to apply")
    next_step = (
        f"Review {plan.path}, then: caspio-ingest apply {plan.path}"
        if plan.records
        else "There is nothing to apply."
    )
    console.print(f"Nothing was written. {next_step}", soft_wrap=True)
    # It decides the exit code, so it is said here as it is after a run.
    attention = attention_line(made.report)
    if attention:
        console.print(attention)


def plan_table(records: tuple[PlannedRecord, ...], *, width: int) -> Table:
    """Return one row per record, in four columns or, on a narrow terminal, in two."""
    if width >= _WIDE:
        table = table_of("Record", "File", "Write", "Suggested", title="Plan", lines=True)
    else:
        table = table_of("Record and file", "Write · suggested", title="Plan", lines=True)
    for record in records:
        name = f"{record.record.container} {record.record.pk}" if record.record else record.key
        where, files = Text(name), file_lines(record)
        writes, suggested = write_lines(record), suggestion_lines(record)
        if width >= _WIDE:
            table.add_row(where, files, writes, suggested)
        else:
            table.add_row(_lines(where, files), _lines(writes, suggested))
    return table


def _lines(*cells: Text) -> Text:
    return Text("\n").join(cell for cell in cells if cell)


def file_lines(record: PlannedRecord) -> Text:
    """Return the files of a record, their new names and problems."""
    lines = []
    for file in record.files:
        lines.append(Text(file.ref.name))
        if file.new_name:
            lines.append(Text(f"→ {file.new_name}", style="cyan"))
        if file.problem:
            lines.append(Text(file.problem, style="red"))
    return _lines(*lines)


def write_lines(record: PlannedRecord) -> Text:
    """Return the values that would be written, with their reasons."""
    lines = []
    for column, value in record.after.items():
        before = f"{shown(record.before.get(column))} → "
        lines.append(Text.assemble((f"{column} ", "dim"), before, (shown(value), "green")))
        basis = record.basis.get(column)
        if basis is not None:
            lines.append(Text(f"  {certainty(basis)} {basis.reason}", style="dim"))
    return _lines(*lines)


def suggestion_lines(record: PlannedRecord) -> Text:
    """Return the suggestions and problems of a record."""
    lines = []
    for left in record.suggestions:
        line = f"{left.column} stays {shown(left.current)}; read {shown(left.suggested)}"
        lines.append(Text(line, style="yellow"))
        lines.append(Text(f"  {confidence_text(left.confidence)} {left.reason}", style="dim"))
    lines += [Text(problem, style="red") for problem in record.problems]
    return _lines(*lines)
