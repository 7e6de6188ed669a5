"""Carry out what a user decides on the web page, at once.

The item in the ledger is decided. If the source has a review table, its row shows the same.
"""

import sys
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from functools import partial

from pipeline.decide.column_values import TEXT_TYPES, UnfitText, clean_text, convert
from pipeline.decide.printed_values import normalized
from pipeline.errors import RejectFile
from pipeline.model import RecordRef, Value
from pipeline.model.review import Decider, ReviewItem, ReviewState
from pipeline.steps.write_back.context import WriteContext
from pipeline.steps.write_back.decisions import write
from pipeline.steps.write_back.review_table import DECISION, KEY, review_table, settle_row
from pipeline.steps.write_back.suggestions import show


class ReviewChoice(StrEnum):
    """What a user decides about a suggestion."""

    ACCEPT = "accept"  # write what was read
    CORRECT = "correct"  # write another value
    REJECT = "reject"  # what was read is wrong; the record stays
    ABSENT = "absent"  # the document does not have this value at all; the record stays


class NotDecided(RejectFile):
    """A decision cannot be carried out; the message says why and what to do."""


def decide_on_page(
    item: ReviewItem,
    choice: ReviewChoice,
    text: str,
    context: WriteContext,
    *,
    now: datetime,
    decider: Decider = Decider.USER,
) -> str:
    """Carry out a decision on an open suggestion; return "" or what changed in the record.

    If the record does not hold any more what the user saw, nothing is written, and the suggestion
    stays open beside the value that is there now. `text` is the value to write for CORRECT.

    Raises:
        NotDecided: the value does not fit the column, or somebody has decided already.
    """
    if item.state is not ReviewState.OPEN:
        raise NotDecided(f"{item.suggestion.column} is {item.state} already. Load the page again.")
    _refuse_decided_row(item, context)
    settle = partial(
        settle_row,
        item,
        context,
        decision="",
        note="",
        decided_at=now.replace(tzinfo=None, microsecond=0).isoformat(),
    )
    if choice in {ReviewChoice.REJECT, ReviewChoice.ABSENT}:
        settle(state=ReviewState.REJECTED, decided_by=decider)
        return ""
    changes = write(item, _value(item, choice, text, context), context, decider)
    if not changes:
        settle(state=ReviewState.ACCEPTED, decided_by=decider)
        return ""
    column = item.suggestion.column
    current = context.ports.target.read(item.record, [column])
    if current is None:
        settle(state=ReviewState.WITHDRAWN)
        return changes
    seen = replace(item, suggestion=replace(item.suggestion, current=current[column]))
    show(seen, item, context)
    return changes


def open_again(item: ReviewItem, current: Value, context: WriteContext) -> None:
    """Make a decided suggestion wait again; `current` is what its column holds now."""
    suggestion = replace(item.suggestion, current=current)
    waiting = replace(item, suggestion=suggestion, state=ReviewState.OPEN, decided_by=None)
    show(waiting, item, context)


def _value(item: ReviewItem, choice: ReviewChoice, text: str, context: WriteContext) -> Value:
    """Return the value to write, in the type of its column."""
    if choice is ReviewChoice.ACCEPT:
        return item.suggestion.suggested
    record, column = item.record, item.suggestion.column
    columns = context.ports.target.columns(record.container, is_view=record.is_view)
    formulas = context.spec.allow_formulas
    try:
        # What users type or take from the page is printed as documents print it: 1,234.50.
        if columns[column].type not in TEXT_TYPES:
            text = normalized(text, columns[column].type)
        value = convert(text, columns[column], allow_formulas=formulas)
    except KeyError:
        raise NotDecided(f"{record.container} has no column {column!r} any more.") from None
    except UnfitText as error:
        raise NotDecided(f"{column}: {error}. Correct the value.") from error
    most_chars = TEXT_TYPES.get(columns[column].type)
    whole = clean_text(text, max_chars=sys.maxsize, allow_formulas=formulas)
    if most_chars is not None and value != whole:
        # A finding may be cut. What somebody decided on is written as it is, or not at all.
        has = f"the value has {len(whole):,}"
        raise NotDecided(f"{column} holds {most_chars:,} characters, and {has}. Shorten it.")
    return value


def _refuse_decided_row(item: ReviewItem, context: WriteContext) -> None:
    """Refuse what somebody has decided in the review table: the next run carries that out."""
    if context.spec.review is None or not item.row:
        return
    row = context.ports.target.read(RecordRef(review_table(context), item.row), [KEY, DECISION])
    if row is not None and row[KEY] == item.key and row[DECISION]:
        raise NotDecided(
            f"{item.suggestion.column} was decided in {context.spec.review}: {row[DECISION]}. The "
            "next run carries it out."
        )
