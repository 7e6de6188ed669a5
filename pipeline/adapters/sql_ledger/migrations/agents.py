"""The tables of agents, as the first migration creates them."""

from alembic import op

from pipeline.adapters.sql_ledger.migrations.columns import big, counted_key, json, utc_time, words

AGENTS = ("agent_tokens", "agent_calls")


def create_agents() -> None:
    """Create them."""
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
