"""Keep suggestions in a table that people decide on, and carry their decisions out. Described in docs/review.md."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from pipeline.decide.mapping import WRITABLE_TYPES, Unfit, convert, same
from pipeline.errors import BadSettings, RefusedByCaspio, RejectFile, TryLater
from pipeline.model import (
    Column,
    Effect,
    EffectKind,
    Outcome,
    Plan,
    RecordRef,
    SourceSpec,
    Status,
    Suggestion,
    Value,
)
from pipeline.model.review import ReviewItem, ReviewState
from pipeline.ports import Ledger, Updated
from pipeline.steps.write_back.columns import moved_since, texts_moved
from pipeline.steps.write_back.context import WriteContext, carry_out, holds, verify
from pipeline.steps.write_back.rows import insert_row

KEY, SOURCE, TABLE, RECORD, COLUMN = (
    "SuggestionKey",
    "SourceName",
    "RecordTable",
    "RecordID",
    "ColumnName",
)
SUGGESTION, CURRENT, CONFIDENCE, REASON = "Suggestion", "CurrentValue", "Confidence", "Reason"
STATE, DECISION, EDITED, DECIDED_AT, NOTE = "State", "Decision", "EditedValue", "DecidedAt", "Note"

_TEXTS = frozenset({"STRING", "TEXT"})
REVIEW_COLUMNS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys((KEY, SOURCE, TABLE, RECORD, COLUMN, STATE, DECISION), frozenset({"STRING"})),
    **dict.fromkeys((SUGGESTION, CURRENT, REASON, EDITED, NOTE), _TEXTS),
    CONFIDENCE: frozenset({"NUMBER"}),
    DECIDED_AT: frozenset({"DATE/TIME"}),
}
"""The review table's columns with the types each may have."""

MOVED = "moved"
_DECISIONS = "write accept, reject or edit"


def refuse_review(spec: SourceSpec, columns: Mapping[str, Column]) -> Iterator[str]:
    """Yield a sentence for every column that the review table lacks or has in another type."""
    for name, types in REVIEW_COLUMNS.items():
        column = columns.get(name)
        kinds = " or ".join(sorted(types))
        if column is None:
            yield f"source {spec.name!r}: review table {spec.review!r} has no column {name!r}; add it as {kinds}."
        elif column.type not in types or not column.editable or column.is_formula:
            yield f"source {spec.name!r}: column {name!r} of {spec.review!r} is {column.type}; make it a plain {kinds}."


def still_open(
    source: str, record: RecordRef, suggestions: Sequence[Suggestion], ledger: Ledger
) -> list[Suggestion]:
    """Leave out what a person has rejected, until something else is found."""
    if not suggestions:
        return []
    rejected = {
        item.suggestion.column: item.suggestion.suggested
        for item in ledger.review_items(source, (record.container, record.pk))
        if item.state is ReviewState.REJECTED
    }
    return [s for s in suggestions if s.column not in rejected or rejected[s.column] != s.suggested]


def keep_suggestions(plan: Plan, suggestions: Sequence[Suggestion], context: WriteContext) -> None:
    """Let the review table have one open row for each suggestion for this record, and none for what is settled."""
    record = plan.work.record
    if context.spec.review is None or record is None:
        return
    ledger, source = context.ledger, plan.work.source
    suggestions = still_open(source, record, suggestions, ledger)
    known = {
        item.suggestion.column: item
        for item in ledger.review_items(source, (record.container, record.pk))
    }
    for suggestion in suggestions:
        before = known.get(suggestion.column)
        if (
            before is None
            or before.state is not ReviewState.OPEN
            or _differs(before.suggestion, suggestion)
        ):
            row = before.row if before else ""
            item = ReviewItem(source, record, plan.work.files[0].version, suggestion, row=row)
            _show(item, before, context)
    open_now = {suggestion.column for suggestion in suggestions}
    for column, item in known.items():
        if item.state is ReviewState.OPEN and column not in open_now:
            _settle_row(
                item,
                context,
                state=ReviewState.WITHDRAWN,
                decision="",
                note="nothing is suggested any more",
            )


def _differs(before: Suggestion, now: Suggestion) -> bool:
    return (before.suggested, before.current) != (now.suggested, now.current)


def _show(item: ReviewItem, before: ReviewItem | None, context: WriteContext) -> None:
    """Insert or rewrite a suggestion's row; one that a person has decided on meanwhile waits for the next run."""
    columns = _columns(context)
    values = _row_values(item, columns)
    if before is not None and before.row:
        guard: dict[str, Value] = {
            KEY: item.key,
            **({DECISION: ""} if before.state is ReviewState.OPEN else {}),
        }
        if _update_row(
            item, guard, {**values, DECISION: "", EDITED: "", NOTE: ""}, columns, context
        ):
            context.ledger.keep_review_item(item, context.run_id)
            return
        if context.target.read(RecordRef(_table(context), item.row), [KEY]) is not None:
            return
    effect = Effect(
        EffectKind.INSERT_REVIEW_ROW,
        version=item.version,
        container=_table(context),
        pk="",
        field=KEY,
        before={},
        after=values,
    )
    context.ledger.keep_review_item(
        replace(item, row=insert_row(effect, context).pk), context.run_id
    )


def _row_values(item: ReviewItem, columns: Mapping[str, Column]) -> dict[str, Value]:
    suggestion = item.suggestion
    texts = {
        KEY: item.key,
        SOURCE: item.source,
        TABLE: item.record.container,
        RECORD: item.record.pk,
        COLUMN: suggestion.column,
        SUGGESTION: _as_text(suggestion.suggested),
        CURRENT: _as_text(suggestion.current),
        REASON: suggestion.reason,
        STATE: ReviewState.OPEN.value,
    }
    return {name: convert(text, columns[name]) for name, text in texts.items()} | {
        CONFIDENCE: suggestion.confidence
    }


def _as_text(value: Value) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "Yes" if value else "No"
        case str():
            return value.removesuffix("T00:00:00")
        case _:
            return str(value)


def _update_row(
    item: ReviewItem,
    guard: Mapping[str, Value],
    values: Mapping[str, Value],
    columns: Mapping[str, Column],
    context: WriteContext,
) -> bool:
    record = RecordRef(_table(context), item.row)
    effect = Effect(
        EffectKind.UPDATE_REVIEW_ROW,
        version=item.version,
        container=record.container,
        pk=record.pk,
        before=guard,
        after=values,
    )
    names = list(values)

    def look() -> Updated:
        row = context.target.read(record, names)
        return Updated(int(holds(row, values, columns)), row)

    effect, answer = carry_out(
        effect,
        context,
        call=lambda: context.target.update(record, guard=guard, values=values, columns=names),
        look=look,
    )
    return answer.affected == 1 and verify(effect, answer, context, columns=columns)


def _settle_row(
    item: ReviewItem,
    context: WriteContext,
    *,
    state: ReviewState,
    decision: str,
    note: str,
    at: str | None = None,
) -> None:
    """Let row and ledger say what has become of a suggestion; the row keeps what a person wrote there."""
    values: dict[str, Value] = {STATE: state.value, NOTE: note}
    if at is not None:
        values[DECIDED_AT] = at
    columns = _columns(context)
    _update_row(item, {KEY: item.key, DECISION: decision}, values, columns, context)
    context.ledger.keep_review_item(replace(item, state=state), context.run_id)


def _table(context: WriteContext) -> str:
    assert context.spec.review is not None
    return context.spec.review


def _columns(context: WriteContext) -> Mapping[str, Column]:
    return context.target.columns(_table(context), is_view=False)


@dataclass(frozen=True, slots=True)
class _Decided:
    """A row in which a person has decided."""

    item: ReviewItem
    decision: str
    edited: str
    decided_at: Value


def take_decisions(context: WriteContext, *, now: datetime) -> Iterator[Outcome]:
    """Carry out what people have decided since the last run, and yield what became of each."""
    if context.spec.review is None:
        return
    names = [KEY, DECISION, EDITED, DECIDED_AT, NOTE]
    equal: dict[str, Value] = {SOURCE: context.spec.name, STATE: ReviewState.OPEN.value}
    rows = context.target.rows(_table(context), names, equal=equal, filled=DECISION)
    items = (
        {item.key: item for item in context.ledger.review_items(context.spec.name)} if rows else {}
    )
    for pk, row in rows.items():
        item = items.get(str(row[KEY]))
        if item is None or row.get(NOTE):  # not ours, or told already what is wrong with it
            continue
        decided = _Decided(
            replace(item, row=pk),
            str(row[DECISION]),
            str(row.get(EDITED) or ""),
            row.get(DECIDED_AT),
        )
        try:
            outcome = _carry_out_decision(decided, context, now)
        except (
            BadSettings,
            RefusedByCaspio,
            RejectFile,
            TryLater,
        ) as error:  # one decision must not stop the run
            outcome = _untaken(item, Status.FAILED, f"{error} The next run tries again.", context)
        if outcome is not None:
            yield outcome


def _carry_out_decision(decided: _Decided, context: WriteContext, now: datetime) -> Outcome | None:
    item = decided.item
    state = context.ledger.state(item.version)
    at = None if decided.decided_at else now.replace(tzinfo=None, microsecond=0).isoformat()
    settle = partial(_settle_row, item, context, decision=decided.decision, at=at)
    match decided.decision.strip().casefold():
        case "reject":
            settle(state=ReviewState.REJECTED, note="")
            return None
        case "accept":
            value: Value = item.suggestion.suggested
        case "edit":
            try:
                columns = context.target.columns(item.record.container, is_view=item.record.is_view)
                value = convert(decided.edited, columns[item.suggestion.column])
            except (Unfit, KeyError) as error:
                return _refuse(decided, f"the edited value does not fit: {error}", context)
        case _:
            return _refuse(decided, f"{decided.decision!r} is no decision: {_DECISIONS}", context)
    moved = _write(item, value, context)
    if moved:
        settle(state=ReviewState.WITHDRAWN, note=f"{MOVED}: {moved}")
    else:
        settle(state=ReviewState.ACCEPTED, note="")
    if moved:
        return _untaken(item, Status.CONFLICT, moved, context)
    if state is None:
        return None
    return Outcome(
        state.ref,
        Status.DONE,
        "as decided in the review table",
        written={item.suggestion.column: value},
    )


def _refuse(decided: _Decided, reason: str, context: WriteContext) -> Outcome | None:
    """Tell in the row what is wrong with a decision; it stays open until somebody clears the note."""
    item = decided.item
    columns = _columns(context)
    note = convert(reason, columns[NOTE])
    _update_row(item, {KEY: item.key, DECISION: decided.decision}, {NOTE: note}, columns, context)
    return _untaken(item, Status.CONFLICT, reason, context)


def _untaken(
    item: ReviewItem, status: Status, reason: str, context: WriteContext
) -> Outcome | None:
    """Say that a decision was not carried out."""
    state = context.ledger.state(item.version)
    return (
        Outcome(state.ref, status, f"a decision was not carried out: {reason}") if state else None
    )


def _write(item: ReviewItem, value: Value, context: WriteContext) -> str:
    """Write a decided value where the record still holds what the person saw. Returns "" or what has moved."""
    record, name = item.record, item.suggestion.column
    columns = context.target.columns(record.container, is_view=record.is_view)
    if name not in columns or columns[name].type not in WRITABLE_TYPES:
        return f"{record.container} has no column {name!r} that can be written"
    guard = {name: item.suggestion.current}
    if texts_moved(guard, record, columns, context.target):
        return _moved(item, value, context, columns)

    def look() -> Updated:
        row = context.target.read(record, [name])
        return Updated(int(holds(row, {name: value}, columns)), row)

    effect = Effect(
        EffectKind.APPLY_DECISION,
        version=item.version,
        container=record.container,
        pk=record.pk,
        is_view=record.is_view,
        before=guard,
        after={name: value},
    )
    effect, answer = carry_out(
        effect,
        context,
        call=lambda: context.target.update(
            record, guard=guard, values={name: value}, columns=[name]
        ),
        look=look,
    )
    if answer.affected == 1:
        verify(effect, answer, context, columns=columns)
        return ""
    return _moved(item, value, context, columns)


def _moved(
    item: ReviewItem, value: Value, context: WriteContext, columns: Mapping[str, Column]
) -> str:
    """Say what stands instead of what the person saw, "" where it is what was decided."""
    name = item.suggestion.column
    current = context.target.read(item.record, [name])
    if current is None:
        return "the record was deleted"
    if same(current[name], value, columns[name]):
        return ""
    return moved_since({name: item.suggestion.current}, current, columns)
