"""What the parts of the ledger share: the database, the clock and one transaction a call."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from itertools import islice
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Connection,
    Delete,
    RowMapping,
    Select,
    Table,
    Text,
    Update,
    any_,
    bindparam,
    delete,
    func,
    select,
)

from pipeline.adapters.sql_ledger import database
from pipeline.ports import Clock

T = TypeVar("T")

CHUNK = 500
"""Rows or values a statement: far below both databases' limit on parameters."""


class Session:
    """Open the ledger's database and bring its schema to date.

    Args:
        url: `sqlite:///FILE` or `postgresql+psycopg://…`.
        clock: Where every time in the ledger comes from.

    Raises:
        LedgerUnavailable: The database cannot be opened or its schema is newer than this program.
    """

    def __init__(self, url: str, *, clock: Clock) -> None:
        self.clock = clock
        self.engine, self.url = database.open_engine(url)
        # SQLite allows one writer at a time, and a second one polls at intervals of up to a tenth
        # of a second. The threads of this process queue here instead.
        sqlite = self.engine.dialect.name == "sqlite"
        self._one_writer: AbstractContextManager[object] = Lock() if sqlite else nullcontext()
        self._keeping: dict[tuple[str, frozenset[str]], Any] = {}
        try:
            with database.translated(self.url, "open"):
                database.migrate(self.engine, self.url)
        except BaseException:
            self.close()  # a ledger that cannot be used leaves no connection open
            raise

    def close(self) -> None:
        """Close every connection; the next call would open new ones."""
        self.engine.dispose()

    @contextmanager
    def writing(self, doing: str) -> Iterator[Connection]:
        """Open one transaction that writes; `doing` completes "the ledger failed to …"."""
        with (
            self._one_writer,
            database.translated(self.url, doing),
            database.writing(self.engine) as connection,
        ):
            yield connection

    @contextmanager
    def writing_unflushed(self, doing: str) -> Iterator[Connection]:
        """Open a transaction that a power cut may undo; the death of this process does not.

        Transactions reach the disk in order: none is there without those before it. So what is
        written here is on the disk once a later intent is, before the effect that it is for.
        """
        with (
            self._one_writer,
            database.translated(self.url, doing),
            database.writing_unflushed(self.engine) as connection,
        ):
            yield connection

    @contextmanager
    def writing_files(self, doing: str) -> Iterator[Connection]:
        """Open the only transaction that may write more than one row of `files`."""
        with (
            self._one_writer,
            database.translated(self.url, doing),
            database.writing_files(self.engine) as connection,
        ):
            yield connection

    @contextmanager
    def reading(self, doing: str) -> Iterator[Connection]:
        """Open one transaction that only reads."""
        with database.translated(self.url, doing), database.reading(self.engine) as connection:
            yield connection

    def shared_time(self, connection: Connection) -> datetime:
        """Return the time that leases and due times are compared by.

        It is the database server's, since the clocks of several machines disagree. SQLite serves
        one machine only, so there it is that of the clock.
        """
        if connection.dialect.name != "postgresql":
            return self.clock.now()
        # now() would be the time at which the transaction began, which may have waited for a lock
        # since.
        time: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return time

    def insert(self, table: Table) -> Any:
        """Return an INSERT of this database's dialect, which knows ON CONFLICT."""
        return database.insert_for(self.engine.dialect)(table)

    def among(self, column: ColumnElement[str]) -> ColumnElement[bool]:
        """Return the condition that a column holds one of the texts in the parameter `these`.

        They are one parameter: to prepare one for each takes longer than to look them up.
        """
        if self.engine.dialect.name == "postgresql":
            return column == any_(bindparam("these", type_=ARRAY(Text)))
        each = func.json_each(bindparam("these", type_=JSON)).table_valued("value")
        return column.in_(select(each.c.value))

    def keep(
        self,
        connection: Connection,
        table: Table,
        row: dict[str, Any],
        *,
        key: str | tuple[str, ...],
    ) -> None:
        """Insert a row, or update the one that has the same key."""
        # Kept: to build a statement takes longer than to run it. A table has one such key.
        which = (table.name, frozenset(row))
        if (statement := self._keeping.get(which)) is None:
            added = self.insert(table)
            statement = self._keeping[which] = added.on_conflict_do_update(
                index_elements=[key] if isinstance(key, str) else list(key),
                set_={name: added.excluded[name] for name in row},
            )
        connection.execute(statement, row)

    def remove(self, connection: Connection, table: Table, *, key: str, value: str) -> None:
        """Delete the row that has this key, if there is one."""
        connection.execute(delete(table).where(table.c[key] == value))


def chunks(items: Iterable[T]) -> Iterator[list[T]]:
    """Cut into lists of at most CHUNK."""
    rest = iter(items)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def rows_in(
    connection: Connection,
    statement: Select[Any],
    column: ColumnElement[Any],
    values: Iterable[object],
) -> Iterator[RowMapping]:
    """Yield the rows of a statement whose column has one of these values, however many they are."""
    for chunk in chunks(values):
        yield from connection.execute(statement.where(column.in_(chunk))).mappings()


def values_in(
    connection: Connection,
    statement: Select[Any],
    column: ColumnElement[Any],
    values: Iterable[object],
) -> set[Any]:
    """Return the first column of what `rows_in` yields."""
    found: set[Any] = set()
    for chunk in chunks(values):
        found.update(connection.execute(statement.where(column.in_(chunk))).scalars())
    return found


def change_in(
    connection: Connection,
    statement: Update | Delete,
    column: ColumnElement[Any],
    values: Iterable[object],
) -> None:
    """Update or delete the rows whose column has one of these values, however many they are."""
    for chunk in chunks(values):
        connection.execute(statement.where(column.in_(chunk)))


class SqlPart:
    """A part of the ledger: some methods over the shared session."""

    def __init__(self, session: Session) -> None:
        self._session = session
