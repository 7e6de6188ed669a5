"""Write columns by compare and set: one call for a record, re-planned once, verified by the answer."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from pipeline.decide.mapping import is_empty, same
from pipeline.errors import EffectInDoubt
from pipeline.model import Column, Effect, EffectKind, Plan, RecordRef, Status, Value
from pipeline.ports import RecordTarget, Updated
from pipeline.steps.write_back.context import WriteContext, carry_out, holds, read_columns, verify
from pipeline.steps.write_back.result import Written

Replan = Callable[[Mapping[str, Value]], Plan]


def write_columns(
    plan: Plan, context: WriteContext, *, replan: Replan | None
) -> tuple[Plan, Written]:
    """Write a plan's columns where the record is still as planned against.

    If it is not, the record is read and planned anew, once; without `replan` it is a conflict at once. Returns the plan
    that was followed in the end.
    """
    record = plan.work.record
    assert record is not None
    for attempt in (1, 2):
        if not plan.after:
            return plan, Written(suggestions=plan.suggestions)
        unmet = texts_moved(plan.before, record, context.columns, context.target)
        written = None if unmet else _try_update(plan, record, context, last=attempt == 2)  # noqa: PLR2004 - of two attempts
        if written is not None:
            return plan, written
        current = read_columns(record, context)
        if current is None:
            return plan, Written(
                Status.REJECTED, "the record was deleted while its file was being read"
            )
        moved = moved_since(plan.before, current, context.columns)
        if replan is None and moved:
            return plan, Written(
                Status.CONFLICT, f"record {record.pk} changed since it was planned: {moved}"
            )
        if attempt == 1 and replan is not None:
            fresh = replan(current)
            plan = replace(fresh, new_names=plan.new_names)
    return plan, Written(
        Status.CONFLICT,
        f"record {record.pk} changed twice while it was being written; "
        "nothing was written over. Run `caspio-ingest reprocess` for it once it rests.",
    )


def moved_since(
    before: Mapping[str, Value], now: Mapping[str, Value], columns: Mapping[str, Column]
) -> str:
    """Say which columns no longer hold what they held, "" when all do."""
    return "; ".join(
        f"{name} was {_shown(value)} and is {_shown(now.get(name))}"
        for name, value in before.items()
        if name not in columns or not same(now.get(name), value, columns[name])
    )


def texts_moved(
    before: Mapping[str, Value],
    record: RecordRef,
    columns: Mapping[str, Column],
    target: RecordTarget,
) -> str:
    """Say which texts that are to be written over have changed in a way that their guard cannot see, "" for none.

    SQL Server takes "Acme" for "ACME", and long texts are guarded by length and beginning; so they are looked at.
    """
    texts = {n: v for n, v in before.items() if n in columns and _is_guarded_loosely(v, columns[n])}
    now = target.read(record, list(texts)) if texts else None
    return "" if now is None else moved_since(texts, now, columns)


def _is_guarded_loosely(value: Value, column: Column) -> bool:
    """Say whether a value is one that the condition of a write cannot compare exactly."""
    return column.type in {"STRING", "TEXT"} and not is_empty(value)


def _shown(value: Value) -> str:
    return "empty" if is_empty(value) else repr(value)


def _try_update(
    plan: Plan, record: RecordRef, context: WriteContext, *, last: bool
) -> Written | None:
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
    if not verify(effect, answer, context, columns=context.columns):
        return Written(
            Status.PARTIAL,
            f"record {record.pk} holds other values than were just written: a rule or trigger of the table may have "
            "changed them",
            written=plan.after,
            suggestions=plan.suggestions,
        )
    return Written(written=plan.after, suggestions=plan.suggestions)
