"""What is watched: pages, when a file was first listed, what processes count, and an index for each figure."""

import sqlalchemy as sa
from alembic import op

revision = "r0006"
down_revision = "r0005"
branch_labels = None
depends_on = None

_NEWEST = {"sqlite": "is_newest = 1", "postgresql": "is_newest"}
_OPEN = "state IN ('intent', 'applied')"


def upgrade() -> None:
    """Add columns, table and indexes; what is known already is taken from where it stands."""
    op.add_column("files", sa.Column("pages", sa.Integer()))
    op.add_column(
        "files",
        sa.Column("seen_at", sa.DateTime().with_variant(sa.DateTime(timezone=True), "postgresql")),
    )
    pages = (
        "json_extract(outcome, '$.pages')"
        if _dialect() == "sqlite"
        else "CAST(outcome ->> 'pages' AS INTEGER)"
    )
    op.execute(f"UPDATE files SET seen_at = updated_at, pages = {pages}")  # noqa: S608 - one of two texts above
    op.create_table(
        "tallies",
        sa.Column("name", _words(), primary_key=True),
        sa.Column("label", _words(), primary_key=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.Float(53), nullable=False),
    )
    figures = ["source", "planned_only", "status", "stage", "pages"]
    _index("ix_files_figures", "files", figures, _newest())
    _index(
        "ix_files_waiting", "files", ["source", "seen_at"], f"{_newest()} AND stage != 'finished'"
    )
    _index("ix_files_quarantined", "files", ["source"], f"{_newest()} AND starts >= 3")
    _index("ix_effects_open", "effects", ["id"], _OPEN)
    op.drop_index("ix_effects_state", "effects")


def downgrade() -> None:
    """Drop them."""
    op.create_index("ix_effects_state", "effects", ["state"])
    op.drop_index("ix_effects_open", "effects")
    for name in ("quarantined", "waiting", "figures"):
        op.drop_index(f"ix_files_{name}", "files")
    op.drop_table("tallies")
    op.drop_column("files", "seen_at")
    op.drop_column("files", "pages")


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(
        name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )


def _newest() -> str:
    return _NEWEST[_dialect()]


def _dialect() -> str:
    return op.get_bind().dialect.name


def _words() -> sa.types.TypeEngine[str]:
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")
