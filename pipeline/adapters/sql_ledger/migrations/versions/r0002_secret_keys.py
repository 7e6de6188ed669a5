"""Add the keys of the installation.

Column types are spelled out: what a migration does must not change when `tables.py` does.
"""

import sqlalchemy as sa
from alembic import op

revision = "r0002"
down_revision = "r0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    # The "C" collation sorts by bytes, as SQLite does.
    words = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    # SQLite stores no zone; all times are UTC.
    time = sa.DateTime().with_variant(sa.DateTime(timezone=True), "postgresql")
    op.create_table(
        "secret_keys",
        sa.Column("name", words, primary_key=True, nullable=False),
        sa.Column("key", words, nullable=False),
        sa.Column("made_at", time, nullable=False),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("secret_keys")
