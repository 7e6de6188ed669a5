"""Count the rows that runs for named records delete between two sweeps of a sync."""

from alembic import op

from pipeline.adapters.sql_ledger.migrations.columns import integer

revision = "r0004"
down_revision = "r0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("sync_progress", integer("deleted", server_default="0"))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("sync_progress", "deleted")
