"""The ledger's box of messages in dictionaries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline.model.messages import Backlog, Message
from pipeline.ports import Clock


@dataclass
class _Kept:
    message: Message
    due_at: datetime
    worker: str | None = None
    batch: str = ""


class MemoryMessages:
    """Kept in the order they came; the ledger it is part of knows who lives."""

    clock: Clock

    def __init__(self) -> None:
        self._messages: dict[tuple[str, str, str, int], _Kept] = {}
        self._told: dict[tuple[str, str], datetime] = {}

    def living(self, *, asking: str = "") -> set[str]:
        """Return the workers that are alive."""
        raise NotImplementedError

    def _require(self, worker: str) -> None:
        raise NotImplementedError

    def keep_messages(self, messages: Sequence[Message]) -> int:
        """Keep messages."""
        new, now = 0, self.clock.now()
        for message in messages:
            key = (message.account, message.message_id, message.source, message.part)
            if key not in self._messages:
                new += 1
                bare = _without_values(message) if message.note else message
                kept = replace(
                    bare,
                    seq=len(self._messages) + 1,
                    received_at=now,
                    done_at=now if message.note else None,
                )
                self._messages[key] = _Kept(kept, now)
            self._told |= {
                (message.source, told.key): now for told in message.told if message.source
            }
        return new

    def take_messages(
        self, account: str, worker: str, *, batch: str, most_records: int
    ) -> Sequence[Message]:
        """Take waiting messages of one source."""
        self._require(worker)
        living = self.living(asking=worker)
        taken: list[Message] = []
        for kept in self._messages.values():
            message = kept.message
            is_free = kept.worker is None or kept.worker not in living
            if (
                message.done_at
                or not is_free
                or kept.due_at > self.clock.now()
                or message.account != account
            ):
                continue
            if taken and message.source != taken[0].source:
                continue
            if taken and sum(len(m.told) for m in [*taken, message]) > most_records:
                break
            kept.message = replace(
                message, started_at=self.clock.now(), attempts=message.attempts + 1
            )
            kept.worker, kept.batch = worker, batch
            taken.append(kept.message)
        return taken

    def hand_over_messages(self, batch: str, worker: str, *, wait_s: float) -> None:
        """Let go of a batch."""
        for kept in self._messages.values():
            if (kept.batch, kept.worker) == (batch, worker) and not kept.message.done_at:
                kept.worker, kept.due_at = None, self.clock.now() + timedelta(seconds=wait_s)

    def begin_messages(self, batch: str, worker: str) -> Sequence[Message]:
        """Take over a batch."""
        self._require(worker)
        begun = [
            kept
            for kept in self._messages.values()
            if kept.batch == batch and not kept.message.done_at
        ]
        for kept in begun:
            kept.worker = worker
        return [kept.message for kept in begun]

    def settle_messages(self, seqs: Sequence[int], note: str, *, run_id: str = "") -> None:
        """Record that messages are done."""
        for kept in self._open(seqs):
            kept.message = replace(
                _without_values(kept.message), done_at=self.clock.now(), note=note, run_id=run_id
            )
            kept.worker = None

    def put_back_messages(self, seqs: Sequence[int], note: str, *, wait_s: float) -> None:
        """Let messages be taken again."""
        for kept in self._open(seqs):
            kept.worker, kept.batch, kept.due_at = (
                None,
                "",
                self.clock.now() + timedelta(seconds=wait_s),
            )
            kept.message = replace(kept.message, note=note)

    def _open(self, seqs: Sequence[int]) -> list[_Kept]:
        return [
            kept
            for kept in self._messages.values()
            if kept.message.seq in seqs and not kept.message.done_at
        ]

    def told(self, source: str, keys: Sequence[str]) -> Mapping[str, datetime]:
        """Return when records were told of."""
        return {key: self._told[source, key] for key in keys if (source, key) in self._told}

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
                now = replace(now, begun=now.begun + 1)
            else:
                now = replace(
                    now, waiting=now.waiting + 1, oldest=now.oldest or message.received_at
                )
            found[message.source] = now
        return found

    def latest_messages(self, account: str, limit: int = 20) -> Sequence[Message]:
        """Return the newest."""
        mine = [kept.message for kept in self._messages.values() if kept.message.account == account]
        return mine[::-1][:limit]

    def forget_messages(self, *, before: datetime) -> int:
        """Forget what is old."""
        old = [
            key
            for key, kept in self._messages.items()
            if kept.message.done_at
            and kept.message.received_at
            and kept.message.received_at < before
        ]
        for key in old:
            del self._messages[key]
        self._told = {key: at for key, at in self._told.items() if at >= before}
        return len(old)


def _without_values(message: Message) -> Message:
    return replace(message, told=tuple(replace(told, values={}) for told in message.told))
