"""Calls whose answer is lost, and which Caspio carries out only some seconds later."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from pipeline.errors import EffectInDoubt
from pipeline.model import EffectState
from pipeline.model.sync import Row
from pipeline.ports.mirror import Written
from pipeline.steps.write_back.effects import IN_FLIGHT_S
from tests.fakes.clock import FakeClock
from tests.unit.pipeline.sync.sides import Records, Sides


class LateClock(FakeClock):
    """A clock at which calls that were sent arrive while somebody sleeps."""

    def __init__(self) -> None:
        super().__init__()
        self.under_way: list[tuple[float, Callable[[], object]]] = []

    def sleep(self, seconds: float) -> None:
        """Move on, and carry out what arrives meanwhile."""
        super().sleep(seconds)
        for call in [one for one in self.under_way if one[0] <= self.monotonic()]:
            self.under_way.remove(call)
            call[1]()


@dataclass
class LateRecords(Records):
    """Caspio's side; it loses the answers of its first `lost` writes and makes them `after_s`."""

    clock: LateClock = field(default_factory=LateClock)
    after_s: float = IN_FLIGHT_S / 2
    lost: int = 0

    def insert(self, values: Row) -> Written:
        """Insert a record, perhaps later."""
        return self._late(lambda: super(LateRecords, self).insert(values))

    def update(self, pk: str, *, guard: Row, values: Row) -> Written:
        """Write values, perhaps later."""
        return self._late(lambda: super(LateRecords, self).update(pk, guard=guard, values=values))

    def _late(self, call: Callable[[], Written]) -> Written:
        if not self.lost:
            return call()
        self.lost -= 1
        self.clock.under_way.append((self.clock.monotonic() + self.after_s, call))
        raise EffectInDoubt("the answer is lost")


@pytest.fixture
def sides(tmp_path: Path) -> Sides:
    """One row on both sides."""
    sides = Sides(tmp_path, records=LateRecords())
    sides.records.add(Code="A", Title="x")
    sides.run()
    return sides


def run(sides: Sides) -> str:
    """Run by the clock at which calls arrive; return the run's id."""
    assert isinstance(sides.records, LateRecords)
    return sides.run_with(replace(sides.context(), clock=sides.records.clock)).run_id


@pytest.mark.parametrize(
    "edit",
    [
        "INSERT INTO t (code, title) VALUES ('B', 'y')",
        "UPDATE t SET title = 'y' WHERE code = 'A'",
    ],
)
def test_a_call_that_takes_effect_late_is_made_once_and_known_as_ours(sides: Sides, edit: str):
    """It is looked for until it can no longer come, so that an undo finds it."""
    assert isinstance(sides.records, LateRecords)
    sides.sql(edit)
    sides.records.lost = 1

    run_id = run(sides)
    run(sides)

    titles = sorted(str(row["Title"]) for row in sides.records.rows.values())
    assert titles == (["x", "y"] if edit.startswith("INSERT") else ["y"])
    (effect,) = sides.ledger.syncs.of_run(run_id)
    assert effect.state is EffectState.VERIFIED


def test_a_call_that_was_never_carried_out_is_made_by_the_next_run(sides: Sides):
    """After the longest time that a call can be under way, it is not waited for any more."""
    assert isinstance(sides.records, LateRecords)
    sides.sql("INSERT INTO t (code, title) VALUES ('B', 'y')")
    sides.records.lost, sides.records.after_s = 1, float("inf")

    run(sides)
    assert len(sides.records.rows) == 1
    assert sum(sides.records.clock.slept) == IN_FLIGHT_S

    run(sides)
    assert len(sides.records.rows) == 2
