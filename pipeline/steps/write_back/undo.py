"""Take the effects of a run back where what they left is still there; otherwise say why not."""

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.decide.column_values import is_empty, same
from pipeline.decide.naming import base_differs
from pipeline.decide.ownership import IN_EFFECT, touched, undone
from pipeline.errors import FileGone
from pipeline.model import (
    Column,
    Effect,
    EffectKind,
    EffectState,
    FetchedFile,
    FileRef,
    RecordRef,
    RecordWork,
    Value,
)
from pipeline.steps.write_back.attachments import rename_attachment
from pipeline.steps.write_back.context import WriteContext
from pipeline.steps.write_back.effects import carry_out, new_effect, record_of
from pipeline.steps.write_back.move import move_file

# Caspio fills these columns; what they hold says nothing about whether a user touched the row.
_GENERATED = frozenset({"TIMESTAMP", "GUID", "RANDOM ID", "AUTONUMBER", "PREFIXED AUTONUMBER"})
# A listing of a row shows neither a password nor which attachment is there.
_NOT_SHOWN = _GENERATED | {"ATTACHMENT", "PASSWORD"}


@dataclass(slots=True)
class Undone:
    """What was restored in one record, and what was left alone and why.

    `names` are by the version that the file has now.
    """

    values: dict[str, Value] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    rows: int = 0

    @property
    def nothing(self) -> bool:
        """Say whether there was nothing to take back."""
        return not (self.values or self.names or self.skipped or self.rows)


def undo_effects(
    effects: Sequence[Effect], listed: RecordWork | None, context: WriteContext
) -> Undone:
    """Take back the effects of one record, newest first.

    `listed` is the record with its files as they are now, None where it is gone.
    """
    done = Undone()
    dead = undone(context.ports.ledger.effects.undoing([effect.id for effect in effects]))
    alive = [
        effect
        for effect in effects
        if effect.state in IN_EFFECT
        and any((effect.id, what) not in dead for what in touched(effect))
    ]
    for effect in sorted(alive, key=lambda effect: -effect.id):
        match effect.kind:
            case EffectKind.UPDATE_COLUMNS | EffectKind.APPLY_DECISION:
                names = [name for name in touched(effect) if (effect.id, name) not in dead]
                _restore_columns(effect, names, context, done)
            case EffectKind.RENAME_ATTACHMENT:
                _restore_name(effect, listed, context, done)
            case EffectKind.DELETE_FILE:
                _move_back(effect, effects, listed, context, done)
            case EffectKind.INSERT_INDEX_ROW:
                _delete_row(effect, context, done)
            case EffectKind.DELETE_INDEX_ROW:
                _insert_again(effect, context, done)
            case _:
                # A put and its repoints are taken back with their delete; the review table keeps
                # what was suggested.
                pass
    _report_unfinished_moves(effects, alive, done)
    return done


def _restore_columns(
    effect: Effect, names: Sequence[str], context: WriteContext, done: Undone
) -> None:
    """Restore each of these columns that still holds what was written."""
    record = record_of(effect)
    columns = context.ports.target.columns(record.container, is_view=record.is_view)
    names = [name for name in names if name in columns]
    now = context.ports.target.read(record, names)
    if now is None:
        done.skipped.append(f"record {record.pk} is gone")
        return
    ours: dict[str, Value] = {}
    for name in names:
        if same(now[name], effect.after[name], columns[name]):
            ours[name] = now[name]
        elif not same(now[name], effect.before.get(name), columns[name]):
            done.skipped.append(
                f"{name} holds {now[name]!r} now, not {effect.after[name]!r} as was written"
            )
    if not ours:
        return
    restore = new_effect(
        EffectKind.UPDATE_COLUMNS,
        record,
        version=effect.version,
        before=ours,
        after={name: effect.before.get(name) for name in ours},
        undoes=effect.id,
    )
    match carry_out(restore, context).state:
        case EffectState.VERIFIED:
            done.values.update(restore.after)
        case EffectState.CONFLICT:
            done.skipped.append(
                f"record {record.pk} changed just now; undo it again when nobody is changing it"
            )
        case _:
            done.skipped.append(
                f"record {record.pk} holds other values than were just restored: a rule of the "
                "table may have changed them"
            )


def _restore_name(
    effect: Effect, listed: RecordWork | None, context: WriteContext, done: Undone
) -> None:
    """Give an attachment its old name, if it still is the file and has the name it was given."""
    before, after = str(effect.before["name"]), str(effect.after["name"])
    files = listed.files if listed else ()
    current = next((ref for ref in files if ref.field == effect.field), None)
    if current is None:
        done.skipped.append(f"{after!r} is gone")
        return
    if base_differs(current.name, after) or not _has_same_content(current, effect, context):
        if base_differs(current.name, before):
            done.skipped.append(f"{after!r} was replaced or renamed by somebody else")
        return
    guard = context.ports.target.read(record_of(effect), list(context.spec.columns)) or {}
    reason = rename_attachment(current, before, context, guard=guard, undoes=effect.id)
    if reason:
        done.skipped.append(f"{after!r}: {reason}")
    else:
        done.names[current.version] = before


def _has_same_content(current: FileRef, effect: Effect, context: WriteContext) -> bool:
    """Say whether the ledger knows that the file there now is the one that the effect was about."""
    known = context.ports.ledger.files.state(current.version)
    then = context.ports.ledger.files.state(effect.version)
    if known is None or then is None or known.sha256 is None:
        return False
    return known.sha256 == then.sha256


def _move_back(
    delete: Effect,
    effects: Sequence[Effect],
    listed: RecordWork | None,
    context: WriteContext,
    done: Undone,
) -> None:
    """Move a Files-area file back: its bytes come from the archive."""
    old, new = str(delete.before["path"]), str(delete.after["path"])
    sha256 = str(delete.before["sha256"])
    puts = [e for e in effects if e.kind is EffectKind.PUT_FILE and e.after["path"] == new]
    files = listed.files if listed else ()
    current = next((ref for ref in files if ref.path == new), None)
    if current is None or not puts:
        if not context.ports.target.file_exists(old):
            done.skipped.append(f"{new} is gone or no row points at it any more")
        return
    if not _has_digest(new, sha256, context):
        done.skipped.append(f"{new} holds other bytes than were put there")
        return
    name, reason = move_file(
        FetchedFile(current, None, sha256, current.size_bytes or 0),
        posixpath.basename(old),
        context,
        media_type=_media_type(delete, context),
        undoes=(puts[0], delete),
    )
    if name != current.name:
        done.names[current.version] = name
    if reason:
        done.skipped.append(reason)


def _has_digest(path: str, sha256: str, context: WriteContext) -> bool:
    try:
        return context.ports.target.file_sha256(path) == sha256
    except FileGone:
        return False


def _media_type(effect: Effect, context: WriteContext) -> str:
    ledger = context.ports.ledger
    state = ledger.files.state(effect.version)
    if state is None or state.sha256 is None:
        return "application/octet-stream"
    reading = ledger.files.reading(state.sha256, state.fingerprint or "")
    return reading[0].media_type if reading else "application/octet-stream"


def _report_unfinished_moves(
    effects: Iterable[Effect], alive: Iterable[Effect], done: Undone
) -> None:
    """Report the moves whose old file was never deleted: both files were kept then, and are now."""
    deleted = [
        effect.after
        for effect in effects
        if effect.kind is EffectKind.DELETE_FILE and effect.state in IN_EFFECT
    ]
    for effect in alive:
        if effect.kind is EffectKind.PUT_FILE and {"path": effect.after["path"]} not in deleted:
            old, new = effect.before["path"], effect.after["path"]
            done.skipped.append(f"{old} and {new} were both kept, and still are")


def _delete_row(effect: Effect, context: WriteContext, done: Undone) -> None:
    """Delete an index row that was inserted, if no column holds anything else since."""
    target = context.ports.target
    record = RecordRef(effect.container, effect.pk)
    schema = target.columns(record.container, is_view=False)
    shown = {
        name: column
        for name, column in schema.items()
        if column.type.upper() not in _NOT_SHOWN and not column.is_formula
    }
    now = target.read(record, list(shown))
    if now is None:
        return
    touched_since = [
        name for name, column in shown.items() if not _is_as_inserted(now, name, effect, column)
    ]
    touched_since += [
        name
        for name, column in schema.items()
        if column.type.upper() == "ATTACHMENT" and target.attachment_name(record, name) is not None
    ]
    if touched_since:
        columns = ", ".join(touched_since)
        done.skipped.append(f"row {record.pk} of {record.container} stays: {columns} changed since")
        return
    delete = new_effect(
        EffectKind.DELETE_INDEX_ROW,
        record,
        version=effect.version,
        field=effect.field,
        before=effect.after,
        after={},
        undoes=effect.id,
    )
    if carry_out(delete, context, guard=now).state is EffectState.CONFLICT:
        done.skipped.append(f"row {record.pk} of {record.container} changed just now and stays")
    else:
        done.rows += 1


def _is_as_inserted(now: Mapping[str, Value], name: str, effect: Effect, column: Column) -> bool:
    if name in effect.after:
        return same(now[name], effect.after[name], column)
    return is_empty(now[name])


def _insert_again(effect: Effect, context: WriteContext, done: Undone) -> None:
    """Insert an index row again that an undo deleted."""
    insert = new_effect(
        EffectKind.INSERT_INDEX_ROW,
        RecordRef(effect.container, ""),
        version=effect.version,
        field=effect.field,
        before={},
        after=effect.before,
        undoes=effect.id,
    )
    if carry_out(insert, context).state is EffectState.CONFLICT:
        value = effect.before[effect.field]
        done.skipped.append(f"{effect.container} has a row for {value} already")
    else:
        done.rows += 1
