"""Suggestions that wait for a person, and what was decided."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import select

from pipeline.adapters.sql_ledger.base import SqlPart
from pipeline.adapters.sql_ledger.tables import review_items
from pipeline.model import RecordRef, Suggestion
from pipeline.model.review import ReviewItem, ReviewState


class ReviewLog(SqlPart):
    """The part of the ledger that remembers suggestions."""

    def keep_review_item(self, item: ReviewItem, run_id: str) -> None:
        """Keep a suggestion, in place of what was kept for the same source, record and column."""
        changed = {"item": asdict(item), "run_id": run_id, "updated_at": self._clock.now()}
        row = {
            "key": item.key,
            "source": item.source,
            "container": item.record.container,
            "pk": item.record.pk,
        }
        statement = self._insert()(review_items).values({**row, **changed})
        with self._writing(
            f"keep a suggestion for {item.record.container} {item.record.pk}"
        ) as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=["key"], set_=changed)
            )

    def review_items(
        self, source: str, record: tuple[str, str] | None = None
    ) -> Sequence[ReviewItem]:
        """Return the suggestions kept for a source, or for one record of it, in order of key."""
        wanted = (
            select(review_items.c.item)
            .where(review_items.c.source == source)
            .order_by(review_items.c.key)
        )
        if record is not None:
            wanted = wanted.where(
                review_items.c.container == record[0], review_items.c.pk == record[1]
            )
        with self._reading(f"list the suggestions of {source}") as connection:
            return [_load(item) for item in connection.execute(wanted).scalars()]


def _load(item: Mapping[str, Any]) -> ReviewItem:
    return ReviewItem(
        **{
            **item,
            "record": RecordRef(**item["record"]),
            "suggestion": Suggestion(**item["suggestion"]),
            "state": ReviewState(item["state"]),
        }
    )
