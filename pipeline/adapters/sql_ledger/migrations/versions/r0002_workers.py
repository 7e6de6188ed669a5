"""Let several workers share a ledger: leases, usage by month, one rate, cursors and repairs.

The calls of the runs so far become the usage of their months.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "r0002"
down_revision = "r0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and carry over the calls counted so far."""
    op.create_table(
        "workers",
        _text("id", primary_key=True),
        _text("host"),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        _time("joined_at"),
        _time("expires_at"),
        sa.Column("lost", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_table("leases", _text("key", primary_key=True), _text("worker", nullable=True))
    op.create_index("ix_leases_worker", "leases", ["worker"])
    op.create_table(
        "usage",
        _text("account", primary_key=True),
        _text("month", primary_key=True),
        _text("priority", primary_key=True),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "pace", _text("account", primary_key=True), sa.Column("due_s", sa.Float(53), nullable=False)
    )
    op.create_table(
        "cursors", _text("name", primary_key=True), sa.Column("value", sa.JSON(), nullable=False)
    )
    op.create_table(
        "repairs",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        _text("kind"),
        _text("subject"),
        _text("done"),
        _text("run_id"),
        _time("at"),
    )
    _carry_over()


def downgrade() -> None:
    """Drop the tables."""
    for table in ("repairs", "cursors", "pace", "usage", "leases", "workers"):
        op.drop_table(table)


def _carry_over() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    month = (
        "to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM')"
        if postgres
        else "strftime('%Y-%m', finished_at)"
    )
    counted = f"SELECT '', {month}, 'new', SUM(calls_total), 0 FROM runs WHERE finished_at IS NOT NULL GROUP BY 2"  # noqa: S608 - no text from outside
    op.execute(
        sa.text(f"INSERT INTO usage (account, month, priority, calls, size_bytes) {counted}")
    )


def _text(name: str, **options: Any) -> sa.Column[str]:
    kind = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    return sa.Column(name, kind, **{"nullable": False, **options})


def _time(name: str) -> sa.Column[Any]:
    return sa.Column(
        name, sa.DateTime().with_variant(sa.DateTime(timezone=True), "postgresql"), nullable=False
    )
