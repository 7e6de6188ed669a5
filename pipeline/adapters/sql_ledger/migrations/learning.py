"""The tables of what was learned, as the first migration creates them."""

from alembic import op

from pipeline.adapters.sql_ledger.migrations.columns import (
    counted_key,
    flag,
    integer,
    json,
    real,
    utc_time,
    words,
)


def create_learning() -> None:
    """Create the tables of models, of trials, and of the steps that were agreed to."""
    op.create_table(
        "learned_models",
        words("source", primary_key=True),
        words("column_name", primary_key=True),
        integer("age", primary_key=True),
        *map(words, ("document", "sha256")),
        utc_time("made_at"),
        integer("records"),
        words("examples"),
        json("report"),
    )
    op.create_table(
        "learned_trials",
        counted_key("seq"),
        words("key", unique=True),
        *map(words, ("source", "column_name", "container", "pk")),
        flag("is_view"),
        *map(words, ("model", "stratum", "value")),
        real("probability"),
        words("reason"),
        json("place", nullable=True),
        words("step"),
        json("engines"),
        flag("written"),
        *map(words, ("verdict", "typed")),
        utc_time("at"),
    )
    order = ["source", "column_name", "seq"]
    op.create_index("ix_learned_trials_column", "learned_trials", order)
    op.create_index("ix_learned_trials_record", "learned_trials", ["container", "pk"])
    op.create_table(
        "learned_rungs",
        *(words(name, primary_key=True) for name in ("source", "column_name", "stratum")),
        *map(words, ("step", "reason")),
        json("engines"),
        words("agreed_by"),
    )
