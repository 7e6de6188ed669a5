"""Carry out a plan for one record: columns first, then names."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

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
from pipeline.naming import NameTemplate
from pipeline.ports import Updated
from pipeline.steps.write_back.attachments import rename_attachment
from pipeline.steps.write_back.columns import Replan, write_columns
from pipeline.steps.write_back.context import WriteContext, carry_out
from pipeline.steps.write_back.move import move_file
from pipeline.steps.write_back.plan import plan_record
from pipeline.steps.write_back.result import Written


def plan_now(
    work: RecordWork, documents: Sequence[ReadDocument], context: WriteContext, *, template: NameTemplate | None
) -> Plan:
    """Plan a record with what the ledger remembers of it."""
    states = [context.ledger.state(document.file.ref.version) for document in documents]
    return plan_record(
        work,
        documents,
        spec=context.spec,
        template=template,
        columns=context.columns,
        last_written=context.ledger.last_written(work.record.container, work.record.pk) if work.record else {},
        original_names={state.version: state.original_name for state in states if state is not None},
    )


def write_back(plan: Plan, documents: Sequence[ReadDocument], context: WriteContext, *, replan: Replan) -> Written:
    """Write a record's columns, then rename its files. A refusal is a result in Caspio's words, not an exception."""
    try:
        plan, written = _write_values(plan, context, replan=replan)
    except RefusedByCaspio as error:
        return Written(Status.FAILED, f"Caspio refused the values of {_named(plan.work)}: {error}")
    if written.status not in {Status.DONE, Status.PARTIAL}:
        return written
    return _rename_all(plan, documents, context, written)


def _write_values(plan: Plan, context: WriteContext, *, replan: Replan) -> tuple[Plan, Written]:
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
    path = ref.path
    pk = ""

    def look() -> Updated:
        nonlocal pk
        pks = context.target.find(index.table, index.path_column, path)
        pk = pks[0] if pks else ""
        return Updated(len(pks[:1]), None)

    def insert() -> Updated:
        nonlocal pk
        if look().affected:  # somebody was quicker: their row is as good as ours, and the next run fills it
            return Updated(0, None)
        pk = context.target.insert(index.table, {index.path_column: path, **plan.after})
        return Updated(1, None)

    effect = Effect(
        EffectKind.INSERT_INDEX_ROW,
        version=ref.version,
        container=index.table,
        pk="",
        field=index.path_column,
        before={},
        after={index.path_column: path, **plan.after},
    )
    effect, answer = carry_out(effect, context, call=insert, look=look)
    if answer.affected == 0:
        return Written(Status.FAILED, f"a row for {path} appeared in {index.table} meanwhile; the next run fills it")
    context.ledger.settle(effect, EffectState.VERIFIED)
    return Written(written=plan.after, record=RecordRef(index.table, pk))


def _rename_all(plan: Plan, documents: Sequence[ReadDocument], context: WriteContext, written: Written) -> Written:
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
                name, note = move_file(document.file, wanted, context, media_type=document.findings.media_type)
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
    return f"{work.record.container} record {work.record.pk}" if work.record else f"{work.files[0].path}"
