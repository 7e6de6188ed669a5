"""Suggestions that wait for a user, and what was decided."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, bindparam, select, tuple_, update

from pipeline.adapters.sql_ledger.rows import load_suggestion
from pipeline.adapters.sql_ledger.session import CHUNK, SqlPart
from pipeline.adapters.sql_ledger.users.tables import review_items, reviews
from pipeline.model import RecordRef
from pipeline.model.review import Decider, ReviewItem, ReviewReason, ReviewState

_OF_SOURCE = (
    select(review_items.c.item)
    .where(review_items.c.source == bindparam("of_source"))
    .order_by(review_items.c.key)
)
_OF_RECORD = _OF_SOURCE.where(
    review_items.c.container == bindparam("of_container"), review_items.c.pk == bindparam("of_pk")
)
# In the order of the index of records: a page begins where the one before it ended.
_PLACE = (review_items.c.container, review_items.c.pk, review_items.c.key)
_IN_STATE = (
    select(*_PLACE, review_items.c.item)
    .where(
        review_items.c.source == bindparam("of_source"),
        review_items.c.state == bindparam("of_state"),
        tuple_(*_PLACE)
        > tuple_(bindparam("after_container"), bindparam("after_pk"), bindparam("after_key")),
    )
    .order_by(*_PLACE)
    .limit(CHUNK)
)


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
            "amount": item.amount,
            "item": asdict(item),
            "run_id": run_id,
            "updated_at": self._session.clock.now(),
        }
        doing = f"keep a suggestion for {item.record.container} {item.record.pk}"
        with self._session.writing(doing) as connection:
            self._session.keep(connection, review_items, row, key="key")
            self._count_open(connection, item)

    def _count_open(self, connection: Connection, item: ReviewItem) -> None:
        """Count the open suggestions of a record, and note the highest risk among them.

        It waits since the first of them was made. A decision lowers no risk: "the next one behind
        this" is asked for after it, and what is riskier than the rest of the record waits still.
        """
        added = self._session.insert(reviews).values(
            id=item.review_id,
            source=item.source,
            container=item.record.container,
            pk=item.record.pk,
            is_view=item.record.is_view,
            open_items=0,
            risk=item.risk,
            claimed_by="",
            reasons="",
        )
        connection.execute(added.on_conflict_do_nothing())
        its_row = reviews.c.id == item.review_id
        # Two runs may save suggestions for one record at once: the second counts those of both.
        before = select(reviews.c.open_items, reviews.c.risk).where(its_row).with_for_update()
        waiting, risk = connection.execute(before).one()
        still_open = select(
            review_items.c.risk, review_items.c.amount, review_items.c.reason
        ).where(
            review_items.c.review == item.review_id,
            review_items.c.state == ReviewState.OPEN.value,
        )
        rows = connection.execute(still_open).all()
        values: dict[str, Any] = {"open_items": 0, "claimed_by": "", "claimed_until": None}
        if rows:
            amounts = [amount for _, amount, _ in rows if amount is not None]
            values = {
                "open_items": len(rows),
                "risk": max([*(one for one, _, _ in rows), risk if item.is_decided else 0.0]),
                "amount": max(amounts, default=None),
                "reasons": "".join(sorted({reason_mark(reason) for _, _, reason in rows})),
            }
        if not waiting:
            values["since"] = self._session.clock.now()
        connection.execute(update(reviews).where(its_row).values(values))

    def review_items(
        self, source: str, record: tuple[str, str] | None = None
    ) -> Sequence[ReviewItem]:
        """Return the suggestions kept for a source, or for one record of it, in order of key."""
        wanted, which = _OF_SOURCE, {"of_source": source}
        if record is not None:
            container, pk = record
            wanted, which = _OF_RECORD, which | {"of_container": container, "of_pk": pk}
        with self._session.reading(f"list the suggestions of {source}") as connection:
            stored = connection.execute(wanted, which).scalars().all()
        return [stored_item(item) for item in stored]

    def walk_review_items(self, source: str, state: ReviewState) -> Iterator[ReviewItem]:
        """Yield a source's suggestions in a state in order of record, some hundreds at a time."""
        after = ("", "", "")
        more = True
        while more:
            behind = dict(zip(("after_container", "after_pk", "after_key"), after, strict=True))
            which = {"of_source": source, "of_state": state.value, **behind}
            with self._session.reading(f"list the suggestions of {source}") as connection:
                rows = connection.execute(_IN_STATE, which).all()
            for _, _, _, item in rows:
                yield stored_item(item)
            more = len(rows) == CHUNK
            after = tuple(rows[-1][:3]) if rows else after


def reason_mark(reason: str) -> str:
    """Return how a reason is stored among those of a review, so that it can be looked for."""
    return f" {reason} "


def stored_item(item: Mapping[str, Any]) -> ReviewItem:
    """Return a suggestion as it was stored."""
    given, decided_by = item.get("given"), item.get("decided_by")
    values = {
        **item,
        "record": RecordRef(**item["record"]),
        "suggestion": load_suggestion(item["suggestion"]),
        "state": ReviewState(item["state"]),
        "given": None if given is None else ReviewReason(given),
        "decided_by": None if decided_by is None else Decider(decided_by),
    }
    return ReviewItem(**values)
