from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from pipeline.errors import StopRun
from pipeline.model import EffectState, RecordRef, Status, Value
from pipeline.ports import Updated
from pipeline.source_run.checks import blocked, unblock
from tests.fakes.caspio import FakeCaspio
from tests.unit.pipeline.world import RECEIPTS, World

GOOD = "doc_type=receipt\ntotal=12.50"


class Mute(FakeCaspio):
    """Caspio as it was seen to be: it answers an update that met a record without the record."""

    def update(self, record: RecordRef, **what: Any) -> Updated:
        """Update, and report the count alone."""
        return replace(super().update(record, **what), row=None)


class Careless(FakeCaspio):
    """A view whose PK_ID names two rows: an update meets both."""

    def update(self, record: RecordRef, **what: Any) -> Updated:
        """Update, and say that two were met."""
        super().update(record, **what)
        return Updated(2, None)


class Ruled(FakeCaspio):
    """A table with a rule of its own, which rounds totals."""

    def update(self, record: RecordRef, *, values: Mapping[str, Value], **what: Any) -> Updated:
        """Update, and let the rule change what was written."""
        return super().update(record, values={**values, "Total": 12.0}, **what)


def _over(world: World, kind: type[FakeCaspio]) -> World:
    caspio = kind(columns_of=world.caspio.columns_of, tables=world.caspio.tables)
    made = World(world.folder, caspio=caspio)
    made.receipt("1", GOOD)
    made.receipt("2", GOOD)
    return made


def test_the_answer_verifies_a_write(world: World):
    """Where the answer shows the record, no further call is made."""
    world = _over(world, FakeCaspio)

    world.run()

    assert {effect.state for effect in world.ledger.effects.find()} == {EffectState.VERIFIED}
    assert "read" not in world.caspio.calls


def test_a_mute_answer_costs_one_read(world: World):
    """Where the answer shows no record despite a match, one read for each verifies the write."""
    world = _over(world, Mute)

    world.run()

    assert {effect.state for effect in world.ledger.effects.find()} == {EffectState.VERIFIED}
    assert world.caspio.calls.count("read") == 2


def test_more_than_one_row_met_stops_everything(world: World):
    """A write that met two rows is an alarm: it stays open in the ledger with a note, and no new record is begun."""
    world = _over(world, Careless)
    for pk in range(3, 9):
        world.receipt(str(pk), GOOD)

    with pytest.raises(StopRun, match="should match one"):
        world.run()

    effects = world.ledger.effects.find()
    assert {effect.state for effect in effects} == {EffectState.APPLIED}
    assert all("2 rows were changed" in effect.note for effect in effects)
    assert world.caspio.calls.count("update") <= 2  # those in progress


def test_a_source_whose_write_met_too_many_rows_is_blocked(world: World):
    """No later run writes there before a user has looked and release it."""
    world = _over(world, Careless)
    with pytest.raises(StopRun):
        world.run()

    (problem,) = blocked(RECEIPTS, world.ledger)
    others = blocked(replace(RECEIPTS, table="Others"), world.ledger)
    unblock(RECEIPTS, world.ledger)

    assert "'Receipts'" in problem
    assert "2 rows were changed" in problem
    assert "--yes" in problem
    assert others == blocked(RECEIPTS, world.ledger) == []


def test_a_rule_of_the_table_is_noticed(world: World):
    """A record with something else than was written is reported, and the effect is not called verified."""
    world = _over(world, Ruled)

    outcomes = world.run()

    assert {outcome.status for outcome in outcomes} == {Status.PARTIAL}
    assert "a rule or a trigger" in outcomes[0].reason
    assert {effect.state for effect in world.ledger.effects.find()} == {EffectState.APPLIED}
