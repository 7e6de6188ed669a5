"""The tables of records in sync; they belong to the ledger's metadata."""

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, Table, literal_column

from pipeline.adapters.sql_ledger.database import UtcTime, Words
from pipeline.adapters.sql_ledger.tables import ID, metadata

sync_rows = Table(
    "sync_rows",
    metadata,
    Column("sync", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("pk", Words, nullable=False),
    Column("base", JSON(none_as_null=True)),
    Column("left_as", Words, nullable=False),
    Index("ix_sync_rows_pk", "sync", "pk"),
)

sync_effects = Table(
    "sync_effects",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("sync", Words, nullable=False),
    Column("key", Words, nullable=False),
    Column("pk", Words, nullable=False),
    Column("side", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
    Column("state", Words, nullable=False),
    Column("note", Words, nullable=False),
    Column("run_id", Words, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("undoes", BigInteger),
    Index("ix_sync_effects_run", "run_id"),
    Index("ix_sync_effects_undoes", "undoes"),
)
OPEN = sync_effects.c.state == literal_column("'intent'", Words)
Index(
    "ix_sync_effects_open",
    sync_effects.c.sync,
    sync_effects.c.id,
    sqlite_where=OPEN,
    postgresql_where=OPEN,
)

sync_progress = Table(
    "sync_progress",
    metadata,
    Column("sync", Words, primary_key=True),
    Column("caspio_mark", Words, nullable=False),
    Column("mirror_mark", Words, nullable=False),
    Column("swept_at", UtcTime),
    Column("deleted", Integer, nullable=False, server_default="0"),
)
