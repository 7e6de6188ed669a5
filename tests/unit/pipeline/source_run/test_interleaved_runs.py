"""Two runs over one source, the second beginning and ending at any step of the first."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast

import pytest

from pipeline.context import Ports, SourceRun
from pipeline.model import EffectState, Outcome, RecordWork, SourceSpec, Status
from pipeline.record import new_records
from pipeline.source_run.leases import Leases
from pipeline.source_run.recovery import recover_all
from pipeline.source_run.selection import Selection, selected_records
from pipeline.source_run.worker_pool import process_all
from tests.crash.boundaries import ANY_CALL, Boundaries, disturbed
from tests.support.samples import sampled
from tests.unit.pipeline.world import RECEIPTS, World, named

ATTACHED = named(RECEIPTS, "{{ doc_type }} {{ total }}")
IN_FOLDER = SourceSpec("inbox", folder="/Inbox", rename="{{ doc_type }} {{ total }}")
REFERRED = SourceSpec(
    "contracts",
    table="Contracts",
    columns={"Kind": "doc_type"},
    rename="{{ doc_type }} {{ total }}",
)
RECORDS = 2
FEW, ALL = 12, 10_000
"""How many steps are tried: `make test` tries those until the first records are leased."""

List = Callable[[SourceRun], Iterator[RecordWork]]


def ingest(run: SourceRun) -> Iterator[RecordWork]:
    """List what is new."""
    return new_records(run, on_unchanged=lambda _: None)


def reprocess(run: SourceRun) -> Iterator[RecordWork]:
    """List everything, to be read again."""
    return selected_records(run, Selection())


def work(world: World, spec: SourceSpec, listed: List, around: Boundaries | None) -> list[Outcome]:
    """Run as a worker of its own; the calls of the ports are boundaries if there are any."""
    run = world.source_run(spec, reread=listed is reprocess)
    world.ledger.leases.join(run.run_id, ttl_s=600)
    ports = run.ports
    if around is not None:
        ports = cast("Ports", disturbed(ports, around))
    run = replace(run, ports=ports, leases=Leases(ports.ledger, run.run_id))
    outcomes: list[Outcome] = []
    recover_all(run)
    process_all(listed(run), run, observe=outcomes.append, threads=1)
    world.ledger.leases.leave(run.run_id)
    return outcomes


def filled(world: World) -> World:
    """Return a world of its own with files of every kind of place."""
    made = World(world.folder, caspio=world.caspio.copy())
    for number in range(1, RECORDS + 1):
        text = f"doc_type=receipt\ntotal={number}.50"
        made.receipt(str(number), text)
        made.caspio.files[f"/Inbox/{number}.txt"] = text.encode()
        made.caspio.row("Contracts", str(number), Document=f"/Inbox/{number}.txt")
    return made


def writes(world: World) -> dict[str, int]:
    """Count the calls that change something."""
    kinds = ("update", "rename", "put", "delete", "insert")
    return {kind: world.caspio.calls.count(kind) for kind in kinds}


@pytest.mark.slow
@pytest.mark.parametrize("tried", sampled([FEW, ALL], sample=[FEW]))
@pytest.mark.parametrize("spec", [ATTACHED, REFERRED, IN_FOLDER], ids=lambda spec: spec.name)
@pytest.mark.parametrize(
    ("first", "second"), [(ingest, reprocess), (reprocess, ingest), (reprocess, reprocess)]
)
def test_runs_that_meet_write_each_record_once(
    world: World, spec: SourceSpec, first: List, second: List, tried: int
):
    """Wherever the second run comes in, all is done, nothing is refused and no call is wasted."""
    alone, steps = filled(world), Boundaries()
    work(alone, spec, first, steps)
    expected: Any = writes(alone)
    problems: list[str] = []

    for step in range(1, min(tried, steps.passed[ANY_CALL, "before"]) + 1):
        met = filled(world)
        outcomes: list[Outcome] = []
        boundaries = Boundaries()

        def second_run(
            met: World = met, outcomes: list[Outcome] = outcomes, spec: SourceSpec = spec
        ) -> None:
            outcomes += work(met, spec, second, None)

        boundaries.events[ANY_CALL, "before", step] = second_run
        outcomes += work(met, spec, first, boundaries)

        wrong = [f"{one.ref.name}: {one.status}, {one.reason}" for one in outcomes
                 if one.status not in {Status.DONE, Status.UNCHANGED}]  # fmt: skip
        conflicts = [
            str(effect.kind)
            for effect in met.ledger.effects.find()
            if effect.state in {EffectState.CONFLICT, EffectState.ABANDONED}
        ]
        if wrong or conflicts or writes(met) != expected:
            problems.append(f"step {step}: {wrong} {conflicts} {writes(met)}")

    assert steps.passed[ANY_CALL, "before"] > 10 * RECORDS
    assert problems == []
