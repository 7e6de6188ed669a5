"""Keep the messages of webhooks, and when records were told of."""

import sqlalchemy as sa
from alembic import op

revision = "r0005"
down_revision = "r0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "webhook_messages",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("account", _words(), nullable=False),
        sa.Column("message_id", _words(), nullable=False),
        sa.Column("source", _words(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("object", _words(), nullable=False),
        sa.Column("event", _words(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("received_at", _time(), nullable=False),
        sa.Column("due_at", _time(), nullable=False),
        sa.Column("started_at", _time()),
        sa.Column("done_at", _time()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("worker", _words()),
        sa.Column("batch", _words(), nullable=False),
        sa.Column("run_id", _words(), nullable=False),
        sa.Column("note", _words(), nullable=False),
    )
    key = ["account", "message_id", "source", "part"]
    op.create_index("ix_webhook_messages_key", "webhook_messages", key, unique=True)
    op.create_index("ix_webhook_messages_due", "webhook_messages", ["account", "done_at", "seq"])
    op.create_index("ix_webhook_messages_batch", "webhook_messages", ["batch"])
    op.create_index("ix_webhook_messages_received_at", "webhook_messages", ["received_at"])
    op.create_table(
        "told_records",
        sa.Column("source", _words(), primary_key=True),
        sa.Column("key", _words(), primary_key=True),
        sa.Column("told_at", _time(), nullable=False),
    )
    op.create_index("ix_told_records_told_at", "told_records", ["told_at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("told_records")
    op.drop_table("webhook_messages")


def _words() -> sa.types.TypeEngine[str]:
    """Return text that sorts by code point."""
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")


def _time() -> sa.DateTime:
    return sa.DateTime().with_variant(sa.DateTime(timezone=True), "postgresql")
