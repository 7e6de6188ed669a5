"""Count how often work on a file was started and never finished."""

import sqlalchemy as sa
from alembic import op

revision = "r0004"
down_revision = "r0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the count, and the fingerprint it was counted under."""
    op.add_column("files", sa.Column("starts", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("files", sa.Column("started_under", _words()))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("files", "started_under")
    op.drop_column("files", "starts")


def _words() -> sa.types.TypeEngine[str]:
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")
