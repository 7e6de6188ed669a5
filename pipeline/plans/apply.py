"""Carry out a reviewed plan, record by record: exactly what it says, and only where nothing has moved since."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

from pipeline.decide.mapping import same
from pipeline.decide.naming import base_differs
from pipeline.decide.ownership import TAKEN
from pipeline.model import (
    Column,
    Effect,
    EffectKind,
    FetchedFile,
    FileRef,
    Outcome,
    Place,
    Plan,
    ReadDocument,
    RecordWork,
    Status,
    Value,
)
from pipeline.plans.plan_file import PlannedFile, PlannedRecord, settled_status
from pipeline.ports import Ledger
from pipeline.record import SourceRun, guarded, keep_manifests
from pipeline.steps.write_back import moved_since, outcome_of, write_back, write_context

PAGE = 500
"""Records looked at in one listing before they are written."""


@dataclass(frozen=True, slots=True)
class Due:
    """A planned record, and what a listing shows of it now; None where it is gone."""

    planned: PlannedRecord
    listed: RecordWork | None


class Moved(Exception):
    """Something is no longer as it was planned against; the message is the sentence a person reads."""


def due_records(
    planned: Iterable[PlannedRecord],
    job: SourceRun,
    *,
    expect: Callable[[int], None] = lambda _: None,
) -> Iterator[tuple[RecordWork, Due]]:
    """Yield this source's planned records, each with what is listed of it now, a page at a time."""
    mine = (record for record in planned if record.source == job.spec.name)
    while page := list(islice(mine, PAGE)):
        keys = {
            record.key if job.spec.folder is None else _path_now(record, job.ports.ledger)
            for record in page
        }
        listed = job.ports.source.records(job.spec, sorted(keys))
        by_key = {_key(work, is_folder=job.spec.folder is not None): work for work in listed}
        expect(sum(len(record.files) for record in page))
        for record in page:
            key = record.key if job.spec.folder is None else _path_now(record, job.ports.ledger)
            refs = tuple(file.ref for file in record.files)
            yield RecordWork(record.source, record.record, {}, refs), Due(record, by_key.get(key))


def _path_now(record: PlannedRecord, ledger: Ledger) -> str:
    path = str(record.files[0].ref.path)
    return ledger.moved_to(path) or path


def _key(work: RecordWork, *, is_folder: bool) -> str:
    return str(work.files[0].path) if is_folder or work.record is None else work.record.pk


def apply_record(due: Due, job: SourceRun, *, fresh: RecordWork | None = None) -> list[Outcome]:
    """Carry out one record's plan and return what became of its files, as the ledger has it.

    `fresh` is the record listed once more, where that was needed after `due` was.
    """
    due = replace(due, listed=fresh) if fresh else due
    refs = [file.ref for file in due.planned.files]
    with tempfile.TemporaryDirectory(dir=job.ports.work_dir) as name:
        outcomes = guarded(refs, partial(_apply, due, job, Path(name)))
    for outcome in outcomes:
        if outcome.status is not Status.UNCHANGED:
            job.ports.ledger.finish(outcome, job.run_id)
    return outcomes


def _apply(due: Due, job: SourceRun, folder: Path) -> list[Outcome]:
    files = [file for file in due.planned.files if not _is_settled(file, job.ports.ledger)]
    settled = [
        Outcome(file.ref, Status.UNCHANGED) for file in due.planned.files if file not in files
    ]
    if not files:
        return settled
    try:
        return settled + _carry_out(due, files, job, folder)
    except Moved as moved:
        return settled + [
            Outcome(file.ref, Status.CONFLICT, f"{moved}; {_NOTHING_WRITTEN}") for file in files
        ]


_NOTHING_WRITTEN = "nothing was written. Run `caspio-ingest reprocess` for it to have it planned and written as it is now."


def _is_settled(file: PlannedFile, ledger: Ledger) -> bool:
    """Say whether a file needs nothing any more: this plan was carried out before, or a run has been here since."""
    state = ledger.state(file.ref.version)
    outcome = state.outcome if state else None
    if outcome is None or outcome.planned_only:
        return False
    return settled_status(outcome.status) or bool(file.problem)


def _carry_out(
    due: Due, files: Sequence[PlannedFile], job: SourceRun, folder: Path
) -> list[Outcome]:
    ledger, planned = job.ports.ledger, due.planned
    if due.listed is None:
        raise Moved("the record or its file was deleted since it was planned")
    effects = {file.ref.version: ledger.effects(version=file.ref.version) for file in files}
    named = {
        file.ref.version: _name_now(file, due.listed, effects[file.ref.version]) for file in files
    }
    documents = [_document(file, ledger) for file in files]
    work = replace(due.listed, files=tuple(file.ref for file in files))
    context = write_context(
        work, job.spec, ports=job.ports, run_id=job.run_id, folder=folder, moves=job.moves
    )
    before, after = _still_to_write(
        planned, work, context.columns, [e for found in effects.values() for e in found]
    )
    plan = Plan(
        work,
        before=before,
        after=after,
        new_names={
            f.ref.version: f.new_name for f in files if f.new_name and named[f.ref.version] is None
        },
        suggestions=planned.suggestions,
        problems=planned.problems,
        basis=planned.basis,
    )
    written = write_back(plan, documents, context, replan=None)
    done = {version: name for version, name in named.items() if name is not None}
    stands = planned.after if written.status in {Status.DONE, Status.PARTIAL} else {}
    written = replace(
        written, written={**stands, **written.written}, new_names={**done, **written.new_names}
    )
    outcomes = [outcome_of(document, plan, written) for document in documents]
    keep_manifests(documents, outcomes, job, folder)
    return outcomes


def _name_now(file: PlannedFile, listed: RecordWork, effects: Sequence[Effect]) -> str | None:
    """Return the new name a file has got already, by this plan's own hand; None where it is as it was planned against.

    Raises:
        Moved: it was replaced or renamed by somebody else, or is gone.
    """
    ref = file.ref
    here = [now for now in listed.files if _same_place(now, ref)]
    if any(now.version == ref.version for now in here):
        return None
    ours = {
        str(effect.after.get("name") or str(effect.after.get("path")).rpartition("/")[2])
        for effect in effects
        if effect.kind in {EffectKind.RENAME_ATTACHMENT, EffectKind.PUT_FILE}
        and effect.state in TAKEN
    }
    for now in here:
        if (
            any(not base_differs(now.name, name) for name in ours)
            and now.size_bytes == ref.size_bytes
        ):
            return now.name
    raise Moved(f"{ref.name!r} was replaced, renamed or removed since it was planned")


def _same_place(now: FileRef, ref: FileRef) -> bool:
    return now.place is ref.place and (ref.place is Place.FOLDER or now.field == ref.field)


def _document(file: PlannedFile, ledger: Ledger) -> ReadDocument:
    """Rebuild a document from what the ledger has of its reading."""
    state = ledger.state(file.ref.version)
    known = ledger.reading(file.sha256, state.fingerprint or "") if state else None
    if known is None:
        raise Moved(
            f"the ledger does not know the reading of {file.ref.name!r} that was planned; plan it again"
        )
    findings, prefix = known
    return ReadDocument(FetchedFile(file.ref, None, file.sha256, file.size_bytes), findings, prefix)


def _still_to_write(
    planned: PlannedRecord,
    work: RecordWork,
    columns: Mapping[str, Column],
    effects: Sequence[Effect],
) -> tuple[Mapping[str, Value], Mapping[str, Value]]:
    """Return what is left of the columns to write, and the state each was planned against.

    Raises:
        Moved: a column holds neither what it held nor what is planned, or another record holds the file.
    """
    if planned.record is None and work.record is None:
        return planned.before, planned.after
    if planned.record is not None and work.record != planned.record:
        raise Moved("the record it was planned for does not refer to the file any more")
    inserted = any(e.kind is EffectKind.INSERT_INDEX_ROW and e.state in TAKEN for e in effects)
    if planned.record is None and planned.after and not inserted:
        raise Moved("a record that refers to the file appeared since it was planned")
    left = {
        name: value
        for name, value in planned.after.items()
        if name not in columns or not same(work.values.get(name), value, columns[name])
    }
    before = {name: planned.before.get(name) for name in left}
    moved = moved_since(before, work.values, columns)
    if moved:
        raise Moved(f"the record changed since it was planned: {moved}")
    return before, left
