from dataclasses import replace

import pytest

from pipeline.errors import LeaseLost
from pipeline.model import EffectState
from pipeline.model.sync import ChangeKind, RowState, Side, SyncEffect, SyncProgress
from pipeline.ports import Ledger
from tests.fakes.clock import FakeClock

SYNC = "orders-0a1b2c3d"


def effect(key: str = '["k"]', **options: object) -> SyncEffect:
    """An effect on one row."""
    made = SyncEffect(SYNC, key, "7", Side.CASPIO, ChangeKind.UPDATE, {"A": "old"}, {"A": "new"})
    return replace(made, **options)  # type: ignore[arg-type]  # names of the dataclass


def test_rows_are_kept_by_key(ledger: Ledger):
    """What is saved last is what is known; another sync does not see it."""
    known = [RowState('["a"]', "1", {"A": None, "B": "ü\u0000"}, "d"), RowState('["b"]')]
    ledger.syncs.save(SYNC, known)
    ledger.syncs.save(SYNC, [replace(known[0], base={"A": 1})])

    found = ledger.syncs.rows(SYNC, ['["a"]', '["b"]', '["c"]'])

    assert sorted(found, key=lambda row: row.key) == [replace(known[0], base={"A": 1}), known[1]]
    assert ledger.syncs.rows_with_pks(SYNC, ["1"]) == [replace(known[0], base={"A": 1})]
    assert ledger.syncs.rows("other", ['["a"]']) == []


def test_only_rows_that_both_sides_had_are_counted(ledger: Ledger):
    """A row without a base has never been on both sides."""
    ledger.syncs.save(SYNC, [RowState("a", base={}), RowState("b", base=None), RowState("c")])

    assert ledger.syncs.count(SYNC) == 1


def test_pages_follow_the_order_of_keys(ledger: Ledger):
    """Each page goes on behind the last key, and ends with the last one."""
    ledger.syncs.save(SYNC, [RowState(key) for key in "dbaec"])
    ledger.syncs.save(SYNC, [], forget=["c"])

    first = ledger.syncs.page(SYNC, limit=2)
    second = ledger.syncs.page(SYNC, after=first[-1].key, limit=9)

    assert [row.key for row in (*first, *second)] == ["a", "b", "d", "e"]


def test_an_effect_is_open_until_it_is_settled(ledger: Ledger, clock: FakeClock):
    """Intents are found again with all they need; settling keeps their rows in the same step."""
    one, two = ledger.syncs.intend([effect(), effect(key='["l"]', pk="")], "run")

    assert [found.id for found in ledger.syncs.open(SYNC)] == [one.id, two.id]
    assert ledger.syncs.open(SYNC)[0] == effect(id=one.id, run_id="run", at=clock.now())

    verified = replace(two, state=EffectState.VERIFIED, pk="9", note="seen")
    ledger.syncs.settle([verified], [RowState(two.key, "9", {"A": "new"})], forget=[one.key])

    assert ledger.syncs.open(SYNC) == [one]
    assert ledger.syncs.of_run("run") == [one, verified]
    assert ledger.syncs.rows(SYNC, [two.key]) == [RowState(two.key, "9", {"A": "new"})]


def test_an_effect_is_undone_by_one_that_is_in_force(ledger: Ledger):
    """An undo that was given up takes nothing back."""
    one, two = ledger.syncs.intend([effect(), effect()], "run")
    first, second = ledger.syncs.intend([effect(undoes=one.id), effect(undoes=two.id)], "undo")
    ledger.syncs.settle(
        [
            replace(first, state=EffectState.VERIFIED),
            replace(second, state=EffectState.ABANDONED),
        ]
    )

    assert ledger.syncs.undone([one.id, two.id]) == {one.id}


def test_a_run_that_was_lost_intends_nothing(ledger: Ledger):
    """A worker whose leases another one has taken changes nothing any more."""
    ledger.leases.join("dead", ttl_s=0)
    ledger.leases.join("alive", ttl_s=1000)
    ledger.leases.live_workers(asking="alive")

    with pytest.raises(LeaseLost):
        ledger.syncs.intend([effect()], "dead")


def test_progress_is_remembered(ledger: Ledger, clock: FakeClock):
    """A sync goes on where it was; one that is new is at the beginning."""
    came = SyncProgress("2026-01-01T00:00:00", "2026-01-02T00:00:00+00:00", clock.now(), 3)
    ledger.syncs.save_progress(SYNC, SyncProgress())
    ledger.syncs.save_progress(SYNC, came)

    assert ledger.syncs.progress(SYNC) == came
    assert ledger.syncs.progress("other") == SyncProgress()
