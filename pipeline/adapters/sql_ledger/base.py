"""What the parts of the ledger share: the database, the clock and one transaction a call."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from itertools import islice
from threading import Lock
from typing import Any, Self, TypeVar

from sqlalchemy import Connection

from pipeline.adapters.sql_ledger import database
from pipeline.ports import Clock

T = TypeVar("T")

CHUNK = 500
"""Rows or values a statement: far below both databases' limit on parameters."""


class SqlPart:
    """Open the ledger and bring its schema to date.

    Args:
        url: `sqlite:///FILE` or `postgresql+psycopg://…`.
        clock: where every time in the ledger comes from.
    """

    def __init__(self, url: str, *, clock: Clock) -> None:
        self._clock = clock
        self._engine, self._url = database.open_engine(url)
        # SQLite lets only one write, and who waits for it sleeps up to a tenth of a second; threads here queue instead.
        sqlite = self._engine.dialect.name == "sqlite"
        self._turn: AbstractContextManager[object] = Lock() if sqlite else nullcontext()
        with ExitStack() as stack:
            stack.callback(self.close)  # a ledger that cannot be used leaves no connection open
            with database.translated(self._url, "open"):
                database.migrate(self._engine, self._url)
            stack.pop_all()

    def close(self) -> None:
        """Close every connection; the next call would open new ones."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    @contextmanager
    def _writing(self, doing: str) -> Iterator[Connection]:
        with (
            self._turn,
            database.translated(self._url, doing),
            database.writing(self._engine) as connection,
        ):
            yield connection

    @contextmanager
    def _writing_files(self, doing: str) -> Iterator[Connection]:
        with (
            self._turn,
            database.translated(self._url, doing),
            database.writing_files(self._engine) as connection,
        ):
            yield connection

    @contextmanager
    def _reading(self, doing: str) -> Iterator[Connection]:
        with database.translated(self._url, doing), database.reading(self._engine) as connection:
            yield connection

    def _insert(self) -> Any:
        return database.insert_for(self._engine.dialect)


def chunks(items: Iterable[T]) -> Iterator[list[T]]:
    """Cut into lists of at most CHUNK."""
    rest = iter(items)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
