"""Let runs name their sources; those of before name none."""

import sqlalchemy as sa
from alembic import op

revision = "r0002"
down_revision = "r0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("runs", sa.Column("sources", sa.JSON(), nullable=False, server_default="[]"))
