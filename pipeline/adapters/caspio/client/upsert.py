"""Insert a record or update the one of its key: read, decide, write guarded, and settle what is in doubt by looking."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.adapters.caspio.client import where
from pipeline.adapters.caspio.client.client import CaspioClient
from pipeline.adapters.caspio.client.schema_cache import Schema
from pipeline.adapters.caspio.client.wire import Record
from pipeline.errors import (
    BadSettings,
    EffectInDoubt,
    RefusedByCaspio,
    RejectFile,
    ServiceUnavailable,
)
from pipeline.model import Column, Value

ATTEMPTS = 4
_DATES = {"DATE/TIME", "TIMESTAMP"}


class KeyMeetsMany(RejectFile):
    """More than one record has the key; none was chosen."""


class Done(StrEnum):
    """What became of an upsert."""

    INSERTED = "inserted"
    UPDATED = "updated"
    UNCHANGED = "unchanged"  # the record held the values already; nothing was written


@dataclass(frozen=True, slots=True)
class Upserted:
    """The record and what was done to it."""

    pk: str
    done: Done


class Upsert:
    """Insert or update records of one table by a key.

    Two who insert the same key at once are kept apart by a Unique key field alone. Without one, doubled records are
    noticed after the insert and reported; nothing is deleted. Texts are compared as SQL Server does: "a" is "A".

    Args:
        client: Talks to the account.
        table: The table.
        key: Names of the columns that tell records apart.

    Raises:
        BadSettings: there is no such table or column.
    """

    def __init__(self, client: CaspioClient, table: str, *, key: Sequence[str]) -> None:
        self._tables = client.tables
        self._table = table
        self._key = tuple(key)
        self._columns = Schema(client).columns(table, is_view=False)
        where.known(self._columns, self._key, container=table)
        if not self._key:
            raise BadSettings([f"an upsert into {table} needs at least one key column"])
        self._is_unique = any(self._columns[name].unique for name in self._key)

    def put(self, values: Mapping[str, Value]) -> Upserted:
        """Make the record of this key hold these values, the key among them.

        Raises:
            RejectFile: a key column has no value.
            KeyMeetsMany: more than one record has the key.
            EffectInDoubt: an insert got no answer, no record of the key is there, and no Unique field would refuse
                a second one.
            RefusedByCaspio: Caspio takes the values in no way.
            ServiceUnavailable: the record changed each time between reading and writing.
        """
        where.known(self._columns, values, container=self._table)
        empty = [name for name in self._key if values.get(name) in {None, ""}]
        if empty:
            raise RejectFile(
                f"{self._table}: key column {', '.join(empty)} has no value, so no record can be told apart"
            )
        for _ in range(ATTEMPTS):
            found = self._find(values)
            done = self._insert(values) if found is None else self._update(found, values)
            if done is not None:
                return done
        raise ServiceUnavailable(
            f"{self._table}: the record of {self._shown(values)} changed {ATTEMPTS} times while it was written. "
            "Try again."
        )

    def _find(self, values: Mapping[str, Value]) -> Record | None:
        condition = where.both(*(where.equals(name, values[name]) for name in self._key))
        select = (where.PK, *dict.fromkeys([*self._key, *values]))
        rows = self._tables.records(self._table, select=select, condition=condition)
        if len(rows) > 1:
            pks = ", ".join(str(row.pk) for row in rows[:10])
            raise KeyMeetsMany(
                f"{self._table}: {self._shown(values)} is the key of records {pks}. Make it one in Caspio."
            )
        return rows[0] if rows else None

    def _insert(self, values: Mapping[str, Value]) -> Upserted | None:
        """Insert, and return None where the table has to be looked at again."""
        try:
            row = self._tables.insert(self._table, values)
        except EffectInDoubt:
            return self._settled_insert(values)
        except RefusedByCaspio:
            if self._find(values) is None:  # so it was not the key that was taken meanwhile
                raise
            return None
        pk = None if row is None else row.pk
        if pk is None or not self._is_unique:
            found = self._find(
                values
            )  # raises where somebody inserted the same key at the same time
            pk = found.pk if found is not None else pk
        return None if pk is None else Upserted(pk, Done.INSERTED)

    def _settled_insert(self, values: Mapping[str, Value]) -> Upserted | None:
        found = self._find(values)
        if found is not None and found.pk is not None and not self._changed(found, values):
            return Upserted(found.pk, Done.INSERTED)
        if found is None and not self._is_unique:
            raise EffectInDoubt(
                f"{self._table}: inserting {self._shown(values)} got no answer, and the record is not there yet. "
                "Look again later; it is not repeated, since no Unique field would refuse a second one."
            )
        return None

    def _update(self, found: Record, values: Mapping[str, Value]) -> Upserted | None:
        """Write what differs where the record is still as it was read; None where it is not, or nobody knows.

        A guarded write can be repeated: where it was processed after all, its guard is met no more.
        """
        changed = self._changed(found, values)
        pk = found.pk or ""
        if not changed:
            return Upserted(pk, Done.UNCHANGED)
        was = {name: found.values.get(name) for name in values}
        condition = where.guard(
            pk, self._columns, was, is_view=False, room=self._tables.room(self._table)
        )
        try:
            answer = self._tables.update(
                self._table, changed, condition=condition, about=f"record {pk}"
            )
        except EffectInDoubt:
            now = self._find(values)
            held = now is not None and now.pk == pk and not self._changed(now, values)
            return Upserted(pk, Done.UPDATED) if held else None
        return Upserted(pk, Done.UPDATED) if answer.count == 1 else None

    def _changed(self, found: Record, values: Mapping[str, Value]) -> Mapping[str, Value]:
        return {
            name: value
            for name, value in values.items()
            if not same(self._columns[name], found.values.get(name), value)
        }

    def _shown(self, values: Mapping[str, Value]) -> str:
        return ", ".join(f"{name} = {values[name]!r}" for name in self._key)


def same(column: Column, now: Value, wanted: Value) -> bool:
    """Say whether a column holds a value, however it is written: NULL or blank, a date with its time or without."""
    if now in {None, ""} or wanted in {None, ""}:
        return now in {None, ""} and wanted in {None, ""}
    if column.type.upper() in _DATES and isinstance(now, str) and isinstance(wanted, str):
        with suppress(ValueError):
            return datetime.fromisoformat(now) == datetime.fromisoformat(wanted)
    return now == wanted
