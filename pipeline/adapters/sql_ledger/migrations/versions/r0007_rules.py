"""Keep the settings under which each version was planned, so that `--stale` finds what others would plan otherwise."""

import sqlalchemy as sa
from alembic import op

revision = "r0007"
down_revision = "r0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column(
        "files",
        sa.Column("rules", sa.String().with_variant(sa.String(collation="C"), "postgresql")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_column("files", "rules")
