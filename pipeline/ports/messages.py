"""The promise of the ledger as a box of webhook messages: kept before they are answered, worked on by one at a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from pipeline.model.messages import Backlog, Message


class MessageBox(Protocol):
    """Keeps messages until they are done. Each method is one transaction; safe from many processes."""

    def keep_messages(self, messages: Sequence[Message]) -> int:
        """Keep messages that wait, and remember when their records were told of; return how many were not known yet.

        One with a `note` is done as it comes. What is known is told by account, message id, source and part.
        """

    def take_messages(
        self, account: str, worker: str, *, batch: str, most_records: int
    ) -> Sequence[Message]:
        """Take waiting messages of one source, those received first, for a living worker.

        At most so many records, but at least one message. Nobody else gets them while the worker lives. Raises
        LeaseLost for a worker taken for dead.
        """

    def hand_over_messages(self, batch: str, worker: str, *, wait_s: float) -> None:
        """Leave what a worker took to whoever begins the batch; after so many seconds it can be taken again."""

    def begin_messages(self, batch: str, worker: str) -> Sequence[Message]:
        """Take over a batch for a living worker; return what of it is still to be done."""

    def settle_messages(self, seqs: Sequence[int], note: str, *, run_id: str = "") -> None:
        """Record that messages are done, and what became of them; the values that came along are forgotten."""

    def put_back_messages(self, seqs: Sequence[int], note: str, *, wait_s: float) -> None:
        """Let messages be taken again after so many seconds."""

    def told(self, source: str, keys: Sequence[str]) -> Mapping[str, datetime]:
        """Return when these records of a source were last told of by a message; those that never were are left out."""

    def backlog(self, account: str) -> Mapping[str, Backlog]:
        """Return the messages by source."""

    def latest_messages(self, account: str, limit: int = 20) -> Sequence[Message]:
        """Return the messages received last, newest first."""

    def forget_messages(self, *, before: datetime) -> int:
        """Forget done messages received before a moment, and what was told then; return how many messages."""
