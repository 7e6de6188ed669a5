"""Suggestions that wait for a user's decision, as the ledger keeps them."""

from dataclasses import dataclass
from enum import StrEnum

from pipeline.model import RecordRef, Suggestion, short_digest


class ReviewState(StrEnum):
    """How a suggestion ended, if it did."""

    OPEN = "open"  # waits for a decision
    ACCEPTED = "accepted"  # and written
    REJECTED = "rejected"  # not suggested again until something else is found
    WITHDRAWN = "withdrawn"  # not suggested any more, or the record has changed


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A suggestion, one for each source, record and column.

    `row` is the PK_ID of its row in the review table, "" before it has one.
    """

    source: str
    record: RecordRef
    version: str
    suggestion: Suggestion
    state: ReviewState = ReviewState.OPEN
    row: str = ""

    @property
    def key(self) -> str:
        """Identify source, record and column: 20 hex digits, which the review row has, too."""
        record = self.record
        return short_digest([self.source, record.container, record.pk, self.suggestion.column])
