"""Carry out a decision with its entry in the audit trail, whoever makes it."""

from hashlib import sha256

from flows.app.review.desk import ReviewDesk, decided_effect
from pipeline.decide.column_values import as_shown
from pipeline.errors import IngestError
from pipeline.model import Effect, Value
from pipeline.model.review import ReviewItem, ReviewState
from pipeline.model.sync import is_sync
from pipeline.model.users import AuditEntry, User
from pipeline.ports import Ledger
from pipeline.steps.write_back import DELETED, ReviewChoice

MOST_CHARS = 2_000
"""Characters of a text that are shown: a document's may be of any length."""

_STAYS = {
    ReviewChoice.REJECT: "was refused",
    ReviewChoice.ABSENT: "is not on the page",
}
"""What is said of a value that was read and that a decision leaves unwritten."""


def shown(value: Value) -> str:
    """Return a value as users read it, shortened."""
    text = as_shown(value, "")
    return text if len(text) <= MOST_CHARS else f"{text[:MOST_CHARS]}…"


def as_column(value: Value, column_type: str, currency: str = "") -> str:
    """Return a value as a column of a type shows it, an amount with its currency if it is known."""
    if column_type == "CURRENCY" and isinstance(value, int | float):
        return f"{as_shown(value, column_type)} {currency}".rstrip()
    return shown(value)


def seen_of(item: ReviewItem) -> str:
    """Identify what somebody sees of a suggestion: both values, and its state."""
    values = (item.suggestion.suggested, item.suggestion.current, item.state)
    return sha256(repr(values).encode("utf-8", "replace")).hexdigest()[:20]


def in_words(item: ReviewItem, choice: ReviewChoice, value: Value) -> str:
    """Return what a decision does: the value before and after, or why the record stays as it is."""
    current = shown(item.suggestion.current)
    if choice in _STAYS:
        return f"{place_of(item)}: stays {current}; {shown(value)} {_STAYS[choice]}"
    return f"{place_of(item)}: {current} → {shown(value)}"


def undo_in_words(item: ReviewItem) -> str:
    """Return what the undo of a decision is about, with the value that is put back, if one is."""
    if item.state is not ReviewState.ACCEPTED:
        return f"{place_of(item)}: waits for a decision again"
    return f"{place_of(item)}: back to {shown(item.suggestion.current)}"


def place_of(item: ReviewItem) -> str:
    """Name source, record and column of a suggestion, each once."""
    source, container = item.source, item.record.container
    # A source is mostly called like its table.
    where = source if source.casefold() == container.casefold() else f"{source}, {container}"
    return f"{where}, record {item.record.pk}, {item.suggestion.column}"


def carry_out(
    item: ReviewItem,
    choice: ReviewChoice,
    text: str,
    *,
    user: User,
    ledger: Ledger,
    desk: ReviewDesk,
) -> str:
    """Decide one suggestion; return "" or what went wrong, with both values of a conflict."""
    value = text if choice is ReviewChoice.CORRECT else item.suggestion.suggested
    entry = AuditEntry(user, choice.value, item.review_id, in_words(item, choice, value))
    # Before the effect: whatever happens in between, it is known who wanted it.
    ledger.users.record_audit(entry)
    before = decided_effect(item, ledger.effects)
    try:
        changes = desk.decide(item, choice, text)
    except IngestError as error:
        problem = str(error)
    else:
        problem = changes and (
            f"The record has changed: {changes}. Nothing was written. "
            f"{shown(item.suggestion.suggested)} was read. Decide again."
        )
        if changes == DELETED:
            problem = "The record was deleted. Nothing was written, and nothing is left to decide."
    if problem:
        failed = AuditEntry(user, f"{choice.value} failed", item.review_id, problem)
        ledger.users.record_audit(failed)
    elif _wrote_nothing(item, choice, before, ledger):
        had = f"{place_of(item)}: the record had {shown(value)} already"
        ledger.users.record_audit(
            AuditEntry(user, f"{choice.value} wrote nothing", item.review_id, had)
        )
    return problem


def _wrote_nothing(
    item: ReviewItem, choice: ReviewChoice, before: Effect | None, ledger: Ledger
) -> bool:
    """Say whether a decision to write met its value in the record; `before` is the last write."""
    if choice in _STAYS or is_sync(item.source):
        return False
    return decided_effect(item, ledger.effects) == before
