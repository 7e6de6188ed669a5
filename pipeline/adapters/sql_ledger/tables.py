"""Tables of the ledger. A change here needs a migration beside it; a test compares the two."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    Table,
    false,
    literal_column,
)

from pipeline.adapters.sql_ledger.database import UtcTime, Words

metadata = MetaData()
# Only INTEGER PRIMARY KEY counts up by itself in SQLite (https://www.sqlite.org/autoinc.html).
ID = BigInteger().with_variant(Integer, "sqlite")

# `seq` orders runs that began in the same second.
runs = Table(
    "runs",
    metadata,
    Column("seq", ID, primary_key=True, autoincrement=True),
    Column("id", Words, nullable=False, unique=True),
    Column("kind", Words, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime, index=True),
    Column("status", Words, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("value_counts", JSON, nullable=False),
    Column("calls", JSON, nullable=False),
    Column("calls_total", BigInteger, nullable=False),
    Column("sources", JSON, nullable=False),
)

files = Table(
    "files",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("version", Words, nullable=False, unique=True),
    Column("location_key", Words, nullable=False, index=True),
    # The version that a listing showed last in its location_key.
    Column("is_newest", Boolean, nullable=False, server_default=false()),
    Column("source", Words, nullable=False),
    Column("container", Words, nullable=False),
    # The record's PK_ID, or the path of a file that no record refers to.
    Column("record_key", Words, nullable=False),
    Column("path", Words),
    Column("field", Words, nullable=False),
    Column("ref", JSON, nullable=False),
    Column("original_name", JSON, nullable=False),
    # Both names, to be searched; see `rows.searched_names`.
    Column("names", Words, nullable=False, server_default=""),
    Column("stage", Words, nullable=False),
    Column("sha256", Words, index=True),
    Column("size_bytes", BigInteger),
    Column("pages", Integer),
    Column("media_type", Words),
    Column("fingerprint", Words),
    Column("rules", Words),
    Column("status", Words),
    Column("planned_only", Boolean, nullable=False, server_default=false()),
    Column("outcome", JSON(none_as_null=True)),
    Column("renamed_from", Words, index=True),
    Column("listings", Integer, nullable=False),
    Column("quarantined", Boolean, nullable=False, server_default=false()),
    # A user knows its outcome: who, and why nothing is done about it.
    Column("acknowledged_at", UtcTime),
    Column("acknowledgement", JSON(none_as_null=True)),
    Column("run_id", Words, nullable=False),
    Column("seen_at", UtcTime),
    Column("updated_at", UtcTime, nullable=False),
    Index("ix_files_order", "source", "container", "record_key", "field", "id"),
    Index("ix_files_record_key", "record_key"),
)

# Conditions of partial indexes: their constants stand in the statement, or no index would be found
# for them.
WAITING = files.c.is_newest & (files.c.stage != literal_column("'finished'", Words))
QUARANTINED = files.c.is_newest & files.c.quarantined
Index(
    "ix_files_metrics",
    *(files.c[name] for name in ("source", "planned_only", "status", "stage", "pages")),
    sqlite_where=files.c.is_newest,
    postgresql_where=files.c.is_newest,
)
Index(
    "ix_files_waiting",
    files.c.source,
    files.c.seen_at,
    sqlite_where=WAITING,
    postgresql_where=WAITING,
)
Index(
    "ix_files_quarantined", files.c.source, sqlite_where=QUARANTINED, postgresql_where=QUARANTINED
)

# All that a search for a part of a name looks at, in the order in which it is shown.
Index(
    "ix_files_names",
    files.c.source,
    files.c.names,
    files.c.id,
    sqlite_where=files.c.is_newest,
    postgresql_where=files.c.is_newest,
)

# Documents that are being read in a child process, and those whose run died meanwhile: suspects.
open_readings = Table(
    "open_readings",
    metadata,
    Column("version", Words, primary_key=True),
    # NULL once the run has survived the reading of a suspect.
    Column("run_id", Words, index=True),
    Column("fingerprint", Words, nullable=False),
    # Whether it was a suspect before, and how many runs have died while they read it alone.
    Column("suspected", Boolean, nullable=False),
    Column("deaths", Integer, nullable=False),
    Column("read_at", UtcTime, nullable=False),
)

# By content and fingerprint: two files with the same bytes are read once.
readings = Table(
    "readings",
    metadata,
    Column("sha256", Words, primary_key=True),
    Column("fingerprint", Words, primary_key=True),
    Column("prefix", Words, nullable=False),
    Column("findings", JSON, nullable=False),
    Column("saved_at", UtcTime, nullable=False),
)

# `before` and `after` have what undo and recovery compare and write; `path_from` and `path_to` are
# the same for files, as columns with an index.
effects = Table(
    "effects",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("kind", Words, nullable=False),
    Column("version", Words, nullable=False),
    Column("container", Words, nullable=False),
    Column("pk", Words, nullable=False),
    Column("is_view", Boolean, nullable=False),
    Column("field", Words, nullable=False),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
    Column("path_from", Words),
    Column("path_to", Words),
    Column("state", Words, nullable=False),
    Column("note", Words, nullable=False),
    Column("run_id", Words, nullable=False),
    Column("at", UtcTime, nullable=False),
    # The effect that this one undoes.
    Column("undoes", BigInteger),
    # When Caspio answered.
    Column("applied_at", UtcTime),
    # By column the version that a value was read in, where that is not `version`.
    Column("origins", JSON(none_as_null=True)),
    Index("ix_effects_version", "version"),
    Index("ix_effects_record", "container", "pk"),
    Index("ix_effects_path_from", "path_from"),
    Index("ix_effects_run", "run_id"),
    Index("ix_effects_undoes", "undoes"),
    Index("ix_effects_path_to", "path_to"),
)

OPEN = effects.c.state.in_([literal_column("'intent'", Words), literal_column("'applied'", Words)])
Index("ix_effects_open", effects.c.id, sqlite_where=OPEN, postgresql_where=OPEN)

blocked_containers = Table(
    "blocked_containers",
    metadata,
    Column("container", Words, primary_key=True),
    Column("reason", Words, nullable=False),
    Column("run_id", Words, nullable=False),
    Column("blocked_at", UtcTime, nullable=False),
)

# One row: the account that the files and effects belong to.
ledger_owner = Table(
    "ledger_owner",
    metadata,
    Column("id", ID, primary_key=True),
    Column("account", Words, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
)

# What this installation keeps to itself, as hex digits: the key that seals its plans.
secret_keys = Table(
    "secret_keys",
    metadata,
    Column("name", Words, primary_key=True),
    Column("key", Words, nullable=False),
    Column("made_at", UtcTime, nullable=False),
)

confirmed_sources = Table(
    "confirmed_sources",
    metadata,
    Column("name", Words, primary_key=True),
    Column("settings_hash", Words, primary_key=True),
    Column("confirmed_at", UtcTime, nullable=False),
)

source_states = Table(
    "source_states",
    metadata,
    Column("source", Words, primary_key=True),
    # The mapped columns' types under these settings, as they were last.
    Column("settings_hash", Words),
    Column("column_types", JSON),
    Column("caught_up_at", UtcTime),
    Column("caught_up_run_id", Words),
    # Why it did not run last, and what each alarm was last about.
    Column("stopped", JSON),
    Column("alarms", JSON),
)

# One row an unfinished verification: the names of its sources, and how far it has come.
verify_progress = Table(
    "verify_progress",
    metadata,
    Column("sources", Words, primary_key=True),
    Column("done", JSON, nullable=False),
    Column("source", Words, nullable=False),
    Column("after", JSON, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
)

# One row a run at work. The first to find it dead or expired marks it lost; a lost one may change
# nothing more.
workers = Table(
    "workers",
    metadata,
    Column("id", Words, primary_key=True),
    Column("host", Words, nullable=False),
    Column("pid", BigInteger, nullable=False),
    Column("joined_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("lost", Boolean, nullable=False, server_default=false()),
)

# A key without a worker was being acquired by a transaction that did not take it.
leases = Table(
    "leases",
    metadata,
    Column("key", Words, primary_key=True),
    Column("worker", Words, index=True),
)

# One row for each day (UTC) and priority: the budget is monthly, and the summary splits it.
usage = Table(
    "usage",
    metadata,
    Column("account", Words, primary_key=True),
    Column("day", Words, primary_key=True),
    Column("priority", Words, primary_key=True),
    Column("calls", BigInteger, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
)

# What all processes have counted and timed, added up every few seconds.
counters = Table(
    "counters",
    metadata,
    Column("name", Words, primary_key=True),
    Column("label", Words, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("amount", Float(53), nullable=False),
)

# When the next call of an account is due, in seconds since 1970.
permits = Table(
    "permits",
    metadata,
    Column("account", Words, primary_key=True),
    Column("due_s", Float(53), nullable=False),
)

repairs = Table(
    "repairs",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("kind", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("done", Words, nullable=False),
    Column("run_id", Words, nullable=False),
    Column("at", UtcTime, nullable=False),
)

# A message belongs to its worker while that lives; `batch` is what was taken together.
webhook_messages = Table(
    "webhook_messages",
    metadata,
    Column("seq", ID, primary_key=True, autoincrement=True),
    Column("account", Words, nullable=False),
    Column("message_id", Words, nullable=False),
    Column("source", Words, nullable=False),
    Column("part", Integer, nullable=False),
    Column("object", Words, nullable=False),
    Column("event", Words, nullable=False),
    Column("records", JSON, nullable=False),
    Column("received_at", UtcTime, nullable=False, index=True),
    Column("due_at", UtcTime, nullable=False),
    Column("started_at", UtcTime),
    Column("done_at", UtcTime),
    Column("attempts", Integer, nullable=False),
    Column("worker", Words),
    Column("batch", Words, nullable=False, index=True),
    Column("run_id", Words, nullable=False),
    Column("note", Words, nullable=False),
    Index("ix_webhook_messages_key", "account", "message_id", "source", "part", unique=True),
    Index("ix_webhook_messages_due", "account", "done_at", "seq"),
)

# When a message last reported a record of a source.
reported_records = Table(
    "reported_records",
    metadata,
    Column("source", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("reported_at", UtcTime, nullable=False, index=True),
)

watched_sources = Table(
    "watched_sources",
    metadata,
    Column("source", Words, primary_key=True),
    Column("since", UtcTime, nullable=False),
    Column("column_types", JSON, nullable=False),
    Column("listed_at", UtcTime),
    Column("missed_last", Integer),
    Column("missed", Integer),
)

# The webhook that this program has made in an account.
webhooks = Table(
    "webhooks",
    metadata,
    Column("account", Words, primary_key=True),
    Column("webhook_id", Words, nullable=False),
)
