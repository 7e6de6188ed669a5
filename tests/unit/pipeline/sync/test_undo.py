"""Undoing a run: what stays undone, and what is left alone."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import BadSettings
from pipeline.model import Column
from pipeline.model.sync import Side
from pipeline.sync.undo import undo_sync
from tests.unit.pipeline.sync.sides import COLUMNS, SPEC, Records, Sides


class _Killed(BaseException):
    """The process ends."""


def test_a_killed_undo_stays_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What an undo had written when it was killed is not done again by the next run."""
    sides = Sides(tmp_path, replace(SPEC, delete_from=frozenset({Side.MIRROR}), max_deletions=1))
    pk = sides.records.add(Code="A", Title="x")
    sides.run()
    del sides.records.rows[pk]
    deleting = sides.run()
    assert sides.mirrored() == []

    def kill(*_: Any, **__: Any) -> None:
        raise _Killed

    with monkeypatch.context() as patch:
        patch.setattr(sides.ledger.syncs, "settle", kill)
        with pytest.raises(_Killed):
            undo_sync(sides.context(), deleting.run_id)
    sides.run()

    assert sides.mirrored() == [("A", "x")]


DELETING = replace(SPEC, delete_from=frozenset({Side.CASPIO}), max_deletions=1)
ATTACHED = Records((*COLUMNS, Column("Contract", "ATTACHMENT")))


def test_a_deleted_record_comes_back_whole(tmp_path: Path):
    """Columns that are not in sync are archived with a deleted record, and an undo inserts them."""
    sides = Sides(tmp_path, DELETING)
    sides.records.add(Code="A", Title="x", Note="only here")
    sides.run()
    sides.sql("DELETE FROM t")
    deleting = sides.run()
    assert sides.records.rows == {}

    sides.undo(deleting)

    archived = [json.loads(data) for data in sides.archive.objects.values()]
    assert [one["row"]["Note"] for one in archived] == ["only here"]
    assert list(sides.records.rows.values()) == [{"Code": "A", "Title": "x", "Note": "only here"}]
    assert sides.run().report.counts == {"left": 1}


def test_a_record_that_changes_before_its_deletion_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A column that is not in sync is part of the guard."""
    sides = Sides(tmp_path, DELETING)
    sides.records.add(Code="A", Title="x")
    sides.run()
    sides.sql("DELETE FROM t")
    delete = sides.records.delete

    def type_first(pk: str, **guard: Any) -> Any:
        sides.records.rows[pk]["Note"] = "typed meanwhile"
        return delete(pk, **guard)

    monkeypatch.setattr(sides.records, "delete", type_first)
    run = sides.run()

    assert len(sides.records.rows) == 1
    assert run.report.counts["overtaken"] == 1


def test_an_inserted_record_that_users_filled_in_stays(tmp_path: Path):
    """An undo deletes no record with a value that the run has not written."""
    sides = Sides(tmp_path)
    sides.context().mirror.create(sides.context().layout.to_create, ["code"])
    sides.sql("INSERT INTO t VALUES ('A', 'x'), ('B', 'y')")
    run = sides.run()
    sides.records.rows["2"]["Note"] = "typed since"

    undo = sides.undo(run)

    assert list(sides.records.rows) == ["2"]
    assert [refusal for refusal in undo.report.refused if "Note has a value" in str(refusal)]


def test_no_record_with_files_is_deleted(tmp_path: Path):
    """Files cannot be put back: settings that would delete them are refused, and so is an undo."""
    with pytest.raises(BadSettings, match="Contract"):
        Sides(tmp_path, DELETING, ATTACHED).run()
    sides = Sides(tmp_path, SPEC, ATTACHED)
    sides.context().mirror.create(sides.context().layout.to_create, ["code"])
    sides.sql("INSERT INTO t VALUES ('A', 'x')")
    run = sides.run()

    undo = sides.undo(run)

    assert len(sides.records.rows) == 1
    assert not undo.report.is_green


def test_a_deleted_row_of_the_mirror_is_archived_whole(tmp_path: Path):
    """Columns of the mirror that are not in sync are in the archive before their row is deleted."""
    sides = Sides(tmp_path, replace(SPEC, delete_from=frozenset({Side.MIRROR}), max_deletions=1))
    pk = sides.records.add(Code="A", Title="x")
    sides.run()
    sides.sql("ALTER TABLE t ADD extra BLOB")
    sides.sql("UPDATE t SET extra = x'00ff'")
    del sides.records.rows[pk]

    sides.run()

    assert sides.mirrored() == []
    archived = [json.loads(data) for data in sides.archive.objects.values()]
    assert [one["stored"]["extra"] for one in archived] == [str(b"\x00\xff")]
