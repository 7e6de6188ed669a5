"""Suggestions that wait for a person, as the ledger keeps them."""

from dataclasses import dataclass
from enum import StrEnum

from pipeline.model import RecordRef, Suggestion, short_digest


class ReviewState(StrEnum):
    """What has become of a suggestion."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A suggestion, one for each source, record and column. `row` is the review row's PK_ID, "" before it has one."""

    source: str
    record: RecordRef
    version: str
    suggestion: Suggestion
    state: ReviewState = ReviewState.OPEN
    row: str = ""

    @property
    def key(self) -> str:
        """Identify source, record and column: 20 hex digits, which the review row carries too."""
        return short_digest(
            [self.source, self.record.container, self.record.pk, self.suggestion.column]
        )
