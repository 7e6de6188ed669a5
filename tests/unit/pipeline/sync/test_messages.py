"""What webhooks report of a sync's records: our own writes are recognized, and named records compared."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.model import Column, Value
from pipeline.model.messages import ReportedRecord
from pipeline.model.sync import Direction, Side
from pipeline.sync.messages import own_writes
from tests.unit.pipeline.sync.sides import SPEC, Records, Sides

TYPES = {"Code": "STRING", "Title": "STRING"}
MIRRORED = replace(SPEC, direction=Direction.PULL, delete_from=frozenset({Side.MIRROR}))


@pytest.fixture
def sides(tmp_path: Path) -> Sides:
    """A sync that has pushed one row to Caspio."""
    sides = Sides(tmp_path)
    sides.run()
    sides.sql("INSERT INTO t VALUES ('a', 'written')")
    sides.run()
    return sides


def _own(sides: Sides, values: dict[str, Value], types: dict[str, str] = TYPES) -> set[str]:
    (pk,) = sides.records.rows
    reported = [ReportedRecord(pk, values), ReportedRecord("99", values)]
    return own_writes(reported, sides.spec, types=types, ledger=sides.ledger.syncs)


def test_what_the_sync_has_written_is_its_own(sides: Sides):
    """A record with what both sides had last was reported for our own write."""
    assert _own(sides, {"Code": "a", "Title": "written"}) == set(sides.records.rows)


@pytest.mark.parametrize(
    "values",
    [
        {"Code": "a", "Title": "typed"},
        {"Code": "a"},
        {},
        {"Code": "a", "Title": 5},
    ],
)
def test_in_doubt_it_was_somebody_else(sides: Sides, values: dict[str, Value]):
    """Another value, a column that no message carries, or one that does not fit its type."""
    assert _own(sides, values) == set()


def test_a_record_of_a_view_may_have_left_it(tmp_path: Path):
    """A column that no message carries may hide it, so that the other values prove nothing."""
    sides = Sides(tmp_path, replace(SPEC, is_view=True))
    sides.records.add(Code="a", Title="x")
    sides.run()

    assert _own(sides, {"Code": "a", "Title": "x"}) == set()


def test_a_difference_that_waits_is_looked_at_again(sides: Sides):
    """A conflict is not settled by a message about what is known already."""
    (pk,) = sides.records.rows
    sides.records.rows[pk]["Title"] = "there"
    sides.sql("UPDATE t SET title = 'here'")
    sides.run()

    assert _own(sides, {"Code": "a", "Title": "written"}) == set()


def test_a_blank_and_null_are_one(tmp_path: Path):
    """Values are compared in the common form, as the run compares them."""
    sides = Sides(tmp_path)
    sides.run()
    sides.sql("INSERT INTO t VALUES ('a', NULL)")
    sides.run()

    assert _own(sides, {"Code": "a", "Title": ""}) == set(sides.records.rows)


def test_named_records_that_are_gone_are_deleted(tmp_path: Path):
    """A message about a deleted record deletes its row, and no other one."""
    sides = Sides(tmp_path, MIRRORED)
    first, second = (sides.records.add(Code=code, Title=code) for code in ("a", "b"))
    sides.run()
    del sides.records.rows[first], sides.records.rows[second]

    sides.run(only=[first])

    assert sides.mirrored() == [("b", "b")]


def test_too_many_named_deletions_wait_for_a_user(tmp_path: Path):
    """Messages about a table that somebody has emptied do not empty the mirror."""
    sides = Sides(tmp_path, replace(MIRRORED, max_deletions=0.5))
    pks = [sides.records.add(Code=str(number), Title="") for number in range(4)]
    sides.run()
    sides.records.rows.clear()

    report = sides.run(only=pks).report

    assert (len(sides.mirrored()), report.deletions_left, report.is_green) == (4, 4, False)


def test_many_small_runs_delete_no_more_than_one(tmp_path: Path):
    """Messages come in small batches; they have one share of the rows until the next sweep."""
    sides = Sides(tmp_path, replace(MIRRORED, max_deletions=0.3))
    pks = [sides.records.add(Code=str(number), Title="") for number in range(10)]
    sides.run()
    kept = [sides.records.rows.pop(pk) for pk in pks]

    reports = [sides.run(only=[pk]).report for pk in pks]

    assert (len(sides.mirrored()), [report.deletions_left for report in reports]) == (
        7,
        [0] * 3 + [1] * 7,
    )
    sides.records.rows |= dict(zip(pks[3:], kept[3:], strict=True))
    sides.run(sweep=True)
    del sides.records.rows[pks[3]]
    assert sides.run(only=[pks[3]]).report.deletions_left == 0


def test_a_dropped_table_is_left_to_the_run_that_loads_it(tmp_path: Path):
    """A message makes no table with its one row: an export task loads an empty one."""
    sides = Sides(tmp_path, MIRRORED)
    first, _ = (sides.records.add(Code=code, Title=code) for code in ("a", "b"))
    sides.run()
    sides.sql("DROP TABLE t")

    report = sides.run(only=[first]).report

    assert "left to the next whole run" in report.notes[0]
    assert sides.sql("SELECT name FROM sqlite_master") == []
    sides.run()
    assert sides.mirrored() == [("a", "a"), ("b", "b")]


def test_a_changed_key_takes_the_former_row_away(tmp_path: Path):
    """A message about a record whose key somebody has changed leaves one row, as a sweep would."""
    sides = Sides(tmp_path, MIRRORED)
    pk = sides.records.add(Code="a", Title="x")
    sides.run()
    sides.records.rows[pk]["Code"] = "b"

    sides.run(only=[pk])

    assert sides.mirrored() == [("b", "x")]


def test_a_column_compared_in_two_zones_is_left_to_the_run(tmp_path: Path):
    """Only a look at both sides says which of two remembered values counts."""
    records = Records(fields=(Column("Code", "STRING", unique=True), Column("Title", "STRING")))
    sides = Sides(tmp_path, records=records)
    records.add(Code="a", Title="x")
    sides.run()
    (state,) = sides.ledger.syncs.page(sides.spec.identity)
    twice = {**(state.base or {}), "Title\x1ftitle\x1fEurope/Berlin": "x"}
    sides.ledger.syncs.save(sides.spec.identity, [replace(state, base=twice)])

    assert _own(sides, {"Code": "a", "Title": "x"}) == set()
