"""Webhook messages: kept until they were worked on, by one worker at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    case,
    delete,
    func,
    or_,
    select,
    update,
)

from pipeline.adapters.sql_ledger.base import chunks
from pipeline.adapters.sql_ledger.lease_log import LeaseLog, database_time, require_worker
from pipeline.adapters.sql_ledger.tables import told_records, webhook_messages, workers
from pipeline.model.messages import Backlog, Message, Told

_rows = webhook_messages.c
_KEY = ["account", "message_id", "source", "part"]
_AT_ONCE = 500


class MessageLog(LeaseLog):
    """The part of the ledger that keeps messages."""

    def keep_messages(self, messages: Sequence[Message]) -> int:
        """Keep messages that wait, and remember when their records were told of; return how many were not known yet."""
        new = 0
        with self._writing("keep a webhook's message") as connection:
            now, due = self._clock.now(), database_time(connection, self._clock.now())
            for message in messages:
                row = _dump(message) | {
                    "received_at": now,
                    "due_at": due,
                    "done_at": now if message.note else None,
                }
                fresh = (
                    self._insert()(webhook_messages)
                    .values(row)
                    .on_conflict_do_nothing(index_elements=_KEY)
                )
                new += connection.execute(fresh.returning(_rows.seq)).first() is not None
            self._tell(connection, messages, now)
        return new

    def _tell(self, connection: Connection, messages: Iterable[Message], now: datetime) -> None:
        keys = {
            (message.source, told.key)
            for message in messages
            for told in message.told
            if message.source
        }
        for chunk in chunks(sorted(keys)):
            statement = self._insert()(told_records).values(
                [{"source": s, "key": k, "told_at": now} for s, k in chunk]
            )
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["source", "key"], set_={"told_at": now}
                )
            )

    def take_messages(
        self, account: str, worker: str, *, batch: str, most_records: int
    ) -> Sequence[Message]:
        """Take waiting messages of one source, those received first, for a living worker."""
        with self._writing("take webhook messages") as connection:
            require_worker(connection, worker)
            free = select(webhook_messages).where(
                _rows.account == account, self._takeable(connection, worker)
            )
            found = connection.execute(
                free.order_by(_rows.seq).limit(_AT_ONCE).with_for_update(skip_locked=True)
            ).mappings()
            taken = list(_first_of_a_source(map(_load, found), most_records))
            now = self._clock.now()
            values = {
                "worker": worker,
                "batch": batch,
                "started_at": now,
                "attempts": _rows.attempts + 1,
            }
            _change([message.seq for message in taken], connection, **values)
        return [
            replace(message, started_at=now, attempts=message.attempts + 1) for message in taken
        ]

    def hand_over_messages(self, batch: str, worker: str, *, wait_s: float) -> None:
        """Leave what a worker took to whoever begins the batch; after so many seconds it can be taken again."""
        mine = and_(_rows.batch == batch, _rows.worker == worker, _rows.done_at.is_(None))
        with self._writing("hand webhook messages over") as connection:
            due = database_time(connection, self._clock.now()) + timedelta(seconds=wait_s)
            connection.execute(update(webhook_messages).where(mine).values(worker=None, due_at=due))

    def begin_messages(self, batch: str, worker: str) -> Sequence[Message]:
        """Take over a batch for a living worker; return what of it is still to be done."""
        with self._writing("begin webhook messages") as connection:
            require_worker(connection, worker)
            # Whoever handed it out may not have let go of it yet: the batch alone says whose it is to be.
            open_ = select(webhook_messages).where(_rows.batch == batch, _rows.done_at.is_(None))
            found = connection.execute(open_.order_by(_rows.seq).with_for_update()).mappings()
            begun = [_load(row) for row in found]
            _change([message.seq for message in begun], connection, worker=worker)
        return begun

    def settle_messages(self, seqs: Sequence[int], note: str, *, run_id: str = "") -> None:
        """Record that messages are done, and what became of them; the values that came along are forgotten."""
        with self._writing("record that webhook messages are done") as connection:
            for chunk in chunks(seqs):
                rows = select(_rows.seq, _rows.told).where(
                    _rows.seq.in_(chunk), _rows.done_at.is_(None)
                )
                for row in connection.execute(rows).all():
                    bare = [{"key": told["key"], "values": {}} for told in row.told]
                    done = {
                        "done_at": self._clock.now(),
                        "note": note,
                        "run_id": run_id,
                        "told": bare,
                        "worker": None,
                    }
                    connection.execute(
                        update(webhook_messages).where(_rows.seq == row.seq).values(done)
                    )

    def put_back_messages(self, seqs: Sequence[int], note: str, *, wait_s: float) -> None:
        """Let messages be taken again after so many seconds."""
        with self._writing("put webhook messages back") as connection:
            due = database_time(connection, self._clock.now()) + timedelta(seconds=wait_s)
            _change(seqs, connection, worker=None, batch="", due_at=due, note=note)

    def told(self, source: str, keys: Sequence[str]) -> Mapping[str, datetime]:
        """Return when these records of a source were last told of by a message; those that never were are left out."""
        found: dict[str, datetime] = {}
        with self._reading("look up what messages told") as connection:
            for chunk in chunks(dict.fromkeys(keys)):
                known = select(told_records.c.key, told_records.c.told_at).where(
                    told_records.c.source == source, told_records.c.key.in_(chunk)
                )
                found |= {row.key: row.told_at for row in connection.execute(known)}
        return found

    def backlog(self, account: str) -> Mapping[str, Backlog]:
        """Return the messages by source."""
        state = case(
            (_rows.done_at.is_not(None), "done"),
            (_rows.worker.is_not(None), "begun"),
            else_="waiting",
        )
        counts = select(
            _rows.source,
            state.label("state"),
            func.count().label("number"),
            func.min(_rows.received_at),
        )
        wanted = (
            counts.where(_rows.account == account)
            .group_by(_rows.source, "state")
            .order_by(_rows.source)
        )
        found: dict[str, Backlog] = {}
        with self._reading("count webhook messages") as connection:
            for source, name, number, oldest in connection.execute(wanted):
                more = {name: number} | ({"oldest": oldest} if name == "waiting" else {})
                found[source] = replace(found.get(source, Backlog()), **more)
        return found

    def latest_messages(self, account: str, limit: int = 20) -> Sequence[Message]:
        """Return the messages received last, newest first."""
        newest = (
            select(webhook_messages)
            .where(_rows.account == account)
            .order_by(_rows.seq.desc())
            .limit(limit)
        )
        with self._reading("list webhook messages") as connection:
            return [_load(row) for row in connection.execute(newest).mappings()]

    def forget_messages(self, *, before: datetime) -> int:
        """Forget done messages received before a moment, and what was told then; return how many messages."""
        with self._writing("forget old webhook messages") as connection:
            connection.execute(delete(told_records).where(told_records.c.told_at < before))
            old = delete(webhook_messages).where(
                _rows.done_at.is_not(None), _rows.received_at < before
            )
            return connection.execute(old).rowcount

    def _takeable(self, connection: Connection, worker: str) -> ColumnElement[bool]:
        """Return the condition that a message is due and in nobody's hands who lives."""
        self._bury(connection, worker)
        now = database_time(connection, self._clock.now())
        living = select(workers.c.id).where(workers.c.lost.is_(False))
        return and_(
            _rows.done_at.is_(None),
            _rows.due_at <= now,
            or_(_rows.worker.is_(None), _rows.worker.not_in(living)),
        )


def _change(seqs: Sequence[int], connection: Connection, **values: Any) -> None:
    for chunk in chunks(seqs):
        statement = update(webhook_messages).where(_rows.seq.in_(chunk), _rows.done_at.is_(None))
        connection.execute(statement.values(values))


def _first_of_a_source(messages: Iterable[Message], most_records: int) -> Iterator[Message]:
    """Yield messages of the first one's source until there are enough records."""
    source, records = None, 0
    for message in messages:
        if source is None:
            source = message.source
        elif message.source != source:
            continue
        elif records + len(message.told) > most_records:
            return
        records += len(message.told)
        yield message


def _dump(message: Message) -> dict[str, Any]:
    told = [
        {"key": one.key, "values": {} if message.note else dict(one.values)} for one in message.told
    ]
    return {
        "account": message.account,
        "message_id": message.message_id,
        "source": message.source,
        "part": message.part,
        "object": message.table,
        "event": message.event,
        "told": told,
        "attempts": 0,
        "batch": "",
        "run_id": message.run_id,
        "note": message.note,
    }


def _load(row: RowMapping) -> Message:
    return Message(
        account=row["account"],
        message_id=row["message_id"],
        source=row["source"],
        table=row["object"],
        event=row["event"],
        told=tuple(Told(**one) for one in row["told"]),
        part=row["part"],
        seq=row["seq"],
        received_at=row["received_at"],
        started_at=row["started_at"],
        done_at=row["done_at"],
        attempts=row["attempts"],
        run_id=row["run_id"],
        note=row["note"],
    )
