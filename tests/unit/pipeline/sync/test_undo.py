"""Undoing a run: what stays undone, and what is left alone."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.model.sync import Side
from pipeline.sync.undo import undo_sync
from tests.unit.pipeline.sync.sides import SPEC, Sides


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
