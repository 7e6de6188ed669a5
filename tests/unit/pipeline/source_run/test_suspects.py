"""What was being read when its run died: read again alone, quarantined only then, and for a time."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.archive_layout import original_key
from pipeline.context import SourceRun
from pipeline.errors import ArchiveUnavailable, StopRequested, TryLater
from pipeline.model import Findings, Outcome, Status
from pipeline.ports import COOLING_TIME
from pipeline.ports.reader import WhileRead
from pipeline.record import new_records
from pipeline.source_run.worker_pool import process_all
from pipeline.verify.differences import Difference, DifferenceKind
from pipeline.verify.repair import repair
from tests.fakes.ledger import MemoryLedger
from tests.fakes.reader import FakeReader
from tests.unit.pipeline.world import RECEIPTS, World

DEADLY = "doc_type=receipt\ntotal=66.60"
FLAGGED = replace(RECEIPTS, reprocess_column="Again")
COLUMN_TYPES = {"DocType": "STRING", "Total": "CURRENCY", "Scan": "ATTACHMENT", "Note": "TEXT"}


NEVER_LEFT: list[AbstractContextManager[object]] = []
"""Contexts of killed readings: one that is collected as garbage would be left after all."""


class Killed(BaseException):
    """Represents a process that is gone: nothing after it runs."""


@dataclass
class DeadlyReader(FakeReader):
    """Kills whoever reads a deadly document with it; `names` are the documents in the order read."""

    deadly: str = DEADLY
    names: list[str] = field(default_factory=list)

    def read(
        self,
        path: Path,
        *,
        name: str,
        work_dir: Path,
        while_read: WhileRead = nullcontext,
        as_class: str = "",
    ) -> Findings:
        """Read a document, or never return."""
        self.names.append(name)
        if self.deadly and self.deadly in path.read_text(encoding="utf-8"):
            context = while_read()
            context.__enter__()
            NEVER_LEFT.append(context)
            raise Killed
        return super().read(
            path, name=name, work_dir=work_dir, while_read=while_read, as_class=as_class
        )


@pytest.fixture
def world(world: World) -> World:
    """Two healthy receipts around a deadly one, and a ledger with the same clock as the runs."""
    world.ledger = MemoryLedger(world.clock)
    for pk, text in (("1", "total=1.50"), ("2", DEADLY), ("3", "total=3.50")):
        world.receipt(pk, text, name=f"{pk}.txt")
    return world


def killed(world: World, times: int) -> DeadlyReader:
    """Run a source so often, and be killed each time."""
    world.reader = reader = DeadlyReader()
    for _ in range(times):
        with pytest.raises(Killed):
            world.run()
    return reader


def end(outcomes: list[Outcome]) -> dict[str, str]:
    """Return what became of each file."""
    return {outcome.ref.name: str(outcome.status) for outcome in outcomes}


def open_readings(world: World) -> int:
    """Count the documents that are suspects or are being read."""
    return len(world.ledger.memory.readings)


def test_a_suspect_is_read_last(world: World):
    """Everything else is done before a suspect gets another chance to end the run."""
    killed(world, 1)
    world.receipt("4", "total=4.50", name="4.txt")

    reader = killed(world, 1)

    assert (reader.names[-2:], world.record("4")["Total"]) == (["4.txt", "2.txt"], 4.5)


def test_what_a_suspect_was_is_archived_before_it_is_read_again(world: World):
    """Whatever becomes of it, its original is safe."""
    killed(world, 1)
    before = len(world.archive.objects)

    killed(world, 1)

    states = {state.ref.name: state for state in world.ledger.files.states()}
    sha256 = states["2.txt"].sha256
    assert before < len(world.archive.objects)
    assert sha256 is not None
    assert world.archive.objects[original_key(sha256)] == DEADLY.encode()


def test_a_file_that_kills_three_times_alone_is_quarantined(world: World):
    """After the first death and three alone it is left alone, with a reason, and the others are done."""
    reader = killed(world, 4)

    (outcome,) = world.run()

    assert (outcome.status, outcome.quarantined) == (Status.REJECTED, True)
    assert "died 3 times while it read '2.txt'" in outcome.reason
    assert world.run() == []
    assert reader.names.count("2.txt") == 4


def test_a_kill_from_outside_leaves_no_trace(world: World):
    """A document that gets through alone is done like any other, and nothing more is suspected."""
    killed(world, 3)
    world.reader = FakeReader()

    outcomes = world.run()

    assert end(outcomes) == {"2.txt": "done"}
    assert open_readings(world) == 0
    assert world.record("2")["Total"] == 66.6


def test_kills_that_hit_no_reading_count_for_nothing(world: World):
    """What is listed, downloaded or written when a run dies is never suspected, however often."""
    world.reader = DeadlyReader(deadly="")
    update = world.caspio.update

    def die(*_args: Any, **_options: Any) -> None:
        raise Killed

    for _ in range(5):
        world.caspio.update = die  # type: ignore[method-assign]
        with pytest.raises(Killed):
            world.run()
    world.caspio.update = update  # type: ignore[method-assign]

    assert open_readings(world) == 0
    assert set(end(world.run()).values()) == {"done"}


def test_a_quarantine_ends_with_the_cooling_time(world: World):
    """A day later it is read once more, alone; if that kills again, the time starts again."""
    killed(world, 4)
    world.run()
    world.clock.advance(COOLING_TIME.total_seconds())
    reader = killed(world, 1)

    within = world.run()
    world.clock.advance(COOLING_TIME.total_seconds())
    world.reader = FakeReader()
    (outcome,) = world.run()

    assert reader.names == ["2.txt"]
    assert within == []
    assert outcome.status is Status.DONE
    assert open_readings(world) == 0


def test_another_way_of_reading_releases_it(world: World):
    """When the fingerprint changes, a quarantined file is taken up again by itself."""
    killed(world, 4)
    world.run()
    world.reader = FakeReader(version="2")

    assert end(world.run()) == {"2.txt": "done"}


def asked_for(world: World, *, flagged: bool) -> list[Outcome]:
    """Read the deadly document because an operator asks for it, or a user's flag."""
    killed(world, 4)
    world.run()
    world.reader = FakeReader()
    world.caspio.table("Receipts", **COLUMN_TYPES, Again="YES/NO")
    world.receipt("2", DEADLY, name="2.txt", Again=True)
    run, outcomes = world.source_run(FLAGGED, reread=not flagged), list[Outcome]()
    works = run.ports.source.records(FLAGGED, ["2"])
    flag = works[0].record if flagged else None

    works = [replace(work, reprocess_flag=flag) for work in works]
    process_all(works, run, observe=outcomes.append, threads=1)

    return outcomes


def test_an_operator_who_asks_for_it_gets_it_at_once(world: World):
    """`reprocess` reads a quarantined file without waiting."""
    assert end(asked_for(world, flagged=False)) == {"2.txt": "done"}


def test_a_reprocess_flag_does_not_kill_every_run(world: World):
    """A flag on a quarantined file is answered with the quarantine, and cleared."""
    (outcome,) = asked_for(world, flagged=True)

    assert outcome.quarantined
    assert world.record("2")["Again"] is False


def test_a_stopped_run_suspects_nothing(world: World):
    """An archive that is away for days makes no suspect."""
    world.archive.down = "The archive is away. Wait."
    for _ in range(5):
        with pytest.raises(ArchiveUnavailable):
            world.run()
    world.archive.down = ""

    assert open_readings(world) == 0
    assert set(end(world.run()).values()) == {"done"}


def test_a_reader_that_was_closed_suspects_nothing(world: World):
    """A reading that ends because the program ends is no death."""
    world.reader = reader = FakeReader()

    def closed(*_args: Any, **_options: Any) -> Findings:
        raise TryLater("closed")

    reader.findings = closed  # type: ignore[method-assign]

    world.run()

    assert open_readings(world) == 0


def stopping(world: World, stop: threading.Event) -> SourceRun:
    """Return a run that can be asked to stop."""

    def check_stop() -> None:
        if stop.is_set():
            raise StopRequested("asked to stop")

    return world.source_run(RECEIPTS, check_stop=check_stop)


@dataclass
class StoppedReader(FakeReader):
    """Asks the run to stop while it reads; `look` is called some time later."""

    stop: threading.Event = field(default_factory=threading.Event)
    look: Callable[[], bool] = lambda: True
    excused: bool = False

    def findings(self, path: Path, *, name: str, work_dir: Path) -> Findings:
        """Read on until nothing is suspected of this document any more."""
        self.stop.set()
        for _ in range(1000):
            self.excused = self.look()
            if self.excused:
                break
            threading.Event().wait(0.01)
        return super().findings(path, name=name, work_dir=work_dir)


def test_a_request_to_stop_excuses_what_is_being_read(world: World):
    """Whoever asks a run to stop may kill it before a slow document is read: no document is to blame."""
    world.reader = reader = StoppedReader(look=lambda: open_readings(world) == 0)
    run = stopping(world, reader.stop)

    with pytest.raises(StopRequested):
        process_all(
            new_records(run, on_unchanged=lambda _: None), run, observe=lambda _: None, threads=1
        )

    assert reader.excused


def test_what_is_read_after_a_request_to_stop_is_no_suspect(world: World):
    """A record in progress that comes to its document only then leaves no mark either."""
    stop = threading.Event()
    world.reader = reader = FakeReader()
    run, marks = stopping(world, stop), list[int]()

    def look(path: Path, *, name: str, work_dir: Path) -> Findings:
        marks.append(open_readings(world))
        return FakeReader.findings(reader, path, name=name, work_dir=work_dir)

    reader.findings = look  # type: ignore[method-assign]
    download = world.caspio.open

    def slow(*args: Any, **options: Any) -> Any:
        stop.set()
        return download(*args, **options)

    world.caspio.open = slow  # type: ignore[method-assign]

    with pytest.raises(StopRequested):
        process_all(
            new_records(run, on_unchanged=lambda _: None), run, observe=lambda _: None, threads=1
        )

    assert marks
    assert set(marks) == {0}


@dataclass
class CrowdedReader(FakeReader):
    """Notes how many documents are in it beside each one."""

    beside: dict[str, int] = field(default_factory=dict)
    inside: set[str] = field(default_factory=set)
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def findings(self, path: Path, *, name: str, work_dir: Path) -> Findings:
        """Read a document slowly enough to meet others."""
        with self._counting:
            self.inside.add(name)
        threading.Event().wait(0.05)
        with self._counting:
            self.beside[name] = len(self.inside) - 1
            self.inside.remove(name)
        return super().findings(path, name=name, work_dir=work_dir)


def test_a_suspect_is_read_alone(world: World):
    """While a suspect is read, this process reads nothing else, not even another suspect."""
    for pk in range(4, 12):
        world.receipt(str(pk), f"total={pk}.50", name=f"{pk}.txt")
    run = world.source_run(RECEIPTS)
    works = list(new_records(run, on_unchanged=lambda _: None))
    suspects = {ref.name: ref.version for work in works[1:4] for ref in work.files}
    for version in suspects.values():
        world.ledger.files.reading_began(version, "dead", fingerprint="fake-1")
    world.reader = reader = CrowdedReader()
    run = world.source_run(RECEIPTS)
    outcomes: list[Outcome] = []

    process_all(works, run, observe=outcomes.append, threads=4)

    assert {outcome.status for outcome in outcomes} == {Status.DONE}
    assert {name: reader.beside[name] for name in suspects} == dict.fromkeys(suspects, 0)
    assert max(reader.beside.values()) > 0


def test_a_repair_does_not_die_of_one_document_forever(world: World):
    """`verify --repair` reads one document at a time: after three deaths it leaves the document alone."""
    world.reader = FakeReader()
    world.run()
    (state,) = (one for one in world.ledger.files.states() if one.ref.name == "2.txt")
    lost = Difference(DifferenceKind.DERIVED_MISSING, "2.txt", state=state)
    world.reader = reader = DeadlyReader()
    for _ in range(4):
        with pytest.raises(Killed):
            repair(lost, world.source_run(RECEIPTS))

    repaired, said = repair(lost, world.source_run(RECEIPTS))
    world.reader = FakeReader()
    world.clock.advance(COOLING_TIME.total_seconds())
    later, _ = repair(lost, world.source_run(RECEIPTS))

    assert (repaired, later, open_readings(world)) == (False, True, 0)
    assert "quarantined" in said
    assert len(reader.names) == 4
