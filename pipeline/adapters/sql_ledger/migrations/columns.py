"""Columns as migrations spell them out: what one does must not change when `tables.py` does."""

from typing import Any

import sqlalchemy as sa


def words(name: str, **options: Any) -> sa.Column[str]:
    """Return a column of text that sorts by code point."""
    # The "C" collation sorts by bytes, as SQLite does: pages follow the order of the columns.
    kind = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    return sa.Column(name, kind, **{"nullable": False, **options})


def counted_key(name: str) -> sa.Column[int]:
    """Return a primary key that counts up by itself."""
    # SQLite counts up INTEGER PRIMARY KEY only.
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, primary_key=True, autoincrement=True)


def utc_time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """Return a column of times."""
    # SQLite stores no zone; all times are UTC.
    kind = sa.DateTime().with_variant(sa.DateTime(timezone=True), "postgresql")
    return sa.Column(name, kind, nullable=nullable)


def json(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """Return a column of JSON."""
    return sa.Column(name, sa.JSON(), nullable=nullable)


def flag(name: str, **options: Any) -> sa.Column[bool]:
    """Return a column of yes or no."""
    return sa.Column(name, sa.Boolean(), nullable=False, **options)


def integer(name: str, **options: Any) -> sa.Column[int]:
    """Return a column of whole numbers."""
    return sa.Column(name, sa.Integer(), **{"nullable": False, **options})


def big(name: str, *, nullable: bool = False) -> sa.Column[int]:
    """Return a column of large whole numbers."""
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def real(name: str, *, nullable: bool = False) -> sa.Column[float]:
    """Return a column of numbers."""
    return sa.Column(name, sa.Float(53), nullable=nullable)
