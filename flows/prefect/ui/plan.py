"""A plan as a person reviews it in the Prefect UI: a table of its records, and what carrying it out takes."""

from itertools import islice

from prefect.artifacts import create_table_artifact

from flows.app.preview import Preview
from flows.app.wiring import AppContext
from flows.prefect.ui.artifacts import artifact_key
from flows.prefect.ui.text import cell, quoted
from flows.terminal.tables import shown
from pipeline.metering.budget import Priority
from pipeline.plans.plan_file import PlanFile, PlannedRecord
from pipeline.ports import Archive

MOST_RECORDS = 500
"""Records in the table; the plan file has all of them."""


def leave_plan(plan: PlanFile, context: AppContext) -> None:
    """Leave the plan with the run before anything of it is carried out."""
    create_table_artifact(
        table=[_row(record, context.ports.archive) for record in islice(plan.each(), MOST_RECORDS)],
        key=artifact_key("plan"),
        description=totals(plan, context),
    )


def totals(plan: PlanFile, context: AppContext) -> str:
    """Say what carrying out a plan takes, as markdown."""
    left = context.settings.caspio.allowance.left(Priority.NEW, context.spending.used.calls)
    lines = [
        f"- plan `{plan.id}` in {quoted(str(plan.path))}",
        f"- **{plan.records:,} records** of {', '.join(quoted(name) for name in plan.owner.sources)}",
        f"- about **{plan.cost.calls:,} Caspio calls**{f', of {left:,} left this month' if left is not None else ''}",
        f"- {plan.cost.size_bytes:,} bytes to and from Caspio",
    ]
    if plan.records > MOST_RECORDS:
        lines.append(
            f"- the first {MOST_RECORDS:,} records are shown; `plan --html` and the file have more"
        )
    return "\n".join(lines)


def _row(record: PlannedRecord, archive: Archive) -> dict[str, str]:
    before, after = record.before, record.after
    row = {
        "source": record.source,
        "record": f"{record.record.container} {record.record.pk}" if record.record else record.key,
        "file": "; ".join(file.ref.name for file in record.files),
        "new name": "; ".join(file.new_name for file in record.files if file.new_name),
        "changes": "; ".join(
            f"{name}: {shown(before.get(name))} → {shown(after[name])}" for name in after
        ),
        "why": "; ".join(f"{name}: {basis.reason}" for name, basis in record.basis.items()),
        "left to a person": "; ".join(
            f"{s.column}: {shown(s.suggested)}" for s in record.suggestions
        ),
        "problems": "; ".join(
            [*record.problems, *(file.problem for file in record.files if file.problem)]
        ),
        "calls": f"{record.cost.calls:,}",
        "archive": archive.address(record.files[0].archive),
    }
    return {name: cell(text) for name, text in row.items()}


def leave_selection(seen: Preview) -> None:
    """Leave a table of the files a dry run of `reprocess` has selected."""
    rows = [
        {
            "record": cell(
                f"{ref.record.container} {ref.record.pk}" if ref.record else str(ref.path)
            ),
            "field": cell(ref.field),
            "file": cell(ref.name),
        }
        for ref in seen.files
    ]
    create_table_artifact(
        table=rows, key=artifact_key("selection", seen.source), description=str(seen)
    )
