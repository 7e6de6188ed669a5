"""Insert a record or update the one with its key: read, decide, write guarded, look if in doubt."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.adapters.caspio.client import where
from pipeline.adapters.caspio.client.areas.tables import Tables
from pipeline.adapters.caspio.client.client import CaspioClient
from pipeline.adapters.caspio.client.errors import (
    InDoubt,
    KeyMatchesMany,
    Misconfigured,
    NotFound,
    Refused,
    Unavailable,
    UnusableValue,
)
from pipeline.adapters.caspio.client.retry import Failures, Repeatable, RetryPolicy
from pipeline.adapters.caspio.client.values import Column, Value
from pipeline.adapters.caspio.client.wire.records import Record

RETRY = RetryPolicy(on=(Repeatable,), attempts=4)
"""A record that somebody else changes meanwhile is read again at once, four times in all."""

# Caspio shows "2026-03-01T00:00:00" for what was written as "2026-03-01".
_DATES = {"DATE/TIME", "TIMESTAMP"}


class Done(StrEnum):
    """What became of an upsert."""

    INSERTED = "inserted"
    UPDATED = "updated"
    UNCHANGED = "unchanged"  # the record had the values already; nothing was written


@dataclass(frozen=True, slots=True)
class Upserted:
    """The record and what was done to it."""

    pk: str
    done: Done


class Upsert:
    """Insert or update records of one table by a key.

    Only a Unique key field keeps apart two callers who insert the same key at once. Without one,
    doubled records are noticed after the insert and reported; nothing is deleted. Texts are
    compared as SQL Server does: "a" is "A".

    Args:
        client: Talks to the account.
        table: The table.
        key: Names of the columns that distinguish records.

    Raises:
        Misconfigured: there is no such table or column.
    """

    def __init__(self, client: CaspioClient, table: str, *, key: Sequence[str]) -> None:
        self._clock = client.clock
        self._tables = client.tables
        self._table = table
        self._key = tuple(key)
        self._columns = _columns(client.tables, table)
        where.require_known(self._columns, self._key, container=table)
        if not self._key:
            raise Misconfigured([f"an upsert into {table} needs at least one key column"])
        self._is_unique = any(self._columns[name].unique for name in self._key)

    def put(self, values: Mapping[str, Value]) -> Upserted:
        """Make the record with this key have these values, the key among them.

        Raises:
            UnusableValue: a key column has no value.
            KeyMatchesMany: more than one record has the key.
            InDoubt: an insert got no answer, no record with the key is there, and no Unique field
                would refuse a second one.
            Refused: Caspio does not take the values.
            Unavailable: the record changed each time between reading and writing.
        """
        where.require_known(self._columns, values, container=self._table)
        empty = [name for name in self._key if values.get(name) in {None, ""}]
        if empty:
            raise UnusableValue(
                f"{self._table}: key column {', '.join(empty)} has no value, so no record can be "
                "found by it"
            )

        def attempt() -> Upserted:
            found = self._find(values)
            if found is None:
                return self._insert(values)
            return self._update(found, values)

        def give_up(failures: Failures) -> Exception:
            return Unavailable(
                f"{self._table}: the record with {self._shown(values)} changed {failures.number} "
                "times while it was written. Try again."
            )

        return RETRY.run(attempt, clock=self._clock, give_up=give_up)

    def _find(self, values: Mapping[str, Value]) -> Record | None:
        condition = where.both(*(where.equals(name, values[name]) for name in self._key))
        # The values, too: they are compared with what is wanted, and guard the write.
        select = (where.PK, *dict.fromkeys([*self._key, *values]))
        rows = self._tables.records(self._table, select=select, condition=condition)
        if len(rows) > 1:
            pks = ", ".join(str(row.pk) for row in rows[:10])
            raise KeyMatchesMany(
                f"{self._table}: records {pks} have {self._shown(values)}. Make it one in Caspio."
            )
        return rows[0] if rows else None

    def _insert(self, values: Mapping[str, Value]) -> Upserted:
        try:
            row = self._tables.insert(self._table, values)
        except InDoubt as error:
            return self._settle_insert(values, error)
        except Refused as error:
            # A Unique field refuses a key that somebody else inserted meanwhile. Any other refusal
            # is final.
            if self._find(values) is None:
                raise
            raise Repeatable("the key was inserted meanwhile") from error
        pk = None if row is None else row.pk
        if pk is None or not self._is_unique:
            found = self._find(values)  # raises if somebody inserted the same key at the same time
            pk = found.pk if found is not None else pk
        if pk is None:
            raise Repeatable("the inserted record is not shown")
        return Upserted(pk, Done.INSERTED)

    def _settle_insert(self, values: Mapping[str, Value], error: InDoubt) -> Upserted:
        found = self._find(values)
        if found is not None and found.pk is not None and not self._changed(found, values):
            return Upserted(found.pk, Done.INSERTED)
        if found is None and not self._is_unique:
            raise InDoubt(
                f"{self._table}: inserting {self._shown(values)} got no answer, and the record is "
                "not there yet. Look again later; it is not repeated, since no Unique field would "
                "refuse a second one."
            ) from error
        raise Repeatable("the insert got no answer") from error

    def _update(self, found: Record, values: Mapping[str, Value]) -> Upserted:
        """Write what differs, if the record is still as it was read.

        A guarded write can be repeated: if it was processed after all, its guard does not match any
        more.
        """
        changed = self._changed(found, values)
        pk = found.pk or ""
        if not changed:
            return Upserted(pk, Done.UNCHANGED)
        # Guarded by the values that were read: a change meanwhile makes the guard miss.
        was = {name: found.values.get(name) for name in values}
        room = self._tables.room(self._table)
        condition = where.guard(pk, self._columns, was, is_view=False, room=room)
        try:
            answer = self._tables.update(
                self._table, changed, condition=condition, about=f"record {pk}"
            )
        except InDoubt as error:
            now = self._find(values)
            if now is None or now.pk != pk or self._changed(now, values):
                raise Repeatable("the update got no answer") from error
            return Upserted(pk, Done.UPDATED)
        if answer.count != 1:
            raise Repeatable("the record was changed meanwhile")
        return Upserted(pk, Done.UPDATED)

    def _changed(self, found: Record, values: Mapping[str, Value]) -> Mapping[str, Value]:
        return {
            name: value
            for name, value in values.items()
            if not same(self._columns[name], found.values.get(name), value)
        }

    def _shown(self, values: Mapping[str, Value]) -> str:
        return ", ".join(f"{name} = {values[name]!r}" for name in self._key)


def _columns(tables: Tables, table: str) -> Mapping[str, Column]:
    try:
        return {column.name: column for column in tables.fields(table)}
    except NotFound as error:
        problem = where.unknown_name(table, tables.names(), container="the account's tables")
        raise Misconfigured([problem]) from error


def same(column: Column, now: Value, wanted: Value) -> bool:
    """Say whether a column has a value, however it is written.

    NULL and blank are the same, and so are a date with its time and without.
    """
    if now in {None, ""} or wanted in {None, ""}:
        return now in {None, ""} and wanted in {None, ""}
    if column.type.upper() in _DATES and isinstance(now, str) and isinstance(wanted, str):
        with suppress(ValueError):
            return datetime.fromisoformat(now) == datetime.fromisoformat(wanted)
    return now == wanted
