import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column as SqlColumn
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from pipeline.adapters.sql_mirror import SqlMirror
from pipeline.adapters.sql_mirror.mirror import described
from pipeline.model import Column
from pipeline.model.sync import ChangeKind, MirrorChange
from pipeline.sync.conversions import mismatch

Open = Callable[..., SqlMirror]


@pytest.fixture
def mirror(tmp_path: Path) -> Open:
    """Set up a database by statements, and open its table `orders`."""

    def opened(*statements: str) -> SqlMirror:
        path = tmp_path / "mirror.db"
        with sqlite3.connect(path) as connection:
            for statement in statements:
                connection.execute(statement)
        return SqlMirror(f"sqlite:///{path}", "orders")

    return opened


@pytest.mark.parametrize(("rows", "is_unique"), [("", True), (" WHERE open", False)])
def test_an_index_of_some_rows_keeps_no_key_unique(mirror: Open, rows: str, *, is_unique: bool):
    """A partial unique index lets the rows that it leaves out have one key."""
    orders = mirror(
        "CREATE TABLE orders (code TEXT, open BOOLEAN)",
        f"CREATE UNIQUE INDEX one ON orders (code){rows}",
    )

    assert orders.is_unique(["code"]) is is_unique


def test_a_key_of_two_rows_names_neither(mirror: Open):
    """Where a database lets a key repeat, a change of that key meets no row and changes none."""
    orders = mirror(
        "CREATE TABLE orders (code TEXT, title TEXT)",
        "INSERT INTO orders VALUES ('a', 'same'), ('a', 'same')",
    )
    change = MirrorChange(ChangeKind.UPDATE, {"code": "a"}, {"title": "same"}, {"title": "new"})

    (answer,) = orders.write([change])

    assert not answer.met
    assert {row["title"] for row in orders.rows([{"code": "a"}], ["title"])} == {"same"}


def test_a_bound_is_compared_in_utc_with_times_without_a_zone(mirror: Open):
    """A column without a zone keeps UTC, so that a bound in another zone is converted first."""
    orders = mirror(
        "CREATE TABLE orders (code TEXT PRIMARY KEY, at DATETIME)",
        "INSERT INTO orders VALUES ('a', '2026-07-01 08:30:00.000000')",
    )
    ten = datetime(2026, 7, 1, 10, tzinfo=timezone(timedelta(hours=2)))

    found = list(orders.pages(["code", "at"], ["code"], since=("at", ten)))

    assert ten.astimezone(UTC).hour == 8
    assert [row["code"] for page in found for row in page] == ["a"]


@pytest.mark.parametrize(
    ("caspio", "kept", "reason"),
    [
        ("NUMBER", postgresql.REAL(), "rounds numbers"),
        ("CURRENCY", postgresql.FLOAT(24), "rounds numbers"),
        ("NUMBER", postgresql.DOUBLE_PRECISION(53), ""),
        ("STRING", postgresql.CHAR(8), "pads texts"),
        ("STRING", postgresql.VARCHAR(8), ""),
    ],
)
def test_a_type_that_changes_values_is_refused(caspio: str, kept: TypeEngine[Any], reason: str):
    """Columns that round or pad what is written are refused by name; SQLite does neither."""
    column: SqlColumn[Any] = SqlColumn("c", kept)

    problem = mismatch(Column("C", caspio), described(column, dialect="postgresql"))

    assert reason in problem
    assert bool(problem) is bool(reason)
    assert not mismatch(Column("C", caspio), described(column, dialect="sqlite"))


def test_the_decimals_of_a_second_are_known():
    """A time is described with the decimals of a second that its column keeps, None for all."""
    short = SqlColumn("c", postgresql.TIMESTAMP(precision=0))
    whole = SqlColumn("c", postgresql.TIMESTAMP())

    assert described(short, dialect="postgresql").scale == 0
    assert described(whole, dialect="postgresql").scale is None
