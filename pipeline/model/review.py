"""Suggestions that wait for a user's decision, as the ledger keeps them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.model import RecordRef, Suggestion, short_digest


class ReviewState(StrEnum):
    """How a suggestion ended, if it did."""

    OPEN = "open"  # waits for a decision
    ACCEPTED = "accepted"  # and written
    REJECTED = "rejected"  # not suggested again until something else is found
    WITHDRAWN = "withdrawn"  # not suggested any more, or the record has changed


class ReviewReason(StrEnum):
    """Why a value was suggested and not written."""

    DIFFERS = "differs"  # the column holds another value, which may be a user's
    UNSURE = "unsure"  # the column is empty, and the finding is not certain enough
    DOUBT = "doubt"  # a user typed another value than the page says; no plan asks about it


class Decider(StrEnum):
    """Who has decided on a suggestion. Only what a user decides is learned from."""

    USER = "user"
    AGENT = "agent"  # a program with a token


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A suggestion, one for each source, record and column.

    `row` is the PK_ID of its row in the review table, "" before it has one. `given` is why somebody
    else than a plan asks; a plan neither repeats nor withdraws such an item. `amount` is the sum of
    money that the document is about, None if none was read. `version` is the first of the record's
    file versions. `currency` is what the file says that the value is of, "" if it says none.
    `decided_by` is None where nobody has decided, such as where it was withdrawn.
    """

    source: str
    record: RecordRef
    version: str
    suggestion: Suggestion
    state: ReviewState = ReviewState.OPEN
    row: str = ""
    given: ReviewReason | None = None
    amount: float | None = None
    currency: str = ""
    decided_by: Decider | None = None

    @property
    def key(self) -> str:
        """Identify source, record and column: 20 hex digits, which the review row has, too."""
        record = self.record
        return short_digest([self.source, record.container, record.pk, self.suggestion.column])

    @property
    def review_id(self) -> str:
        """Identify source and record: 20 hex digits, the same for all suggestions for a record."""
        return review_id(self.source, self.record)

    @property
    def origin(self) -> str:
        """Return the file version that the value was read in; a record can have several files."""
        return self.suggestion.version or self.version

    @property
    def reason(self) -> ReviewReason:
        """Return why the value was not written."""
        if self.given is not None:
            return self.given
        is_filled = self.suggestion.current not in {None, "", False}
        return ReviewReason.DIFFERS if is_filled else ReviewReason.UNSURE

    @property
    def is_decided(self) -> bool:
        """Return whether somebody has decided on it."""
        return self.state in {ReviewState.ACCEPTED, ReviewState.REJECTED}

    @property
    def is_open_doubt(self) -> bool:
        """Return whether it is a doubt that waits for a user."""
        return self.state is ReviewState.OPEN and self.given is ReviewReason.DOUBT

    @property
    def risk(self) -> float:
        """Return how probably a wrong value is at stake, 0 to 1.

        Where the column holds another value, that one is wrong if the finding is right. Where it is
        empty, a wrong one would be written if the finding is wrong and somebody accepts it unseen.
        """
        confidence = self.suggestion.confidence
        return 1 - confidence if self.reason is ReviewReason.UNSURE else confidence


def review_id(source: str, record: RecordRef) -> str:
    """Identify source and record: 20 hex digits."""
    return short_digest([source, record.container, record.pk])


@dataclass(frozen=True, slots=True)
class Review:
    """A record with suggestions: what one user decides on at a time.

    Attributes:
        open_items: How many of its suggestions wait for a decision.
        risk: That of its riskiest open suggestion, 0 to 1. Decisions do not lower it, so that a
            reviewer goes on where the record was in the queue.
        claimed_by: Who has claimed it until `claimed_until`, "" for nobody.
        postponed_until: When it comes back to the queue, None where it was not postponed.
        since: When the first of its open suggestions was made.
        amount: The sum of money that its documents are about, None if none was read.
    """

    id: str
    source: str
    record: RecordRef
    open_items: int
    risk: float
    claimed_by: str = ""
    claimed_until: datetime | None = None
    postponed_until: datetime | None = None
    since: datetime | None = None
    amount: float | None = None

    def is_postponed(self, now: datetime) -> bool:
        """Say whether it waits for a later day."""
        return self.postponed_until is not None and self.postponed_until > now

    def claimed_by_another(self, user: str, now: datetime) -> bool:
        """Say whether somebody else has claimed it and still may decide."""
        until = self.claimed_until
        return self.claimed_by not in {"", user} and until is not None and until > now


@dataclass(frozen=True, slots=True)
class ReviewFilter:
    """Which reviews are wanted; "" and None mean any.

    `user` leaves out what somebody else has claimed. `least_amount` leaves out documents about less
    money and those without any, `since_before` what began to wait later. `is_postponed` asks for
    what waits for a later day, in place of what waits now.
    """

    source: str = ""
    column: str = ""
    reason: str = ""
    user: str = ""
    least_amount: float | None = None
    since_before: datetime | None = None
    is_postponed: bool = False
