"""Random histories of two sides: users edit, add and delete; runs are killed; answers are lost.

The oracle watches every write of the sync. A value that a user typed may be replaced only after the
other side had it as well, or a copy of it: then its user's intent was carried over, and somebody
has changed it since. Whole rows may be deleted on the same condition. Everything else is a loss.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast

from flows.app.sync.run import decide_one, new_run_id
from flows.app.sync.wiring import connected_sync, named_sync
from flows.app.wiring import AppContext
from pipeline.errors import EffectInDoubt, TryLater
from pipeline.model.review import ReviewState
from pipeline.model.sync import Side
from pipeline.sync.context import SyncContext
from pipeline.sync.run import run_sync
from tests.integration.sync.world import World

WRITES = frozenset({"update", "insert", "delete", "write"})
CELLS = {"Title": "title", "Note": "note"}

Cells = dict[tuple[str, str], str]
"""What one side has, by code and column of Caspio; an empty value is left out."""


class Killed(BaseException):
    """The process is gone: nothing of it does anything any more."""


@dataclass
class Plan:
    """What happens at which boundary: a call of a port, counted from 1."""

    kill_at: int = 0
    lose_at: int = 0
    edits: dict[int, Callable[[], None]] = field(default_factory=dict)
    passed: int = 0
    dead: bool = False

    def boundary(self) -> int:
        """Pass one boundary."""
        if self.dead:
            raise Killed
        self.passed += 1
        if edit := self.edits.pop(self.passed, None):
            edit()
        if self.passed == self.kill_at:
            self.dead = True
            raise Killed
        return self.passed


@dataclass
class Port:
    """A port whose calls are boundaries before and after; `watch` sees those that write."""

    inner: object
    plan: Plan
    watch: Callable[[Callable[[], Any]], Any] | None = None

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.inner, name)

        def call(*args: Any, **options: Any) -> Any:
            self.plan.boundary()
            is_write = self.watch is not None and name in WRITES
            run = lambda: method(*args, **options)  # noqa: E731 - one line
            result = self.watch(run) if is_write and self.watch else run()
            if self.plan.boundary() == self.plan.lose_at and is_write:
                raise EffectInDoubt("the answer was lost")
            return result

        return call


@dataclass
class History:
    """One world with its oracle."""

    world: World
    context: AppContext
    rng: random.Random
    shared: set[tuple[str, str, str]] = field(default_factory=set)
    losses: list[str] = field(default_factory=list)
    number: int = 0
    events: list[str] = field(default_factory=list)

    def there(self) -> Cells:
        """Return Caspio's cells."""
        rows = self.world.there().items()
        return {(code, n): row[n] for code, row in rows for n in CELLS if row[n]}

    def here(self) -> Cells:
        """Return the mirror's cells."""
        rows = self.world.here().items()
        return {(code, n): row[o] for code, row in rows for n, o in CELLS.items() if row[o]}

    def share(self) -> None:
        """Note what both sides have now."""
        here = self.here()
        self.shared |= {
            (*cell, value) for cell, value in self.there().items() if here.get(cell) == value
        }

    def watch(self, call: Callable[[], Any]) -> Any:
        """Make a write of the sync, and look at what it has replaced."""
        before = (self.there(), self.here())
        try:
            return call()
        finally:
            for side, old, new in zip(Side, before, (self.there(), self.here()), strict=True):
                for cell, value in old.items():
                    is_replaced = new.get(cell) != value
                    if is_replaced and (*cell, value) not in self.shared:
                        self.losses.append(f"{value} of {cell} at {side}")
                # What the sync wrote is a copy: its user may have typed over the original since.
                copies = {cell: value for cell, value in new.items() if old.get(cell) != value}
                self.shared |= {(*cell, value) for cell, value in copies.items()}
            self.share()

    def edit(self) -> None:
        """Let a user do something on one side."""
        self.number += 1
        typed, side = f"typed{self.number}", self.rng.choice(list(Side))
        rows = self.world.there() if side is Side.CASPIO else self.world.here()
        # Few rows, so that users meet on them.
        code = self.rng.choice(sorted(rows)) if rows else ""
        act = self.rng.choice(["title", "title", "note", "note", "add", "delete"])
        self.events.append(f"{act} {typed} {code} {side}")
        if act == "add" or not code:
            self._add(side, typed)
        elif act == "delete" and len(rows) > 2:
            delete = self.world.delete_there if side is Side.CASPIO else self.world.delete_here
            delete(code)
        elif side is Side.CASPIO:
            self.world.edit_there(code, **{"Note" if act == "note" else "Title": typed})
        else:
            self.world.edit_here(code, "note" if act == "note" else "title", typed)
        self.share()

    def _add(self, side: Side, typed: str) -> None:
        # A key may be added on both sides at once, or again after it was deleted.
        code = f"k{self.rng.randrange(6)}"
        if side is Side.CASPIO and code not in self.world.there():
            self.world.add_there(code, Title=typed)
        elif side is Side.MIRROR and code not in self.world.here():
            self.world.add_here(code, title=typed)

    def run(self, plan: Plan, *, sweep: bool = False) -> SyncContext | None:
        """Run the sync once; None if it was killed or has stopped."""
        settings = named_sync(self.context.settings, "orders")
        run_id = new_run_id(self.context)
        with connected_sync(self.context, settings, run_id=run_id) as sync:
            disturbed = replace(
                sync,
                table=cast("Any", Port(sync.table, plan, self.watch)),
                mirror=cast("Any", Port(sync.mirror, plan, self.watch)),
                ledger=cast("Any", Port(sync.ledger, plan)),
                archive=cast("Any", Port(sync.archive, plan)),
                reviews=cast("Any", Port(sync.reviews, plan)),
            )
            try:
                run_sync(disturbed, sweep=sweep)
            except (Killed, TryLater) as error:
                self.events.append(f"run ended at {plan.passed}: {type(error).__name__}")
                return None
            self.events.append(f"run: {dict(sync.report.written)} {dict(sync.report.counts)}")
            return sync

    def disturbed_run(self) -> None:
        """Run with edits meanwhile, and perhaps a kill or a lost answer."""
        plan = Plan()
        for _ in range(self.rng.randrange(3)):
            plan.edits[self.rng.randrange(1, 40)] = self.edit
        match self.rng.randrange(3):
            case 0:
                plan.kill_at = self.rng.randrange(1, 40)
            case 1:
                plan.lose_at = self.rng.randrange(1, 40)
        self.run(plan, sweep=self.rng.random() < 0.5)

    def decide(self) -> None:
        """Let a user decide everything that waits."""
        ledger = self.context.ports.ledger
        spec = named_sync(self.context.settings, "orders").spec()
        for item in ledger.effects.review_items(spec.source):
            if item.state is ReviewState.OPEN:
                side, column = self.rng.choice(list(Side)), item.suggestion.column
                decide_one(ledger, spec, item.record.pk, side, column=column)
                self._knowingly_lost(item.record.pk, side)

    def _knowingly_lost(self, key: str, winner: Side) -> None:
        """Note what a user has given up by deciding for the other side."""
        code = key.removeprefix('["').removesuffix('"]')
        loser = self.here() if winner is Side.CASPIO else self.there()
        self.shared |= {(*cell, value) for cell, value in loser.items() if cell[0] == code}

    def converge(self) -> bool:
        """Run undisturbed, and decide, until nothing is left; say whether that came to an end."""
        for _ in range(6):
            sync = self.run(Plan(), sweep=True)
            assert sync is not None
            if not sync.report.written and not sync.report.counts["conflict"]:
                return True
            self.decide()
        return False
