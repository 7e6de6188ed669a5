"""Create the ledger.

Column types are spelled out: what a migration does must not change when `tables.py` does.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table."""
    _create_runs()
    _create_files()
    _create_readings()
    _create_effects()
    _create_sources()


def downgrade() -> None:
    """Drop every table."""
    for table in ("sources", "effects", "readings", "files", "runs"):
        op.drop_table(table)


def _words() -> sa.types.TypeEngine[str]:
    """Return text that sorts by code point."""
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")


def _key() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("id", kind, primary_key=True, autoincrement=True)


def _text(name: str, **options: Any) -> sa.Column[str]:
    return sa.Column(name, _words(), **{"nullable": False, **options})


def _time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(
        name,
        sa.DateTime().with_variant(sa.DateTime(timezone=True), "postgresql"),
        nullable=nullable,
    )


def _json(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON(), nullable=nullable)


def _flag(name: str, **options: Any) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, **options)


def _create_runs() -> None:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "runs",
        sa.Column("seq", kind, primary_key=True, autoincrement=True),
        _text("id", unique=True),
        _text("kind"),
        _time("started_at"),
        _time("finished_at", nullable=True),
        _text("status"),
        _json("counts"),
        _json("calls"),
        sa.Column("calls_total", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_runs_finished_at", "runs", ["finished_at"])


def _create_files() -> None:
    op.create_table(
        "files",
        _key(),
        _text("version", unique=True),
        _text("location_key"),
        _flag("is_newest", server_default=sa.false()),
        _text("source"),
        _text("container"),
        _text("holder"),
        _text("path", nullable=True),
        _text("field"),
        _json("ref"),
        _json("original_name"),
        _text("stage"),
        _text("sha256", nullable=True),
        sa.Column("size_bytes", sa.BigInteger()),
        _text("media_type", nullable=True),
        _text("fingerprint", nullable=True),
        _text("status", nullable=True),
        _flag("planned_only", server_default=sa.false()),
        _json("outcome", nullable=True),
        _text("succeeds", nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _text("run_id"),
        _time("updated_at"),
    )
    for column in ("location_key", "sha256", "succeeds", "holder"):
        op.create_index(f"ix_files_{column}", "files", [column])
    op.create_index("ix_files_order", "files", ["source", "container", "holder", "field", "id"])


def _create_readings() -> None:
    op.create_table(
        "readings",
        _text("sha256", primary_key=True),
        _text("fingerprint", primary_key=True),
        _text("prefix"),
        _json("findings"),
        _time("saved_at"),
    )


def _create_effects() -> None:
    op.create_table(
        "effects",
        _key(),
        _text("kind"),
        _text("version"),
        _text("container"),
        _text("pk"),
        _flag("is_view"),
        _text("field"),
        _json("before"),
        _json("after"),
        _text("path_from", nullable=True),
        _text("path_to", nullable=True),
        _text("state"),
        _text("note"),
        _text("run_id"),
        _time("at"),
    )
    for column in ("version", "path_from", "state"):
        op.create_index(f"ix_effects_{column}", "effects", [column])
    op.create_index("ix_effects_record", "effects", ["container", "pk"])
    op.create_index("ix_effects_run", "effects", ["run_id"])


def _create_sources() -> None:
    op.create_table(
        "sources",
        _text("name", primary_key=True),
        _text("settings_hash", primary_key=True),
        _time("confirmed_at"),
    )
