"""Carry out a decision with its entry in the audit trail, whoever makes it."""

from collections.abc import Mapping
from hashlib import sha256

from flows.app.review.desk import ReviewDesk, decided_effect
from pipeline.decide.column_values import UnfitText, as_shown, convert
from pipeline.decide.printed_values import normalized
from pipeline.errors import IngestError
from pipeline.findings import shown_type
from pipeline.model import Column, Effect, SourceSpec, Value
from pipeline.model.review import ReviewItem, ReviewState
from pipeline.model.sync import is_sync
from pipeline.model.users import AuditEntry, User
from pipeline.ports import Ledger
from pipeline.steps.write_back import DELETED, ReviewChoice
from pipeline.wording import side_by_side

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
    text = _whole(value, column_type, currency)
    return text if len(text) <= MOST_CHARS else f"{text[:MOST_CHARS]}…"


def both_as_column(
    before: Value,
    after: Value,
    column_type: str,
    currency: str = "",
    *,
    most_chars: int = MOST_CHARS,
) -> tuple[str, str]:
    """Return two values as a column of a type shows them, long ones so that a difference is seen.

    The currency is that of the second.
    """
    one, other = _whole(before, column_type), _whole(after, column_type, currency)
    return side_by_side(one, other, most_chars=most_chars)


def _whole(value: Value, column_type: str, currency: str = "") -> str:
    text = as_shown(value, column_type)
    is_amount = column_type == "CURRENCY" and isinstance(value, int | float)
    return f"{text} {currency}".rstrip() if is_amount else text


def shown_types(types: Mapping[str, str], spec: SourceSpec | None) -> dict[str, str]:
    """Return as which type the values of each column are shown; `types` are those at Caspio."""
    mapped = spec.columns if spec is not None else {}
    return {
        name: shown_type(types.get(name, ""), mapped.get(name, "")) for name in {**types, **mapped}
    }


def value_of(text: str, column_type: str) -> Value:
    """Return what was read as a value of a column; as it was read, where it does not fit in it."""
    try:
        column = Column("", column_type, editable=True)
        return convert(normalized(text, column_type), column)
    except UnfitText:
        return text


def seen_of(item: ReviewItem) -> str:
    """Identify what somebody sees of a suggestion: both values, and its state."""
    values = (item.suggestion.suggested, item.suggestion.current, item.state)
    return sha256(repr(values).encode("utf-8", "replace")).hexdigest()[:20]


def in_words(item: ReviewItem, choice: ReviewChoice, value: Value, column_type: str) -> str:
    """Return what a decision does: the value before and after, or why the record stays as it is."""
    current, wanted = both_as_column(item.suggestion.current, value, column_type)
    if choice in _STAYS:
        return f"{place_of(item)}: stays {current}; {wanted} {_STAYS[choice]}"
    return f"{place_of(item)}: {current} → {wanted}"


def undo_in_words(item: ReviewItem, column_type: str) -> str:
    """Return what the undo of a decision is about, with the value that is put back, if one is."""
    if item.state is not ReviewState.ACCEPTED:
        return f"{place_of(item)}: waits for a decision again"
    return f"{place_of(item)}: back to {as_column(item.suggestion.current, column_type)}"


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
    column_type: str,
) -> str:
    """Decide one suggestion; return "" or what went wrong, with both values of a conflict.

    `column_type` is as which the values are shown.
    """
    is_typed = choice is ReviewChoice.CORRECT
    value = value_of(text, column_type) if is_typed else item.suggestion.suggested
    said = in_words(item, choice, value, column_type)
    entry = AuditEntry(user, choice.value, item.review_id, said)
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
            f"{as_column(item.suggestion.suggested, column_type)} was read. Decide again."
        )
        if changes == DELETED:
            problem = "The record was deleted. Nothing was written, and nothing is left to decide."
    if problem:
        failed = AuditEntry(user, f"{choice.value} failed", item.review_id, problem)
        ledger.users.record_audit(failed)
    elif _wrote_nothing(item, choice, before, ledger):
        had = f"{place_of(item)}: the record had {as_column(value, column_type)} already"
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
