"""Tables of users: login links, sessions and the audit trail."""

from sqlalchemy import Column, Index, Table

from pipeline.adapters.sql_ledger.tables import ID, UtcTime, Words, metadata

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
