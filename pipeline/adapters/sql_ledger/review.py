"""Suggestions that wait for a user, and what was decided."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import select

from pipeline.adapters.sql_ledger.session import SqlPart
from pipeline.adapters.sql_ledger.tables import review_items
from pipeline.model import RecordRef, Suggestion
from pipeline.model.review import ReviewItem, ReviewState


class SqlReview(SqlPart):
    """Remember suggestions."""

    def save_review_item(self, item: ReviewItem, run_id: str) -> None:
        """Keep a suggestion, in place of what was kept for the same source, record and column."""
        row = {
            "key": item.key,
            "source": item.source,
            "container": item.record.container,
            "pk": item.record.pk,
            "item": asdict(item),
            "run_id": run_id,
            "updated_at": self._session.clock.now(),
        }
        doing = f"keep a suggestion for {item.record.container} {item.record.pk}"
        with self._session.writing(doing) as connection:
            self._session.keep(connection, review_items, row, key="key")

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
