from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import BadSettings
from pipeline.model import Column
from pipeline.model.sync import Direction, RecordRow, Side
from tests.unit.pipeline.sync.sides import COLUMNS, SPEC, Records, Sides

PULL = replace(SPEC, direction=Direction.PULL)
REPEATING = (Column("Code", "STRING"), *COLUMNS[1:])


@dataclass
class Busy(Records):
    """Records in pages of one; while the second is read, somebody uses the mirror."""

    sides: Sides | None = None
    statement: str = ""

    def pages(
        self, columns: Sequence[str], *, since: tuple[str, str] | None = None
    ) -> Iterator[Sequence[RecordRow]]:
        """Yield all records."""
        for number, page in enumerate(super().pages(columns, since=since)):
            if number and self.statement:
                assert self.sides is not None
                self.sides.sql(self.statement)
            yield page


def titles(sides: Sides) -> list[Any]:
    """Return the titles at Caspio."""
    return [row["Title"] for row in sides.records.rows.values()]


def test_a_row_that_is_back_is_not_deleted(tmp_path: Path):
    """A row of the mirror that comes back during a run keeps its record; the next run looks."""
    records = Busy(page=1)
    spec = replace(SPEC, delete_from=frozenset({Side.CASPIO}), max_deletions=1)
    sides = records.sides = Sides(tmp_path, spec, records)
    for code in ("a", "b"):
        records.add(Code=code, Title=code)
    sides.run()
    sides.sql("DELETE FROM t WHERE code = 'a'")
    records.statement = "INSERT INTO t VALUES ('a', 'a')"

    run = sides.run()

    assert titles(sides) == ["a", "b"]
    assert run.report.counts["overtaken"] == 1
    records.statement = ""
    assert sides.run().report.counts == {"same": 2}


def test_a_record_that_is_back_keeps_its_row(tmp_path: Path):
    """A record made again during a run, with another PK_ID, keeps its row of the mirror."""
    spec = replace(SPEC, delete_from=frozenset({Side.MIRROR}), max_deletions=1)
    sides = Sides(tmp_path, spec)
    first = sides.records.add(Code="a", Title="a")
    sides.run()
    del sides.records.rows[first]
    context = sides.context()
    calls = iter(range(100))

    def made_again() -> None:
        # The first call is before the page of the mirror, and the second before the deletions.
        if next(calls) == 1:
            sides.records.add(Code="a", Title="a")

    sides.run_with(replace(context, before_each=made_again), sweep=True)

    assert sides.mirrored() == [("a", "a")]
    assert next(calls) > 1


@pytest.mark.parametrize(("share", "left"), [(0.0, 1), (0.01, 0)])
def test_no_share_of_deletions_is_none(tmp_path: Path, share: float, left: int):
    """Without a share not even one row is deleted unasked; with one, one row may always be."""
    spec = replace(SPEC, delete_from=frozenset({Side.CASPIO}), max_deletions=share)
    sides = Sides(tmp_path, spec)
    for code in ("a", "b"):
        sides.records.add(Code=code)
    sides.run()
    sides.sql("DELETE FROM t WHERE code = 'a'")

    run = sides.run()

    assert run.report.deletions_left == left
    assert run.report.counts == {"same": 1, "write": 1 - left} | ({"kept": 1} if left else {})
    assert [f"`sync plan {spec.name} --delete`" in note for note in run.report.notes] == [
        True
    ] * left
    assert len(sides.records.rows) == 1 + left


@pytest.mark.parametrize("page", [1, 2])
def test_two_records_of_one_key_are_refused(tmp_path: Path, page: int):
    """A second record with a key is reported, on its own page, too; the mirror keeps the first."""
    sides = Sides(tmp_path, PULL, Records(REPEATING, page=page))
    first = sides.records.add(Code="a", Title="first")
    sides.records.add(Code="a", Title="second")

    run = sides.run()

    assert sides.mirrored() == [("a", "first")]
    assert run.report.counts == {"write": 1, "refused": 1}
    assert f"that of record {first} as well" in run.report.refused[0][1]
    assert sides.run().report.counts == {"same": 1, "refused": 1}


def test_a_record_with_the_key_of_a_known_one_is_refused(tmp_path: Path):
    """Where one record alone is listed, its key is still that of the record known before."""
    sides = Sides(tmp_path, PULL, Records(REPEATING))
    first = sides.records.add(Code="a", Title="first")
    sides.run()
    second = sides.records.add(Code="a", Title="second")

    refused = sides.run(only=[second])
    del sides.records.rows[first]
    made_again = sides.run(only=[second])

    assert refused.report.counts == {"refused": 1}
    assert made_again.report.counts == {"write": 1}
    assert sides.mirrored() == [("a", "second")]


def test_a_key_that_is_not_unique_is_not_written(tmp_path: Path):
    """A sync that writes to Caspio needs a key that is Unique there."""
    sides = Sides(tmp_path, SPEC, Records(REPEATING))

    with pytest.raises(BadSettings, match="Make it Unique"):
        sides.run()


def test_a_key_without_room_in_the_mirror_stops_nothing(tmp_path: Path):
    """A record whose key the mirror cannot hold is refused, and the others are written."""
    sides = Sides(tmp_path, PULL)
    sides.sql("CREATE TABLE t (code VARCHAR(3) PRIMARY KEY, title TEXT)")
    for code in ("long", "a"):
        sides.records.add(Code=code, Title=code)

    run = sides.run()

    assert sides.mirrored() == [("a", "a")]
    assert run.report.counts == {"refused": 1, "write": 1}


def test_a_key_that_cannot_be_asked_for_stops_nothing(tmp_path: Path):
    """A row of the mirror whose key no condition can name is refused, and the others are written."""
    sides = Sides(tmp_path)
    sides.run()
    sides.sql("INSERT INTO t VALUES ('bell \x07', 'x'), ('b', 'b')")

    run = sides.run()

    assert titles(sides) == ["b"]
    assert run.report.counts == {"refused": 1, "write": 1}


def test_an_increment_looks_back_over_the_hour_that_is_repeated(tmp_path: Path):
    """When clocks are set back, a change may show a time an hour before the latest one seen."""
    shown = "2026-11-01T01:59:00"
    records = Records((*COLUMNS, Column("Changed", "TIMESTAMP")))
    sides = Sides(tmp_path, replace(PULL, changed_column="Changed"), records)
    records.add(Code="a", Changed=shown)
    sides.run()

    sides.run()

    assert records.asked_since[0] is None
    assert records.asked_since[1] is not None
    since = datetime.fromisoformat(records.asked_since[1][1])
    assert datetime.fromisoformat(shown) - since > timedelta(hours=1)


@pytest.mark.parametrize(("rows", "is_noted"), [(999, False), (1_000, True)])
def test_a_plan_names_the_import_where_it_saves_calls(tmp_path: Path, rows: int, *, is_noted: bool):
    """Many rows to insert at Caspio are one call each, and a plan says what takes none."""
    sides = Sides(tmp_path)
    sides.run()
    values = ",".join(f"('{number}', 't')" for number in range(rows))
    sides.sql(f"INSERT INTO t VALUES {values}")  # noqa: S608 - a test's own

    notes = sides.plan().report.notes

    assert any("one call each" in note for note in notes) is is_noted
