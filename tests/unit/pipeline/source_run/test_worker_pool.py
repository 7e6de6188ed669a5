"""Downloads, reading and writing back go on at the same time, for a bounded number of records."""

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipeline.errors import Unauthorized
from pipeline.model import Findings, Outcome, Status
from pipeline.record import new_records
from pipeline.source_run.worker_pool import process_all, worker_pool
from tests.fakes.reader import FakeReader
from tests.unit.pipeline.world import RECEIPTS, World

LONG_S = 60.0
THREADS = 3


@dataclass
class Waiting(FakeReader):
    """A reader that reads a document only when it is let: `until` says so, by how many were begun."""

    until: Callable[[int], bool] = lambda _: True
    begun: int = 0
    _begin: threading.Lock = field(default_factory=threading.Lock)

    def findings(self, path: Path, *, name: str, work_dir: Path) -> Findings:
        """Wait, then read."""
        with self._begin:
            self.begun += 1
            number = self.begun
        end = time.monotonic() + LONG_S
        while not self.until(number):
            assert time.monotonic() < end, (
                "what it waits for never came: the stages wait for each other"
            )
            time.sleep(0.002)
        return super().findings(path, name=name, work_dir=work_dir)


def receipts(world: World, number: int) -> None:
    """Lay out so many receipts."""
    for pk in range(1, number + 1):
        world.receipt(str(pk), f"doc_type=receipt\ntotal={pk}.50")


def run(world: World, threads: int = THREADS) -> list[Outcome]:
    """Work on everything."""
    outcomes: list[Outcome] = []
    run = world.source_run(RECEIPTS)
    process_all(
        new_records(run, on_unchanged=lambda _: None), run, observe=outcomes.append, threads=threads
    )
    return outcomes


def test_while_a_document_is_read_others_are_written_and_downloaded(world: World):
    """Reading waits neither for writes of other records nor for their downloads, and these do not wait for it."""
    receipts(world, 8)
    calls = world.caspio.calls

    def others_went_on(number: int) -> bool:
        return number != 2 or (calls.count("update") >= 3 and calls.count("download") >= 5)

    world.reader = Waiting(until=others_went_on)

    outcomes = run(world)

    assert {outcome.status for outcome in outcomes} == {Status.DONE}


def test_no_more_records_are_in_progress_than_there_are_threads(world: World):
    """However slow the reading, downloads do not run ahead of it: disk and memory stay bounded."""
    receipts(world, 30)
    calls, ahead = world.caspio.calls, []

    def look(_number: int) -> bool:
        ahead.append(calls.count("download") - calls.count("update"))
        return True

    world.reader = Waiting(until=look)

    run(world)

    assert len(ahead) == 30
    assert 1 <= max(ahead) <= THREADS


def test_what_is_in_progress_goes_on_when_a_batch_is_over(world: World):
    """A slow document keeps no batch from ending and no other one from being begun; it received with a later one."""
    receipts(world, 4)
    slow_may_end = threading.Event()
    world.reader = Waiting(until=lambda number: number != 1 or slow_may_end.is_set())
    outcomes: list[Outcome] = []
    run = world.source_run(RECEIPTS)
    works = list(new_records(run, on_unchanged=lambda _: None))

    with worker_pool(run, observe=outcomes.append, threads=2) as pool:
        pool.process(works[:2])
        pool.process(works[2:])
        before = len(outcomes)
        slow_may_end.set()
        elsewhere = pool.finish()

    assert before < 4
    assert (len(outcomes), elsewhere) == (4, 0)
    assert world.record("1")["DocType"] == "receipt"


@pytest.mark.parametrize("refused_at", [1, 2, 4])
def test_what_was_written_beside_an_error_that_ends_the_run_is_counted(
    world: World, refused_at: int
):
    """Each record that was finished is observed, at whatever update the others' error comes."""
    receipts(world, 9)
    updates = itertools.count(1)

    def refuse(call: str) -> None:
        if call == "update" and next(updates) == refused_at:
            raise Unauthorized("the profile may not write any more")

    world.caspio.before_call = refuse
    seen: list[Outcome] = []
    work = world.source_run(RECEIPTS)
    with pytest.raises(Unauthorized):
        process_all(
            new_records(work, on_unchanged=lambda _: None),
            work,
            observe=seen.append,
            threads=THREADS,
        )

    states = [world.ledger.files.state(outcome.ref.version) for outcome in seen]
    assert {state.outcome.status for state in states if state and state.outcome} <= {Status.DONE}
    written = [pk for pk in map(str, range(1, 10)) if world.record(pk).get("Total")]
    assert sorted(str(outcome.ref.pk) for outcome in seen) == written
