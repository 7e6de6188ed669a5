"""Several workers at one source, with a ledger in between."""

from dataclasses import replace

import pytest

from pipeline.context import SourceRun
from pipeline.errors import LeaseLost
from pipeline.model import EffectState, Outcome, RecordWork, SourceSpec, Status
from pipeline.record import new_records
from pipeline.source_run.leases import Leases
from pipeline.source_run.recovery import recover_all
from pipeline.source_run.worker_pool import process_all
from tests.fakes.reader import FakeReader
from tests.unit.pipeline.source_run.test_suspects import DEADLY, killed
from tests.unit.pipeline.world import RECEIPTS, World, named

GOOD = "doc_type=receipt\ntotal=12.50"
RENAMING = named(RECEIPTS, "{{ doc_type }} {{ total }}")


def worker(world: World, spec: SourceSpec = RECEIPTS) -> SourceRun:
    """Return the run of one more worker."""
    run = world.source_run(spec)
    world.ledger.leases.join(run.run_id, ttl_s=600)
    return replace(run, leases=Leases(world.ledger, run.run_id))


def listed(run: SourceRun) -> list[RecordWork]:
    """Return everything that the run finds now."""
    return list(new_records(run, on_unchanged=lambda _: None))


def work(run: SourceRun, works: list[RecordWork]) -> tuple[list[Outcome], int]:
    """Work on records; return what became of them and how many were left to others."""
    outcomes: list[Outcome] = []
    elsewhere = process_all(iter(works), run, observe=outcomes.append, threads=1)
    return outcomes, elsewhere


def test_a_record_in_another_workers_hands_is_left_to_it(world: World):
    """What somebody else holds is not read and not written, and is counted as leased elsewhere."""
    world.receipt("1", GOOD)
    world.receipt("2", GOOD.replace("12", "13"))
    one, other = worker(world), worker(world)
    works = listed(one)
    assert other.leases
    other.leases.acquire(works[:1])

    outcomes, elsewhere = work(one, works)

    assert [outcome.ref.record.pk for outcome in outcomes if outcome.ref.record] == ["2"]
    assert elsewhere == 1
    assert not world.record("1")["DocType"]


def test_a_record_that_another_worker_finished_is_in_no_look(world: World):
    """It is released without work, so the renames beside it do not look at it."""
    world.receipt("1", GOOD)
    world.receipt("2", GOOD.replace("12", "13"))
    one = worker(world, RENAMING)
    works = listed(one)
    work(worker(world), works[:1])

    work(one, works)

    assert world.caspio.calls.count("attachment names") == 0
    assert world.caspio.attachments["Receipts", "Scan", "2"].name == "receipt 13.50.txt"


def test_a_worker_takes_up_what_another_way_of_reading_released(world: World):
    """A quarantined file is no finished one for a worker whose reader has another fingerprint."""
    world.receipt("1", DEADLY)
    killed(world, 4)
    world.run()
    world.reader = FakeReader(version="2")
    one = worker(world)

    outcomes, _ = work(one, listed(one))

    assert [outcome.status for outcome in outcomes] == [Status.DONE]


def test_what_another_worker_finished_since_the_listing_is_not_done_again(world: World):
    """Two workers that listed the same records do each of them once, renames included."""
    world.receipt("1", GOOD)
    one, other = worker(world, RENAMING), worker(world, RENAMING)
    both = listed(one), listed(other)
    work(one, both[0])
    world.caspio.calls.clear()

    outcomes, elsewhere = work(other, both[1])

    assert ([outcome.status for outcome in outcomes], elsewhere) == ([Status.UNCHANGED], 0)
    assert {"update", "rename", "open"}.isdisjoint(world.caspio.calls)


def test_a_dead_workers_records_are_taken_over(world: World):
    """Records of a worker that died are worked on, in the same run."""
    world.receipt("1", GOOD)
    one, dead = worker(world), worker(world)
    works = listed(one)
    assert dead.leases
    dead.leases.acquire(works)
    world.ledger.memory.lost.add(dead.run_id)

    outcomes, elsewhere = work(one, works)

    assert ([outcome.status for outcome in outcomes], elsewhere) == ([Status.DONE], 0)


def test_what_a_dead_worker_left_open_is_settled_before_its_record_is_planned(world: World):
    """An effect in doubt of a worker that died during this run is looked at, not repeated."""
    world.receipt("1", GOOD)
    one, dead = worker(world), worker(world)
    works = listed(one)
    work(dead, listed(dead))
    (effect,) = world.ledger.effects.find()
    world.ledger.effects.settle(effect, EffectState.INTENT)
    files = world.ledger.memory.files
    files |= {version: replace(file, stage="planned") for version, file in files.items()}
    world.ledger.memory.lost.add(dead.run_id)
    world.caspio.calls.clear()

    work(one, works)

    assert [effect.state for effect in world.ledger.effects.find()] == [EffectState.VERIFIED]
    assert "update" not in world.caspio.calls


def test_effects_of_living_workers_are_theirs(world: World):
    """A run that starts does not settle what another one is just doing."""
    world.receipt("1", GOOD)
    busy = worker(world)
    work(busy, listed(busy))
    (effect,) = world.ledger.effects.find()
    world.ledger.effects.settle(effect, EffectState.INTENT)

    assert recover_all(worker(world)) == 0
    world.ledger.memory.lost.add(busy.run_id)
    assert recover_all(worker(world)) == 1


def test_a_worker_that_lost_its_leases_stops_before_it_writes(world: World):
    """A process that slept and was treated as dead ends before its next effect."""
    world.receipt("1", GOOD)
    slow = worker(world)
    works = listed(slow)
    world.ledger.memory.lost.add(slow.run_id)

    with pytest.raises(LeaseLost):
        work(slow, works)
    with pytest.raises(LeaseLost):
        work(replace(slow, leases=None), works)

    assert "update" not in world.caspio.calls
