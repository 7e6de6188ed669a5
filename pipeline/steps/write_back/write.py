"""Carry out a plan for one record: columns first, then names, then suggestions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from pipeline.errors import IngestError, RefusedByCaspio, StopRun
from pipeline.model import (
    EffectKind,
    EffectState,
    FileRef,
    Outcome,
    Place,
    Plan,
    ReadDocument,
    RecordRef,
    RecordWork,
    Status,
    Value,
)
from pipeline.steps.write_back.attachments import rename_attachment
from pipeline.steps.write_back.columns import ColumnsToWrite, Replan, write_columns
from pipeline.steps.write_back.context import WriteContext
from pipeline.steps.write_back.effects import carry_out, new_effect
from pipeline.steps.write_back.move import move_file
from pipeline.steps.write_back.plan import plan_record
from pipeline.steps.write_back.result import WriteResult, outcomes_of
from pipeline.steps.write_back.suggestions import keep_suggestions
from pipeline.wording import counted


def write_record(
    plan: Plan, documents: Sequence[ReadDocument], context: WriteContext
) -> list[Outcome]:
    """Write a record back and return the outcomes; if it changed meanwhile, it is planned again."""

    def replan(now: Mapping[str, Value]) -> Plan:
        return plan_record(replace(plan.work, values=now), documents, context)

    written = write_back(plan, documents, context, replan=replan)
    return outcomes_of(documents, plan, written)


def write_back(
    plan: Plan, documents: Sequence[ReadDocument], context: WriteContext, *, replan: Replan | None
) -> WriteResult:
    """Write a record's columns, then rename its files. A refusal is a result, not an exception.

    `replan` plans a record again that changed meanwhile; without it such a record is a conflict.
    """
    reason = reason_to_stop(plan, context)
    if reason:
        return WriteResult(Status.CONFLICT, reason, suggestions=plan.suggestions)
    columns = ColumnsToWrite(plan, context, partial(_write_alone, plan, context, replan=replan))
    renamed = _rename_with_columns(documents, columns)
    plan, written = columns.write()
    if not written.may_be_named:
        return written
    # Names come after values: a rename makes a new version of the file, which the next listing
    # must recognize, while a written value changes nothing that a listing compares.
    written = _rename_files(plan, documents, context, written, renamed=renamed)
    try:
        keep_suggestions(plan, documents, context)
    except RefusedByCaspio as error:
        return written.partly(f"Caspio refused a row of {context.spec.review}: {error}")
    return written


def _write_alone(
    plan: Plan, context: WriteContext, *, replan: Replan | None
) -> tuple[Plan, WriteResult]:
    """Write the columns of a record by themselves; a refusal is a result."""
    try:
        return write_values(plan, context, replan=replan)
    except RefusedByCaspio as error:
        reason = f"Caspio refused the values of {_named(plan.work)}: {error}"
        return plan, WriteResult(Status.FAILED, reason)


Renamed = Mapping[str, tuple[str, str]]
"""Files that were renamed, or could not be: the name of each and "" or why, by version."""


def _rename_with_columns(documents: Sequence[ReadDocument], columns: ColumnsToWrite) -> Renamed:
    """Move the record's first Files-area file, and write the columns with its new path.

    Where the file cannot be moved, or refused, the columns are still to be written.
    """
    plan, context = columns.plan, columns.context
    if plan.work.record is None or plan.work.record.is_view or not plan.after:
        return {}
    # What Caspio refuses for good would be uploaded, read and deleted again in each run.
    if _was_refused(plan, context):
        return {}
    for document in documents:
        ref = document.file.ref
        wanted = plan.new_names.get(ref.version)
        if wanted is None or ref.place is Place.ATTACHMENT:
            continue
        try:
            return {ref.version: rename(document, wanted, context, {}, columns=columns)}
        except StopRun:
            raise
        except IngestError:
            columns.write()  # whatever keeps a file from moving keeps no value from being written
            raise
    return {}


def _was_refused(plan: Plan, context: WriteContext) -> bool:
    """Say whether the last update of this record's columns was not made."""
    effects = context.ports.ledger.effects.find(version=plan.work.files[0].version)
    updates = [effect for effect in effects if effect.kind is EffectKind.UPDATE_COLUMNS]
    return bool(updates) and updates[-1].state is EffectState.ABANDONED


def reason_to_stop(plan: Plan, context: WriteContext) -> str:
    """Say why a record is not written: two programs may keep reacting to each other's writes."""
    record, spec = plan.work.record, context.spec
    if plan.empty or record is None:
        return ""
    since = context.ports.clock.now() - timedelta(seconds=spec.max_writes_window_s)
    runs = context.ports.ledger.effects.runs_that_wrote(record.container, record.pk, since=since)
    if runs < spec.max_writes:
        return ""
    return (
        f"{_named(plan.work)} was changed by {counted(runs, 'run')} within "
        f"{spec.max_writes_window_s:,} s; nothing more is written to it. Something may change it "
        "back each time: look at it with `explain`, or raise sources.max_writes."
    )


def write_values(
    plan: Plan, context: WriteContext, *, replan: Replan | None
) -> tuple[Plan, WriteResult]:
    """Write the columns of the record; a file without one gets a row in the index table."""
    if plan.work.record is not None:
        return write_columns(plan, context, replan=replan)
    index = context.spec.index
    if index is None or not plan.after:
        return plan, WriteResult(suggestions=plan.suggestions)
    ref = plan.work.files[0]
    assert ref.path is not None
    insert = new_effect(
        EffectKind.INSERT_INDEX_ROW,
        RecordRef(index.table, ""),
        version=ref.version,
        field=index.path_column,
        before={},
        # The path comes last: without it the row belongs to no file.
        after={**plan.after, index.path_column: ref.path},
    )
    insert = carry_out(insert, context)
    if insert.state is EffectState.CONFLICT:  # somebody was quicker: their row is as good as ours
        reason = f"a row for {ref.path} appeared in {index.table} meanwhile; the next run fills it"
        return plan, WriteResult(Status.FAILED, reason)
    record = RecordRef(index.table, insert.pk)
    work = replace(plan.work, record=record)
    return replace(plan, work=work), WriteResult(written=plan.after, record=record)


def _rename_files(
    plan: Plan,
    documents: Sequence[ReadDocument],
    context: WriteContext,
    written: WriteResult,
    *,
    renamed: Renamed,
) -> WriteResult:
    """Rename the files of a record, but for those that were `renamed` with its columns."""
    now = {**plan.work.values, **written.written}
    names: dict[str, str] = {}
    notes: list[str] = []
    for document in documents:
        ref = document.file.ref
        wanted = plan.new_names.get(ref.version)
        if wanted is None:
            continue
        name, note = renamed.get(ref.version) or rename(document, wanted, context, now)
        if name != ref.name:
            names[ref.version] = name
        if note:
            notes.append(f"{ref.name}: {note}")
    written = replace(written, new_names=names)
    return written.partly(*notes) if notes else written


def rename(
    document: ReadDocument,
    wanted: str,
    context: WriteContext,
    now: Mapping[str, Value],
    *,
    columns: ColumnsToWrite | None = None,
) -> tuple[str, str]:
    """Rename one file; return the name that it has then, and "" or why it is not the wanted one."""
    ref: FileRef = document.file.ref
    try:
        if ref.place is not Place.ATTACHMENT:
            media_type = document.findings.media_type
            return move_file(document.file, wanted, context, media_type=media_type, columns=columns)
        note = rename_attachment(ref, wanted, context, guard=now)
    except RefusedByCaspio as error:
        return ref.name, f"Caspio refused the name {wanted!r}: {error}"
    return (ref.name if note else wanted), note


def _named(work: RecordWork) -> str:
    if work.record is None:
        return f"{work.files[0].path}"
    return f"{work.record.container} record {work.record.pk}"
