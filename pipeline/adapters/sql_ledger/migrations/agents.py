"""The tables of agents, as the first migration creates them."""

from alembic import op

from pipeline.adapters.sql_ledger.migrations.columns import (
    big,
    counted_key,
    integer,
    json,
    utc_time,
    words,
)


def create_agents() -> None:
    """Create the tables of tokens, of calls, and of requests sent under a key of their own."""
    op.create_table(
        "agent_tokens",
        words("id", primary_key=True),
        words("name"),
        words("account"),
        words("digest", unique=True),
        json("scope"),
        utc_time("created_at"),
        utc_time("expires_at"),
        utc_time("revoked_at", nullable=True),
        utc_time("last_used_at", nullable=True),
    )
    op.create_table(
        "agent_calls",
        counted_key("id"),
        words("token_id"),
        words("tool"),
        words("arguments"),
        utc_time("at"),
        words("state"),
        words("note"),
        big("records"),
        big("calls"),
        words("run_id"),
        utc_time("finished_at", nullable=True),
    )
    op.create_index("ix_agent_calls_token", "agent_calls", ["token_id", "at"])
    op.create_index("ix_agent_calls_run_id", "agent_calls", ["run_id"])
    op.create_table(
        "kept_requests",
        words("token_id", primary_key=True),
        words("key", primary_key=True),
        *map(words, ("request", "body")),
        utc_time("at"),
        integer("status", nullable=True),
        json("answer", nullable=True),
        *map(words, ("owner", "host")),
        integer("pid"),
        utc_time("expires_at"),
    )
    op.create_index("ix_kept_requests_at", "kept_requests", ["at"])
