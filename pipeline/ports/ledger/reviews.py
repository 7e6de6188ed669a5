"""What the ledger promises about reviews: records with suggestions, the riskiest first.

The suggestions themselves are in `EffectLedger`. To save one counts it here.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from pipeline.model.review import Review, ReviewFilter


class ReviewLedger(Protocol):
    """Queues reviews, and gives each to one user at a time."""

    def queue(self, wanted: ReviewFilter, *, after: str = "", limit: int = 50) -> Sequence[Review]:
        """Return reviews that wait for a decision now, the riskiest first.

        With `after`, only those behind that review, whether it still waits or not.
        """

    def queue_length(self, wanted: ReviewFilter) -> int:
        """Count the reviews that wait for a decision now."""

    def columns(self) -> Sequence[str]:
        """Return the columns that open suggestions are for, in order."""

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
