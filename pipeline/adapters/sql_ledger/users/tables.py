"""Tables of users: login links, sessions, the audit trail, and what waits for a decision."""

from sqlalchemy import JSON, Boolean, Column, Float, Index, Integer, Table, literal_column

from pipeline.adapters.sql_ledger.database import UtcTime, Words
from pipeline.adapters.sql_ledger.tables import ID, metadata

login_links = Table(
    "login_links",
    metadata,
    Column("digest", Words, primary_key=True),
    Column("user_name", Words, nullable=False),
    Column("role", Words, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
)

web_sessions = Table(
    "web_sessions",
    metadata,
    Column("digest", Words, primary_key=True),
    Column("user_name", Words, nullable=False),
    Column("role", Words, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("used_at", UtcTime, nullable=False),
)

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("user_name", Words, nullable=False),
    Column("role", Words, nullable=False),
    Column("action", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("detail", Words, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index("ix_audit_entries_subject", "subject", "id"),
)

# `key` is made of source, record and column: a new suggestion replaces the old one. What is beside
# `item` is in it as well, as columns to choose by.
review_items = Table(
    "review_items",
    metadata,
    Column("key", Words, primary_key=True),
    Column("review", Words, nullable=False),
    Column("source", Words, nullable=False),
    Column("container", Words, nullable=False),
    Column("pk", Words, nullable=False),
    Column("column_name", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("risk", Float(53), nullable=False),
    Column("amount", Float(53)),
    Column("item", JSON, nullable=False),
    Column("run_id", Words, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Index("ix_review_items_record", "source", "container", "pk"),
    Index("ix_review_items_review", "review", "state"),
    # The order of `ReviewLedger.column_items`, so that a page is one range of the index.
    Index("ix_review_items_column", "state", "column_name", "risk", "key"),
)

# One row for each record that has had a suggestion; `risk` stays when the last one is decided.
# `reasons` has those of the open ones, each with a blank before and behind.
reviews = Table(
    "reviews",
    metadata,
    Column("id", Words, primary_key=True),
    Column("source", Words, nullable=False),
    Column("container", Words, nullable=False),
    Column("pk", Words, nullable=False),
    Column("is_view", Boolean, nullable=False),
    Column("open_items", Integer, nullable=False),
    Column("risk", Float(53), nullable=False),
    Column("claimed_by", Words, nullable=False),
    Column("claimed_until", UtcTime),
    Column("postponed_until", UtcTime),
    Column("since", UtcTime),
    Column("amount", Float(53)),
    Column("reasons", Words, nullable=False),
)
IS_OPEN = reviews.c.open_items > literal_column("0", Integer)
# The order of the queue, and then what it is narrowed by: a narrow filter reads the index alone.
_QUEUE = [getattr(reviews.c, name) for name in ("risk", "id", "amount", "since", "reasons")]
Index("ix_reviews_queue", *_QUEUE, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN)
Index(
    "ix_reviews_source",
    reviews.c.source,
    *_QUEUE,
    sqlite_where=IS_OPEN,
    postgresql_where=IS_OPEN,
)
