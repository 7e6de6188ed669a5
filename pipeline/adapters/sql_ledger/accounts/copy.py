"""A copy of a whole ledger as one SQLite file, from either kind of database."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from pipeline.adapters.sql_ledger import database
from pipeline.adapters.sql_ledger.session import CHUNK, Session
from pipeline.adapters.sql_ledger.tables import metadata
from pipeline.ports import Clock


def copy_ledger(url: str, target: Path, *, clock: Clock) -> int:
    """Copy a ledger to a new SQLite file; return how many rows it has.

    All rows are of the same moment, whatever is written meanwhile.

    Raises:
        LedgerUnavailable: one of the two cannot be opened, read or written.
    """
    source = Session(url, clock=clock)
    try:
        copied = Session(f"sqlite:///{target}", clock=clock)
        try:
            with (
                database.translated(source.url, "copy"),
                database.reading_one_moment(source.engine) as reader,
                copied.writing("be written as a copy") as writer,
            ):
                return sum(_copy_table(reader, writer, table) for table in metadata.sorted_tables)
        finally:
            copied.close()
    finally:
        source.close()


def _copy_table(reader: Connection, writer: Connection, table: Any) -> int:
    # A migration may have put rows into the new file.
    writer.execute(delete(table))
    number = 0
    rows = reader.execution_options(yield_per=CHUNK).execute(select(table)).mappings()
    for part in rows.partitions(CHUNK):
        writer.execute(insert(table), [dict(row) for row in part])
        number += len(part)
    return number
