"""The tables of records in sync, as the first migration creates them."""

import sqlalchemy as sa
from alembic import op

from pipeline.adapters.sql_ledger.migrations.columns import (
    big,
    counted_key,
    integer,
    json,
    utc_time,
    words,
)


def create_syncs() -> None:
    """Create the tables of rows, effects and progress."""
    op.create_table(
        "sync_rows",
        words("sync", primary_key=True),
        words("key", primary_key=True),
        words("pk"),
        json("base", nullable=True),
        words("left_as"),
    )
    op.create_index("ix_sync_rows_pk", "sync_rows", ["sync", "pk"])
    op.create_table(
        "sync_effects",
        counted_key("id"),
        *map(words, ("sync", "key", "pk", "side", "kind")),
        *map(json, ("before", "after")),
        *map(words, ("state", "note", "run_id")),
        utc_time("at"),
        big("undoes", nullable=True),
    )
    op.create_index("ix_sync_effects_run", "sync_effects", ["run_id"])
    op.create_index("ix_sync_effects_undoes", "sync_effects", ["undoes"])
    # A run asks at its start for the intents that an earlier one left; they are few among many.
    where = sa.text("state = 'intent'")
    op.create_index(
        "ix_sync_effects_open",
        "sync_effects",
        ["sync", "id"],
        sqlite_where=where,
        postgresql_where=where,
    )
    op.create_table(
        "sync_progress",
        words("sync", primary_key=True),
        *map(words, ("caspio_mark", "mirror_mark")),
        utc_time("swept_at", nullable=True),
        integer("deleted", server_default="0"),
    )
