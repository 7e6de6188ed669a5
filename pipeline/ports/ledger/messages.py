"""What the ledger promises about webhook messages: kept first, then worked on by one worker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from pipeline.model.messages import Backlog, Message


@dataclass(frozen=True, slots=True)
class WatchedSource:
    """A source whose changes a webhook reports.

    Attributes:
        since: When the webhook was set up.
        column_types: The types of the columns that its messages carry.
        listed_at: When the last whole run began to list the source, None before the first.
        missed_last: Records that this run found and no message had reported, None before it was
            counted.
        missed: The same of all runs together.
    """

    since: datetime
    column_types: Mapping[str, str] = field(default_factory=dict)
    listed_at: datetime | None = None
    missed_last: int | None = None
    missed: int | None = None


class MessageLedger(Protocol):
    """Keeps messages until they are done."""

    def save(self, messages: Sequence[Message]) -> int:
        """Keep messages that wait, and when they reported their records.

        Return how many were not known yet.
        One with a `note` is done from the beginning. A message is known by account, message id,
        source and part.
        """

    def take(
        self, account: str, worker: str, *, batch: str, most_records: int
    ) -> Sequence[Message]:
        """Take waiting messages of one source, those received first, for a living worker.

        At most so many records, but at least one message. Nobody else gets them while the worker
        lives.

        Raises:
            LeaseLost: the worker's leases have expired.
        """

    def hand_over(self, batch: str, worker: str, *, wait_s: float) -> None:
        """Leave what a worker took to whoever begins the batch.

        After so many seconds it can be taken again.
        """

    def begin(self, batch: str, worker: str) -> Sequence[Message]:
        """Take over a batch for a living worker; return what of it is still to be done."""

    def settle(self, seqs: Sequence[int], note: str, *, run_id: str = "") -> None:
        """Record that messages are done and what became of them.

        The values that came along are deleted.
        """

    def put_back(
        self, seqs: Sequence[int], note: str, *, wait_s: float, is_attempt: bool = True
    ) -> None:
        """Allow messages to be taken again after so many seconds.

        Without `is_attempt`, that they were taken does not count as an attempt.
        """

    def reported_at(self, source: str, keys: Sequence[str]) -> Mapping[str, datetime]:
        """Return when a message last reported these records of a source.

        Those never reported are left out.
        """

    def backlog(self, account: str) -> Mapping[str, Backlog]:
        """Return the messages by source."""

    def latest(self, account: str, limit: int = 20) -> Sequence[Message]:
        """Return the messages received last, newest first."""

    def forget(self, *, before: datetime) -> int:
        """Delete done messages received before a moment, and what was reported then.

        Return how many messages.
        """

    def watched(self, source: str) -> WatchedSource | None:
        """Return what is known of a source that a webhook reports, None where none does."""

    def save_watched(self, source: str, watched: WatchedSource | None) -> None:
        """Keep what is known of a source whose changes a webhook reports.

        None where no webhook does any more.
        """

    def webhook_id(self, account: str) -> str:
        """Return the id of the webhook that this program created in an account, "" without one."""

    def save_webhook_id(self, account: str, webhook_id: str) -> None:
        """Keep the id of the webhook that this program has made in an account."""
