"""Suggestions that wait for a user, and what was decided."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Connection, func, select, update

from pipeline.adapters.sql_ledger.session import SqlPart
from pipeline.adapters.sql_ledger.users.tables import review_items, reviews
from pipeline.model import RecordRef, Suggestion
from pipeline.model.review import ReviewItem, ReviewState


class SqlReviewItems(SqlPart):
    """Remember suggestions."""

    def save_review_item(self, item: ReviewItem, run_id: str) -> None:
        """Keep a suggestion, in place of what was kept for the same source, record and column."""
        row = {
            "key": item.key,
            "review": item.review_id,
            "source": item.source,
            "container": item.record.container,
            "pk": item.record.pk,
            "column_name": item.suggestion.column,
            "state": item.state.value,
            "reason": item.reason.value,
            "risk": item.risk,
            "item": asdict(item),
            "run_id": run_id,
            "updated_at": self._session.clock.now(),
        }
        doing = f"keep a suggestion for {item.record.container} {item.record.pk}"
        with self._session.writing(doing) as connection:
            self._session.keep(connection, review_items, row, key="key")
            self._count_open(connection, item)

    def _count_open(self, connection: Connection, item: ReviewItem) -> None:
        """Count the open suggestions of a record, and note the highest risk among them."""
        added = self._session.insert(reviews).values(
            id=item.review_id,
            source=item.source,
            container=item.record.container,
            pk=item.record.pk,
            is_view=item.record.is_view,
            open_items=0,
            risk=item.risk,
            claimed_by="",
        )
        connection.execute(added.on_conflict_do_nothing())
        its_row = reviews.c.id == item.review_id
        # Two runs may save suggestions for one record at once: the second counts those of both.
        connection.execute(select(reviews.c.id).where(its_row).with_for_update())
        still_open = select(func.count(), func.max(review_items.c.risk)).where(
            review_items.c.review == item.review_id,
            review_items.c.state == ReviewState.OPEN.value,
        )
        number, risk = connection.execute(still_open).one()
        values = {"open_items": number, "risk": risk}
        if not number:
            # The risk stays: "the next one behind this" is asked for after the last decision.
            values = {"open_items": 0, "claimed_by": "", "claimed_until": None}
        connection.execute(update(reviews).where(its_row).values(values))

    def review_items(
        self, source: str, record: tuple[str, str] | None = None
    ) -> Sequence[ReviewItem]:
        """Return the suggestions kept for a source, or for one record of it, in order of key."""
        wanted = select(review_items.c.item).where(review_items.c.source == source)
        if record is not None:
            container, pk = record
            wanted = wanted.where(review_items.c.container == container, review_items.c.pk == pk)
        ordered = wanted.order_by(review_items.c.key)
        with self._session.reading(f"list the suggestions of {source}") as connection:
            stored = connection.execute(ordered).scalars().all()
        items = []
        for item in stored:
            values = {
                **item,
                "record": RecordRef(**item["record"]),
                "suggestion": Suggestion(**item["suggestion"]),
                "state": ReviewState(item["state"]),
            }
            items.append(ReviewItem(**values))
        return items
