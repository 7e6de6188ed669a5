"""Take the effects of a run back where what they left is still there; otherwise say why not."""

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.decide.column_values import as_shown, same
from pipeline.decide.naming import has_name
from pipeline.decide.ownership import IN_EFFECT, touched, undone, without_own_undos
from pipeline.findings import shown_type
from pipeline.model import (
    Effect,
    EffectKind,
    EffectState,
    FetchedFile,
    FileRef,
    RecordRef,
    RecordWork,
    Value,
)
from pipeline.ports.ledger import latest_reading
from pipeline.steps.write_back.attachments import rename_attachment
from pipeline.steps.write_back.context import WriteContext
from pipeline.steps.write_back.effect_calls import record_of
from pipeline.steps.write_back.effects import carry_out, look, new_effect
from pipeline.steps.write_back.move import move_file
from pipeline.steps.write_back.suggestions import withdraw_all

# Caspio fills these columns; what they hold says nothing about whether a user touched the row.
_GENERATED = frozenset({"TIMESTAMP", "GUID", "RANDOM ID", "AUTONUMBER", "PREFIXED AUTONUMBER"})
# A listing of a row shows neither a password nor which attachment is there.
_NOT_SHOWN = _GENERATED | {"ATTACHMENT", "PASSWORD"}

_GONE = "the row was deleted"
_STILL_OPEN = (
    "what a killed run left open here could not be looked at yet: undo it once more when Caspio "
    "answers again"
)


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
    in_effect = [effect for effect in effects if effect.state in IN_EFFECT]
    dead = undone(context.ports.ledger.effects.undoing([effect.id for effect in effects]))
    record = _RecordUndo(context, in_effect, listed.files if listed else ())
    for effect in sorted(without_own_undos(in_effect), key=lambda effect: -effect.id):
        # What an earlier undo has taken back is left out.
        alive = [what for what in touched(effect) if (effect.id, what) not in dead]
        undo = _UNDO.get(effect.kind)
        if alive and undo is not None:
            undo(record, effect, alive)
        elif alive and effect.kind is EffectKind.PUT_FILE:
            record.report_unfinished_move(effect)
    record.report_open(effects)
    return record.done


@dataclass(slots=True)
class _RecordUndo:
    """One record whose effects are taken back: `files` are those it has now."""

    context: WriteContext
    effects: Sequence[Effect]
    files: Sequence[FileRef]
    done: Undone = field(default_factory=Undone)

    def report_open(self, effects: Sequence[Effect]) -> None:
        """Say that something was left open, and could not be settled before this undo."""
        if any(one.state is EffectState.INTENT and one.kind in UNDOABLE for one in effects):
            self.done.skipped.append(_STILL_OPEN)

    def restore_columns(self, effect: Effect, alive: Sequence[str]) -> None:
        """Restore each of these columns that still has the value that was written."""
        target, record = self.context.ports.target, record_of(effect)
        columns = target.columns(record.container, is_view=record.is_view)
        names = [name for name in alive if name in columns]
        now = target.read(record, names)
        if now is None:
            self.done.skipped.append(f"record {record.pk} is gone")
            return
        # Column by column: what a user has changed since stays, the others are restored.
        ours: dict[str, Value] = {}
        for name in names:
            if same(now[name], effect.after[name], columns[name]):
                ours[name] = now[name]
            elif not same(now[name], effect.before.get(name), columns[name]):
                finding = self.context.spec.columns.get(name, "")
                column_type = shown_type(columns[name].type, finding)
                there = as_shown(now[name], column_type)
                ours_was = as_shown(effect.after[name], column_type)
                self.done.skipped.append(f"{name} holds {there} now, not {ours_was} as was written")
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
        match carry_out(restore, self.context).state:
            case EffectState.VERIFIED:
                self.done.values.update(restore.after)
            case EffectState.CONFLICT:
                self.done.skipped.append(
                    f"record {record.pk} changed just now; undo it again when nobody is changing it"
                )
            case _:
                self.done.skipped.append(
                    f"record {record.pk} holds other values than were just restored: a rule of the "
                    "table may have changed them"
                )

    def restore_name(self, effect: Effect, _alive: Sequence[str]) -> None:
        """Give an attachment its old name, if it is the file that was renamed, under that name."""
        before, after = str(effect.before["name"]), str(effect.after["name"])
        current = next((ref for ref in self.files if ref.field == effect.field), None)
        if current is None:
            self.done.skipped.append(f"{after!r} is gone")
            return
        is_same_file, extension = self.before(effect, current)
        if not has_name(current, after) or not is_same_file:
            if not has_name(current, before):
                self.done.skipped.append(_not_there(after, current, is_same_file=is_same_file))
            return
        names = list(self.context.spec.columns)
        guard = self.context.ports.target.read(record_of(effect), names) or {}
        reason = rename_attachment(
            current,
            before,
            self.context,
            guard=guard,
            extension=extension,
            undoes=effect.id,
        )
        if reason:
            self.done.skipped.append(f"{after!r}: {reason}")
        else:
            self.done.names[current.version] = before

    def before(self, rename: Effect, current: FileRef) -> tuple[bool | None, str | None]:
        """Say whether a file is the one that was renamed, and with which extension it was listed.

        None where nobody has read it under its present name, or where it had no extension listed.
        """
        files = self.context.ports.ledger.files
        known, then = files.state(current.version), files.state(rename.version)
        if then is None:
            return None, None
        if known is None or known.sha256 is None:
            return None, then.ref.extension
        return known.sha256 == then.sha256, then.ref.extension

    def move_back(self, delete: Effect, _alive: Sequence[str]) -> None:
        """Move a Files-area file back: its bytes come from the archive.

        A put and its repoints are taken back together with their delete.
        """
        old, new = str(delete.before["path"]), str(delete.after["path"])
        put = self.put_to(new)
        current = next((ref for ref in self.files if ref.path == new), None)
        if current is None or put is None:
            if self.context.ports.target.file(old) is None:
                self.done.skipped.append(f"{new} is gone or no row points at it any more")
            return
        if not look(put, self.context).met:
            self.done.skipped.append(f"{new} has other bytes than were put there")
            return
        sha256 = str(delete.before["sha256"])
        files = self.context.ports.ledger.files
        reading = latest_reading(files, files.state(delete.version))
        name, reason = move_file(
            FetchedFile(current, None, sha256, current.size_bytes or 0),
            posixpath.basename(old),
            self.context,
            media_type=reading[0].media_type if reading is not None else "application/octet-stream",
            undoes=(put, delete),
        )
        if name != current.name:
            self.done.names[current.version] = name
        if reason:
            self.done.skipped.append(reason)

    def put_to(self, path: str) -> Effect | None:
        """Return the effect that has put a file at a path, None if there is none."""
        for effect in self.effects:
            if effect.kind is EffectKind.PUT_FILE and effect.after["path"] == path:
                return effect
        return None

    def report_unfinished_move(self, put: Effect) -> None:
        """Report a move whose old file was never deleted: both files were kept, and are now."""
        old, new = put.before["path"], put.after["path"]
        for effect in self.effects:
            if effect.kind is EffectKind.DELETE_FILE and effect.after == {"path": new}:
                return
        self.done.skipped.append(f"{old} and {new} were both kept, and still are")

    def delete_row(self, effect: Effect, _alive: Sequence[str]) -> None:
        """Delete an index row that was inserted, if no column has another value since."""
        target, record = self.context.ports.target, RecordRef(effect.container, effect.pk)
        schema = target.columns(record.container, is_view=False)
        # Columns that the insert left empty count as well: a user may have filled them.
        shown = {
            name: column
            for name, column in schema.items()
            if column.type.upper() not in _NOT_SHOWN and not column.is_formula
        }
        now = target.read(record, list(shown))
        if now is None:
            # Also where an earlier undo ended right after it had deleted the row.
            withdraw_all(record, self.context, _GONE)
            return
        touched_since = [
            name
            for name, column in shown.items()
            if not same(now[name], effect.after.get(name), column)
        ]
        for name, column in schema.items():
            # Whether somebody has attached a file shows no listing of the row.
            if column.type.upper() == "ATTACHMENT" and target.attachment(record, name):
                touched_since.append(name)
        where = f"row {record.pk} of {record.container}"
        if touched_since:
            columns = ", ".join(touched_since)
            self.done.skipped.append(f"{where} stays: {columns} changed since")
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
        if carry_out(delete, self.context, guard=now).state is EffectState.CONFLICT:
            self.done.skipped.append(f"{where} changed just now and stays")
        else:
            self.done.rows += 1
            withdraw_all(record, self.context, _GONE)

    def insert_again(self, effect: Effect, _alive: Sequence[str]) -> None:
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
        if carry_out(insert, self.context).state is EffectState.CONFLICT:
            value = effect.before[effect.field]
            self.done.skipped.append(f"{effect.container} has a row for {value} already")
        else:
            self.done.rows += 1


_UNDO = {
    EffectKind.UPDATE_COLUMNS: _RecordUndo.restore_columns,
    EffectKind.APPLY_DECISION: _RecordUndo.restore_columns,
    EffectKind.APPLY_AGENT_DECISION: _RecordUndo.restore_columns,
    EffectKind.RENAME_ATTACHMENT: _RecordUndo.restore_name,
    EffectKind.DELETE_FILE: _RecordUndo.move_back,
    EffectKind.INSERT_INDEX_ROW: _RecordUndo.delete_row,
    EffectKind.DELETE_INDEX_ROW: _RecordUndo.insert_again,
}
"""How effects are taken back, by kind. The review table keeps what was suggested."""

UNDOABLE = frozenset(_UNDO)
"""The kinds of effects that can be taken back."""


def _not_there(name: str, current: FileRef, *, is_same_file: bool | None) -> str:
    """Say what has become of a file that was given a name, and has neither it nor its old one."""
    if is_same_file:
        return f"{name!r} is called {current.name!r} now and keeps that name"
    if is_same_file is None:
        return f"{name!r} was replaced or renamed since; the next run reads it"
    return f"{name!r} was replaced by another file"
