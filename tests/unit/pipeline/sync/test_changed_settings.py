"""What the ledger knows of rows holds for the columns and the database that were compared."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.adapters.sql_mirror.connection import database_id
from pipeline.model import Column
from pipeline.model.sync import Direction
from tests.unit.pipeline.sync.sides import COLUMNS, SPEC, Records, Sides


@pytest.fixture
def sides(tmp_path: Path) -> Sides:
    """One record that is in sync."""
    made = Sides(tmp_path)
    made.records.add(Code="A", Title="x")
    made.run()
    return made


def test_another_column_of_the_mirror_empties_nothing(sides: Sides):
    """A new column of the mirror, which is empty, is filled instead of emptying Caspio's."""
    sides.sql("ALTER TABLE t ADD headline TEXT")
    sides.spec = replace(SPEC, columns={"Code": "code", "Title": "headline"})

    sides.run()

    assert sides.records.rows["1"]["Title"] == "x"
    assert sides.sql("SELECT headline FROM t") == [("x",)]


def test_another_zone_moves_no_date(tmp_path: Path):
    """Dates that a new zone shows differently are a conflict, not the mirror's changes."""
    spec = replace(SPEC, columns={"Code": "code", "Day": "day"})
    sides = Sides(tmp_path, spec, Records((*COLUMNS, Column("Day", "DATE/TIME"))))
    layout = sides.context().layout
    zoned = replace(layout.pairs["Day"].here, has_timezone=True)
    layout = replace(
        layout, pairs={**layout.pairs, "Day": replace(layout.pairs["Day"], here=zoned)}
    )
    base = layout.remembered({"Code": "A", "Day": "2026-03-31T08:30:00"})

    moved = replace(layout, spec=replace(spec, timezone="America/New_York"))

    assert layout.known(base) == {"Code": "A", "Day": "2026-03-31T08:30:00"}
    assert moved.known(base) == {"Code": "A"}


def test_another_database_is_another_sync(sides: Sides):
    """Older values of another database are a conflict; Caspio keeps its newer one."""
    sides.records.rows["1"]["Title"] = "new"
    sides.run()
    sides.sql("UPDATE t SET title = 'x'")
    sides.spec = replace(SPEC, database="0a1b2c3d")

    run = sides.run()

    assert sides.records.rows["1"]["Title"] == "new"
    assert run.report.counts == {"conflict": 1}


def test_a_table_that_is_gone_is_filled_again(sides: Sides):
    """Rows of a dropped table do not count as deleted; a plan says so, too."""
    sides.spec = replace(SPEC, direction=Direction.PULL)
    sides.sql("DROP TABLE t")

    plan = sides.plan()
    run = sides.run()

    assert sides.mirrored() == [("A", "x")]
    assert plan.report.counts == run.report.counts == {"write": 1}


def test_the_keys_columns_in_the_mirror_are_part_of_the_identity():
    """Another key column of the mirror names other rows."""
    other = replace(SPEC, columns={"Code": "number", "Title": "title"})

    assert other.identity != SPEC.identity


def test_a_database_is_known_by_its_place():
    """A new password is the same database; another host, name or file is another one."""
    one = "postgresql+psycopg://u:one@host/db"

    assert database_id(one) == database_id("postgresql+psycopg://v:two@HOST/db")
    places = {one, "postgresql+psycopg://u:one@host/other", "postgresql+psycopg://u:one@b/db"}
    places |= {"sqlite:////a.db", "sqlite:////b.db"}
    assert len(set(map(database_id, places))) == len(places)
