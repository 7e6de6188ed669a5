"""Carry out a reviewed plan, record by record, and only where nothing has changed since."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

from pipeline.context import SourceRun
from pipeline.decide.column_values import same
from pipeline.decide.naming import has_name
from pipeline.decide.ownership import IN_EFFECT, name_given
from pipeline.isolation import isolated
from pipeline.looks import attachments_in
from pipeline.model import (
    Column,
    Effect,
    EffectKind,
    FetchedFile,
    Outcome,
    Plan,
    ReadDocument,
    RecordWork,
    Status,
    Value,
)
from pipeline.plans.listing import is_in_place_of, list_by_key
from pipeline.plans.plan_file import PlannedFile, PlannedRecord, is_settled
from pipeline.ports import Ledger
from pipeline.steps.archive import archive_manifests
from pipeline.steps.write_back import (
    WriteContext,
    changed_values,
    outcomes_of,
    write_back,
    write_context,
)

PAGE = 500
"""Records looked at in one listing before they are written: what is looked at long before it is
written has more often changed, and is then left alone."""


@dataclass(frozen=True, slots=True)
class DueRecord:
    """A planned record, and how it is listed now; None where it is gone."""

    planned: PlannedRecord
    listed: RecordWork | None


class ChangedSince(Exception):
    """Something has changed since it was planned; the message says what."""


def due_records(
    planned: Iterable[PlannedRecord],
    run: SourceRun,
    *,
    expect: Callable[[int], None] = lambda _: None,
) -> Iterator[tuple[RecordWork, DueRecord]]:
    """Yield this source's planned records, each with how it is listed now, a page at a time.

    `expect` gets the number of files that a page has.
    """

    def key_of(record: PlannedRecord) -> str:
        if run.spec.folder is None:
            return record.key
        path = str(record.files[0].ref.path)
        # An interrupted run of this plan may have moved the file already.
        return run.ports.ledger.effects.moved_to(path) or path

    mine = (record for record in planned if record.source == run.spec.name)
    while page := list(islice(mine, PAGE)):
        listed = list_by_key(run, map(key_of, page))
        files = [file for record in page for file in record.files]
        expect(len(files))
        run.looks.expect(attachments_in(file.ref for file in files if file.new_name))
        for record in page:
            refs = tuple(file.ref for file in record.files)
            due = DueRecord(record, listed.get(key_of(record)))
            yield RecordWork(record.source, record.record, {}, refs), due


def apply_record(
    due: DueRecord, run: SourceRun, *, fresh: RecordWork | None = None
) -> list[Outcome]:
    """Carry out one record's plan and return the outcomes of its files, as the ledger has them.

    `fresh` is the record as it was listed once more, where that was needed after `due` was.
    """
    due = replace(due, listed=fresh) if fresh else due
    refs = [file.ref for file in due.planned.files]
    with tempfile.TemporaryDirectory(dir=run.ports.work_dir) as name:
        outcomes = isolated(refs, partial(_apply, due, run, Path(name)))
    for outcome in outcomes:
        if outcome.status is not Status.UNCHANGED:
            run.ports.ledger.files.finish(outcome, run.run_id)
    return outcomes


def _apply(due: DueRecord, run: SourceRun, folder: Path) -> list[Outcome]:
    todo: list[PlannedFile] = []
    outcomes: list[Outcome] = []
    for file in due.planned.files:
        if _is_done(file, run.ports.ledger):
            outcomes.append(Outcome(file.ref, Status.UNCHANGED))
        else:
            todo.append(file)
    if not todo:
        return outcomes
    try:
        return outcomes + _write(due, todo, run, folder)
    except ChangedSince as change:
        reason = (
            f"{change}; nothing was written. Run `caspio-ingest reprocess` for it to have it "
            "planned and written as it is now."
        )
        return outcomes + [Outcome(file.ref, Status.CONFLICT, reason) for file in todo]


def is_carried_out(planned: PlannedRecord, ledger: Ledger) -> bool:
    """Say whether no file of a planned record needs anything more."""
    return all(_is_done(file, ledger) for file in planned.files)


def _is_done(file: PlannedFile, ledger: Ledger) -> bool:
    """Say whether a file needs nothing more: this plan was carried out, or a run was here since."""
    state = ledger.files.state(file.ref.version)
    outcome = state.outcome if state else None
    if outcome is None or outcome.planned_only:
        return False
    return is_settled(outcome.status) or bool(file.problem)


def _write(
    due: DueRecord, files: Sequence[PlannedFile], run: SourceRun, folder: Path
) -> list[Outcome]:
    ledger, planned = run.ports.ledger, due.planned
    if due.listed is None:
        raise ChangedSince("the record or its file was deleted since it was planned")
    work = replace(due.listed, files=tuple(file.ref for file in files))
    context = write_context(work, run, folder)
    effects: list[Effect] = []
    given_names: dict[str, str] = {}
    new_names: dict[str, str] = {}
    # An earlier apply that was interrupted may have renamed some of the files already.
    for file in files:
        version = file.ref.version
        own = ledger.effects.find(version=version)
        effects += own
        name = given_name(file, due.listed, own)
        if name is not None:
            given_names[version] = name
        elif file.new_name:
            new_names[version] = file.new_name

    # The plan names no findings: they come from the reading that was planned with.
    documents = [_document(file, ledger) for file in files]
    before, after = left_to_write(planned, work, context, effects)
    plan = Plan(
        work,
        before=before,
        after=after,
        new_names=new_names,
        suggestions=planned.suggestions,
        problems=planned.problems,
        basis=planned.basis,
        left_open=planned.left_open,
    )
    written = write_back(plan, documents, context, replan=None)
    # What an interrupted run has written and named already is part of what this plan has done.
    values = planned.after if is_settled(written.status) else {}
    written = replace(
        written,
        written={**values, **written.written},
        new_names={**given_names, **written.new_names},
    )
    outcomes = outcomes_of(documents, plan, written)
    archive_manifests(documents, outcomes, run, folder)
    return outcomes


def given_name(file: PlannedFile, listed: RecordWork, effects: Iterable[Effect]) -> str | None:
    """Return the name that this plan has given a file already; None if it is as planned against.

    Raises:
        ChangedSince: it was replaced or renamed by somebody else, or is gone.
    """
    ref = file.ref
    here = [now for now in listed.files if is_in_place_of(now, ref)]
    if any(now.version == ref.version for now in here):
        return None
    given = [name for effect in effects if (name := name_given(effect))]
    for now in here:
        if now.size_bytes == ref.size_bytes and any(has_name(now, name) for name in given):
            return now.name
    raise ChangedSince(f"{ref.name!r} was replaced, renamed or removed since it was planned")


def _document(file: PlannedFile, ledger: Ledger) -> ReadDocument:
    """Rebuild a document from the reading that the ledger has."""
    state = ledger.files.state(file.ref.version)
    reading = ledger.files.reading(file.sha256, state.fingerprint or "") if state else None
    if reading is None:
        raise ChangedSince(
            f"the ledger does not have the reading of {file.ref.name!r} that was planned; plan it "
            "again"
        )
    findings, prefix = reading
    return ReadDocument(FetchedFile(file.ref, None, file.sha256, file.size_bytes), findings, prefix)


def left_to_write(
    planned: PlannedRecord, work: RecordWork, context: WriteContext, effects: Iterable[Effect]
) -> tuple[Mapping[str, Value], Mapping[str, Value]]:
    """Return the state that each column left to write was planned against, and the values to write.

    Raises:
        ChangedSince: a column has neither its old value nor the planned one, or the file belongs
            to another record.
    """
    if planned.record is None:
        if work.record is None:
            return planned.before, planned.after
        refuse_foreign_row(planned, effects)
    elif work.record != planned.record:
        raise ChangedSince("the record it was planned for no longer refers to the file")

    columns: Mapping[str, Column] = context.columns
    # Columns that have their planned value already were written by an interrupted run.
    after = {
        name: value
        for name, value in planned.after.items()
        if name not in columns or not same(work.values.get(name), value, columns[name])
    }
    before = {name: planned.before.get(name) for name in after}
    changes = changed_values(before, work.values, columns, context.spec)
    if changes:
        raise ChangedSince(f"the record changed since it was planned: {changes}")
    return before, after


def refuse_foreign_row(planned: PlannedRecord, effects: Iterable[Effect]) -> None:
    """Refuse a file that has got a record since, unless an interrupted run inserted the row."""
    inserted = any(
        effect.kind is EffectKind.INSERT_INDEX_ROW and effect.state in IN_EFFECT
        for effect in effects
    )
    if planned.after and not inserted:
        raise ChangedSince("a record that refers to the file appeared since it was planned")
