"""A plan for review in the Prefect UI: a table of its records, and what it takes to apply it."""

from dataclasses import asdict
from itertools import islice

from prefect.artifacts import create_table_artifact

from flows.app.preview import Preview
from flows.app.run_report import values_line
from flows.app.wiring import AppContext
from flows.prefect.ui.artifacts import artifact_key
from flows.prefect.ui.text import cell, quoted
from flows.terminal.tables import both_shown, certainty, shown
from pipeline.metering.budget import Priority
from pipeline.plans.plan_file import PlanFile, PlannedRecord
from pipeline.plans.refusals import refusals
from pipeline.ports import Archive
from pipeline.wording import counted

MOST_RECORDS = 500
"""Records in the table; the plan file has all of them."""
_MOST_OF_VALUE = 100
"""Characters of a value in a cell, which has some of several columns."""


def leave_plan(plan: PlanFile, context: AppContext) -> None:
    """Create the plan's table artifact, before anything of the plan is carried out."""
    archive = context.ports.archive
    create_table_artifact(
        table=[plan_row(record, archive) for record in islice(plan.each(), MOST_RECORDS)],
        key=artifact_key("plan"),
        description=totals(plan, context),
    )


def totals(plan: PlanFile, context: AppContext) -> str:
    """Return what it takes to apply a plan, as markdown."""
    sources = ", ".join(quoted(name) for name in plan.owner.sources)
    # A plan is applied as new work, whatever made it.
    calls_left = context.settings.caspio.allowance.left(Priority.NEW, context.spending.used.calls)
    of_left = "" if calls_left is None else f", of {calls_left:,} left this month"
    lines = [
        f"- plan `{plan.id}` in {quoted(str(plan.path))}",
        f"- **{counted(plan.records, 'record')}** of {sources}",
        f"- values: {values_line(asdict(plan.values)) or 'none'}",
        f"- about **{counted(plan.cost.calls, 'Caspio call')}**{of_left}",
        f"- {plan.cost.size_bytes:,} bytes to and from Caspio",
    ]
    refused = len(refusals(plan, context.ports.ledger))
    if refused:
        lines.append(f"- {counted(refused, 'record')} refused on the web page, and left alone")
    if plan.records > MOST_RECORDS:
        shown_first = f"the first {MOST_RECORDS:,} records are shown"
        lines.append(f"- {shown_first}; `plan --html` and the file have more")
    return "\n".join(lines)


def plan_row(record: PlannedRecord, archive: Archive) -> dict[str, str]:
    """Return a record of a plan as a row of the table."""
    before, after = record.before, record.after
    changes = []
    for name in after:
        was, will_be = both_shown(before.get(name), after[name], most_chars=_MOST_OF_VALUE)
        changes.append(f"{name}: {was} → {will_be}")
    problems = [*record.problems, *(file.problem for file in record.files if file.problem)]
    row = {
        "source": record.source,
        "record": f"{record.record.container} {record.record.pk}" if record.record else record.key,
        "file": "; ".join(file.ref.name for file in record.files),
        "new name": "; ".join(file.new_name for file in record.files if file.new_name),
        "changes": "; ".join(changes),
        "why": "; ".join(
            f"{name}: {certainty(basis)} {basis.reason}" for name, basis in record.basis.items()
        ),
        "suggested": "; ".join(f"{s.column}: {shown(s.suggested)}" for s in record.suggestions),
        "problems": "; ".join(problems),
        "calls": f"{record.cost.calls:,}",
        "archive": archive.address(record.files[0].archive),
    }
    return {name: cell(text) for name, text in row.items()}


def leave_selection(preview: Preview) -> None:
    """Create a table artifact of the files that a dry run of `reprocess` has selected."""
    rows = []
    for ref in preview.files:
        record = f"{ref.record.container} {ref.record.pk}" if ref.record else str(ref.path)
        rows.append({"record": cell(record), "field": cell(ref.field), "file": cell(ref.name)})
    key = artifact_key("selection", preview.source)
    create_table_artifact(table=rows, key=key, description=str(preview))
