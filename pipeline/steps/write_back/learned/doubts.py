"""Keep doubts about what users typed as suggestions that users decide."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from pipeline.decide.column_values import UnfitText, convert, same
from pipeline.model import RecordRef, Suggestion
from pipeline.model.review import ReviewItem, ReviewReason, ReviewState
from pipeline.ports import Ledger
from pipeline.steps.write_back.context import WriteContext
from pipeline.steps.write_back.review_table import settle_row
from pipeline.steps.write_back.suggestions import not_rejected, show


@dataclass(frozen=True, slots=True)
class Doubted:
    """A record, the version of its document, and what the page says instead, as text."""

    record: RecordRef
    version: str
    suggestion: Suggestion


def keep_doubts(
    doubts: Sequence[Doubted], context: WriteContext, *, since: int, kept_columns: Collection[str]
) -> int:
    """Show doubts to users, and withdraw the others that wait; return how many are shown.

    Those about `kept_columns` stay. `since` is the id of the latest effect before the records were
    listed: what was written later is not what is doubted. What a user has rejected is not doubted
    again until the page says something else. A suggestion that waits for the same column stays.
    """
    ledger, source = context.ports.ledger, context.spec.name
    kept: set[str] = set()
    for item in filter(None, (_item(doubt, context) for doubt in doubts)):
        is_asked = not_rejected(source, item.record, [item.suggestion], ledger)
        if not is_asked or _was_written(item, since, ledger):
            continue
        kept.add(item.key)
        before = _kept(item, ledger)
        if before is None or not _waits(before, item):
            show(replace(item, row=before.row if before else ""), before, context)
    _withdraw(kept, kept_columns, context)
    return len(kept)


def _was_written(item: ReviewItem, since: int, ledger: Ledger) -> bool:
    """Say whether a column was written after the effect with the id `since`."""
    effects = ledger.effects.find(record=(item.record.container, item.record.pk))
    return any(one.id > since and item.suggestion.column in one.after for one in effects)


def _withdraw(kept: Collection[str], kept_columns: Collection[str], context: WriteContext) -> None:
    ledger = context.ports.ledger
    for item in ledger.effects.walk_review_items(context.spec.name, ReviewState.OPEN):
        if item.key in kept or item.suggestion.column in kept_columns:
            continue
        # Learning takes hours, and users decide meanwhile.
        now = _kept(item, ledger) if item.is_open_doubt else None
        if now is not None and now.is_open_doubt:
            note = "it is doubted no more"
            settle_row(item, context, state=ReviewState.WITHDRAWN, decision="", note=note)


def _kept(item: ReviewItem, ledger: Ledger) -> ReviewItem | None:
    """Return what is kept now for the same source, record and column, None if there is nothing."""
    items = ledger.effects.review_items(item.source, (item.record.container, item.record.pk))
    return next((one for one in items if one.key == item.key), None)


def _item(doubt: Doubted, context: WriteContext) -> ReviewItem | None:
    """Return a doubt as a suggestion in the type of its column; None if it is not a difference."""
    suggestion = doubt.suggestion
    column = context.columns.get(suggestion.column)
    if column is None:
        return None
    try:
        value = convert(str(suggestion.suggested), column)
    except UnfitText:
        return None
    if value == "" or same(suggestion.current, value, column):
        return None
    suggestion = replace(suggestion, suggested=value)
    name, reason = context.spec.name, ReviewReason.DOUBT
    return ReviewItem(name, doubt.record, doubt.version, suggestion, given=reason)


def _waits(before: ReviewItem, item: ReviewItem) -> bool:
    """Say whether users see a doubt already, or another suggestion for the same column."""
    if before.state is not ReviewState.OPEN:
        return False
    mine, shown = item.suggestion, before.suggestion
    same_values = (mine.current, mine.suggested) == (shown.current, shown.suggested)
    return same_values or before.given is None
