"""The queue of reviews: the riskiest first, narrowed by source, column and reason."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from starlette.responses import Response

from flows.web.render import page, see
from flows.web.site import Refused, Visit, not_found
from pipeline.model.review import Review, ReviewFilter, ReviewItem, ReviewReason, ReviewState

CLAIM_TIME = timedelta(minutes=10)
PAGE = 50
MOST_POSTPONED = timedelta(days=366)

_HIGH, _MEDIUM = 0.8, 0.5  # of the risk; words are read faster than numbers


@dataclass(frozen=True, slots=True)
class Row:
    """A review with its open suggestions."""

    review: Review
    items: tuple[ReviewItem, ...]

    @property
    def risk(self) -> str:
        """Return the risk in a word."""
        if self.review.risk >= _HIGH:
            return "high"
        return "medium" if self.review.risk >= _MEDIUM else "low"


def queue(visit: Visit) -> Response:
    """Show a page of the queue."""
    wanted, ledger = filter_of(visit.query), visit.site.ledger
    found = ledger.reviews.queue(wanted, after=visit.query.get("after", ""), limit=PAGE + 1)
    rows = [Row(review, open_items(visit, review)) for review in found[:PAGE]]
    return page(
        visit,
        "review/queue",
        rows=rows,
        waiting=ledger.reviews.queue_length(wanted),
        wanted=wanted,
        sources=list(visit.site.settings.specs()),
        columns=ledger.reviews.columns(),
        reasons=list(ReviewReason),
        more=address_of(wanted, after=rows[-1].review.id) if len(found) > PAGE else "",
        is_first="after" not in visit.query,
        now=visit.site.clock.now(),
        nothing_left=visit.query.get("said") == "nothing-left",
    )


def filter_of(values: Mapping[str, str]) -> ReviewFilter:
    """Return the filter that a query or a form names."""
    return ReviewFilter(
        values.get("source", ""), values.get("column", ""), values.get("reason", "")
    )


def address_of(wanted: ReviewFilter, path: str = "/review", **more: str) -> str:
    """Return the address of the queue with this filter."""
    values = {"source": wanted.source, "column": wanted.column, "reason": wanted.reason, **more}
    query = urlencode({name: value for name, value in values.items() if value})
    return f"{path}?{query}" if query else path


def open_items(visit: Visit, review: Review) -> tuple[ReviewItem, ...]:
    """Return the open suggestions of a review, the riskiest first."""
    items = [item for item in items_of(visit, review) if item.state is ReviewState.OPEN]
    return tuple(sorted(items, key=lambda item: -item.risk))


def items_of(visit: Visit, review: Review) -> list[ReviewItem]:
    """Return all suggestions of a review that was ever made, decided ones included."""
    record = (review.record.container, review.record.pk)
    return list(visit.site.ledger.effects.review_items(review.source, record))


def named_review(visit: Visit) -> Review:
    """Return the review that the address names.

    Raises:
        Refused: there is none.
    """
    review = visit.site.ledger.reviews.review(visit.parts["id"])
    if review is None:
        raise not_found("This review")
    return review


def begin_next(visit: Visit) -> Response:
    """Claim the riskiest review that is free, and open it."""
    wanted, reviews = filter_of(visit.form), visit.site.ledger.reviews
    after = visit.form.get("after", "")
    reviews.release(after, visit.user.name)
    mine = replace(wanted, user=visit.user.name)
    # Somebody may be quicker between the two calls.
    for review in reviews.queue(mine, after=after, limit=PAGE):
        claimed = reviews.claim(review.id, visit.user.name, lasts=CLAIM_TIME)
        if claimed is not None and claimed.claimed_by == visit.user.name:
            return see(address_of(wanted, f"/review/{review.id}"))
    return see(address_of(wanted, said="nothing-left"))


def claim(visit: Visit) -> Response:
    """Claim a review, also from somebody else."""
    review = named_review(visit)
    taken_from = review.claimed_by
    visit.site.ledger.reviews.claim(review.id, visit.user.name, lasts=CLAIM_TIME, take_over=True)
    if taken_from not in {"", visit.user.name}:
        visit.audit("take over", review.id, f"from {taken_from}")
    return see(address_of(filter_of(visit.form), f"/review/{review.id}"))


def postpone(visit: Visit) -> Response:
    """Leave a review out of the queue until a day, and open the next one."""
    review = named_review(visit)
    require_claim(visit, review)
    now = visit.site.clock.now()
    try:
        day = date.fromisoformat(visit.form.get("until", ""))
        until = datetime(day.year, day.month, day.day, tzinfo=UTC)
    except ValueError:
        raise Refused(400, "This is not a day.", "Go back and choose a day.") from None
    if not now < until <= now + MOST_POSTPONED:
        raise Refused(400, "This day is not within a year.", "Go back and choose another one.")
    visit.site.ledger.reviews.postpone(review.id, until=until)
    visit.audit("postpone", review.id, f"until {day}")
    return begin_next(replace(visit, form={**visit.form, "after": review.id}))


def require_claim(visit: Visit, review: Review) -> None:
    """Claim a review, or keep the claim, before its suggestions are decided.

    Raises:
        Refused: somebody else has claimed it.
    """
    name = visit.user.name
    claimed = visit.site.ledger.reviews.claim(review.id, name, lasts=CLAIM_TIME)
    if claimed is None or claimed.claimed_by_another(name, visit.site.clock.now()):
        owner = claimed.claimed_by if claimed is not None else "somebody"
        raise Refused(
            409, f"{owner} is reviewing this.", "Go back, and take it over if you have to."
        )
