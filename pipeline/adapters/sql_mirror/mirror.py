"""A table of a SQL database: read by pages and by keys, written under guards. A `Mirror`."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    CHAR,
    NCHAR,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Double,
    Float,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    insert,
    inspect,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.exc import DBAPIError, NoSuchTableError
from sqlalchemy.types import TypeEngine

from pipeline.adapters.sql_mirror.connection import open_engine, reading, translated, writing
from pipeline.model.sync import ChangeKind, MirrorChange, MirrorColumn
from pipeline.ports.mirror import MirrorAnswer

PAGE = 1000
_CHUNK = 250
"""Keys in one statement: with several key columns still below every limit on parameters."""

_KEY_CHARS = 255
_DOUBLE_BITS = 53
_MONEY = (19, 4)  # as many digits as SQL Server's money has

Values = Mapping[str, object]


class SqlMirror:
    """One table.

    Args:
        address: A SQLAlchemy URL.
        table: Its name.
        schema: The schema it is in, "" for the default one.

    Raises:
        BadSettings: the address cannot be used.
    """

    def __init__(self, address: str, table: str, *, schema: str = "") -> None:
        self._engine = open_engine(address)
        self._name, self._schema = table, schema or None
        self._reflected: Table | None = None

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def columns(self) -> Mapping[str, MirrorColumn] | None:
        """Return the columns by name, None if there is no such table."""
        with translated(self._engine):
            try:
                self._reflected = Table(
                    self._name, MetaData(), schema=self._schema, autoload_with=self._engine
                )
            except NoSuchTableError:
                return None
        if self._engine.dialect.name == "sqlite":
            for column in self._reflected.columns:
                # SQLite keeps a NUMERIC as a float; SQLAlchemy would make it a Decimal, and warn.
                if isinstance(column.type, Numeric):
                    column.type = Double()
        dialect = self._engine.dialect.name
        return {
            column.name: described(column, dialect=dialect) for column in self._reflected.columns
        }

    def is_unique(self, names: Sequence[str]) -> bool:
        """Say whether the database itself keeps two rows from having the same key."""
        with translated(self._engine):
            found = inspect(self._engine)
            primary = found.get_pk_constraint(self._name, self._schema)["constrained_columns"]
            unique: list[Sequence[str | None]] = [
                one["column_names"]
                for one in found.get_unique_constraints(self._name, self._schema)
            ]
            for one in found.get_indexes(self._name, self._schema):
                # An index that leaves out rows lets their keys repeat.
                is_partial = any(name.endswith("_where") for name in one.get("dialect_options", {}))
                if one["unique"] and not is_partial:
                    unique.append(one["column_names"])
        return any(set(one) == set(names) for one in (primary, *unique) if one)

    def create(self, columns: Sequence[MirrorColumn], keys: Sequence[str]) -> None:
        """Create the table; a table of that name that is there already stays as it is."""
        table = Table(self._name, MetaData(), schema=self._schema)
        for column in columns:
            is_key = column.name in keys
            table.append_column(
                Column(
                    column.name,
                    self._type_of(column, is_key=is_key),
                    primary_key=is_key,
                    autoincrement=False,
                )
            )
        with translated(self._engine):
            table.create(self._engine, checkfirst=True)

    def _type_of(self, column: MirrorColumn, *, is_key: bool) -> TypeEngine[Any]:
        if column.kind is str:
            # Some databases take no text of any length as a key.
            length = column.length or (_KEY_CHARS if is_key else None)
            return String(length) if length else Text()
        types: dict[type, TypeEngine[Any]] = {
            int: BigInteger(),
            float: Double(),
            datetime: DateTime(),
            bool: Boolean(),
            Decimal: Double() if self._engine.dialect.name == "sqlite" else Numeric(*_MONEY),
        }
        return types[column.kind]

    def rows(self, keys: Sequence[Values], columns: Sequence[str]) -> Sequence[Values]:
        """Return those of the rows with these keys that exist, in any order."""
        with reading(self._engine) as connection:
            return self._rows(connection, keys, columns)

    def _rows(
        self,
        connection: Connection,
        keys: Sequence[Values],
        columns: Sequence[str],
        *,
        lock: bool = False,
    ) -> list[dict[str, object]]:
        wanted = select(*(self._table.c[name] for name in columns))
        if lock:
            wanted = wanted.with_for_update()
        found: list[dict[str, object]] = []
        for some in _batches(keys):
            chosen = wanted.where(self._with_keys(some))
            found += map(dict, connection.execute(chosen).mappings())
        return found

    def _with_keys(self, keys: Sequence[Values]) -> ColumnElement[bool]:
        names = list(keys[0])
        if len(names) == 1:
            return self._table.c[names[0]].in_([key[names[0]] for key in keys])
        return or_(*(and_(*(self._table.c[n] == key[n] for n in names)) for key in keys))

    def pages(
        self,
        columns: Sequence[str],
        keys: Sequence[str],
        *,
        since: tuple[str, datetime] | None = None,
    ) -> Iterator[Sequence[Values]]:
        """Yield all rows in order of their keys, or those whose column is not before a time."""
        place = [self._table.c[name] for name in keys]
        wanted = select(*(self._table.c[name] for name in columns)).order_by(*place).limit(PAGE)
        if since is not None:
            changed = self._table.c[since[0]]
            wanted = wanted.where(changed >= _as_kept(since[1], changed))
        page = wanted
        while True:
            # Each page is a transaction of its own: a long one would keep others from writing.
            with reading(self._engine) as connection:
                rows = [dict(row) for row in connection.execute(page).mappings()]
            if rows:
                yield rows
            if len(rows) < PAGE:
                return
            last = [rows[-1][name] for name in keys]
            behind = place[0] > last[0] if len(place) == 1 else tuple_(*place) > tuple_(*last)
            page = wanted.where(behind)

    def write(self, changes: Sequence[MirrorChange]) -> Sequence[MirrorAnswer]:
        """Carry out changes of different rows in one transaction; return an answer to each."""
        try:
            with writing(self._engine) as connection:
                return self._write(connection, changes)
        except _Refused:
            # One of them is refused: each alone, so that it does not keep the others waiting.
            return [answer for change in changes for answer in self._write_alone(change)]

    def _write_alone(self, change: MirrorChange) -> Sequence[MirrorAnswer]:
        try:
            with writing(self._engine) as connection:
                return self._write(connection, [change])
        except _Refused as refused:
            return [MirrorAnswer(met=False, refusal=str(refused))]

    def _write(
        self, connection: Connection, changes: Sequence[MirrorChange]
    ) -> Sequence[MirrorAnswer]:
        met = self._met(connection, changes)
        due: dict[ChangeKind, list[MirrorChange]] = {kind: [] for kind in ChangeKind}
        for change, is_met in zip(changes, met, strict=True):
            if is_met:
                due[change.kind].append(change)
        try:
            added = [{**change.key, **change.values} for change in due[ChangeKind.INSERT]]
            if added:
                connection.execute(insert(self._table), added)
            self._update(connection, due[ChangeKind.UPDATE])
            for some in _batches([change.key for change in due[ChangeKind.DELETE]]):
                connection.execute(delete(self._table).where(self._with_keys(some)))
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            raise _Refused(str(error.orig).strip().partition("\n")[0]) from error
        return [MirrorAnswer(met=is_met) for is_met in met]

    def _met(self, connection: Connection, changes: Sequence[MirrorChange]) -> list[bool]:
        """Say which rows are as their changes expect them, and lock them until the commit."""
        names = list(changes[0].key)
        columns = dict.fromkeys((*names, *(n for change in changes for n in change.guard)))
        keys = [change.key for change in changes]
        rows = self._rows(connection, keys, list(columns), lock=True)
        now: dict[tuple[object, ...], list[Values]] = {}
        for row in rows:
            now.setdefault(tuple(row[name] for name in names), []).append(row)
        found = (now.get(tuple(change.key.values()), []) for change in changes)
        return [_is_as_expected(*both) for both in zip(changes, found, strict=True)]

    def _update(self, connection: Connection, changes: Sequence[MirrorChange]) -> None:
        # Rows that change the same columns are one statement.
        by_columns: dict[tuple[str, ...], list[MirrorChange]] = {}
        for change in changes:
            by_columns.setdefault(tuple(change.values), []).append(change)
        for columns, some in by_columns.items():
            matching = [self._table.c[n] == bindparam(f"key_{n}") for n in some[0].key]
            values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in columns}
            rows = [
                {f"key_{name}": value for name, value in change.key.items()}
                | {f"new_{name}": value for name, value in change.values.items()}
                for change in some
            ]
            connection.execute(update(self._table).where(*matching).values(values), rows)

    @property
    def _table(self) -> Table:
        if self._reflected is None:
            self.columns()
        assert self._reflected is not None, "the table was looked up before the run"
        return self._reflected


def _batches(keys: Sequence[Values]) -> Iterator[Sequence[Values]]:
    for start in range(0, len(keys), _CHUNK):
        yield keys[start : start + _CHUNK]


class _Refused(Exception):
    """The database refused a change."""


def _is_as_expected(change: MirrorChange, rows: Sequence[Values]) -> bool:
    if change.kind is ChangeKind.INSERT:
        return not rows
    # A key that names two rows names neither of them.
    if len(rows) != 1:
        return False
    return all(rows[0][name] == value for name, value in change.guard.items())


def _as_kept(moment: datetime, column: Column[Any]) -> datetime:
    """Return a moment to compare a column with: without a zone, a column keeps UTC."""
    if moment.tzinfo is None or getattr(column.type, "timezone", False):
        return moment
    return moment.astimezone(UTC).replace(tzinfo=None)


def described(column: Column[Any], *, dialect: str) -> MirrorColumn:
    """Return what a sync needs to know of a column, as the dialect's database keeps it."""
    kind: type
    try:
        kind = column.type.python_type
    except NotImplementedError:
        kind = object
    return MirrorColumn(
        name=column.name,
        kind=kind,
        nullable=bool(column.nullable),
        length=getattr(column.type, "length", None),
        scale=_scale(column.type, kind),
        has_timezone=bool(getattr(column.type, "timezone", False)),
        # SQLite keeps every float in 64 bits and every text as it is, whatever the type says.
        loss="" if dialect == "sqlite" else _loss(column.type),
    )


def _scale(kept: TypeEngine[Any], kind: type) -> int | None:
    if kind is datetime:
        digits: int | None = getattr(kept, "precision", None)
        return digits
    return getattr(kept, "scale", None) if kind is Decimal else None


def _loss(kept: TypeEngine[Any]) -> str:
    """Say how a type changes values that are written to it, "" where it keeps them."""
    if isinstance(kept, CHAR | NCHAR):
        return "pads texts with blanks; make it varchar or text"
    if not isinstance(kept, Float) or isinstance(kept, Double):
        return ""
    if (kept.precision or 0) < _DOUBLE_BITS:
        return "rounds numbers to fewer than 64 bits; make it double precision"
    return ""
