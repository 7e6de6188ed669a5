"""Keep doubts about what users typed as suggestions that users decide."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from pipeline.decide.column_values import Unfit, convert, same
from pipeline.model import RecordRef, Suggestion
from pipeline.model.review import ReviewItem, ReviewReason, ReviewState
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
    doubts: Sequence[Doubted], context: WriteContext, *, columns: Collection[str]
) -> int:
    """Show doubts to users, and withdraw those about `columns` that are no more; return how many.

    What a user has rejected is not doubted again until the page says something else. A suggestion
    that waits for the same column stays.
    """
    ledger, source = context.ports.ledger, context.spec.name
    known = {item.key: item for item in ledger.effects.review_items(source)}
    kept: set[str] = set()
    for doubt in doubts:
        item = _item(doubt, context)
        if item is None or not not_rejected(source, doubt.record, [item.suggestion], ledger):
            continue
        kept.add(item.key)
        before = known.get(item.key)
        if before is None or not _waits(before, item):
            show(replace(item, row=before.row if before else ""), before, context)
    others = [item for key, item in known.items() if key not in kept]
    _withdraw([item for item in others if item.suggestion.column in columns], context)
    return len(kept)


def _withdraw(items: Sequence[ReviewItem], context: WriteContext) -> None:
    for item in items:
        if item.state is ReviewState.OPEN and item.given is ReviewReason.DOUBT:
            note = "it is doubted no more"
            settle_row(item, context, state=ReviewState.WITHDRAWN, decision="", note=note)


def _item(doubt: Doubted, context: WriteContext) -> ReviewItem | None:
    """Return a doubt as a suggestion in the type of its column; None if it is no difference."""
    suggestion = doubt.suggestion
    column = context.columns.get(suggestion.column)
    if column is None:
        return None
    try:
        value = convert(str(suggestion.suggested), column)
    except Unfit:
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
