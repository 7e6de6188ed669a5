"""The queue of reviews: the riskiest first, narrowed by source, column, reason, money and age."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from flows.web.render import page, see
from flows.web.site import RequestRefused, Visit, not_found
from pipeline.model.review import Review, ReviewFilter, ReviewItem, ReviewReason, ReviewState

# So long another user does not get a document that somebody has open; each action renews it.
CLAIM_TIME = timedelta(minutes=10)
PAGE = 50
# Counting stops there: "more than 1,000" says the same to a user, and costs a fixed time.
MOST_COUNTED = 1_000
# A year, and a day for the years that have one more.
MOST_POSTPONED = timedelta(days=366)

REASONS = {
    ReviewReason.DIFFERS: "another value is there",
    ReviewReason.UNSURE: "not sure enough",
    ReviewReason.DOUBT: "typed otherwise than read",
}
"""Why a value waits, in the words of the page."""

# A hundred years: so many days before today is still a date.
_MOST_DAYS = 36_500
# A float keeps 15 digits; what is longer is no amount.
_MOST_DIGITS = 15
_MOST_WAY_DIGITS = 6
_ID = re.compile(r"[0-9a-f]{20}")
_HIGH, _MEDIUM = 0.8, 0.5  # of the risk; words are read faster than numbers


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What the queue is narrowed by, as addresses and forms have it; "" means any.

    `postponed` is not "" for the reviews that wait for a later day. `amount` is the least money,
    `days` how long a review waits at least. `at` of `of` is how far a user has come who reviews one
    record after the other, and `before` the review that was last.
    """

    source: str = ""
    column: str = ""
    reason: str = ""
    amount: str = ""
    days: str = ""
    postponed: str = ""
    at: str = ""
    of: str = ""
    before: str = ""

    @property
    def carried(self) -> dict[str, str]:
        """Return what the addresses and forms of a record under review carry along."""
        way = {"at": self.at, "of": self.of, "before": self.before}
        return self.given | {name: value for name, value in way.items() if value}

    @property
    def given(self) -> dict[str, str]:
        """Return the names and values that narrow it."""
        named = {
            "source": self.source,
            "column": self.column,
            "reason": self.reason,
            "amount": self.amount,
            "days": self.days,
            "postponed": self.postponed,
        }
        return {name: value for name, value in named.items() if value}

    def filter(self, now: datetime, *, user: str = "") -> ReviewFilter:
        """Return what the ledger looks for."""
        return ReviewFilter(
            self.source,
            self.column,
            self.reason,
            user,
            float(self.amount) if self.amount else None,
            now - timedelta(days=int(self.days)) if self.days else None,
            is_postponed=bool(self.postponed),
        )


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A review with its open suggestions."""

    review: Review
    items: tuple[ReviewItem, ...]

    @property
    def currency(self) -> str:
        """Return the currency of its documents, "" if they say none or several."""
        said = {item.currency for item in self.items}
        return said.pop() if len(said) == 1 else ""

    @property
    def risk(self) -> str:
        """Return the risk of what waits in a word."""
        risk = max((item.risk for item in self.items), default=self.review.risk)
        if risk >= _HIGH:
            return "high"
        return "medium" if risk >= _MEDIUM else "low"


def queue(visit: Visit) -> Response:
    """Show a page of the queue."""
    wanted, reviews = wanted_of(visit.query), visit.site.ledger.reviews
    now = visit.site.clock.now()
    looked_for = wanted.filter(now)
    found = reviews.queue(looked_for, after=visit.query.get("after", ""), limit=PAGE + 1)
    items: dict[str, list[ReviewItem]] = {review.id: [] for review in found[:PAGE]}
    for item in reviews.open_items(list(items)):
        items[item.review_id].append(item)
    rows = [ReviewRow(review, tuple(items[review.id])) for review in found[:PAGE]]
    waiting = reviews.queue_length(looked_for, most=MOST_COUNTED + 1)
    later = replace(looked_for, is_postponed=True)
    return page(
        visit,
        "review/queue",
        rows=rows,
        types=visit.shown_types(row.review.source for row in rows),
        waiting=min(waiting, MOST_COUNTED),
        has_more=waiting > MOST_COUNTED,
        # In a queue too long to be counted, they would be looked for in all of it.
        postponed=0 if waiting > MOST_COUNTED else reviews.queue_length(later, most=MOST_COUNTED),
        just_postponed=just_postponed(visit),
        more=address_of(wanted, after=rows[-1].review.id) if len(found) > PAGE else "",
        is_first="after" not in visit.query,
        now=now,
        nothing_left=visit.query.get("said") == "nothing-left",
        **filters(visit, wanted),
    )


def filters(visit: Visit, wanted: QueueFilter) -> dict[str, Any]:
    """Return what the form of the filters shows."""
    return {
        "wanted": wanted,
        "sources": list(visit.site.settings.specs()),
        "columns": visit.site.ledger.reviews.columns(),
        "reasons": REASONS,
    }


def wanted_of(values: Mapping[str, str]) -> QueueFilter:
    """Return what a query or a form asks for; what is not a number narrows nothing."""
    given = {name: values.get(name, "") for name in ("source", "column", "reason", "postponed")}

    amount = values.get("amount", "").strip()
    if _is_whole_number(amount.replace(".", "", 1), _MOST_DIGITS):
        given["amount"] = amount

    days = values.get("days", "").strip()
    if _is_whole_number(days, _MOST_DIGITS) and int(days) <= _MOST_DAYS:
        given["days"] = days

    at, of = values.get("at", ""), values.get("of", "")
    if _is_whole_number(at, _MOST_WAY_DIGITS) and _is_whole_number(of, _MOST_WAY_DIGITS):
        given |= {"at": at, "of": of}

    before = values.get("before", "")
    if _ID.fullmatch(before):
        given["before"] = before
    return QueueFilter(**given)


def _is_whole_number(text: str, most_digits: int) -> bool:
    """Say whether a text is digits from 0 to 9 only, no more than are converted quickly."""
    return text.isascii() and text.isdecimal() and len(text) <= most_digits


def address_of(wanted: QueueFilter, path: str = "/review", **more: str) -> str:
    """Return the address of the queue with this filter."""
    query = urlencode({**wanted.carried, **{name: value for name, value in more.items() if value}})
    return f"{path}?{query}" if query else path


def items_of(visit: Visit, review: Review) -> list[ReviewItem]:
    """Return all suggestions of a review that was ever made, decided ones included."""
    record = (review.record.container, review.record.pk)
    return list(visit.site.ledger.effects.review_items(review.source, record))


def open_items(visit: Visit, review: Review) -> list[ReviewItem]:
    """Return the suggestions of a review that wait for a decision."""
    return [item for item in items_of(visit, review) if item.state is ReviewState.OPEN]


def just_postponed(visit: Visit) -> Review | None:
    """Return the review that the user has just postponed, as the next page says."""
    review = visit.site.ledger.reviews.review(visit.query.get("later", ""))
    is_later = review is not None and review.is_postponed(visit.site.clock.now())
    return review if is_later else None


def named_review(visit: Visit) -> Review:
    """Return the review that the address names.

    Raises:
        RequestRefused: there is none.
    """
    review = visit.site.ledger.reviews.review(visit.parts["id"])
    if review is None:
        raise not_found("This review")
    return review


def begin_next(visit: Visit) -> Response:
    """Claim the riskiest review that is free, and open it."""
    return _opened_next(visit)


def _opened_next(visit: Visit, *, later: str = "") -> Response:
    """Open the next review; the page says that `later` is postponed, "" for none."""
    wanted, reviews = wanted_of(visit.form), visit.site.ledger.reviews
    after = visit.form.get("after", "")
    reviews.release(after, visit.user.name)
    after = after if _ID.fullmatch(after) else ""
    mine = wanted.filter(visit.site.clock.now(), user=visit.user.name)
    # Somebody may be quicker between the two calls.
    for review in reviews.queue(mine, after=after, limit=PAGE):
        claimed = reviews.claim(review.id, visit.user.name, lasts=CLAIM_TIME)
        if claimed is not None and claimed.claimed_by == visit.user.name:
            on = _one_on(wanted, mine, after, visit)
            return see(address_of(on, f"/review/{review.id}", later=later))
    none_on = replace(wanted, at="", of="", before="")
    return see(address_of(none_on, said="nothing-left", later=later))


def _one_on(wanted: QueueFilter, mine: ReviewFilter, before: str, visit: Visit) -> QueueFilter:
    """Return where a user has come who goes on to the next record.

    How many there are is counted at the beginning: what comes meanwhile would move the end.
    """
    at = int(wanted.at or bool(before)) + 1
    waiting = wanted.of or visit.site.ledger.reviews.queue_length(mine, most=MOST_COUNTED + 1)
    return replace(wanted, at=str(at), of=str(max(at, int(waiting))), before=before)


def claim(visit: Visit) -> Response:
    """Claim a review, also from somebody else or before the day to which it is postponed."""
    review = named_review(visit)
    now = visit.site.clock.now()
    if review.is_postponed(now):
        visit.site.ledger.reviews.postpone(review.id, until=now)
        visit.audit("bring back", review.id)
    taken_from = review.claimed_by
    visit.site.ledger.reviews.claim(review.id, visit.user.name, lasts=CLAIM_TIME, take_over=True)
    if taken_from not in {"", visit.user.name}:
        visit.audit("take over", review.id, f"from {taken_from}")
    return see(address_of(wanted_of(visit.form), f"/review/{review.id}"))


def postpone(visit: Visit) -> Response:
    """Leave a review out of the queue until a day, and open the next one."""
    review = named_review(visit)
    require_claim(visit, review)
    now = visit.site.clock.now()
    try:
        day = date.fromisoformat(visit.form.get("until", ""))
        until = datetime(day.year, day.month, day.day, tzinfo=UTC)
    except ValueError:
        raise RequestRefused(400, "This is not a day.", "Go back and choose a day.") from None
    if not now < until <= now + MOST_POSTPONED:
        raise RequestRefused(
            400, "This day is not within a year.", "Go back and choose another one."
        )
    visit.site.ledger.reviews.postpone(review.id, until=until)
    visit.audit("postpone", review.id, f"until {day}")
    on = replace(visit, form={**visit.form, "after": review.id})
    return _opened_next(on, later=review.id)


def require_claim(visit: Visit, review: Review) -> None:
    """Claim a review, or keep the claim, before its suggestions are decided.

    Raises:
        RequestRefused: somebody else has claimed it.
    """
    owner = claim_or_owner(visit, review.id)
    if owner:
        raise RequestRefused(
            409,
            f"{owner} is reviewing this.",
            "Load the page again, and take it over if you have to.",
        )


def claim_or_owner(visit: Visit, review_id: str) -> str:
    """Claim a review for the user; return "" or who else has claimed it."""
    name = visit.user.name
    claimed = visit.site.ledger.reviews.claim(review_id, name, lasts=CLAIM_TIME)
    if claimed is None:
        return "somebody"
    is_theirs = claimed.claimed_by_another(name, visit.site.clock.now())
    return claimed.claimed_by if is_theirs else ""
