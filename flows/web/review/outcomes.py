"""What became of the values that nobody has to decide about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flows.app.review.decisions import place_of, value_of
from flows.app.review.desk import decided_effect
from flows.web.review.page_view import Leaf
from pipeline.decide.column_values import holds
from pipeline.decide.ownership import COLUMN_KINDS, IN_EFFECT, owned
from pipeline.metering.summary import FAILED
from pipeline.model import Column, Finding, Outcome, OwnValue, RecordRef, SourceSpec, Value
from pipeline.model.review import ReviewItem, ReviewState
from pipeline.ports import Ledger
from pipeline.steps.write_back import ReviewChoice

_REFUSALS = frozenset({ReviewChoice.REJECT.value, ReviewChoice.ABSENT.value})


@dataclass(frozen=True, slots=True)
class History:
    """What was changed in a record: `own` has what this program wrote last and nobody took back.

    `touched` are all columns that were ever written through this program.
    """

    own: Mapping[str, OwnValue]
    touched: frozenset[str]


def history_of(record: RecordRef, ledger: Ledger) -> History:
    """Return what the ledger knows of changes in a record."""
    effects = ledger.effects.find(record=(record.container, record.pk))
    there = [one for one in effects if one.state in IN_EFFECT and one.kind in COLUMN_KINDS]
    touched = frozenset(column for effect in there for column in effect.after)
    return History(owned(effects), touched)


def decision_of(item: ReviewItem, ledger: Ledger) -> tuple[str, Value]:
    """Return in words how a suggestion was decided, and what was written, None if nothing was."""
    if item.state is ReviewState.REJECTED:
        return _refusal_of(item, ledger), None
    if item.state is not ReviewState.ACCEPTED:
        return item.state.value, None

    effect = decided_effect(item, ledger.effects)
    if effect is None:
        return "accepted", None
    written = effect.after[item.suggestion.column]
    return ("accepted" if written == item.suggestion.suggested else "corrected"), written


def _refusal_of(item: ReviewItem, ledger: Ledger) -> str:
    """Return in words how a suggestion was refused, by its latest entry in the audit trail."""
    for entry in ledger.users.audit_trail(subject=item.review_id):
        is_of_item = entry.detail.startswith(f"{place_of(item)}: ")
        if is_of_item and entry.action in _REFUSALS:
            return "not on the page" if entry.action == ReviewChoice.ABSENT else "rejected"
    return "rejected"


def outcome_of(
    column: str,
    finding: Finding,
    leaf: Leaf,
    *,
    column_type: str,
    spec: SourceSpec,
    history: History,
    elsewhere: Sequence[str],
) -> str:
    """Return what became of a finding that was not suggested, "" where that is not known.

    `elsewhere` is what other files of the record say instead.
    """
    outcome, read = leaf.state.outcome, finding.value
    if outcome is None or read is None:
        return ""
    if finding.confidence < spec.limits_of(column).suggest_at:
        return "not sure enough to suggest"
    ours, value = _ours(column, outcome, history)
    if ours:
        return ours if _is(read, value, column_type) else ""
    # The run did not come to compare the column with what was read.
    if outcome.planned_only or outcome.status in FAILED or column in outcome.left_open:
        return ""
    # Where it was undone, or a user decided, nothing is known of the record now.
    if column in history.touched:
        return ""
    differs = any(not _is(other, value_of(read, column_type), column_type) for other in elsewhere)
    return "" if differs else "in the record"


def _ours(column: str, outcome: Outcome, history: History) -> tuple[str, Value]:
    """Return "written" or "planned" and the value of this program that is meant, "" for none."""
    if column in outcome.written and outcome.planned_only:
        return "planned", outcome.written[column]
    if column in history.own:
        return "written", history.own[column].value
    # The row of an index table has a history of its own.
    if column in outcome.written and column not in history.touched:
        return "written", outcome.written[column]
    return "", None


def _is(text: str, value: Value, column_type: str) -> bool:
    """Say whether a text that was read is a value; before its column's type is known, as well."""
    if not column_type:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        column_type = "NUMBER" if is_number else "STRING"
    return holds(value, value_of(text, column_type), Column("", column_type, editable=True))
