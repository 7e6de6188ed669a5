"""Rows whose records a view may not show."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.model.sync import Side
from tests.unit.pipeline.sync.sides import SPEC, Records, Sides

OPEN = replace(
    SPEC,
    is_view=True,
    columns={"Code": "code", "Title": "title", "Note": "note"},
    delete_from=frozenset({Side.MIRROR}),
    max_deletions=1,
)


@pytest.fixture
def sides(tmp_path: Path) -> Sides:
    """A view of the records whose note is "open", with one that it shows."""
    made = Sides(tmp_path, OPEN, Records(shown=lambda row: row["Note"] == "open"))
    made.records.add(Code="A", Title="x", Note="open")
    made.run()
    return made


def test_a_record_that_left_its_view_is_not_inserted_again(sides: Sides):
    """An edit of a row whose record the view does not show any more makes no duplicate."""
    sides.sql("UPDATE t SET note = 'done'")
    sides.run()
    sides.sql("UPDATE t SET title = 'y'")

    run = sides.run()

    assert len(sides.records.rows) == 1
    assert run.report.counts == {"left": 1}


def test_a_row_that_its_view_never_showed_is_not_deleted(sides: Sides):
    """A new row that the view does not show once it is inserted stays in the mirror."""
    sides.sql("INSERT INTO t (code, title, note) VALUES ('B', 'y', 'done')")
    sides.run()

    sides.run()

    assert [row[0] for row in sides.mirrored()] == ["A", "B"]
    assert len(sides.records.rows) == 2


def test_an_insert_into_a_view_whose_answer_is_lost_is_not_repeated(sides: Sides):
    """A record that cannot be found behind its view counts as inserted, and is named."""
    sides.sql("INSERT INTO t (code, title, note) VALUES ('B', 'y', 'done')")
    sides.records.is_lost = True

    run = sides.run()
    sides.run()

    assert len(sides.records.rows) == 2
    assert not run.report.is_green
    assert [row[0] for row in sides.mirrored()] == ["A", "B"]
