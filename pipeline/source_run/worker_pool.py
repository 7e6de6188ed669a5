"""Many records at once: a bounded window over the line, and what `reprocess` selects."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import compress, islice
from typing import TypeVar

import structlog

from pipeline.decide.fingerprint import plan_fingerprint
from pipeline.errors import StopRequested
from pipeline.model import FileRef, Outcome, RecordWork, SourceSpec, Status
from pipeline.ports import Clock, FileState
from pipeline.record import SourceRun, work_record
from pipeline.source_run.recovery import ECHO_PAGE, Echo, settle_effects

_log = structlog.get_logger()

T = TypeVar("T")
Observe = Callable[[Outcome], None]
Act = Callable[[RecordWork, RecordWork], list[Outcome]]
"""Work on a record as it is now, which was leased as the second."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What `reprocess` takes up again: everything of a source, or what the conditions that are given leave of it."""

    records: tuple[str, ...] = ()
    where: str | None = None
    since: datetime | None = None
    stale: bool = False


def selected_work(job: SourceRun, selection: Selection) -> Iterator[RecordWork]:
    """Yield the selected records with their files as they are listed now."""
    ports, spec = job.ports, job.spec
    if selection.where or not (selection.records or selection.since or selection.stale):
        clauses = [f"({clause})" for clause in (spec.where, selection.where) if clause]
        pages: Iterable[Sequence[RecordWork]] = ports.source.pages(
            replace(spec, where=" AND ".join(clauses) or None)
        )
    elif selection.records:
        pages = [ports.source.records(spec, selection.records)]
    else:
        states = (
            ports.ledger.stale(ports.reader.is_current, plan_fingerprint(spec), source=spec.name)
            if selection.stale
            else ports.ledger.states(source=spec.name, since=selection.since)
        )
        pages = (ports.source.records(spec, keys) for keys in _pages(_keys(states, spec)))
    for page in pages:
        ports.ledger.seen([ref for work in page for ref in work.files], job.run_id)
        yield from page


def foreseen(job: SourceRun, selection: Selection) -> Iterator[tuple[RecordWork, int]]:
    """Yield the selected records, each with how many of its files would be read again; the others are planned anew."""
    ledger, reader = job.ports.ledger, job.ports.reader
    for work in selected_work(job, selection):
        states = [ledger.state(ref.version) for ref in work.files]
        kept = (
            [s for s in states if s and s.fingerprint and reader.is_current(s.fingerprint)]
            if job.reuse
            else []
        )
        yield work, len(work.files) - len(kept)


def ticked_work(job: SourceRun, only: Collection[str] = ()) -> Iterator[RecordWork]:
    """Yield the records, `only` of these or all, in which a person asked for their files to be read again.

    One without a file stays ticked: there is nothing to read yet.
    """
    rows = job.ports.source.ticked(job.spec)
    for keys in _pages(key for key in rows if not only or key in only):
        listed = job.ports.source.records(job.spec, keys)
        job.ports.ledger.seen([ref for work in listed for ref in work.files], job.run_id)
        for work in listed:
            (key, *_) = _keys_of(work.files, job.spec)
            yield replace(work, ticked=rows[key])


def _keys(states: Iterable[FileState], spec: SourceSpec) -> Iterator[str]:
    """Yield what a source lists single records by. Neighbours are not repeated."""
    last = None
    for key in _keys_of((state.ref for state in states), spec):
        if key != last:
            last = key
            yield key


def _keys_of(refs: Iterable[FileRef], spec: SourceSpec) -> Iterator[str]:
    """Yield what a source lists single records by: the PK_ID, for a folder the path."""
    for ref in refs:
        if (key := key_of(ref, spec)) is not None:
            yield key


def key_of(ref: FileRef, spec: SourceSpec) -> str | None:
    """Return what a source lists the record of a file by: the PK_ID, for a folder the path."""
    return ref.path if spec.folder is not None else (ref.record.pk if ref.record else None)


def _pages(keys: Iterator[str], size: int = ECHO_PAGE) -> Iterator[Sequence[str]]:
    while page := list(islice(keys, size)):
        yield page


def for_seconds(
    works: Iterator[RecordWork], seconds: float, *, clock: Clock
) -> Iterator[RecordWork]:
    """Take work until the time is up; what is left stays in the iterator for the next batch."""
    end = clock.monotonic() + seconds
    while clock.monotonic() < end:
        work = next(works, None)
        if work is None:
            return
        yield work


def work_all(works: Iterable[RecordWork], job: SourceRun, *, observe: Observe, threads: int) -> int:
    """Work on records in threads, a bounded number at a time, taken lazily: no stage waits for the slowest file.

    Records that other workers have are tried once more at the end. Returns how many files were left to them.

    Raises:
        StopRun: as soon as the records in hand are finished; nothing new is begun.
    """
    with manned(job, observe=observe, threads=threads) as crew:
        crew.work(works)
        return crew.finish()


@contextmanager
def manned(job: SourceRun, *, observe: Observe, threads: int) -> "Iterator[WorkerPool]":
    """Give threads that take records down the line, so that what is in hand goes on between two batches of work."""
    with _at_work(
        WorkerPool(job, observe, lambda work, _leased: work_record(work, job), threads)
    ) as crew:
        yield crew


@contextmanager
def _at_work(crew: "WorkerPool") -> "Iterator[WorkerPool]":
    """End a crew however its work ends; asked to stop, it finishes and tells what it has begun."""
    with closing(crew):
        try:
            yield crew
        except StopRequested:
            crew.let_go()
            raise


def carry_all(
    items: Iterable[tuple[RecordWork, T]],
    job: SourceRun,
    *,
    act: Callable[[T, RecordWork | None], list[Outcome]],
    observe: Observe,
    threads: int,
) -> int:
    """Do something else than the line for each of many records, under the same leases; return how many were left.

    Each item comes with the record it is about. `act` gets the item, and the record once more where it was listed again
    because a dead worker had left something open on it.
    """
    waiting: dict[str, T] = {}

    def works() -> Iterator[RecordWork]:
        for work, item in items:
            waiting[work.files[0].version] = item
            yield work

    def carry(work: RecordWork, leased: RecordWork) -> list[Outcome]:
        return act(waiting.pop(leased.files[0].version), None if work == leased else work)

    # What is finished is not left out: that is for `act` to say.
    with _at_work(WorkerPool(replace(job, reread=True), observe, carry, threads)) as crew:
        crew.work(works())
        return crew.finish()


class WorkerPool:
    """Threads that work on the records this run could lease."""

    def __init__(self, job: SourceRun, observe: Observe, act: Act, threads: int) -> None:
        self._job = job
        self._observe = observe
        self._act = act
        self._echo = Echo(job)
        self._left: list[RecordWork] = []
        self._most = threads * 2
        self._pending: set[Future[list[Outcome]]] = set()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="line")

    def work(self, works: Iterable[RecordWork]) -> None:
        """Take what can be had until it is used up; up to two records a thread are still in hand then."""
        for work, leased in self._leased(iter(works), self._most):
            self._job.go_on()
            self._pending.add(self._pool.submit(self._work, work, leased))
            while len(self._pending) >= self._most:
                self._tell()

    def finish(self) -> int:
        """Finish what is in hand, try what other workers had once more; return how many files were left to them."""
        self._drain()
        left, self._left = self._left, []
        self.work(left)
        self._drain()
        left, self._left = self._left, []
        return sum(len(work.files) for work in left)

    def let_go(self) -> None:
        """Finish what is begun; what only waits for a thread is given up."""
        self._pending = {future for future in self._pending if not future.cancel()}
        self._drain()

    def _drain(self) -> None:
        while self._pending:
            self._tell()
        self._echo.flush()
        if self._job.leases:
            self._job.leases.take([])  # frees what was given back last

    def _tell(self) -> None:
        done, self._pending = wait(self._pending, return_when=FIRST_COMPLETED)
        for future in done:
            for outcome in future.result():
                self._observe(outcome)

    def close(self) -> None:
        """Let the records in hand be finished, and begin nothing new."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _work(self, work: RecordWork, leased: RecordWork) -> list[Outcome]:
        outcomes = self._act(work, leased)
        if not self._echo.add(leased, outcomes):
            self._job.give_back([leased])
        return outcomes

    def _leased(
        self, works: Iterator[RecordWork], number: int
    ) -> Iterator[tuple[RecordWork, RecordWork]]:
        """Yield the records no other worker has: what is left to do of each, and as it was leased."""
        leases = self._job.leases
        if leases is None:
            yield from ((work, work) for work in works)
            return
        while page := list(islice(works, number)):
            had = leases.take(page)
            self._left += [work for work, ok in zip(page, had, strict=True) if not ok]
            mine = list(compress(page, had))
            now = self._settled(mine)
            finished = set() if self._job.reread else self._finished(now)
            for work, leased in zip(now, mine, strict=True):
                rest = self._rest(work, finished)
                if rest.files:
                    yield rest, leased
                else:
                    leases.give_back(leased)

    def _rest(self, work: RecordWork, finished: set[str]) -> RecordWork:
        """Leave out what another worker has finished since the listing, unless a person asked for it again."""
        if work.ticked is not None:
            return work
        for ref in work.files:
            if ref.version in finished:
                self._observe(Outcome(ref, Status.UNCHANGED))
        return replace(work, files=tuple(ref for ref in work.files if ref.version not in finished))

    def _finished(self, works: Sequence[RecordWork]) -> set[str]:
        """Return what needs no more work; what another way of reading releases from quarantine does."""
        ports = self._job.ports
        finished = ports.ledger.finished([ref.version for work in works for ref in work.files])
        return (
            finished - ports.ledger.released(list(finished), ports.reader.fingerprint())
            if finished
            else finished
        )

    def _settled(self, works: Sequence[RecordWork]) -> list[RecordWork]:
        """Settle what a worker that died meanwhile left open on these records.

        Those that another run has changed since they were listed, which may be that one, are listed again.
        """
        job, ledger = self._job, self._job.ports.ledger
        numbers = {ref.version: number for number, work in enumerate(works) for ref in work.files}
        settle_effects(
            job, [e for e in ledger.open_effects(list(numbers)) if e.run_id != job.run_id]
        )
        changed = {
            numbers[version] for version in ledger.changed_by_others(list(numbers), job.run_id)
        }
        now = list(works)
        for number in changed:
            listed = job.ports.source.records(
                job.spec, list(_keys_of(works[number].files, job.spec))
            )
            ledger.seen([ref for one in listed for ref in one.files], job.run_id)
            work = listed[0] if listed else replace(works[number], files=())
            now[number] = replace(work, ticked=works[number].ticked)
        return now
