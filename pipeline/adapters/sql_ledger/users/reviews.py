"""The queue of reviews, and who has claimed which."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, exists, func, or_, select, tuple_, update

from pipeline.adapters.sql_ledger.session import SqlPart
from pipeline.adapters.sql_ledger.users.review_items import reason_mark, stored_item
from pipeline.adapters.sql_ledger.users.tables import IS_OPEN, review_items, reviews
from pipeline.model import RecordRef
from pipeline.model.review import Review, ReviewFilter, ReviewItem, ReviewState


class SqlReviews(SqlPart):
    """Queue reviews, and give each to one user at a time."""

    def queue(self, wanted: ReviewFilter, *, after: str = "", limit: int = 50) -> Sequence[Review]:
        """Return reviews that wait for a decision now, the riskiest first."""
        page, place = self._ordered(wanted)
        # The order of the index, read from its end.
        page = page.order_by(*(column.desc() for column in place)).limit(limit)
        with self._session.reading("list reviews") as connection:
            if after:
                known = connection.execute(_place_of(after, wanted, place)).one_or_none()
                if known is not None:
                    page = page.where(tuple_(*place) < tuple(known))
            return [_review(row) for row in connection.execute(page)]

    def queue_length(self, wanted: ReviewFilter, *, most: int = 1_000) -> int:
        """Count the reviews that wait for a decision now, up to `most` of them."""
        some, _ = self._ordered(wanted)
        some = some.with_only_columns(reviews.c.id).limit(most)
        counted = select(func.count()).select_from(some.subquery())
        with self._session.reading("count reviews") as connection:
            return int(connection.execute(counted).scalar_one())

    def _ordered(self, wanted: ReviewFilter) -> tuple[Select[Any], list[ColumnElement[Any]]]:
        """Return what selects the waiting reviews, and the columns that they are ordered by.

        With a column, they are in the order of their suggestions for it, which its index has.
        """
        chosen = select(reviews).where(*self._waiting(wanted))
        if not wanted.column:
            return chosen, [reviews.c.risk, reviews.c.id]
        its_item = (
            (review_items.c.state == ReviewState.OPEN.value)
            & (review_items.c.column_name == wanted.column)
            & (review_items.c.review == reviews.c.id)
        )
        if wanted.reason:
            its_item &= review_items.c.reason == wanted.reason
        return chosen.join(review_items, its_item), [review_items.c.risk, review_items.c.key]

    def _waiting(self, wanted: ReviewFilter) -> Iterator[ColumnElement[bool]]:
        now = self._session.clock.now()
        yield IS_OPEN
        later = reviews.c.postponed_until > now
        yield later if wanted.is_postponed else or_(reviews.c.postponed_until.is_(None), ~later)
        if wanted.source:
            yield reviews.c.source == wanted.source
        if wanted.least_amount is not None:
            yield reviews.c.amount >= wanted.least_amount
        if wanted.since_before is not None:
            yield reviews.c.since <= wanted.since_before
        if wanted.user:
            mine = reviews.c.claimed_by.in_(["", wanted.user])
            yield or_(mine, reviews.c.claimed_until <= now)
        if wanted.reason and not wanted.column:
            yield reviews.c.reasons.contains(reason_mark(wanted.reason), autoescape=True)

    def open_items(self, review_ids: Sequence[str]) -> Sequence[ReviewItem]:
        """Return the open suggestions of some reviews, the riskiest first."""
        chosen = select(review_items.c.item).where(
            review_items.c.review.in_(review_ids), review_items.c.state == ReviewState.OPEN.value
        )
        ordered = chosen.order_by(review_items.c.risk.desc(), review_items.c.key.desc())
        with self._session.reading("list suggestions") as connection:
            return [stored_item(item) for item in connection.execute(ordered).scalars()]

    def column_items(
        self, wanted: ReviewFilter, *, after: str = "", limit: int = 50
    ) -> Sequence[ReviewItem]:
        """Return open suggestions for one column whose reviews wait now, the riskiest first."""
        page, place = self._ordered(wanted)
        page = page.with_only_columns(review_items.c.item)
        page = page.order_by(*(column.desc() for column in place)).limit(limit)
        with self._session.reading("list suggestions") as connection:
            if after:
                behind = select(*place).where(review_items.c.key == after)
                known = connection.execute(behind).one_or_none()
                if known is not None:
                    page = page.where(tuple_(*place) < tuple(known))
            return [stored_item(item) for item in connection.execute(page).scalars()]

    def columns(self) -> Sequence[str]:
        """Return the columns that open suggestions are for, in order."""
        name = review_items.c.column_name
        later = exists().where(
            reviews.c.id == review_items.c.review,
            reviews.c.postponed_until > self._session.clock.now(),
        )
        waiting = (review_items.c.state == ReviewState.OPEN.value) & ~later
        first = select(name).where(waiting).order_by(name).limit(1)
        columns: list[str] = []
        with self._session.reading("list the columns of suggestions") as connection:
            found = connection.execute(first).scalar_one_or_none()
            # From one to the next by the index: DISTINCT would read every suggestion.
            while found is not None:
                columns.append(found)
                found = connection.execute(first.where(name > found)).scalar_one_or_none()
        return columns

    def review(self, review_id: str) -> Review | None:
        """Return a review, None if there is none."""
        with self._session.reading("look up a review") as connection:
            row = connection.execute(select(reviews).where(reviews.c.id == review_id)).one_or_none()
        return None if row is None else _review(row)

    def claim(
        self, review_id: str, user: str, *, lasts: timedelta, take_over: bool = False
    ) -> Review | None:
        """Claim a review for a user, or keep the claim; return it as it is then."""
        now = self._session.clock.now()
        free = or_(
            reviews.c.claimed_by.in_(["", user]),
            reviews.c.claimed_until.is_(None),
            reviews.c.claimed_until <= now,
        )
        # One statement: of two users who claim at once, the second finds it claimed.
        claimed = update(reviews).where(reviews.c.id == review_id)
        if not take_over:
            claimed = claimed.where(free)
        with self._session.writing("claim a review") as connection:
            connection.execute(claimed.values(claimed_by=user, claimed_until=now + lasts))
            row = connection.execute(select(reviews).where(reviews.c.id == review_id)).one_or_none()
        return None if row is None else _review(row)

    def release(self, review_id: str, user: str) -> None:
        """Let others claim what this user has claimed."""
        mine = (reviews.c.id == review_id) & (reviews.c.claimed_by == user)
        with self._session.writing("release a review") as connection:
            connection.execute(
                update(reviews).where(mine).values(claimed_by="", claimed_until=None)
            )

    def postpone(self, review_id: str, *, until: datetime) -> None:
        """Leave a review out of the queue until a moment; its claim ends."""
        values = {"postponed_until": until, "claimed_by": "", "claimed_until": None}
        with self._session.writing("postpone a review") as connection:
            connection.execute(update(reviews).where(reviews.c.id == review_id).values(values))


def _place_of(
    review_id: str, wanted: ReviewFilter, place: Sequence[ColumnElement[Any]]
) -> Select[Any]:
    if not wanted.column:
        return select(*place).where(reviews.c.id == review_id)
    return select(*place).where(
        review_items.c.review == review_id, review_items.c.column_name == wanted.column
    )


def _review(row: Row[tuple[object, ...]]) -> Review:
    return Review(
        id=row.id,
        source=row.source,
        record=RecordRef(row.container, row.pk, row.is_view),
        open_items=row.open_items,
        risk=row.risk,
        claimed_by=row.claimed_by,
        claimed_until=row.claimed_until,
        postponed_until=row.postponed_until,
        since=row.since,
        amount=row.amount,
    )
