"""The review table: its columns, and how its rows are inserted and updated. See docs/review.md."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from pipeline.errors import BadSettings
from pipeline.model import Column, EffectKind, EffectState, RecordRef, SourceSpec, Value
from pipeline.model.review import Decider, ReviewItem, ReviewState
from pipeline.steps.write_back.context import WriteContext
from pipeline.steps.write_back.effects import carry_out, new_effect

KEY = "SuggestionKey"
SOURCE = "SourceName"
TABLE = "RecordTable"
RECORD = "RecordID"
COLUMN = "ColumnName"
SUGGESTION = "Suggestion"
CURRENT = "CurrentValue"
CONFIDENCE = "Confidence"
REASON = "Reason"
STATE = "State"
DECISION = "Decision"
EDITED = "EditedValue"
DECIDED_AT = "DecidedAt"
NOTE = "Note"

_STRING = frozenset({"STRING"})
_TEXTS = frozenset({"STRING", "TEXT"})
REVIEW_COLUMNS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys((KEY, SOURCE, TABLE, RECORD, COLUMN, STATE, DECISION), _STRING),
    **dict.fromkeys((SUGGESTION, CURRENT, REASON, EDITED, NOTE), _TEXTS),
    CONFIDENCE: frozenset({"NUMBER"}),
    DECIDED_AT: frozenset({"DATE/TIME"}),
}
"""The review table's columns with the types that each may have."""


def refuse_review(spec: SourceSpec, columns: Mapping[str, Column]) -> Iterator[str]:
    """Yield a sentence for every column that the review table lacks or has in another type."""
    for name, types in REVIEW_COLUMNS.items():
        column = columns.get(name)
        wanted = " or ".join(sorted(types))
        if column is None:
            yield (
                f"source {spec.name!r}: review table {spec.review!r} has no column {name!r}; add "
                f"it as {wanted}."
            )
        elif column.type not in types or not column.editable or column.is_formula:
            yield (
                f"source {spec.name!r}: column {name!r} of {spec.review!r} is {column.type}; make "
                f"it a plain {wanted}."
            )


def review_table(context: WriteContext) -> str:
    """Return the name of the source's review table.

    Raises:
        BadSettings: the source has none.
    """
    table = context.spec.review
    if table is None:
        raise BadSettings([f"source {context.spec.name!r} has no review table."])
    return table


def review_columns(context: WriteContext) -> Mapping[str, Column]:
    """Return the schema of the review table."""
    return context.ports.target.columns(review_table(context), is_view=False)


def insert_row(item: ReviewItem, values: Mapping[str, Value], context: WriteContext) -> str:
    """Insert a suggestion's row unless it is there already; return its PK_ID."""
    insert = new_effect(
        EffectKind.INSERT_REVIEW_ROW,
        RecordRef(review_table(context), ""),
        version=item.version,
        field=KEY,
        before={},
        after=values,
    )
    return carry_out(insert, context).pk


def update_row(
    item: ReviewItem,
    values: Mapping[str, Value],
    context: WriteContext,
    *,
    guard: Mapping[str, Value],
) -> bool:
    """Update a suggestion's row under a guard; say whether it holds the values now."""
    update = new_effect(
        EffectKind.UPDATE_REVIEW_ROW,
        RecordRef(review_table(context), item.row),
        version=item.version,
        before=guard,
        after=values,
    )
    return carry_out(update, context).state is EffectState.VERIFIED


def settle_row(
    item: ReviewItem,
    context: WriteContext,
    *,
    state: ReviewState,
    decision: str,
    note: str,
    decided_at: str | None = None,
    decided_by: Decider | None = None,
) -> None:
    """Record the end of a suggestion in the ledger, and in its row if it has one.

    `decision` is what the row has in its decision column, as far as is known; what a user wrote
    there stays.
    """
    values: dict[str, Value] = {STATE: state.value, NOTE: note}
    if decided_at is not None:
        values[DECIDED_AT] = decided_at
    if context.spec.review is not None and item.row:
        update_row(item, values, context, guard={KEY: item.key, DECISION: decision})
    settled = replace(item, state=state, decided_by=decided_by)
    context.ports.ledger.effects.save_review_item(settled, context.run.run_id)
