"""Records as a whole: a deletion at Caspio takes the columns along that are not in sync.

They are archived with the others, guard the deletion, and come back with an undo.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.model import Column
from pipeline.model.sync import PK, ChangeKind, Common, RecordRow, Row, Side, SyncEffect
from pipeline.sync.context import Pair, SyncContext
from pipeline.sync.conversions import CASPIO_TYPES, Form, Unfit

_SET_BY_CASPIO = {"TIMESTAMP", "AUTONUMBER", "PREFIXED AUTONUMBER", "GUID", "RANDOM ID"}


@dataclass(frozen=True, slots=True)
class SyncTask:
    """A change of one row, with the row as it was read on both sides."""

    effect: SyncEffect
    pair: Pair


def with_whole_records(
    tasks: Sequence[SyncTask], context: SyncContext
) -> tuple[list[SyncTask], Sequence[SyncTask]]:
    """Read records that are to be deleted again, with all their columns.

    Returns all tasks, and in the second place those left out because their record has changed.
    """
    deleting = [task for task in tasks if deletes_record(task)]
    if not deleting:
        return list(tasks), []
    columns = context.table.columns()
    records = _whole_records(deleting, columns, context)
    kept, changed = [], []
    for task in tasks:
        if not deletes_record(task):
            kept.append(task)
        elif (record := records.get(task.pair.pk)) and _is_as_before(record, task.pair, context):
            before = {**task.effect.before, **_others(record, columns, context)}
            effect = replace(task.effect, before=before)
            kept.append(SyncTask(effect, replace(task.pair, record=record)))
        else:
            changed.append(task)
    return kept, changed


def _whole_records(
    tasks: Sequence[SyncTask], columns: Mapping[str, Column], context: SyncContext
) -> Mapping[str, RecordRow]:
    # A formula follows from the other columns.
    readable = (name for name, column in columns.items() if _is_read(column))
    names = list(dict.fromkeys([*context.layout.caspio_columns, *readable]))
    found = context.table.by_pk([task.pair.pk for task in tasks], names)
    return {record.pk: record for record in found}


def with_whole_rows(tasks: Sequence[SyncTask], context: SyncContext) -> list[SyncTask]:
    """Read rows of the mirror that are to be deleted again, with all their columns.

    One that has changed meanwhile keeps its old values, which no write will meet.
    """
    keys = {
        task.effect.key: context.layout.mirror_key(task.effect.key)
        for task in tasks
        if task.effect.kind is ChangeKind.DELETE
    }
    columns = context.mirror.columns() if keys else None
    if not columns:
        return list(tasks)
    found = {
        context.layout.key_and_row(row)[0]: row
        for row in context.mirror.rows(list(keys.values()), list(columns))
    }
    whole = []
    for task in tasks:
        row = found.get(task.effect.key) if task.effect.key in keys else None
        before = task.pair.stored
        if row is not None and before is not None and before.items() <= row.items():
            whole.append(replace(task, pair=replace(task.pair, stored=row)))
        else:
            whole.append(task)
    return whole


def filled_since(task: SyncTask, context: SyncContext) -> list[str]:
    """Return the columns beside those in sync in which an inserted record has a value."""
    if not deletes_record(task):
        return []
    columns = context.table.columns()
    return [
        name
        for name, value in task.effect.before.items()
        if name not in context.layout.pairs
        and value not in {None, "", False}
        and columns[name].editable
        and columns[name].type.upper() not in _SET_BY_CASPIO
    ]


def restorable(before: Row, context: SyncContext) -> Row:
    """Return the values of a deleted record that can be inserted again."""
    columns, pairs = context.table.columns(), context.layout.pairs
    kept = {}
    for name, value in before.items():
        pair, column = pairs.get(name), columns.get(name)
        # A column that is not in sync is put back as well: the whole record was deleted.
        is_writable = pair.is_writable if pair else _is_writable(column)
        if is_writable:
            kept[name] = value
    return kept


def deletes_record(task: SyncTask) -> bool:
    """Say whether a task deletes a record at Caspio."""
    return task.effect.side is Side.CASPIO and task.effect.kind is ChangeKind.DELETE


def _is_read(column: Column) -> bool:
    return column.type.upper() in CASPIO_TYPES and not column.is_formula


def _is_writable(column: Column | None) -> bool:
    if column is None or not _is_read(column):
        return False
    return column.editable and CASPIO_TYPES[column.type.upper()].is_writable


def _is_as_before(record: RecordRow, pair: Pair, context: SyncContext) -> bool:
    try:
        return context.layout.of_record(record) == pair.caspio
    except Unfit:
        return False


def _others(
    record: RecordRow, columns: Mapping[str, Column], context: SyncContext
) -> dict[str, Common]:
    """Return the columns that are not in sync as Caspio shows them; of a LIST, its items."""
    found: dict[str, Common] = {}
    for name, value in record.values.items():
        if name in context.layout.pairs or name == PK or name not in columns:
            continue
        if CASPIO_TYPES[columns[name].type.upper()].form is Form.ITEMS:
            items = record.lists.get(name)
            found[name] = json.dumps(list(items), ensure_ascii=False) if items else None
        else:
            found[name] = value
    return found
