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

_TABLES = (
    "runs",
    "files",
    "open_readings",
    "readings",
    "effects",
    "blocked_containers",
    "repairs",
    "review_items",
    "confirmed_sources",
    "source_states",
    "verify_progress",
    "workers",
    "leases",
    "usage",
    "permits",
    "counters",
    "webhook_messages",
    "reported_records",
    "watched_sources",
    "webhooks",
    "secret_keys",
    "agent_tokens",
    "agent_calls",
)


def upgrade() -> None:
    """Create every table."""
    _create_files()
    _create_readings()
    _create_effects()
    _create_sources()
    _create_leases()
    _create_usage()
    _create_messages()
    _create_agents()
    op.create_table(
        "secret_keys", _words("name", primary_key=True), _words("key"), _time("made_at")
    )


def downgrade() -> None:
    """Drop every table."""
    for table in reversed(_TABLES):
        op.drop_table(table)


def _words(name: str, **options: Any) -> sa.Column[str]:
    """Return a column of text that sorts by code point."""
    # The "C" collation sorts by bytes, as SQLite does: pages follow the order of the columns.
    kind = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    return sa.Column(name, kind, **{"nullable": False, **options})


def _counted_key(name: str) -> sa.Column[int]:
    """Return a primary key that counts up by itself."""
    # SQLite counts up INTEGER PRIMARY KEY only.
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, primary_key=True, autoincrement=True)


def _time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    # SQLite stores no zone; all times are UTC.
    kind = sa.DateTime().with_variant(sa.DateTime(timezone=True), "postgresql")
    return sa.Column(name, kind, nullable=nullable)


def _json(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON(), nullable=nullable)


def _flag(name: str, **options: Any) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, **options)


def _integer(name: str, **options: Any) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), **{"nullable": False, **options})


def _big(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _real(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Float(53), nullable=False)


def _partial_index(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)


def _create_files() -> None:
    op.create_table(
        "files",
        _counted_key("id"),
        _words("version", unique=True),
        _words("location_key"),
        _flag("is_newest", server_default=sa.false()),
        _words("source"),
        _words("container"),
        _words("record_key"),
        _words("path", nullable=True),
        _words("field"),
        _json("ref"),
        _json("original_name"),
        _words("stage"),
        _words("sha256", nullable=True),
        _big("size_bytes", nullable=True),
        _integer("pages", nullable=True),
        _words("media_type", nullable=True),
        _words("fingerprint", nullable=True),
        _words("rules", nullable=True),
        _words("status", nullable=True),
        _flag("planned_only", server_default=sa.false()),
        _json("outcome", nullable=True),
        _words("renamed_from", nullable=True),
        _integer("listings"),
        _flag("quarantined", server_default=sa.false()),
        _words("run_id"),
        _time("seen_at", nullable=True),
        _time("updated_at"),
    )
    for column in ("location_key", "sha256", "renamed_from", "record_key"):
        op.create_index(f"ix_files_{column}", "files", [column])
    # The order of `FileLedger.states`, so that a page is one range of the index.
    order = ["source", "container", "record_key", "field", "id"]
    op.create_index("ix_files_order", "files", order)

    # SQLite finds a partial index for "is_newest = 1" only where the index says it the same way.
    sqlite = op.get_bind().dialect.name == "sqlite"
    newest, quarantined = (
        f"{flag} = 1" if sqlite else flag for flag in ("is_newest", "quarantined")
    )
    metrics = ["source", "planned_only", "status", "stage", "pages"]
    _partial_index("ix_files_metrics", "files", metrics, newest)
    waiting = f"{newest} AND stage != 'finished'"
    _partial_index("ix_files_waiting", "files", ["source", "seen_at"], waiting)
    _partial_index("ix_files_quarantined", "files", ["source"], f"{newest} AND {quarantined}")


def _create_readings() -> None:
    op.create_table(
        "open_readings",
        _words("version", primary_key=True),
        _words("run_id", nullable=True),
        _words("fingerprint"),
        _flag("suspected"),
        _integer("deaths"),
        _time("read_at"),
    )
    op.create_index("ix_open_readings_run_id", "open_readings", ["run_id"])
    op.create_table(
        "readings",
        _words("sha256", primary_key=True),
        _words("fingerprint", primary_key=True),
        _words("prefix"),
        _json("findings"),
        _time("saved_at"),
    )


def _create_effects() -> None:
    op.create_table(
        "effects",
        _counted_key("id"),
        _words("kind"),
        _words("version"),
        _words("container"),
        _words("pk"),
        _flag("is_view"),
        _words("field"),
        _json("before"),
        _json("after"),
        _words("path_from", nullable=True),
        _words("path_to", nullable=True),
        _words("state"),
        _words("note"),
        _words("run_id"),
        _time("at"),
        _big("undoes", nullable=True),
        _time("applied_at", nullable=True),
        _json("origins", nullable=True),
    )
    for column in ("version", "path_from", "path_to", "undoes"):
        op.create_index(f"ix_effects_{column}", "effects", [column])
    op.create_index("ix_effects_record", "effects", ["container", "pk"])
    op.create_index("ix_effects_run", "effects", ["run_id"])
    # Open effects are few among many: a run asks for them at its start.
    _partial_index("ix_effects_open", "effects", ["id"], "state IN ('intent', 'applied')")
    op.create_table(
        "blocked_containers",
        _words("container", primary_key=True),
        _words("reason"),
        _words("run_id"),
        _time("blocked_at"),
    )
    op.create_table(
        "repairs",
        _counted_key("id"),
        _words("kind"),
        _words("subject"),
        _words("done"),
        _words("run_id"),
        _time("at"),
    )
    op.create_table(
        "review_items",
        _words("key", primary_key=True),
        _words("source"),
        _words("container"),
        _words("pk"),
        _json("item"),
        _words("run_id"),
        _time("updated_at"),
    )
    op.create_index("ix_review_items_record", "review_items", ["source", "container", "pk"])


def _create_sources() -> None:
    op.create_table(
        "confirmed_sources",
        _words("name", primary_key=True),
        _words("settings_hash", primary_key=True),
        _time("confirmed_at"),
    )
    op.create_table(
        "source_states",
        _words("source", primary_key=True),
        _words("settings_hash", nullable=True),
        _json("column_types", nullable=True),
        _time("caught_up_at", nullable=True),
        _words("caught_up_run_id", nullable=True),
        _integer("attention_documents", nullable=True),
        _words("attention_run_id", nullable=True),
    )
    op.create_table(
        "verify_progress",
        _words("sources", primary_key=True),
        _json("done"),
        _words("source"),
        _json("after"),
        _time("updated_at"),
    )


def _create_leases() -> None:
    op.create_table(
        "workers",
        _words("id", primary_key=True),
        _words("host"),
        _big("pid"),
        _time("joined_at"),
        _time("expires_at"),
        _flag("lost", server_default=sa.false()),
    )
    op.create_table("leases", _words("key", primary_key=True), _words("worker", nullable=True))
    op.create_index("ix_leases_worker", "leases", ["worker"])


def _create_usage() -> None:
    op.create_table(
        "runs",
        _counted_key("seq"),
        _words("id", unique=True),
        _words("kind"),
        _time("started_at"),
        _time("finished_at", nullable=True),
        _words("status"),
        _json("counts"),
        _json("calls"),
        _big("calls_total"),
    )
    op.create_index("ix_runs_finished_at", "runs", ["finished_at"])
    op.create_table(
        "usage",
        _words("account", primary_key=True),
        _words("month", primary_key=True),
        _words("priority", primary_key=True),
        _big("calls"),
        _big("size_bytes"),
    )
    op.create_table("permits", _words("account", primary_key=True), _real("due_s"))
    op.create_table(
        "counters",
        _words("name", primary_key=True),
        _words("label", primary_key=True),
        _big("number"),
        _real("amount"),
    )


def _create_messages() -> None:
    op.create_table(
        "webhook_messages",
        _counted_key("seq"),
        _words("account"),
        _words("message_id"),
        _words("source"),
        _integer("part"),
        _words("object"),
        _words("event"),
        _json("records"),
        _time("received_at"),
        _time("due_at"),
        _time("started_at", nullable=True),
        _time("done_at", nullable=True),
        _integer("attempts"),
        _words("worker", nullable=True),
        _words("batch"),
        _words("run_id"),
        _words("note"),
    )
    key = ["account", "message_id", "source", "part"]
    op.create_index("ix_webhook_messages_key", "webhook_messages", key, unique=True)
    # Messages are taken by account, those that are not done, in the order received.
    op.create_index("ix_webhook_messages_due", "webhook_messages", ["account", "done_at", "seq"])
    op.create_index("ix_webhook_messages_batch", "webhook_messages", ["batch"])
    op.create_index("ix_webhook_messages_received_at", "webhook_messages", ["received_at"])
    op.create_table(
        "reported_records",
        _words("source", primary_key=True),
        _words("key", primary_key=True),
        _time("reported_at"),
    )
    op.create_index("ix_reported_records_reported_at", "reported_records", ["reported_at"])
    op.create_table(
        "watched_sources",
        _words("source", primary_key=True),
        _time("since"),
        _json("column_types"),
        _time("listed_at", nullable=True),
        _integer("missed_last", nullable=True),
        _integer("missed", nullable=True),
    )
    op.create_table("webhooks", _words("account", primary_key=True), _words("webhook_id"))


def _create_agents() -> None:
    op.create_table(
        "agent_tokens",
        _words("id", primary_key=True),
        _words("name"),
        _words("account"),
        _words("digest", unique=True),
        _json("scope"),
        _time("created_at"),
        _time("expires_at"),
        _time("revoked_at", nullable=True),
        _time("last_used_at", nullable=True),
    )
    op.create_table(
        "agent_calls",
        _counted_key("id"),
        _words("token_id"),
        _words("tool"),
        _words("arguments"),
        _time("at"),
        _words("state"),
        _words("note"),
        _big("records"),
        _big("calls"),
        _words("run_id"),
        _time("finished_at", nullable=True),
    )
    op.create_index("ix_agent_calls_token", "agent_calls", ["token_id", "at"])
    op.create_index("ix_agent_calls_run_id", "agent_calls", ["run_id"])
