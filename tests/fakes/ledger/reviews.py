from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.model import Suggestion
from pipeline.model.review import Review, ReviewFilter, ReviewItem, ReviewState
from tests.fakes.ledger.memory import MemoryPart


class MemoryReviews(MemoryPart):
    """Reviews in a dictionary, which saving suggestions fills."""

    def queue(self, wanted: ReviewFilter, *, after: str = "", limit: int = 50) -> Sequence[Review]:
        """Return reviews that wait, the riskiest first."""
        if wanted.column:
            items = self.column_items(wanted, after=self._key(after, wanted.column), limit=limit)
            return [self._memory.reviews[item.review_id] for item in items]
        waiting = sorted(
            (one for one in self._memory.reviews.values() if self._waits(one, wanted)),
            key=_place,
            reverse=True,
        )
        known = self._memory.reviews.get(after)
        if known is not None:
            waiting = [one for one in waiting if _place(one) < _place(known)]
        return waiting[:limit]

    def _key(self, review_id: str, column: str) -> str:
        known = self._memory.reviews.get(review_id)
        if known is None:
            return ""
        suggestion = Suggestion(column, None, None, "")
        return ReviewItem(known.source, known.record, "", suggestion).key

    def queue_length(self, wanted: ReviewFilter, *, most: int = 1_000) -> int:
        """Count them."""
        return min(most, sum(self._waits(one, wanted) for one in self._memory.reviews.values()))

    def _waits(self, review: Review, wanted: ReviewFilter) -> bool:
        now = self._memory.clock.now()
        if not review.open_items or review.is_postponed(now) is not wanted.is_postponed:
            return False
        if not _is_narrowed_to(review, wanted, now):
            return False
        items = [item for item in self._open() if item.review_id == review.id]
        return (
            wanted.source in {"", review.source}
            and any(wanted.column in {"", item.suggestion.column} for item in items)
            and any(wanted.reason in {"", item.reason.value} for item in items)
        )

    def _open(self) -> list[ReviewItem]:
        return [
            item for item in self._memory.review_items.values() if item.state is ReviewState.OPEN
        ]

    def open_items(self, review_ids: Sequence[str]) -> Sequence[ReviewItem]:
        """Return open suggestions of reviews."""
        found = [item for item in self._open() if item.review_id in review_ids]
        return sorted(found, key=_item_place, reverse=True)

    def column_items(
        self, wanted: ReviewFilter, *, after: str = "", limit: int = 50
    ) -> Sequence[ReviewItem]:
        """Return open suggestions for a column."""
        narrowed = replace(wanted, column="", reason="")
        found = [
            item
            for item in self._open()
            if item.suggestion.column == wanted.column
            and wanted.reason in {"", item.reason.value}
            and self._waits(self._memory.reviews[item.review_id], narrowed)
        ]
        known = self._memory.review_items.get(after)
        if known is not None:
            found = [item for item in found if _item_place(item) < _item_place(known)]
        return sorted(found, key=_item_place, reverse=True)[:limit]

    def columns(self) -> Sequence[str]:
        """Return the columns of open suggestions."""
        reviews, now = self._memory.reviews, self._memory.clock.now()
        waiting = [one for one in self._open() if not reviews[one.review_id].is_postponed(now)]
        return sorted({item.suggestion.column for item in waiting})

    def review(self, review_id: str) -> Review | None:
        """Return a review."""
        return self._memory.reviews.get(review_id)

    def claim(
        self, review_id: str, user: str, *, lasts: timedelta, take_over: bool = False
    ) -> Review | None:
        """Claim a review."""
        known, now = self._memory.reviews.get(review_id), self._memory.clock.now()
        if known is not None and (take_over or not known.claimed_by_another(user, now)):
            known = replace(known, claimed_by=user, claimed_until=now + lasts)
            self._memory.reviews[review_id] = known
        return known

    def release(self, review_id: str, user: str) -> None:
        """Let others claim it."""
        known = self._memory.reviews.get(review_id)
        if known is not None and known.claimed_by == user:
            self._memory.reviews[review_id] = replace(known, claimed_by="", claimed_until=None)

    def postpone(self, review_id: str, *, until: datetime) -> None:
        """Leave it out until a moment."""
        known = self._memory.reviews.get(review_id)
        if known is not None:
            self._memory.reviews[review_id] = replace(
                known, postponed_until=until, claimed_by="", claimed_until=None
            )


def _is_narrowed_to(review: Review, wanted: ReviewFilter, now: datetime) -> bool:
    if wanted.user and review.claimed_by_another(wanted.user, now):
        return False
    if wanted.least_amount is not None and (review.amount or 0.0) < wanted.least_amount:
        return False
    return wanted.since_before is None or (
        review.since is not None and review.since <= wanted.since_before
    )


def _item_place(item: ReviewItem) -> tuple[float, str]:
    return item.risk, item.key


def _place(review: Review) -> tuple[float, str]:
    return review.risk, review.id
