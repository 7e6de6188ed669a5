from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline.model.messages import Backlog, Message
from pipeline.ports.ledger import WatchedSource
from tests.fakes.ledger.memory import Memory, MemoryPart


@dataclass
class _Kept:
    message: Message
    due_at: datetime
    worker: str | None = None
    batch: str = ""


class MemoryMessages(MemoryPart):
    """Messages in dictionaries, in the order they came."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        self._messages: dict[tuple[str, str, str, int], _Kept] = {}
        self._reported: dict[tuple[str, str], datetime] = {}
        self._watched: dict[str, WatchedSource] = {}
        self._webhooks: dict[str, str] = {}

    def save(self, messages: Sequence[Message]) -> int:
        """Keep messages."""
        new, now = 0, self._memory.clock.now()
        for message in messages:
            key = (message.account, message.message_id, message.source, message.part)
            if key not in self._messages:
                new += 1
                kept = replace(
                    _without_values(message) if message.note else message,
                    seq=len(self._messages) + 1,
                    received_at=now,
                    done_at=now if message.note else None,
                )
                self._messages[key] = _Kept(kept, now)
            if message.source:
                self._reported |= {
                    (message.source, reported.key): now for reported in message.records
                }
        return new

    def take(
        self, account: str, worker: str, *, batch: str, most_records: int
    ) -> Sequence[Message]:
        """Take waiting messages of one source."""
        self._memory.require_worker(worker)
        live = self._memory.live_workers(worker)
        now = self._memory.clock.now()
        taken: list[Message] = []
        for kept in self._messages.values():
            message = kept.message
            is_free = kept.worker is None or kept.worker not in live
            if message.done_at or not is_free or kept.due_at > now or message.account != account:
                continue
            if taken and message.source != taken[0].source:
                continue
            if taken and sum(len(m.records) for m in [*taken, message]) > most_records:
                break
            kept.message = replace(message, started_at=now, attempts=message.attempts + 1)
            kept.worker, kept.batch = worker, batch
            taken.append(kept.message)
        return taken

    def hand_over(self, batch: str, worker: str, *, wait_s: float) -> None:
        """Leave a batch to another worker."""
        due_at = self._memory.clock.now() + timedelta(seconds=wait_s)
        for kept in self._messages.values():
            if (kept.batch, kept.worker) == (batch, worker) and not kept.message.done_at:
                kept.worker, kept.due_at = None, due_at

    def begin(self, batch: str, worker: str) -> Sequence[Message]:
        """Take over a batch."""
        self._memory.require_worker(worker)
        started = [
            kept
            for kept in self._messages.values()
            if kept.batch == batch and not kept.message.done_at
        ]
        for kept in started:
            kept.worker = worker
        return [kept.message for kept in started]

    def settle(self, seqs: Sequence[int], note: str, *, run_id: str = "") -> None:
        """Record that messages are done."""
        now = self._memory.clock.now()
        for kept in self._unfinished(seqs):
            bare = _without_values(kept.message)
            kept.message = replace(bare, done_at=now, note=note, run_id=run_id)
            kept.worker = None

    def put_back(
        self, seqs: Sequence[int], note: str, *, wait_s: float, is_attempt: bool = True
    ) -> None:
        """Allow messages to be taken again."""
        due_at = self._memory.clock.now() + timedelta(seconds=wait_s)
        for kept in self._unfinished(seqs):
            kept.worker, kept.batch, kept.due_at = None, "", due_at
            attempts = kept.message.attempts - (not is_attempt)
            kept.message = replace(kept.message, note=note, attempts=attempts)

    def _unfinished(self, seqs: Sequence[int]) -> list[_Kept]:
        return [
            kept
            for kept in self._messages.values()
            if kept.message.seq in seqs and not kept.message.done_at
        ]

    def reported_at(self, source: str, keys: Sequence[str]) -> Mapping[str, datetime]:
        """Return when records were last reported."""
        return {key: self._reported[source, key] for key in keys if (source, key) in self._reported}

    def backlog(self, account: str) -> Mapping[str, Backlog]:
        """Count by source."""
        found: dict[str, Backlog] = {}
        for kept in self._messages.values():
            message = kept.message
            if message.account != account:
                continue
            now = found.get(message.source, Backlog())
            if message.done_at:
                now = replace(now, done=now.done + 1)
            elif kept.worker is not None:
                now = replace(now, started=now.started + 1)
            else:
                oldest = now.oldest or message.received_at
                now = replace(now, waiting=now.waiting + 1, oldest=oldest)
            found[message.source] = now
        return found

    def latest(self, account: str, limit: int = 20) -> Sequence[Message]:
        """Return the newest."""
        mine = [kept.message for kept in self._messages.values() if kept.message.account == account]
        return mine[::-1][:limit]

    def forget(self, *, before: datetime) -> int:
        """Delete what is old."""
        old = [
            key
            for key, kept in self._messages.items()
            if kept.message.done_at
            and kept.message.received_at
            and kept.message.received_at < before
        ]
        for key in old:
            del self._messages[key]
        self._reported = {key: at for key, at in self._reported.items() if at >= before}
        return len(old)

    def watched(self, source: str) -> WatchedSource | None:
        """Return what is known of a watched source."""
        return self._watched.get(source)

    def save_watched(self, source: str, watched: WatchedSource | None) -> None:
        """Keep what is known of a watched source."""
        self._watched.pop(source, None)
        if watched is not None:
            self._watched[source] = watched

    def webhook_id(self, account: str) -> str:
        """Return the id of the webhook that this program has made."""
        return self._webhooks.get(account, "")

    def save_webhook_id(self, account: str, webhook_id: str) -> None:
        """Keep the id of the webhook that this program has made."""
        self._webhooks[account] = webhook_id


def _without_values(message: Message) -> Message:
    return replace(
        message, records=tuple(replace(reported, values={}) for reported in message.records)
    )
