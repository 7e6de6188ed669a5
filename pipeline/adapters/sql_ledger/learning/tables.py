"""Tables of models, of the choices they made, and of the steps that were proved."""

from sqlalchemy import JSON, Boolean, Column, Float, Index, Integer, Table

from pipeline.adapters.sql_ledger.database import UtcTime, Words
from pipeline.adapters.sql_ledger.tables import ID, metadata

# `age` is 0 for the present model of a column, 1 for the one before it, 2 for one undone.
learned_models = Table(
    "learned_models",
    metadata,
    Column("source", Words, primary_key=True),
    Column("column_name", Words, primary_key=True),
    Column("age", Integer, primary_key=True),
    Column("document", Words, nullable=False),
    Column("sha256", Words, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("records", Integer, nullable=False),
    Column("examples", Words, nullable=False),
    Column("report", JSON, nullable=False),
)

# `key` is made of source, record and column.
learned_trials = Table(
    "learned_trials",
    metadata,
    Column("seq", ID, primary_key=True, autoincrement=True),
    Column("key", Words, nullable=False, unique=True),
    Column("source", Words, nullable=False),
    Column("column_name", Words, nullable=False),
    Column("container", Words, nullable=False),
    Column("pk", Words, nullable=False),
    Column("is_view", Boolean, nullable=False),
    Column("model", Words, nullable=False),
    Column("stratum", Words, nullable=False),
    Column("value", Words, nullable=False),
    Column("probability", Float(53), nullable=False),
    Column("reason", Words, nullable=False),
    Column("place", JSON(none_as_null=True)),
    Column("step", Words, nullable=False),
    Column("engines", JSON, nullable=False),
    Column("written", Boolean, nullable=False),
    Column("verdict", Words, nullable=False),
    Column("typed", Words, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index("ix_learned_trials_column", "source", "column_name", "seq"),
    Index("ix_learned_trials_record", "container", "pk"),
)

learned_rungs = Table(
    "learned_rungs",
    metadata,
    Column("source", Words, primary_key=True),
    Column("column_name", Words, primary_key=True),
    Column("stratum", Words, primary_key=True),
    Column("step", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("engines", JSON, nullable=False),
    Column("agreed_by", Words, nullable=False),
)
