"""Remember what an effect takes back, and the suggestions that wait for a person."""

import sqlalchemy as sa
from alembic import op

revision = "r0003"
down_revision = "r0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and the table."""
    op.add_column("effects", sa.Column("undoes", sa.BigInteger()))
    op.create_index("ix_effects_undoes", "effects", ["undoes"])
    op.create_index("ix_effects_path_to", "effects", ["path_to"])
    op.create_table(
        "review_items",
        sa.Column("key", _words(), primary_key=True),
        sa.Column("source", _words(), nullable=False),
        sa.Column("container", _words(), nullable=False),
        sa.Column("pk", _words(), nullable=False),
        sa.Column("item", sa.JSON(), nullable=False),
        sa.Column("run_id", _words(), nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime().with_variant(sa.DateTime(timezone=True), "postgresql"),
            nullable=False,
        ),
    )
    op.create_index("ix_review_items_record", "review_items", ["source", "container", "pk"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("review_items")
    op.drop_index("ix_effects_path_to", "effects")
    op.drop_index("ix_effects_undoes", "effects")
    op.drop_column("effects", "undoes")


def _words() -> sa.types.TypeEngine[str]:
    """Return text that sorts by code point."""
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")
