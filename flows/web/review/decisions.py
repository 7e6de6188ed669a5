"""Carry out what users decide: one suggestion, all of a record, or undo."""

from hashlib import sha256

from flows.web.render import shown
from flows.web.review.queue import items_of
from flows.web.site import Refused, Visit
from pipeline.errors import IngestError
from pipeline.model import Value
from pipeline.model.review import Review, ReviewItem
from pipeline.steps.write_back import Choice


def seen_of(item: ReviewItem) -> str:
    """Identify what a user sees of a suggestion: both values, and its state."""
    values = (item.suggestion.suggested, item.suggestion.current, item.state)
    return sha256(repr(values).encode("utf-8", "replace")).hexdigest()[:20]


def carry_out(visit: Visit, item: ReviewItem, choice: Choice, text: str = "") -> str:
    """Decide one suggestion; return "" or what went wrong, with both values of a conflict."""
    value = text if choice is Choice.CORRECT else item.suggestion.suggested
    # Before the effect: whatever happens in between, it is known who wanted it.
    visit.audit(choice.value, item.review_id, in_words(item, value))
    try:
        changes = visit.site.desk.decide(item, choice, text)
    except IngestError as error:
        problem = str(error)
    else:
        problem = changes and (
            f"The record has changed: {changes}. Nothing was written. "
            f"{shown(item.suggestion.suggested)} was read. Decide again."
        )
    if problem:
        visit.audit(f"{choice.value} failed", item.review_id, problem)
    return problem


def in_words(item: ReviewItem, value: Value) -> str:
    """Return what a decision is about, with both values."""
    left = item.suggestion
    place = f"{item.source} {item.record.container} {item.record.pk} {left.column}"
    return f"{place}: {shown(left.current)} → {shown(value)}"


def named_item(visit: Visit, review: Review) -> ReviewItem:
    """Return the suggestion that the form names.

    Raises:
        Refused: there is none, or it is not what the user saw.
    """
    found = {item.key: item for item in items_of(visit, review)}
    item = found.get(visit.form.get("key", ""))
    if item is None or seen_of(item) != visit.form.get("seen"):
        raise Refused(
            409,
            "This suggestion has changed since the page was loaded.",
            "Go back, load the page again, and decide on what it shows then.",
        )
    return item


def choice_of(visit: Visit) -> tuple[Choice, str]:
    """Return the decision that the form names, and the value to write where it is corrected.

    Raises:
        Refused: it names none.
    """
    # A button with another value of the page writes that value.
    if "pick" in visit.form:
        return Choice.CORRECT, visit.form["pick"]
    try:
        return Choice(visit.form.get("choice", "")), visit.form.get("text", "")
    except ValueError:
        raise Refused(400, "This is not a decision.", "Go back, and use the buttons.") from None
