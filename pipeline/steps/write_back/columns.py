"""Write columns by compare and set: one call for a record, re-planned once, verified by the answer."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from pipeline.errors import EffectInDoubt
from pipeline.model import Effect, EffectKind, EffectState, Plan, RecordRef, Status, Value
from pipeline.ports import Updated
from pipeline.steps.write_back.context import WriteContext, carry_out, holds, read_columns
from pipeline.steps.write_back.result import Written

Replan = Callable[[Mapping[str, Value]], Plan]


def write_columns(plan: Plan, context: WriteContext, *, replan: Replan) -> tuple[Plan, Written]:
    """Write a plan's columns where the record is still as planned against.

    If it is not, the record is read and planned anew, once. Returns the plan that was followed in the end.
    """
    record = plan.work.record
    assert record is not None
    for attempt in (1, 2):
        if not plan.after:
            return plan, Written(suggestions=plan.suggestions)
        written = _try_update(plan, record, context, last=attempt == 2)  # noqa: PLR2004 - of two attempts
        if written is not None:
            return plan, written
        current = read_columns(record, context)
        if current is None:
            return plan, Written(Status.REJECTED, "the record was deleted while its file was being read")
        if attempt == 1:
            fresh = replan(current)
            plan = replace(fresh, new_names=plan.new_names)
    return plan, Written(
        Status.CONFLICT,
        f"record {record.pk} changed twice while it was being written; "
        "nothing was written over. Run `caspio-ingest reprocess` for it once it rests.",
    )


def _try_update(plan: Plan, record: RecordRef, context: WriteContext, *, last: bool) -> Written | None:
    """Make one guarded update; None when the record was not as planned, or the first attempt did not arrive."""
    try:
        return _update(plan, record, context)
    except EffectInDoubt:
        if last:
            raise
        return None


def _update(plan: Plan, record: RecordRef, context: WriteContext) -> Written | None:
    """Make one guarded update; None when the record was not as planned."""

    def look() -> Updated:
        current = read_columns(record, context)
        return Updated(int(holds(current, plan.after, context.columns)), current)

    effect = Effect(
        EffectKind.UPDATE_COLUMNS,
        version=plan.work.files[0].version,
        container=record.container,
        pk=record.pk,
        is_view=record.is_view,
        before=plan.before,
        after=plan.after,
    )
    effect, answer = carry_out(
        effect,
        context,
        call=lambda: context.target.update(
            record, guard=plan.before, values=plan.after, columns=list(context.spec.columns)
        ),
        look=look,
    )
    if answer.affected == 0:
        return None
    row = answer.row if answer.row is not None and plan.after.keys() <= answer.row.keys() else None
    row = row or read_columns(record, context)
    if not holds(row, plan.after, context.columns):
        return Written(
            Status.PARTIAL,
            f"record {record.pk} holds other values than were just written: a rule or trigger of the table may have "
            "changed them",
            written=plan.after,
            suggestions=plan.suggestions,
        )
    context.ledger.settle(effect, EffectState.VERIFIED)
    return Written(written=plan.after, suggestions=plan.suggestions)
