"""Add the requests that programs send under a key of their own."""

from alembic import op

from pipeline.adapters.sql_ledger.migrations.columns import integer, json, utc_time, words

revision = "r0003"
down_revision = "r0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create their table."""
    op.create_table(
        "kept_requests",
        words("token_id", primary_key=True),
        words("key", primary_key=True),
        *map(words, ("request", "body")),
        utc_time("at"),
        integer("status", nullable=True),
        json("answer", nullable=True),
        *map(words, ("owner", "host")),
        integer("pid"),
        utc_time("expires_at"),
    )
    op.create_index("ix_kept_requests_at", "kept_requests", ["at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("kept_requests")
