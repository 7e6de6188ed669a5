"""Make good what killed runs left open, and learn what our own renames became."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from posixpath import basename, dirname, join

import structlog

from pipeline.errors import RefusedByCaspio, RejectFile, TryLater
from pipeline.model import Effect, EffectKind, EffectState, FileRef, Outcome, RecordWork, Status
from pipeline.ports import Ledger
from pipeline.record import SourceRun
from pipeline.steps.archive import archive_successions
from pipeline.steps.write_back import (
    WriteContext,
    recognise_echo,
    recover,
    take_decisions,
    write_context,
)

_log = structlog.get_logger()

ECHO_PAGE = 500
"""Renamed files looked at in one listing, to learn which version our rename left behind."""


@dataclass(slots=True)
class Echo:
    """Collects the files a run renamed, and tells the ledger which version each became. Safe from many threads."""

    job: SourceRun
    _renamed: list[Outcome] = field(default_factory=list)
    _works: list[RecordWork] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, work: RecordWork, outcomes: Sequence[Outcome]) -> bool:
        """Remember a record's renamed files and look at a page of them when enough have come together.

        Says whether there were any: their record is given back once their new version is known, since to another
        worker it would look like news until then.
        """
        renamed = [
            outcome
            for outcome in outcomes
            if outcome.new_name is not None and not outcome.planned_only
        ]
        if not renamed:
            return False
        with self._lock:
            self._renamed += renamed
            self._works.append(work)
            full = len(self._renamed) >= ECHO_PAGE
        if full:
            self.flush()
        return True

    def flush(self) -> None:
        """List what was renamed since the last time."""
        with self._lock:
            page, self._renamed = self._renamed, []
            works, self._works = self._works, []
        if not page:
            return
        try:
            self._look(page)
        except (
            RefusedByCaspio,
            RejectFile,
            TryLater,
        ) as error:  # the next listing of the source tells as much
            _log.warning(
                "what was renamed is not listed yet", source=self.job.spec.name, error=str(error)
            )
        self.job.give_back(works)

    def _look(self, page: Sequence[Outcome]) -> None:
        ports = self.job.ports
        renamed = {_new_place(outcome): outcome.ref for outcome in page}
        names = {outcome.ref.version: outcome.new_name or "" for outcome in page}
        pks = [
            o.ref.record.pk if o.ref.record and self.job.spec.folder is None else _new_place(o)
            for o in page
        ]
        listed = ports.source.records(self.job.spec, sorted(set(pks)))
        recognised = recognise_echo(renamed, listed, ledger=ports.ledger, names=names)
        if recognised:
            source, run_id = self.job.spec.name, self.job.run_id
            archive_successions(
                recognised, source, archive=ports.archive, folder=ports.work_dir, run_id=run_id
            )


def _new_place(outcome: Outcome) -> str:
    """Return where a renamed file is found in a listing: the location_key of an attachment, the new path of another."""
    ref = outcome.ref
    return (
        join(dirname(ref.path), outcome.new_name or "")
        if ref.path is not None
        else ref.location_key
    )


def recover_all(job: SourceRun) -> int:
    """Settle what killed runs left open; return how many effects that were. What living workers do is theirs."""
    ledger = job.ports.ledger
    living = ledger.living(asking=job.run_id) - {job.run_id}
    return settle_effects(
        job, [effect for effect in ledger.unsettled() if effect.run_id not in living]
    )


def settle_effects(job: SourceRun, effects: Sequence[Effect]) -> int:
    """Settle effects, of each file only where no other worker is just doing so."""
    by_version: dict[str, list[Effect]] = {}
    for effect in effects:
        by_version.setdefault(effect.version, []).append(effect)
    states = [job.ports.ledger.state(version) for version in by_version]
    works = [
        RecordWork(job.spec.name, s.ref.record, {}, (s.ref,))
        for s in states
        if s and job.owns(s.ref)
    ]
    mine = list(compress(works, job.leases.take(works))) if job.leases and works else works
    try:
        number = sum(
            recover(_context(job), by_version[work.files[0].version], may_write=not job.plan_only)
            for work in mine
        )
        _recognise(job, [work.files[0] for work in mine])
        return number
    finally:
        job.give_back(mine)


def _recognise(job: SourceRun, refs: Sequence[FileRef]) -> None:
    """Let the ledger know what became of files whose rename stands, though the run that did it is dead."""
    echo = Echo(replace(job, leases=None))
    for ref in refs:
        if name := _name_given(ref, job.ports.ledger):
            echo.add(
                RecordWork(ref.source, ref.record, {}, (ref,)),
                [Outcome(ref, Status.DONE, new_name=name)],
            )
    echo.flush()


def _name_given(ref: FileRef, ledger: Ledger) -> str | None:
    if ref.path is not None:
        path = ledger.moved_to(ref.path)
        return basename(path) if path else None
    effects = ledger.effects(version=ref.version)
    standing = [
        e
        for e in effects
        if e.kind is EffectKind.RENAME_ATTACHMENT and e.state is EffectState.VERIFIED
    ]
    return str(standing[-1].after["name"]) if standing else None


def decisions(job: SourceRun) -> Iterator[Outcome]:
    """Carry out what people have decided in the source's review table; nothing where the job only plans."""
    if not job.plan_only:
        yield from take_decisions(_context(job), now=job.ports.clock.now())


def _context(job: SourceRun) -> WriteContext:
    return write_context(
        RecordWork(job.spec.name, None, {}, ()),
        job.spec,
        ports=job.ports,
        run_id=job.run_id,
        folder=job.ports.work_dir,
        moves=job.moves,
    )
