"""Keep suggestions for users: in the ledger, and as rows where there is a review table."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.decide.column_values import alike, convert, same
from pipeline.finding_kinds import ValueType
from pipeline.findings import FINDINGS
from pipeline.model import Column, Plan, ReadDocument, RecordRef, Suggestion, Value
from pipeline.model.review import ReviewItem, ReviewState
from pipeline.ports import Ledger
from pipeline.steps.write_back.context import WriteContext
from pipeline.steps.write_back.review_table import (
    COLUMN,
    CONFIDENCE,
    CURRENT,
    DECISION,
    EDITED,
    KEY,
    NOTE,
    REASON,
    RECORD,
    SOURCE,
    STATE,
    SUGGESTION,
    TABLE,
    insert_row,
    review_columns,
    review_table,
    settle_row,
    update_row,
)

_AMOUNTS = tuple(name for name, kind in FINDINGS.items() if kind.type is ValueType.AMOUNT)


def not_rejected(
    source: str, record: RecordRef, suggestions: Sequence[Suggestion], ledger: Ledger
) -> list[Suggestion]:
    """Leave out what a user or an agent has rejected, until something else is found."""
    if not suggestions:
        return []
    rejected = {
        item.suggestion.column: item.suggestion.suggested
        for item in ledger.effects.review_items(source, (record.container, record.pk))
        if item.state is ReviewState.REJECTED
    }
    return [
        s
        for s in suggestions
        if s.column not in rejected or not alike(rejected[s.column], s.suggested)
    ]


def keep_suggestions(plan: Plan, documents: Sequence[ReadDocument], context: WriteContext) -> None:
    """Show a record's suggestions to users; withdraw those that are not made again.

    They are in the ledger, where the web page shows them, and in the review table if there is one.
    What no plan has asked stays as it is.
    """
    record, source, ledger = plan.work.record, plan.work.source, context.ports.ledger
    if record is None:
        return
    suggestions = not_rejected(source, record, plan.suggestions, ledger)
    items = ledger.effects.review_items(source, (record.container, record.pk))
    known = {item.suggestion.column: item for item in items}
    # What somebody else than a plan asks stays until it is decided.
    asked = {
        item.suggestion.column
        for item in items
        if item.state is ReviewState.OPEN and item.given is not None
    }
    made = {one.column: one for one in suggestions if one.column not in asked}
    amount = amount_of(documents)
    for column, suggestion in made.items():
        version = plan.work.files[0].version
        item = ReviewItem(source, record, version, suggestion, amount=amount)
        item = replace(item, currency=currency_of(item.origin, documents))
        _show_unless_shown(item, known.get(column), context)
    for column, item in known.items():
        if item.state is ReviewState.OPEN and column not in asked | made.keys():
            note = "nothing is suggested any more"
            settle_row(item, context, state=ReviewState.WITHDRAWN, decision="", note=note)


def withdraw_all(record: RecordRef, context: WriteContext, note: str) -> None:
    """Withdraw every suggestion for a record that waits; `note` says why."""
    source = context.spec.name
    for item in context.ports.ledger.effects.review_items(source, (record.container, record.pk)):
        if item.state is ReviewState.OPEN:
            settle_row(item, context, state=ReviewState.WITHDRAWN, decision="", note=note)


def withdraw_typed(typed: Mapping[RecordRef, Mapping[str, Value]], context: WriteContext) -> None:
    """Withdraw the suggestions that people have typed; `typed` has the values of records."""
    waiting = context.ports.ledger.effects.walk_review_items(context.spec.name, ReviewState.OPEN)
    for item in waiting:
        values, column = typed.get(item.record, {}), item.suggestion.column
        if column not in values or column not in context.columns:
            continue
        if same(values[column], item.suggestion.suggested, context.columns[column]):
            note = "the record holds this value"
            settle_row(item, context, state=ReviewState.WITHDRAWN, decision="", note=note)


def _show_unless_shown(item: ReviewItem, before: ReviewItem | None, context: WriteContext) -> None:
    if before is None:
        show(item, None, context)
    elif not _is_shown(item.suggestion, before, context):
        show(replace(item, row=before.row), before, context)


def amount_of(documents: Sequence[ReadDocument]) -> float | None:
    """Return the largest total of a record's documents, or the largest other amount without one."""
    read = [document.findings.fields for document in documents]
    for names in (("total",), _AMOUNTS):
        found = [fields[name].value for fields in read for name in names if name in fields]
        numbers = [abs(number) for value in found if (number := _as_number(value)) is not None]
        if numbers:
            return max(numbers)
    return None


def currency_of(version: str, documents: Sequence[ReadDocument]) -> str:
    """Return the currency that a file version is in, "" where it says none."""
    for document in documents:
        if document.file.ref.version == version:
            currency = document.findings.named("currency")
            return (currency.value or "") if currency is not None else ""
    return ""


def _as_number(text: str | None) -> float | None:
    # Readers are strangers: what is said to be an amount may be no number, or not a finite one.
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def add_missing_rows(context: WriteContext, columns: Collection[str]) -> Iterator[ReviewItem]:
    """Give the review table a row for each open suggestion for `columns` that has none; yield it.

    Such suggestions were made before the source had the table. Deciding on one compares the record
    with what the row shows, so no record is read for it here.
    """
    spec, ledger = context.spec, context.ports.ledger
    if spec.review is None:
        return
    for item in ledger.effects.walk_review_items(spec.name, ReviewState.OPEN):
        if not item.row and item.suggestion.column in columns:
            show(item, None, context)
            yield item


def _is_shown(suggestion: Suggestion, item: ReviewItem, context: WriteContext) -> bool:
    """Say whether users see a suggestion as it is: open, with these two values."""
    shown = item.suggestion
    # The settings may have got a review table since.
    lacks_row = context.spec.review is not None and not item.row
    if item.state is not ReviewState.OPEN or lacks_row:
        return False
    return (shown.suggested, shown.current) == (suggestion.suggested, suggestion.current)


def show(item: ReviewItem, before: ReviewItem | None, context: WriteContext) -> None:
    """Keep a suggestion, and insert or rewrite its row where there is a review table.

    A row in which a user has just decided waits for the next run.
    """
    ledger, target = context.ports.ledger, context.ports.target
    if context.spec.review is None:
        ledger.effects.save_review_item(item, context.run.run_id)
        return
    values = _row_values(item, review_columns(context))
    if before is not None and before.row:
        guard: dict[str, Value] = {KEY: item.key}
        if before.state is ReviewState.OPEN:
            guard[DECISION] = ""
        blank = {DECISION: "", EDITED: "", NOTE: ""}
        # Guarded by an empty decision: what a user has just decided must not be overwritten.
        if update_row(item, {**values, **blank}, context, guard=guard):
            ledger.effects.save_review_item(item, context.run.run_id)
            return
        if target.read(RecordRef(review_table(context), item.row), [KEY]) is not None:
            return
    row = insert_row(item, values, context)
    ledger.effects.save_review_item(replace(item, row=row), context.run.run_id)


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
    values = {name: convert(text, columns[name]) for name, text in texts.items()}
    return {**values, CONFIDENCE: suggestion.confidence}


def _as_text(value: Value) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "Yes" if value else "No"
        case str():
            return value.removesuffix("T00:00:00")  # a date without a time
        case _:
            return str(value)
