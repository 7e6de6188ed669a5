"""Write columns by compare and set: one call for a record, verified by the answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.decide.column_values import as_shown, is_empty, same
from pipeline.errors import EffectInDoubt, RefusedByCaspio
from pipeline.findings import shown_type
from pipeline.model import (
    Column,
    Effect,
    EffectKind,
    EffectState,
    Plan,
    RecordRef,
    SourceSpec,
    Status,
    Value,
)
from pipeline.ports import RecordTarget, Referrer
from pipeline.steps.write_back.context import WriteContext
from pipeline.steps.write_back.effect_calls import record_of
from pipeline.steps.write_back.effects import carry_out, carry_out_together, new_effect
from pipeline.steps.write_back.named_files import named_files, names_others, paths_now
from pipeline.steps.write_back.result import WriteResult
from pipeline.wording import side_by_side

Replan = Callable[[Mapping[str, Value]], Plan]
"""Plan a record again from the values it holds now."""

_TEXT_TYPES = frozenset({"STRING", "TEXT"})
_MOST_SHOWN_CHARS = 300
"""Characters of a value that a message has: a text has any length."""


@dataclass(slots=True)
class ColumnsToWrite:
    """The columns of a record. They wait for the new path of its file: both are one update.

    `alone` writes them without it. `result` is the plan that was followed, and how that ended; None
    until they are written, or not to be.
    """

    plan: Plan
    context: WriteContext
    alone: Callable[[], tuple[Plan, WriteResult]]
    result: tuple[Plan, WriteResult] | None = None

    def own_row(self, referrers: Sequence[Referrer]) -> Referrer | None:
        """Return the row of the record among those that name the file, if columns are left."""
        record = self.plan.work.record
        if record is None or record.is_view or not self.plan.after or self.result is not None:
            return None
        for one in referrers:
            if (one.table, one.pk) == (record.container, record.pk):
                return None if one.field in self.plan.after else one
        return None

    def write_with(self, repoint: Effect) -> bool:
        """Write columns and path in one update; False if the record is not as it was planned.

        Then nothing was written: `write` finds out why.
        """
        plan, context, record = self.plan, self.context, record_of(repoint)
        if changed_texts(plan.before, record, context.columns, context.ports.target):
            return False
        try:
            update, _ = carry_out_together([_new_update(plan, record), repoint], context)
        except (EffectInDoubt, RefusedByCaspio):
            return False
        if update.state is EffectState.CONFLICT:
            return False
        self.result = plan, _written(plan, record, update)
        return True

    def write(self) -> tuple[Plan, WriteResult]:
        """Write the columns alone, unless they are written; return how that ended."""
        if self.result is None:
            self.result = self.alone()
        return self.result


def write_columns(
    plan: Plan, context: WriteContext, *, replan: Replan | None
) -> tuple[Plan, WriteResult]:
    """Write a plan's columns if the record is still as planned against; return the plan followed.

    If it is not, the record is read and planned again, once; without `replan` that is a conflict.
    """
    record = plan.work.record
    assert record is not None
    named = named_files(plan, context)
    paths = {field: known[-1] for field, known in named.items()}
    for is_last in (False, True):
        if not plan.after:
            return plan, WriteResult(suggestions=plan.suggestions)
        if not changed_texts(plan.before, record, context.columns, context.ports.target):
            written = try_update(plan, record, context, paths=paths, is_last=is_last)
            if written is not None:
                return plan, written

        wanted = list(dict.fromkeys((*context.spec.columns, *named)))
        current = context.ports.target.read(record, wanted)
        if current is None:
            reason = "the record was deleted while its file was being read"
            return plan, WriteResult(Status.REJECTED, reason)
        reason = _reason_not_to_write(plan, current, named, context, is_applied=replan is None)
        if reason:
            return plan, WriteResult(Status.CONFLICT, reason)
        paths = paths_now(current, named)
        if replan is not None and not is_last:
            plan = replace(replan(current), new_names=plan.new_names)
    return plan, WriteResult(
        Status.CONFLICT,
        f"record {record.pk} changed twice while it was being written; nothing was overwritten. "
        "Run `caspio-ingest reprocess` for it when nobody is changing it.",
    )


def _reason_not_to_write(
    plan: Plan,
    current: Mapping[str, Value],
    named: Mapping[str, Sequence[str]],
    context: WriteContext,
    *,
    is_applied: bool,
) -> str:
    """Say why a record as it is now does not get a plan's values, nor others in their place."""
    record = plan.work.record
    assert record is not None
    if names_others(current, named):
        # What was read from one file says nothing about another.
        return "the record names another file now"
    changes = changed_values(plan.before, current, context.columns, context.spec)
    # An applied plan is exactly what was reviewed: it is never planned again.
    if is_applied and changes:
        return f"record {record.pk} changed since it was planned: {changes}"
    return ""


def try_update(
    plan: Plan,
    record: RecordRef,
    context: WriteContext,
    *,
    paths: Mapping[str, str],
    is_last: bool,
) -> WriteResult | None:
    """Make one guarded update; None if the record is not as planned, or the first call was lost.

    `paths` are what the record is to name still, by FILE field.
    """
    try:
        update = carry_out(_new_update(plan, record), context, guard={**paths, **plan.before})
    except EffectInDoubt:
        if is_last:
            raise
        return None
    if update.state is EffectState.CONFLICT:
        return None  # the caller reads the record and plans again
    return _written(plan, record, update)


def _new_update(plan: Plan, record: RecordRef) -> Effect:
    """Return the effect that writes a plan's columns."""
    return new_effect(
        EffectKind.UPDATE_COLUMNS,
        record,
        version=plan.work.files[0].version,
        before=plan.before,
        after=plan.after,
        origins={
            column: basis.version
            for column, basis in plan.basis.items()
            if basis.version not in {"", plan.work.files[0].version}
        },
    )


def _written(plan: Plan, record: RecordRef, update: Effect) -> WriteResult:
    """Return how an update ended that met its record."""
    written = WriteResult(written=plan.after, suggestions=plan.suggestions)
    if update.state is EffectState.VERIFIED:
        return written
    return replace(
        written,
        status=Status.PARTIAL,
        reason=f"record {record.pk} holds other values than were just written: a rule or a trigger "
        "of the table may have changed them",
    )


def changed_values(
    before: Mapping[str, Value],
    now: Mapping[str, Value],
    columns: Mapping[str, Column],
    spec: SourceSpec,
) -> str:
    """Say which columns have other values than before, as users see them; "" when none has."""

    def both(name: str, *values: Value) -> str:
        column_type = columns[name].type if name in columns else ""
        kind = shown_type(column_type, spec.columns.get(name, ""))
        was, now = side_by_side(
            *(as_shown(value, kind) for value in values), most_chars=_MOST_SHOWN_CHARS
        )
        if column_type in _TEXT_TYPES:  # where a text begins and ends must be seen
            was, now = (
                text if is_empty(value) else repr(text)
                for text, value in zip((was, now), values, strict=True)
            )
        return f"{name} was {was} and is {now}"

    return "; ".join(
        both(name, value, now.get(name))
        for name, value in before.items()
        if name not in columns or not same(now.get(name), value, columns[name])
    )


def changed_texts(
    before: Mapping[str, Value],
    record: RecordRef,
    columns: Mapping[str, Column],
    target: RecordTarget,
) -> bool:
    """Say whether texts to be overwritten have changed in a way that a guard cannot see.

    SQL Server compares "Acme" and "ACME" as equal, and a long text is guarded by its length and its
    beginning only. So texts are read once more, right before the write.
    """
    texts = {
        name: value
        for name, value in before.items()
        if name in columns and columns[name].type in _TEXT_TYPES and not is_empty(value)
    }
    now = target.read(record, list(texts)) if texts else None
    return now is not None and any(
        not same(now.get(name), value, columns[name]) for name, value in texts.items()
    )
