"""Webhook messages: kept until they are worked on, by one worker at a time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, case, delete, func, or_, select, update

from pipeline.adapters.sql_ledger.leases import mark_expired, require_worker
from pipeline.adapters.sql_ledger.rows import dump_message, load_message
from pipeline.adapters.sql_ledger.session import change_in, chunks, rows_in
from pipeline.adapters.sql_ledger.tables import reported_records, webhook_messages, workers
from pipeline.adapters.sql_ledger.watches import SqlWatches
from pipeline.model.messages import Backlog, Message

_rows = webhook_messages.c
_KEY = ["account", "message_id", "source", "part"]
_MOST_TAKEN = 500
"""Messages looked at in one taking; more would only make the transaction long."""


class SqlMessages(SqlWatches):
    """Keep messages."""

    def save(self, messages: Sequence[Message]) -> int:
        """Keep messages and when they reported their records; return how many are new."""
        new = 0
        with self._session.writing("keep a webhook's message") as connection:
            now = self._session.clock.now()
            due_at = self._session.shared_time(connection)
            for message in messages:
                row = dump_message(message) | {
                    "received_at": now,
                    "due_at": due_at,
                    "done_at": now if message.note else None,
                }
                statement = self._session.insert(webhook_messages).values(row)
                # Caspio delivers a message again if its answer was lost (caspio-api.md, section
                # 6.2).
                fresh = statement.on_conflict_do_nothing(index_elements=_KEY)
                if connection.execute(fresh.returning(_rows.seq)).first() is not None:
                    new += 1
            self._report(connection, messages, now)
        return new

    def _report(self, connection: Connection, messages: Iterable[Message], now: datetime) -> None:
        keys = set()
        for message in messages:
            if message.source:
                keys |= {(message.source, reported.key) for reported in message.records}

        # Sorted: two receivers that write the same rows in one order cannot wait for each other.
        for chunk in chunks(sorted(keys)):
            rows = [{"source": source, "key": key, "reported_at": now} for source, key in chunk]
            statement = self._session.insert(reported_records).values(rows)
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["source", "key"], set_={"reported_at": now}
                )
            )

    def take(
        self, account: str, worker: str, *, batch: str, most_records: int
    ) -> Sequence[Message]:
        """Take waiting messages of one source, those received first, for a living worker."""
        with self._session.writing("take webhook messages") as connection:
            require_worker(connection, worker)
            mark_expired(self._session, connection, worker)
            now = self._session.clock.now()
            # A message is free if it is due and belongs to no worker that lives.
            living = select(workers.c.id).where(workers.c.lost.is_(False))
            waiting = select(webhook_messages).where(
                _rows.account == account,
                _rows.done_at.is_(None),
                _rows.due_at <= self._session.shared_time(connection),
                or_(_rows.worker.is_(None), _rows.worker.not_in(living)),
            )
            # Messages that another worker is taking at this moment are skipped, not waited for.
            locked = waiting.order_by(_rows.seq).limit(_MOST_TAKEN)
            found = connection.execute(locked.with_for_update(skip_locked=True)).mappings()
            taken = _first_source([load_message(row) for row in found], most_records)
            _change(
                connection,
                [message.seq for message in taken],
                worker=worker,
                batch=batch,
                started_at=now,
                attempts=_rows.attempts + 1,
            )
        return [
            replace(message, started_at=now, attempts=message.attempts + 1) for message in taken
        ]

    def hand_over(self, batch: str, worker: str, *, wait_s: float) -> None:
        """Leave what a worker took to whoever begins the batch, for so many seconds."""
        own = (_rows.batch == batch) & (_rows.worker == worker) & _rows.done_at.is_(None)
        with self._session.writing("hand webhook messages over") as connection:
            due_at = self._session.shared_time(connection) + timedelta(seconds=wait_s)
            handed = update(webhook_messages).where(own).values(worker=None, due_at=due_at)
            connection.execute(handed)

    def begin(self, batch: str, worker: str) -> Sequence[Message]:
        """Take over a batch for a living worker; return what of it is still to be done.

        The worker that handed the batch out may not have released it yet, so only the batch is
        compared.
        """
        with self._session.writing("begin webhook messages") as connection:
            require_worker(connection, worker)
            unfinished = select(webhook_messages).where(
                _rows.batch == batch, _rows.done_at.is_(None)
            )
            locked = unfinished.order_by(_rows.seq).with_for_update()
            messages = [load_message(row) for row in connection.execute(locked).mappings()]
            _change(connection, [message.seq for message in messages], worker=worker)
        return messages

    def settle(self, seqs: Sequence[int], note: str, *, run_id: str = "") -> None:
        """Record that messages are done; the values that came along are deleted."""
        with self._session.writing("record that webhook messages are done") as connection:
            unfinished = select(_rows.seq, _rows.records).where(_rows.done_at.is_(None))
            for row in list(rows_in(connection, unfinished, _rows.seq, seqs)):
                # The values of a record are not needed any more, and they are a customer's.
                done = {
                    "done_at": self._session.clock.now(),
                    "note": note,
                    "run_id": run_id,
                    "records": [{"key": record["key"], "values": {}} for record in row["records"]],
                    "worker": None,
                }
                own = update(webhook_messages).where(_rows.seq == row["seq"])
                connection.execute(own.values(done))

    def put_back(
        self, seqs: Sequence[int], note: str, *, wait_s: float, is_attempt: bool = True
    ) -> None:
        """Allow messages to be taken again after so many seconds."""
        attempts = _rows.attempts if is_attempt else _rows.attempts - 1
        with self._session.writing("put webhook messages back") as connection:
            due_at = self._session.shared_time(connection) + timedelta(seconds=wait_s)
            _change(
                connection,
                seqs,
                worker=None,
                batch="",
                due_at=due_at,
                note=note,
                attempts=attempts,
            )

    def reported_at(self, source: str, keys: Sequence[str]) -> Mapping[str, datetime]:
        """Return when a message last reported these records of a source."""
        columns = reported_records.c
        known = select(columns.key, columns.reported_at).where(columns.source == source)
        with self._session.reading("look up what messages reported") as connection:
            found = rows_in(connection, known, columns.key, dict.fromkeys(keys))
            return {row["key"]: row["reported_at"] for row in found}

    def backlog(self, account: str) -> Mapping[str, Backlog]:
        """Return the messages by source."""
        state = case(
            (_rows.done_at.is_not(None), "done"),
            (_rows.worker.is_not(None), "started"),
            else_="waiting",
        ).label("state")
        counted = (
            select(_rows.source, state, func.count(), func.min(_rows.received_at))
            .where(_rows.account == account)
            .group_by(_rows.source, "state")
            .order_by(_rows.source)
        )
        found: dict[str, Backlog] = {}
        with self._session.reading("count webhook messages") as connection:
            for source, name, number, oldest in connection.execute(counted):
                more: dict[str, Any] = {name: number}
                if name == "waiting":
                    more["oldest"] = oldest
                found[source] = replace(found.get(source, Backlog()), **more)
        return found

    def latest(self, account: str, limit: int = 20) -> Sequence[Message]:
        """Return the messages received last, newest first."""
        own = select(webhook_messages).where(_rows.account == account)
        newest = own.order_by(_rows.seq.desc()).limit(limit)
        with self._session.reading("list webhook messages") as connection:
            return [load_message(row) for row in connection.execute(newest).mappings()]

    def forget(self, *, before: datetime) -> int:
        """Delete done messages received before a moment, and what was reported then."""
        done = _rows.done_at.is_not(None) & (_rows.received_at < before)
        with self._session.writing("forget old webhook messages") as connection:
            old = reported_records.c.reported_at < before
            connection.execute(delete(reported_records).where(old))
            return connection.execute(delete(webhook_messages).where(done)).rowcount


def _change(connection: Connection, seqs: Sequence[int], **values: Any) -> None:
    unfinished = update(webhook_messages).where(_rows.done_at.is_(None)).values(values)
    change_in(connection, unfinished, _rows.seq, seqs)


def _first_source(messages: Sequence[Message], most_records: int) -> list[Message]:
    """Return messages of the first one's source until there are enough records."""
    taken: list[Message] = []
    records = 0
    for message in messages:
        if taken and message.source != taken[0].source:
            continue
        if taken and records + len(message.records) > most_records:
            break
        records += len(message.records)
        taken.append(message)
    return taken
