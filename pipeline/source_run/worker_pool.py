"""Process many records at once, in threads: those that this run could lease."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import TypeVar

from pipeline.context import SourceRun
from pipeline.errors import StopRequested
from pipeline.looks import attachments_in
from pipeline.model import Outcome, RecordWork, Status
from pipeline.moves import MOVED_TOGETHER
from pipeline.ports import Clock, Suspect
from pipeline.record import process_record
from pipeline.source_run.recovery import settle_effects
from pipeline.source_run.renames import RenameTracker
from pipeline.source_run.selection import listing_keys
from pipeline.steps.enumerate import files_of, list_moved_file

T = TypeVar("T")
Observe = Callable[[Outcome], None]
Act = Callable[[RecordWork, RecordWork, SourceRun], list[Outcome]]
"""Process a record as it is now; the second is the record as it was leased."""

_RECORDS_PER_THREAD = 2  # one in progress, one ready to start: no thread waits for the listing
_LOOK_S = 1.0  # until a request to stop is noticed, however long a document takes


def process_all(
    works: Iterable[RecordWork], run: SourceRun, *, observe: Observe, threads: int
) -> int:
    """Process records in threads, taken lazily: no stage waits for the slowest file.

    Records that other workers have leased are tried once more at the end. Returns how many files
    were left to other workers.

    Raises:
        StopRun: as soon as the records in progress are finished; nothing new is started.
    """
    with worker_pool(run, observe=observe, threads=threads) as pool:
        pool.process(works)
        return pool.finish()


def act_on_each(
    items: Iterable[tuple[RecordWork, T]],
    run: SourceRun,
    *,
    act: Callable[[T, RecordWork | None], list[Outcome]],
    observe: Observe,
    threads: int,
) -> int:
    """Call `act` for each of many records, under the same leases; return how many files were left.

    Each item comes with its record. `act` also gets the record as it was listed again, where that
    was needed because a dead worker had left something open on it.
    """
    waiting: dict[str, T] = {}

    def works() -> Iterator[RecordWork]:
        for work, item in items:
            waiting[work.files[0].version] = item
            yield work

    def act_on(work: RecordWork, leased: RecordWork, _run: SourceRun) -> list[Outcome]:
        item = waiting.pop(leased.files[0].version)
        return act(item, None if work == leased else work)

    # With `reread`, finished files are not left out: that is for `act` to decide.
    pool = WorkerPool(replace(run, reread=True), observe, act_on, threads, reads=False)
    with _ending(pool):
        pool.process(works())
        return pool.finish()


def for_seconds(
    works: Iterator[RecordWork], seconds: float, *, clock: Clock
) -> Iterator[RecordWork]:
    """Take records until the time is up; what is left stays in the iterator for the next batch."""
    end = clock.monotonic() + seconds
    while clock.monotonic() < end:
        work = next(works, None)
        if work is None:
            return
        yield work


@contextmanager
def worker_pool(run: SourceRun, *, observe: Observe, threads: int) -> "Iterator[WorkerPool]":
    """Open threads that process records, also between two batches of work."""

    def act(work: RecordWork, _leased: RecordWork, run: SourceRun) -> list[Outcome]:
        return process_record(work, run)

    with _ending(WorkerPool(run, observe, act, threads, reads=True)) as pool:
        yield pool


@contextmanager
def _ending(pool: "WorkerPool") -> "Iterator[WorkerPool]":
    """Close a pool when its context ends; when asked to stop, it finishes what it has started."""
    try:
        yield pool
    except (StopRequested, KeyboardInterrupt) as error:
        pool.excuse_readings()
        if isinstance(error, StopRequested):
            pool.cancel_pending()
        raise
    finally:
        pool.close()


class WorkerPool:
    """Threads that process the records this run could lease.

    `reads` says whether they read documents. Records with suspects then wait until everything else
    is finished, and are processed one at a time: whatever a suspect does to this process, it does
    it to no other document.
    """

    def __init__(
        self, run: SourceRun, observe: Observe, act: Act, threads: int, *, reads: bool
    ) -> None:
        self._run = run
        self._observe = observe
        self._act = act
        self._reads = reads
        self._stopping = False
        self._renames = RenameTracker(run)
        self._leased_elsewhere: list[RecordWork] = []
        self._suspects: list[tuple[int, RecordWork]] = []
        self._max_pending = threads * _RECORDS_PER_THREAD
        # Records that wait for the moves of others hold no thread up, and make room for these.
        waiting = MOVED_TOGETHER if _may_move(run) else 0
        self._max_pending += waiting
        run.moves.open(threads=threads, waiting=waiting)
        # Whatever these runs, or later ones, change while this one lists and works is listed again.
        ledger, own = run.ports.ledger, {run.run_id}
        self._beside = ledger.leases.live_workers(asking=run.run_id) - own
        self._last_effect = ledger.effects.last_id()
        self._pending: set[Future[list[Outcome]]] = set()
        self._pool = ThreadPoolExecutor(threads + waiting, thread_name_prefix="pipeline")

    def process(self, works: Iterable[RecordWork]) -> None:
        """Take records until there are no more; up to two a thread are still in progress then."""
        with self._run.moves.feeding(capacity=self._max_pending):
            for work, leased, suspects in self._leased(iter(works)):
                if suspects:
                    # Those that have ended fewer runs go first: they may get through.
                    deaths = max(suspect.deaths for suspect in suspects.values())
                    self._suspects.append((deaths, work))
                    self._run.release([leased])
                else:
                    self._start(work, leased, self._run)
                while len(self._pending) >= self._max_pending:
                    self._observe_finished()

    def finish(self) -> int:
        """Finish what is in progress, then what other workers had leased, then the suspects.

        Returns how many files were left to other workers.
        """
        self._drain()
        # The other worker may have finished meanwhile, or died: its leases are free then.
        once_more, self._leased_elsewhere = self._leased_elsewhere, []
        self.process(once_more)
        self._drain()
        self._process_suspects()
        left, self._leased_elsewhere = self._leased_elsewhere, []
        return sum(len(work.files) for work in left)

    def _process_suspects(self) -> None:
        """Process the records with suspects, one at a time, while nothing else is in progress."""
        waiting = sorted(self._suspects, key=lambda one: one[0])
        self._suspects = []
        for _, one in waiting:
            # Leased again: another worker may have processed it meanwhile.
            for work, leased, suspects in self._leased(iter([one])):
                self._start(work, leased, replace(self._run, suspects=suspects))
                self._drain()

    def excuse_readings(self) -> None:
        """Let no document become a suspect if this process is killed now: it was asked to stop."""
        self._stopping = True
        self._run.ports.ledger.files.excuse_readings(self._run.run_id)

    def cancel_pending(self) -> None:
        """Finish what has started; cancel what only waits for a thread."""
        self._pending = {future for future in self._pending if not future.cancel()}
        self._drain()

    def close(self) -> None:
        """Finish the records in progress, and start nothing new.

        What is finished only now, after an error of another record has ended the run, was written
        as well: the report of the run counts it.
        """
        self._pool.shutdown(wait=True, cancel_futures=True)
        while self._pending:
            future = self._pending.pop()
            if not future.cancelled() and future.exception() is None:
                for outcome in future.result():
                    self._observe(outcome)

    def _drain(self) -> None:
        while self._pending:
            self._observe_finished()
        self._renames.flush()
        if self._run.leases is not None:
            self._run.leases.acquire([])  # frees what was released last

    def _start(self, work: RecordWork, leased: RecordWork, run: SourceRun) -> None:
        self._run.check_stop()
        self._run.moves.started()
        future = self._pool.submit(self._process, work, leased, run)
        future.add_done_callback(lambda _: self._run.moves.ended())
        self._pending.add(future)

    def _observe_finished(self) -> None:
        done: set[Future[list[Outcome]]] = set()
        while not done:
            done, _ = wait(self._pending, timeout=_LOOK_S, return_when=FIRST_COMPLETED)
            if not done and not self._stopping:
                self._run.check_stop()
        for future in done:
            self._pending.discard(future)
            # Only StopRun gets out of a record; it ends the run here, in the main thread.
            for outcome in future.result():
                self._observe(outcome)

    def _process(self, work: RecordWork, leased: RecordWork, run: SourceRun) -> list[Outcome]:
        with run.moves.working():
            outcomes = self._act(work, leased, run)
        self._run.looks.forget(attachments_in(leased.files))
        # A renamed record is released by the tracker, once the ledger knows its new versions.
        if not self._renames.add(leased, outcomes):
            self._run.release([leased])
        return outcomes

    def _leased(
        self, works: Iterator[RecordWork]
    ) -> Iterator[tuple[RecordWork, RecordWork, Mapping[str, Suspect]]]:
        """Yield the records that no other worker has: what is left to do, as leased, suspects."""
        leases = self._run.leases
        if leases is None:
            yield from ((work, work, self._suspects_in([work])) for work in works)
            return
        # One claim for as many records as the threads need next: a transaction per record would
        # make the ledger the bottleneck, and more would keep records from other workers for long.
        while page := list(islice(works, self._max_pending)):
            mine: list[RecordWork] = []
            for work, acquired in zip(page, leases.acquire(page), strict=True):
                (mine if acquired else self._leased_elsewhere).append(work)
            current = self._settled(mine)
            finished = set() if self._run.reread else self._finished(current)
            suspects = self._suspects_in(current)
            self._expect_renames(current)
            for work, leased in zip(current, mine, strict=True):
                todo = self._without_finished(work, finished)
                if todo.files:
                    among = {ref.version for ref in todo.files} & suspects.keys()
                    yield todo, leased, {version: suspects[version] for version in among}
                else:
                    self._run.looks.forget(attachments_in(leased.files))
                    leases.release(leased)

    def _expect_renames(self, works: Sequence[RecordWork]) -> None:
        """Let renames of these records share looks, if the source gives names by what it reads."""
        run = self._run
        if self._reads and run.template is not None and not run.plan_only:
            run.looks.expect(attachments_in(files_of(works)))

    def _settled(self, works: Sequence[RecordWork]) -> list[RecordWork]:
        """Settle what a dead worker has left open on these records; return them as they are now.

        Records that another run has changed since they were listed, which may be that one, are
        listed again: this run has their leases now, so nobody else changes them.
        """
        run, ledger = self._run, self._run.ports.ledger
        # Effects are known by file version; `numbers` leads back from a version to its record.
        numbers = {ref.version: number for number, work in enumerate(works) for ref in work.files}
        open_effects = [e for e in ledger.effects.open(list(numbers)) if e.run_id != run.run_id]
        settle_effects(run, open_effects)
        changed = ledger.effects.changed_by_others(
            files_of(works),
            run.run_id,
            since=self._last_effect,
            beside=self._beside,
        )
        current = list(works)
        for number in {numbers[version] for version in changed}:
            current[number] = self._listed_again(works[number])
        return current

    def _listed_again(self, work: RecordWork) -> RecordWork:
        """Return a record as it is listed now, without files if it is gone."""
        run = self._run
        listed = run.ports.source.records(run.spec, list(listing_keys(work.files, run.spec)))
        run.ports.ledger.files.seen(files_of(listed), run.run_id)
        if not listed:  # another run may have moved the file of a folder
            listed = [moved for ref in work.files for moved in list_moved_file(ref, run)]
        now = listed[0] if listed else replace(work, files=())
        return replace(now, reprocess_flag=work.reprocess_flag)

    def _suspects_in(self, works: Sequence[RecordWork]) -> Mapping[str, Suspect]:
        """Return the suspects among the files of these records, by version."""
        if not self._reads:
            return {}
        versions = [ref.version for ref in files_of(works)]
        return self._run.ports.ledger.files.suspects(versions, self._run.run_id)

    def _finished(self, works: Sequence[RecordWork]) -> set[str]:
        """Return the versions that need no more work; a quarantine may have ended."""
        ledger = self._run.ports.ledger
        finished = ledger.files.finished([ref.version for ref in files_of(works)])
        if not finished:
            return finished
        return finished - ledger.files.released_from_quarantine(
            list(finished), self._run.ports.reader.fingerprint()
        )

    def _without_finished(self, work: RecordWork, finished: set[str]) -> RecordWork:
        """Leave out what another worker has finished since, unless a user asked for it."""
        if work.reprocess_flag is not None:
            return work
        for ref in work.files:
            if ref.version in finished:
                self._observe(Outcome(ref, Status.UNCHANGED))
        return replace(work, files=tuple(ref for ref in work.files if ref.version not in finished))


def _may_move(run: SourceRun) -> bool:
    """Say whether files of the Files area may be moved, which is done in groups."""
    spec = run.spec
    if run.plan_only:
        return False
    if spec.folder is not None:
        return True
    columns = run.ports.target.columns(spec.container, is_view=spec.view is not None)
    return any(column.type.upper() == "FILE" for column in columns.values())
