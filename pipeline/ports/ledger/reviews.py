"""What the ledger promises about reviews: records with suggestions, the riskiest first.

The suggestions themselves are in `EffectLedger`. To save one counts it here.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from pipeline.model.review import Review, ReviewFilter, ReviewItem


class ReviewLedger(Protocol):
    """Queues reviews, and gives each to one user at a time."""

    def queue(self, wanted: ReviewFilter, *, after: str = "", limit: int = 50) -> Sequence[Review]:
        """Return reviews that wait for a decision now, the riskiest first.

        Of one column, it is the suggestion for that column that counts. With `after`, only those
        behind that review, whether it still waits or not.
        """

    def queue_length(self, wanted: ReviewFilter, *, most: int = 1_000) -> int:
        """Count the reviews that wait for a decision now, up to `most` of them.

        To count on would take longer than anybody waits for a page.
        """

    def open_items(self, review_ids: Sequence[str]) -> Sequence[ReviewItem]:
        """Return the open suggestions of some reviews, the riskiest first."""

    def column_items(
        self, wanted: ReviewFilter, *, after: str = "", limit: int = 50
    ) -> Sequence[ReviewItem]:
        """Return open suggestions for one column whose reviews wait now, the riskiest first.

        `wanted` names the column. With `after`, the key of an item, only those behind it, whether
        it is still open or not.
        """

    def columns(self) -> Sequence[str]:
        """Return the columns that open suggestions are for, in order; what is postponed is none."""

    def review(self, review_id: str) -> Review | None:
        """Return a review, None if there is none."""

    def claim(
        self, review_id: str, user: str, *, lasts: timedelta, take_over: bool = False
    ) -> Review | None:
        """Claim a review for a user, or keep the claim; return it as it is then, None without it.

        What somebody else has claimed stays theirs unless `take_over`.
        """

    def release(self, review_id: str, user: str) -> None:
        """Let others claim what this user has claimed."""

    def postpone(self, review_id: str, *, until: datetime) -> None:
        """Leave a review out of the queue until a moment; its claim ends."""
