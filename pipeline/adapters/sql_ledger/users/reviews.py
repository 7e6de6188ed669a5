"""The queue of reviews, and who has claimed which."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Row, exists, func, or_, select, tuple_, update

from pipeline.adapters.sql_ledger.session import SqlPart
from pipeline.adapters.sql_ledger.users.tables import IS_OPEN, review_items, reviews
from pipeline.model import RecordRef
from pipeline.model.review import Review, ReviewFilter, ReviewState


class SqlReviews(SqlPart):
    """Queue reviews, and give each to one user at a time."""

    def queue(self, wanted: ReviewFilter, *, after: str = "", limit: int = 50) -> Sequence[Review]:
        """Return reviews that wait for a decision now, the riskiest first."""
        # The order of the index, read from its end.
        place = tuple_(reviews.c.risk, reviews.c.id)
        page = select(reviews).where(*self._waiting(wanted))
        page = page.order_by(reviews.c.risk.desc(), reviews.c.id.desc()).limit(limit)
        with self._session.reading("list reviews") as connection:
            if after:
                risk = select(reviews.c.risk).where(reviews.c.id == after)
                known = connection.execute(risk).scalar_one_or_none()
                if known is not None:
                    page = page.where(place < (known, after))
            return [_review(row) for row in connection.execute(page)]

    def queue_length(self, wanted: ReviewFilter) -> int:
        """Count the reviews that wait for a decision now."""
        counted = select(func.count()).select_from(reviews).where(*self._waiting(wanted))
        with self._session.reading("count reviews") as connection:
            return int(connection.execute(counted).scalar_one())

    def _waiting(self, wanted: ReviewFilter) -> Iterator[ColumnElement[bool]]:
        now = self._session.clock.now()
        yield IS_OPEN
        yield or_(reviews.c.postponed_until.is_(None), reviews.c.postponed_until <= now)
        if wanted.source:
            yield reviews.c.source == wanted.source
        if wanted.user:
            mine = reviews.c.claimed_by.in_(["", wanted.user])
            yield or_(mine, reviews.c.claimed_until <= now)
        its_items = [
            review_items.c.review == reviews.c.id,
            review_items.c.state == ReviewState.OPEN.value,
        ]
        if wanted.column:
            yield exists().where(*its_items, review_items.c.column_name == wanted.column)
        if wanted.reason:
            yield exists().where(*its_items, review_items.c.reason == wanted.reason)

    def columns(self) -> Sequence[str]:
        """Return the columns that open suggestions are for, in order."""
        named = select(review_items.c.column_name).where(
            review_items.c.state == ReviewState.OPEN.value
        )
        with self._session.reading("list the columns of suggestions") as connection:
            return sorted(connection.execute(named.distinct()).scalars())

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
    )
