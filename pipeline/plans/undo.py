"""Undo a run: put back prior values and names, record by record, where the present still is what the run left."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

from pipeline.model import Effect, FileRef, Outcome, Place, RecordWork, Status
from pipeline.ports import FileState, Ledger
from pipeline.record import SourceRun, guarded
from pipeline.steps.archive import amend_manifest
from pipeline.steps.write_back import PutBack, put_back, write_context
from pipeline.verify.reconcile import document_folder, line_of

PAGE = 500
"""Records looked at in one listing before they are put back."""


@dataclass(frozen=True, slots=True)
class Undoing:
    """What a run did to one record: `key` is its PK_ID (a path for a folder's file), `listed` what lies there now."""

    key: str
    effects: tuple[Effect, ...]
    files: tuple[FileState, ...]
    listed: RecordWork | None = None


def undone_by(
    effects: Sequence[Effect], ledger: Ledger, *, records: Sequence[str] = ()
) -> dict[str, list[Undoing]]:
    """Group a run's effects by source and record; with `records` only those of these PK_IDs or paths."""
    states = {version: ledger.state(version) for version in {effect.version for effect in effects}}
    grouped: dict[tuple[str, str], list[Effect]] = {}
    for effect in effects:
        state = states[effect.version]
        if state is not None:
            grouped.setdefault((state.ref.source, _key(state.ref, ledger)), []).append(effect)
    found: dict[str, list[Undoing]] = {}
    for (source, key), group in grouped.items():
        versions = dict.fromkeys(effect.version for effect in group)
        files = tuple(state for version in versions if (state := states[version]) is not None)
        names = {key, *(effect.pk for effect in group), *(str(state.ref.path) for state in files)}
        if not records or names & set(records):
            found.setdefault(source, []).append(Undoing(key, tuple(group), files))
    return found


def _key(ref: FileRef, ledger: Ledger) -> str:
    """Return what a source lists a record by: the PK_ID, for a folder's file the path it has by now."""
    return (ledger.moved_to(ref.holder) or ref.holder) if ref.place is Place.FOLDER else ref.holder


def with_listing(
    undoing: Iterable[Undoing], job: SourceRun, *, expect: Callable[[int], None] = lambda _: None
) -> Iterator[tuple[RecordWork, Undoing]]:
    """Yield records, each with its files as they are listed now, a page at a time."""
    is_folder = job.spec.folder is not None
    rest = iter(undoing)
    while page := list(islice(rest, PAGE)):
        listed = job.ports.source.records(job.spec, sorted(one.key for one in page))
        by_key = {
            str(w.files[0].path) if is_folder or w.record is None else w.record.pk: w
            for w in listed
        }
        job.ports.ledger.seen([ref for work in listed for ref in work.files], job.run_id)
        expect(sum(len(one.files) for one in page))
        for one in page:
            refs = tuple(state.ref for state in one.files)
            yield (
                RecordWork(job.spec.name, refs[0].record, {}, refs),
                replace(one, listed=by_key.get(one.key)),
            )


def undo_record(
    undoing: Undoing, job: SourceRun, *, fresh: RecordWork | None = None
) -> list[Outcome]:
    """Put back one record and return what became of its files, as the ledger has it.

    `fresh` is the record listed once more, where that was needed after `undoing` was.
    """
    undoing = replace(undoing, listed=fresh) if fresh else undoing
    refs = list(
        {ref.version: ref for ref in (_present(state, undoing) for state in undoing.files)}.values()
    )
    with tempfile.TemporaryDirectory(dir=job.ports.work_dir) as name:
        outcomes = guarded(refs, partial(_undo, undoing, refs, job, Path(name)))
    known = job.ports.ledger.finished([ref.version for ref in refs])
    for outcome in outcomes:
        # A file that somebody put there since is not finished by this: the next run reads it.
        if outcome.status is not Status.UNCHANGED and outcome.ref.version in known:
            job.ports.ledger.finish(outcome, job.run_id)
    return outcomes


def _present(state: FileState, undoing: Undoing) -> FileRef:
    """Return the file as it lies there now; as it was, where it is gone."""
    listed = undoing.listed.files if undoing.listed else ()
    place, field = state.ref.place, state.ref.field
    here = (
        ref
        for ref in listed
        if ref.place is place and (place is Place.FOLDER or ref.field == field)
    )
    return next(here, state.ref)


def _undo(undoing: Undoing, refs: Sequence[FileRef], job: SourceRun, folder: Path) -> list[Outcome]:
    first = undoing.files[0].ref
    work = undoing.listed or RecordWork(first.source, first.record, {}, tuple(refs))
    context = write_context(
        work, job.spec, ports=job.ports, run_id=job.run_id, folder=folder, moves=job.moves
    )
    done = put_back(undoing.effects, undoing.listed, context)
    outcomes = [_outcome(ref, done, job, first=number == 0) for number, ref in enumerate(refs)]
    _tell_archive(undoing, {outcome.ref.version: outcome for outcome in outcomes}, job, folder)
    return outcomes


def _tell_archive(
    undoing: Undoing, outcomes: Mapping[str, Outcome], job: SourceRun, folder: Path
) -> None:
    """Let the manifests say what was put back, so that a ledger rebuilt from them knows it.

    Also where nothing had to be put back: an undo may have been killed right before it came to this.
    """
    ports = job.ports
    for state in undoing.files:
        prefix = document_folder(state, ports)
        present = _present(state, undoing).version
        if prefix is not None:
            newest = ports.ledger.state(present) or state
            versions = {
                one.version for ends in (newest, state) for one in line_of(ends, ports.ledger)
            }
            effects = [
                effect for version in versions for effect in ports.ledger.effects(version=version)
            ]
            effects.sort(key=lambda effect: effect.id)
            now, archive = ports.clock.now(), ports.archive
            amend_manifest(
                prefix,
                outcomes[present],
                effects,
                archive=archive,
                folder=folder,
                at=now,
                run_id=job.run_id,
            )


def _outcome(ref: FileRef, done: PutBack, job: SourceRun, *, first: bool) -> Outcome:
    """Say what became of one file; what was put back in the record is told with its first."""
    if done.nothing:
        return Outcome(ref, Status.UNCHANGED)
    known = job.ports.ledger.state(ref.version)
    status = Status.PARTIAL if done.left else Status.DONE
    reason = "left alone: " + "; ".join(done.left) if done.left else ""
    return Outcome(
        ref,
        status,
        reason if first or not done.left else "see the record's first file",
        sha256=known.sha256 if known else None,
        doc_type=known.outcome.doc_type if known and known.outcome else None,
        written=done.written if first else {},
        new_name=done.names.get(ref.version),
    )
