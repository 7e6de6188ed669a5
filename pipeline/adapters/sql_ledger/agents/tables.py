"""The tables of tokens and of their calls; they belong to the ledger's metadata."""

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, Table

from pipeline.adapters.sql_ledger.database import UtcTime, Words
from pipeline.adapters.sql_ledger.tables import metadata

# `digest` is SHA-256 of the token, which is stored nowhere.
agent_tokens = Table(
    "agent_tokens",
    metadata,
    Column("id", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("account", Words, nullable=False),
    Column("digest", Words, nullable=False, unique=True),
    Column("scope", JSON, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
    Column("last_used_at", UtcTime),
)

agent_calls = Table(
    "agent_calls",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("token_id", Words, nullable=False),
    Column("tool", Words, nullable=False),
    Column("arguments", Words, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("state", Words, nullable=False),
    Column("note", Words, nullable=False),
    Column("records", BigInteger, nullable=False),
    Column("calls", BigInteger, nullable=False),
    Column("run_id", Words, nullable=False, index=True),
    Column("finished_at", UtcTime),
    Index("ix_agent_calls_token", "token_id", "at"),
)

# What a program sent under a key of its own. `request` and `key` are digests; `answer` is what it
# was sent, so that the same request is answered the same.
kept_requests = Table(
    "kept_requests",
    metadata,
    Column("token_id", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("request", Words, nullable=False),
    Column("body", Words, nullable=False),
    Column("at", UtcTime, nullable=False, index=True),
    Column("status", Integer),
    Column("answer", JSON),
    Column("owner", Words, nullable=False),
    Column("host", Words, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
)
