"""Add records in sync."""

import sqlalchemy as sa
from alembic import op

from pipeline.adapters.sql_ledger.migrations.columns import counted_key, json, utc_time, words

revision = "r0002"
down_revision = "r0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
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
        sa.Column("undoes", sa.BigInteger()),
    )
    op.create_index("ix_sync_effects_run", "sync_effects", ["run_id"])
    op.create_index("ix_sync_effects_undoes", "sync_effects", ["undoes"])
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
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("sync_progress", "sync_effects", "sync_rows"):
        op.drop_table(table)
