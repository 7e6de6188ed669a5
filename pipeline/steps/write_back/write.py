"""Carry out a plan for one record: columns first, then names."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from pipeline.decide.naming import NameTemplate
from pipeline.errors import RefusedByCaspio
from pipeline.model import (
    Effect,
    EffectKind,
    EffectState,
    Place,
    Plan,
    ReadDocument,
    RecordRef,
    RecordWork,
    Status,
    Value,
)
from pipeline.steps.write_back.attachments import rename_attachment
from pipeline.steps.write_back.columns import Replan, write_columns
from pipeline.steps.write_back.context import WriteContext
from pipeline.steps.write_back.move import move_file
from pipeline.steps.write_back.plan import Stamp, plan_record
from pipeline.steps.write_back.result import Written
from pipeline.steps.write_back.review import keep_suggestions, still_open
from pipeline.steps.write_back.rows import insert_row


def plan_now(
    work: RecordWork,
    documents: Sequence[ReadDocument],
    context: WriteContext,
    *,
    template: NameTemplate | None,
) -> Plan:
    """Plan a record with what the ledger remembers of it; what a person has rejected is not suggested again."""
    states = [context.ledger.state(document.file.ref.version) for document in documents]
    plan = plan_record(
        work,
        documents,
        spec=context.spec,
        template=template,
        columns=context.columns,
        last_written=context.ledger.last_written(work.record.container, work.record.pk)
        if work.record
        else {},
        stamp=Stamp(context.run_id, context.clock.now(), context.archive.address),
        original_names={
            state.version: state.original_name for state in states if state is not None
        },
    )
    if work.record is None:
        return plan
    return replace(
        plan,
        suggestions=tuple(still_open(work.source, work.record, plan.suggestions, context.ledger)),
    )


def write_back(
    plan: Plan, documents: Sequence[ReadDocument], context: WriteContext, *, replan: Replan | None
) -> Written:
    """Write a record's columns, then rename its files. A refusal is a result in Caspio's words, not an exception.

    `replan` plans a record that changed meanwhile anew; without it such a record is a conflict.
    """
    tripped = _tripped(plan, context)
    if tripped:
        return Written(Status.CONFLICT, tripped, suggestions=plan.suggestions)
    try:
        plan, written = _write_values(plan, context, replan=replan)
    except RefusedByCaspio as error:
        return Written(Status.FAILED, f"Caspio refused the values of {_named(plan.work)}: {error}")
    if written.status not in {Status.DONE, Status.PARTIAL}:
        return written
    written = _rename_all(plan, documents, context, written)
    try:
        keep_suggestions(plan, plan.suggestions, context)
    except RefusedByCaspio as error:
        reason = "; ".join(
            filter(
                None, [written.reason, f"Caspio refused a row of {context.spec.review}: {error}"]
            )
        )
        return replace(written, status=Status.PARTIAL, reason=reason)
    return written


def _tripped(plan: Plan, context: WriteContext) -> str:
    """Say that a record is being changed over and over, "" when it is not: two programs may be answering each other."""
    record, spec = plan.work.record, context.spec
    if plan.empty or record is None:
        return ""
    since = context.clock.now() - timedelta(seconds=spec.max_writes_window_s)
    runs = context.ledger.runs_that_wrote(record.container, record.pk, since=since)
    if runs < spec.max_writes:
        return ""
    return (
        f"{_named(plan.work)} was changed by {runs} runs within {spec.max_writes_window_s:,} s; nothing more is "
        "written to it. Something may change it back each time: look at it with `explain`, or raise sources.max_writes."
    )


def _write_values(
    plan: Plan, context: WriteContext, *, replan: Replan | None
) -> tuple[Plan, Written]:
    if plan.work.record is not None:
        return write_columns(plan, context, replan=replan)
    if context.spec.index is None or not plan.after:
        return plan, Written(suggestions=plan.suggestions)
    written = _insert_index_row(plan, context)
    work = replace(plan.work, record=written.record)
    return replace(plan, work=work), written


def _insert_index_row(plan: Plan, context: WriteContext) -> Written:
    """Add the index table's row for a file that has none."""
    index = context.spec.index
    ref = plan.work.files[0]
    assert index is not None
    assert ref.path is not None
    values = {index.path_column: ref.path, **plan.after}
    effect = Effect(
        EffectKind.INSERT_INDEX_ROW,
        version=ref.version,
        container=index.table,
        pk="",
        field=index.path_column,
        before={},
        after=values,
    )
    effect = insert_row(effect, context)
    if effect.state is EffectState.CONFLICT:  # somebody was quicker: their row is as good as ours
        reason = f"a row for {ref.path} appeared in {index.table} meanwhile; the next run fills it"
        return Written(Status.FAILED, reason)
    return Written(written=plan.after, record=RecordRef(index.table, effect.pk))


def _rename_all(
    plan: Plan, documents: Sequence[ReadDocument], context: WriteContext, written: Written
) -> Written:
    now: Mapping[str, Value] = {**plan.work.values, **written.written}
    names: dict[str, str] = {}
    notes: list[str] = []
    for document in documents:
        ref = document.file.ref
        wanted = plan.new_names.get(ref.version)
        if wanted is None:
            continue
        try:
            if ref.place is Place.ATTACHMENT:
                name, note = wanted, rename_attachment(ref, wanted, context, guard=now)
                name = ref.name if note else name
            else:
                name, note = move_file(
                    document.file, wanted, context, media_type=document.findings.media_type
                )
        except RefusedByCaspio as error:
            name, note = ref.name, f"Caspio refused the name {wanted!r}: {error}"
        if name != ref.name:
            names[ref.version] = name
        if note:
            notes.append(f"{ref.name}: {note}")
    if not notes:
        return replace(written, new_names=names)
    reason = "; ".join(filter(None, [written.reason, *notes]))
    return replace(written, status=Status.PARTIAL, reason=reason, new_names=names)


def _named(work: RecordWork) -> str:
    return (
        f"{work.record.container} record {work.record.pk}"
        if work.record
        else f"{work.files[0].path}"
    )
