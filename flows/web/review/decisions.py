"""Carry out what users decide: one suggestion, all of a record, or undo."""

from flows.app.review import decisions
from flows.app.review.decisions import seen_of
from flows.web.review.queue import items_of
from flows.web.site import RequestRefused, Visit
from pipeline.model.review import Review, ReviewItem
from pipeline.steps.write_back import ReviewChoice


def carry_out(visit: Visit, item: ReviewItem, choice: ReviewChoice, text: str = "") -> str:
    """Decide one suggestion for the user; return "" or what went wrong."""
    site = visit.site
    return decisions.carry_out(
        item,
        choice,
        text,
        user=visit.user,
        ledger=site.ledger,
        desk=site.desk,
        column_type=shown_type_of(visit, item),
    )


def shown_type_of(visit: Visit, item: ReviewItem) -> str:
    """Return as which type the values of a suggestion are shown."""
    return visit.shown_types([item.source])[item.source].get(item.suggestion.column, "")


def named_item(visit: Visit, review: Review) -> ReviewItem:
    """Return the suggestion that the form names.

    Raises:
        RequestRefused: there is none, or it is not what the user saw.
    """
    found = {item.key: item for item in items_of(visit, review)}
    item = found.get(visit.form.get("key", ""))
    if item is None or seen_of(item) != visit.form.get("seen"):
        raise RequestRefused(
            409,
            "This suggestion has changed since the page was loaded.",
            "Go back, load the page again, and decide on what it shows then.",
        )
    return item


def choice_of(visit: Visit) -> tuple[ReviewChoice, str]:
    """Return the decision that the form names, and the value to write where it is corrected.

    Raises:
        RequestRefused: it names none.
    """
    # A button with another value of the page writes that value.
    if "pick" in visit.form:
        return ReviewChoice.CORRECT, visit.form["pick"]
    try:
        return ReviewChoice(visit.form.get("choice", "")), visit.form.get("text", "")
    except ValueError:
        raise RequestRefused(
            400, "This is not a decision.", "Go back, and use the buttons."
        ) from None
