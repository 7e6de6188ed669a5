"""Create the ledger; its column types are spelled out, and do not change with `tables.py`."""

import sqlalchemy as sa
from alembic import op

from pipeline.adapters.sql_ledger.migrations.agents import create_agents
from pipeline.adapters.sql_ledger.migrations.columns import (
    big,
    counted_key,
    flag,
    integer,
    json,
    real,
    utc_time,
    words,
)
from pipeline.adapters.sql_ledger.migrations.learning import create_learning
from pipeline.adapters.sql_ledger.migrations.syncs import create_syncs

# Development versions have used r0001 to r0004 for other layouts.
revision = "s0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table."""
    _create_files()
    _create_readings()
    _create_effects()
    _create_reviews()
    _create_sources()
    _create_leases()
    _create_usage()
    _create_messages()
    create_agents()
    _create_users()
    create_learning()
    op.create_table("ledger_owner", counted_key("id"), words("account"), utc_time("recorded_at"))
    op.create_table(
        "secret_keys", words("name", primary_key=True), words("key"), utc_time("made_at")
    )
    create_syncs()


def _partial_index(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)


def _create_files() -> None:
    op.create_table(
        "files",
        counted_key("id"),
        words("version", unique=True),
        words("location_key"),
        flag("is_newest", server_default=sa.false()),
        words("source"),
        words("container"),
        words("record_key"),
        words("path", nullable=True),
        words("field"),
        json("ref"),
        json("original_name"),
        words("names", server_default=""),
        words("stage"),
        words("sha256", nullable=True),
        big("size_bytes", nullable=True),
        integer("pages", nullable=True),
        words("media_type", nullable=True),
        words("fingerprint", nullable=True),
        words("rules", nullable=True),
        words("status", nullable=True),
        flag("planned_only", server_default=sa.false()),
        json("outcome", nullable=True),
        words("renamed_from", nullable=True),
        integer("listings"),
        flag("quarantined", server_default=sa.false()),
        utc_time("acknowledged_at", nullable=True),
        json("acknowledgement", nullable=True),
        words("run_id"),
        utc_time("seen_at", nullable=True),
        utc_time("updated_at"),
    )
    for column in ("location_key", "sha256", "renamed_from", "record_key"):
        op.create_index(f"ix_files_{column}", "files", [column])
    # The order of `FileLedger.states`, so that a page is one range of the index.
    order = ["source", "container", "record_key", "field", "id"]
    op.create_index("ix_files_order", "files", order)

    # SQLite finds a partial index for "is_newest = 1" only where the index says it the same way.
    sqlite = op.get_bind().dialect.name == "sqlite"
    newest, quarantined = (
        f"{column} = 1" if sqlite else column for column in ("is_newest", "quarantined")
    )
    metrics = ["source", "planned_only", "status", "stage", "pages"]
    _partial_index("ix_files_metrics", "files", metrics, newest)
    _partial_index("ix_files_names", "files", ["source", "names", "id"], newest)
    waiting = f"{newest} AND stage != 'finished'"
    _partial_index("ix_files_waiting", "files", ["source", "seen_at"], waiting)
    _partial_index("ix_files_quarantined", "files", ["source"], f"{newest} AND {quarantined}")


def _create_readings() -> None:
    op.create_table(
        "open_readings",
        words("version", primary_key=True),
        words("run_id", nullable=True),
        words("fingerprint"),
        flag("suspected"),
        integer("deaths"),
        utc_time("read_at"),
    )
    op.create_index("ix_open_readings_run_id", "open_readings", ["run_id"])
    op.create_table(
        "readings",
        words("sha256", primary_key=True),
        words("fingerprint", primary_key=True),
        words("prefix"),
        json("findings"),
        utc_time("saved_at"),
    )


def _create_effects() -> None:
    op.create_table(
        "effects",
        counted_key("id"),
        words("kind"),
        words("version"),
        words("container"),
        words("pk"),
        flag("is_view"),
        words("field"),
        json("before"),
        json("after"),
        words("path_from", nullable=True),
        words("path_to", nullable=True),
        words("state"),
        words("note"),
        words("run_id"),
        utc_time("at"),
        big("undoes", nullable=True),
        utc_time("applied_at", nullable=True),
        json("origins", nullable=True),
    )
    for column in ("version", "path_from", "path_to", "undoes"):
        op.create_index(f"ix_effects_{column}", "effects", [column])
    op.create_index("ix_effects_record", "effects", ["container", "pk"])
    op.create_index("ix_effects_run", "effects", ["run_id"])
    # Open effects are few among many: a run asks for them at its start.
    _partial_index("ix_effects_open", "effects", ["id"], "state IN ('intent', 'applied')")
    op.create_table(
        "blocked_containers",
        words("container", primary_key=True),
        words("reason"),
        words("run_id"),
        utc_time("blocked_at"),
    )
    op.create_table(
        "repairs",
        counted_key("id"),
        *map(words, ("kind", "subject", "done", "run_id")),
        utc_time("at"),
    )


def _create_reviews() -> None:
    op.create_table(
        "review_items",
        words("key", primary_key=True),
        *map(words, ("review", "source", "container", "pk", "column_name", "state", "reason")),
        real("risk"),
        real("amount", nullable=True),
        json("item"),
        words("run_id"),
        utc_time("updated_at"),
    )
    op.create_index("ix_review_items_record", "review_items", ["source", "container", "pk"])
    op.create_index("ix_review_items_review", "review_items", ["review", "state"])
    op.create_index(
        "ix_review_items_column", "review_items", ["state", "column_name", "risk", "key"]
    )
    op.create_table(
        "reviews",
        words("id", primary_key=True),
        *map(words, ("source", "container", "pk")),
        flag("is_view"),
        integer("open_items"),
        real("risk"),
        words("claimed_by"),
        utc_time("claimed_until", nullable=True),
        utc_time("postponed_until", nullable=True),
        utc_time("since", nullable=True),
        real("amount", nullable=True),
        words("reasons"),
    )
    queue = ["risk", "id", "amount", "since", "reasons"]
    _partial_index("ix_reviews_queue", "reviews", queue, "open_items > 0")
    _partial_index("ix_reviews_source", "reviews", ["source", *queue], "open_items > 0")


def _create_sources() -> None:
    op.create_table(
        "confirmed_sources",
        words("name", primary_key=True),
        words("settings_hash", primary_key=True),
        utc_time("confirmed_at"),
    )
    op.create_table(
        "source_states",
        words("source", primary_key=True),
        words("settings_hash", nullable=True),
        json("column_types", nullable=True),
        utc_time("caught_up_at", nullable=True),
        words("caught_up_run_id", nullable=True),
        json("stopped", nullable=True),
        json("alarms", nullable=True),
    )
    op.create_table(
        "verify_progress",
        words("sources", primary_key=True),
        json("done"),
        words("source"),
        json("after"),
        utc_time("updated_at"),
    )


def _create_leases() -> None:
    op.create_table(
        "workers",
        words("id", primary_key=True),
        words("host"),
        big("pid"),
        utc_time("joined_at"),
        utc_time("expires_at"),
        flag("lost", server_default=sa.false()),
    )
    op.create_table("leases", words("key", primary_key=True), words("worker", nullable=True))
    op.create_index("ix_leases_worker", "leases", ["worker"])


def _create_usage() -> None:
    op.create_table(
        "runs",
        counted_key("seq"),
        words("id", unique=True),
        words("kind"),
        utc_time("started_at"),
        utc_time("finished_at", nullable=True),
        words("status"),
        json("counts"),
        json("value_counts"),
        json("calls"),
        big("calls_total"),
        json("sources"),
    )
    op.create_index("ix_runs_finished_at", "runs", ["finished_at"])
    op.create_table(
        "usage",
        words("account", primary_key=True),
        words("day", primary_key=True),
        words("priority", primary_key=True),
        big("calls"),
        big("size_bytes"),
    )
    op.create_table("permits", words("account", primary_key=True), real("due_s"))
    op.create_table(
        "counters",
        words("name", primary_key=True),
        words("label", primary_key=True),
        big("number"),
        real("amount"),
    )


def _create_messages() -> None:
    op.create_table(
        "webhook_messages",
        counted_key("seq"),
        *map(words, ("account", "message_id", "source")),
        integer("part"),
        words("object"),
        words("event"),
        json("records"),
        utc_time("received_at"),
        utc_time("due_at"),
        utc_time("started_at", nullable=True),
        utc_time("done_at", nullable=True),
        integer("attempts"),
        words("worker", nullable=True),
        words("batch"),
        *map(words, ("run_id", "note")),
    )
    key = ["account", "message_id", "source", "part"]
    op.create_index("ix_webhook_messages_key", "webhook_messages", key, unique=True)
    # Messages are taken by account, those that are not done, in the order received.
    op.create_index("ix_webhook_messages_due", "webhook_messages", ["account", "done_at", "seq"])
    op.create_index("ix_webhook_messages_batch", "webhook_messages", ["batch"])
    op.create_index("ix_webhook_messages_received_at", "webhook_messages", ["received_at"])
    op.create_table(
        "reported_records",
        words("source", primary_key=True),
        words("key", primary_key=True),
        utc_time("reported_at"),
    )
    op.create_index("ix_reported_records_reported_at", "reported_records", ["reported_at"])
    op.create_table(
        "watched_sources",
        words("source", primary_key=True),
        utc_time("since"),
        json("column_types"),
        utc_time("listed_at", nullable=True),
        integer("missed_last", nullable=True),
        integer("missed", nullable=True),
    )
    op.create_table("webhooks", words("account", primary_key=True), words("webhook_id"))


def _create_users() -> None:
    whose = ("user_name", "role")
    op.create_table(
        "login_links",
        words("digest", primary_key=True),
        *map(words, whose),
        utc_time("expires_at"),
    )
    op.create_table(
        "web_sessions",
        words("digest", primary_key=True),
        *map(words, whose),
        *map(utc_time, ("opened_at", "used_at")),
    )
    op.create_table(
        "audit_entries",
        counted_key("id"),
        *map(words, whose),
        words("action"),
        words("subject"),
        words("detail"),
        utc_time("at"),
    )
    op.create_index("ix_audit_entries_subject", "audit_entries", ["subject", "id"])
