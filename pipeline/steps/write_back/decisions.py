"""Carry out what users have decided in the review table."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from pipeline.decide.column_values import WRITABLE_TYPES, UnfitText, convert, same
from pipeline.decide.mapping import columns_in_use
from pipeline.errors import BadSettings, RefusedByCaspio, RejectFile, TryLater
from pipeline.model import Effect, EffectKind, EffectState, Outcome, Status, Value, ValueCounts
from pipeline.model.review import Decider, ReviewItem, ReviewState
from pipeline.steps.write_back.columns import changed_texts, changed_values
from pipeline.steps.write_back.context import WriteContext, known_columns
from pipeline.steps.write_back.effects import carry_out, new_effect
from pipeline.steps.write_back.review_table import (
    DECIDED_AT,
    DECISION,
    EDITED,
    KEY,
    NOTE,
    SOURCE,
    STATE,
    review_columns,
    review_table,
    settle_row,
    update_row,
)

CHANGED = "changed"
"""How a note begins where the record no longer holds what the user saw."""

ALREADY_THERE = "the record had this value already"
"""The note of a change that met what it was to write: the decision holds all the same."""


DELETED = "the record was deleted"
"""What has changed where there is nothing left to decide on."""

_EFFECTS = {
    Decider.USER: EffectKind.APPLY_DECISION,
    Decider.AGENT: EffectKind.APPLY_AGENT_DECISION,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """A row of the review table in which a user has decided."""

    item: ReviewItem
    decision: str
    edited: str
    decided_at: Value


def carry_out_decisions(context: WriteContext, *, now: datetime) -> Iterator[Outcome]:
    """Carry out what users have decided since the last run, and yield how each ended."""
    if context.spec.review is None:
        return
    names = [KEY, DECISION, EDITED, DECIDED_AT, NOTE]
    equal: dict[str, Value] = {SOURCE: context.spec.name, STATE: ReviewState.OPEN.value}
    rows = context.ports.target.rows(review_table(context), names, equal=equal, filled=DECISION)
    if not rows:
        return
    items = {
        item.key: item for item in context.ports.ledger.effects.review_items(context.spec.name)
    }
    for pk, row in rows.items():
        item = items.get(str(row[KEY]))
        # Rows that are not ours are left alone, and so are those whose note says what is wrong.
        if item is None or row.get(NOTE):
            continue
        decision = Decision(
            replace(item, row=pk),
            str(row[DECISION]),
            str(row.get(EDITED) or ""),
            row.get(DECIDED_AT),
        )
        try:
            outcome = _carry_out(decision, context, now)
        except (BadSettings, RefusedByCaspio, RejectFile, TryLater) as error:
            # One decision must not stop the run.
            reason = f"{error} The next run tries again."
            outcome = _not_carried_out(item, Status.FAILED, reason, context)
        if outcome is not None:
            yield outcome


def _carry_out(decision: Decision, context: WriteContext, now: datetime) -> Outcome | None:
    item = decision.item
    decided_at = None
    if not decision.decided_at:
        decided_at = now.replace(tzinfo=None, microsecond=0).isoformat()
    settle = partial(settle_row, item, context, decision=decision.decision, decided_at=decided_at)
    # Typed by users: the case and blanks around the word do not matter.
    value: Value = item.suggestion.suggested
    match decision.decision.strip().casefold():
        case "accept":
            pass
        case "edit":
            record = item.record
            try:
                columns = context.ports.target.columns(record.container, is_view=record.is_view)
                value = convert(decision.edited, columns[item.suggestion.column])
            except (UnfitText, KeyError) as error:
                return _refuse(decision, f"the edited value does not fit: {error}", context)
        case "reject":
            settle(state=ReviewState.REJECTED, note="", decided_by=Decider.USER)
            return None
        case _:
            reason = f"{decision.decision!r} is not a decision: write accept, reject or edit"
            return _refuse(decision, reason, context)

    changes = write(item, value, context)
    if changes:
        settle(state=ReviewState.WITHDRAWN, note=f"{CHANGED}: {changes}")
        return _not_carried_out(item, Status.CONFLICT, changes, context)
    settle(state=ReviewState.ACCEPTED, note="", decided_by=Decider.USER)
    known = context.ports.ledger.files.state(item.version)
    if known is None:
        return None
    written = {item.suggestion.column: value}
    return Outcome(
        known.ref,
        Status.DONE,
        "as decided in the review table",
        written=written,
        values=ValueCounts(written=1),
    )


def _refuse(decision: Decision, reason: str, context: WriteContext) -> Outcome | None:
    """Show in the row what is wrong with a decision; it is open until somebody clears the note."""
    item = decision.item
    note = convert(reason, review_columns(context)[NOTE])
    guard: dict[str, Value] = {KEY: item.key, DECISION: decision.decision}
    update_row(item, {NOTE: note}, context, guard=guard)
    return _not_carried_out(item, Status.CONFLICT, reason, context)


def _not_carried_out(
    item: ReviewItem, status: Status, reason: str, context: WriteContext
) -> Outcome | None:
    state = context.ports.ledger.files.state(item.version)
    if state is None:
        return None
    return Outcome(state.ref, status, f"a decision was not carried out: {reason}")


def write(
    item: ReviewItem,
    value: Value,
    context: WriteContext,
    decider: Decider = Decider.USER,
) -> str:
    """Write a decided value if the record is as the user saw it; return "" or what changed."""
    record, name, target = item.record, item.suggestion.column, context.ports.target
    columns = target.columns(record.container, is_view=record.is_view)
    # Kept from a time when the column was mapped, and nothing worked by it.
    in_use = columns_in_use(
        [name], record.container, context.spec, known_columns(target), is_view=record.is_view
    )
    if any(in_use) or name not in columns or columns[name].type not in WRITABLE_TYPES:
        return f"{record.container} has no column {name!r} that can be written"
    # The guard is what the user saw when deciding, not what is there now.
    before = {name: item.suggestion.current}
    met: Effect | None = None
    if not changed_texts(before, record, columns, target):
        apply = new_effect(
            _EFFECTS[decider],
            record,
            version=item.version,
            before=before,
            after={name: value},
        )
        met = carry_out(apply, context)
        if met.state is not EffectState.CONFLICT:
            return ""
    current = target.read(record, [name])
    if current is None:
        return DELETED
    if same(current[name], value, columns[name]):
        # Somebody has written it already: the decision holds, and nothing is left to write.
        if met is not None:
            context.ports.ledger.effects.settle(met, EffectState.CONFLICT, ALREADY_THERE)
        return ""
    return changed_values(before, current, columns, context.spec)
