"""Many records at once: a bounded window over the line, recovery before it, recognition of our own work after it."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from posixpath import dirname, join

from pipeline.mapping import refuse_columns
from pipeline.model import Outcome, RecordWork, SourceSpec
from pipeline.ports import Clock, FileState, RecordTarget
from pipeline.run import Job, work_record
from pipeline.steps.write_back import recognise_echo, recover, write_context

Observe = Callable[[Outcome], None]

ECHO_PAGE = 500
"""Renamed files looked at in one listing, to learn which version our rename left behind."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What `reprocess` takes up again: everything of a source, or what the conditions that are given leave of it."""

    records: tuple[str, ...] = ()
    where: str | None = None
    since: datetime | None = None
    stale: bool = False


@dataclass(slots=True)
class Echo:
    """Collects the files a run renamed, and tells the ledger which version each became. Safe from many threads."""

    job: Job
    _renamed: list[Outcome] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, outcome: Outcome) -> None:
        """Remember a renamed file, and look at a page of them when enough have come together."""
        if outcome.new_name is None or outcome.planned_only:
            return
        with self._lock:
            self._renamed.append(outcome)
            full = len(self._renamed) >= ECHO_PAGE
        if full:
            self.flush()

    def flush(self) -> None:
        """List what was renamed since the last time."""
        with self._lock:
            page, self._renamed = self._renamed, []
        if not page:
            return
        parts = self.job.parts
        renamed = {_new_place(outcome): outcome.ref for outcome in page}
        names = {outcome.ref.version: outcome.new_name or "" for outcome in page}
        pks = [o.ref.record.pk if o.ref.record and self.job.spec.folder is None else _new_place(o) for o in page]
        listed = parts.source.records(self.job.spec, sorted(set(pks)))
        recognise_echo(renamed, listed, ledger=parts.ledger, names=names)


def _new_place(outcome: Outcome) -> str:
    """Return where a renamed file is found in a listing: the slot of an attachment, the new path of another."""
    ref = outcome.ref
    return join(dirname(ref.path), outcome.new_name or "") if ref.path is not None else ref.slot


def recover_all(job: Job) -> int:
    """Settle what a killed run left open; return how many effects that were."""
    context = write_context(
        RecordWork(job.spec.name, None, {}, ()),
        job.spec,
        parts=job.parts,
        run_id=job.run_id,
        folder=job.parts.work_dir,
        moves=job.moves,
    )
    return recover(context)


def selected_work(job: Job, selection: Selection) -> Iterator[RecordWork]:
    """Yield the selected records with their files as they are listed now."""
    parts, spec = job.parts, job.spec
    if selection.where or not (selection.records or selection.since or selection.stale):
        clauses = [f"({clause})" for clause in (spec.where, selection.where) if clause]
        pages: Iterable[Sequence[RecordWork]] = parts.source.pages(replace(spec, where=" AND ".join(clauses) or None))
    elif selection.records:
        pages = [parts.source.records(spec, selection.records)]
    else:
        states = (
            parts.ledger.stale(parts.reader.fingerprint(), source=spec.name)
            if selection.stale
            else parts.ledger.states(source=spec.name, since=selection.since)
        )
        pages = (parts.source.records(spec, keys) for keys in _pages(_keys(states, spec)))
    for page in pages:
        parts.ledger.seen([ref for work in page for ref in work.files], job.run_id)
        yield from page


def _keys(states: Iterable[FileState], spec: SourceSpec) -> Iterator[str]:
    """Yield what a source lists single records by: the PK_ID, for a folder the path. Neighbours are not repeated."""
    last = None
    for state in states:
        ref = state.ref
        key = ref.path if spec.folder is not None else (ref.record.pk if ref.record else None)
        if key is not None and key != last:
            last = key
            yield key


def _pages(keys: Iterator[str], size: int = ECHO_PAGE) -> Iterator[Sequence[str]]:
    while page := list(islice(keys, size)):
        yield page


def for_seconds(works: Iterator[RecordWork], seconds: float, *, clock: Clock) -> Iterator[RecordWork]:
    """Take work until the time is up; what is left stays in the iterator for the next batch."""
    end = clock.monotonic() + seconds
    while clock.monotonic() < end:
        work = next(works, None)
        if work is None:
            return
        yield work


def work_all(works: Iterable[RecordWork], job: Job, *, observe: Observe, threads: int) -> None:
    """Work on records in threads, a bounded number at a time, taken lazily: no stage waits for the slowest file.

    Raises:
        StopRun: as soon as the records in hand are finished; nothing new is begun.
    """
    echo = Echo(job)

    def tell(future: "Future[list[Outcome]]") -> None:
        for outcome in future.result():
            echo.add(outcome)
            observe(outcome)

    pending: set[Future[list[Outcome]]] = set()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="line")
    try:
        for work in works:
            pending.add(pool.submit(work_record, work, job))
            while len(pending) >= threads * 2:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    tell(future)
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                tell(future)
        echo.flush()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def refuse_source(spec: SourceSpec, target: RecordTarget) -> list[str]:
    """Return one sentence for every mapped column that is missing or cannot be written."""
    if spec.folder is not None:
        container, is_view = (spec.index.table if spec.index else ""), False
    else:
        container, is_view = spec.container, spec.view is not None
    if not container or not spec.columns:
        return []
    return list(refuse_columns(spec, target.columns(container, is_view=is_view)))
