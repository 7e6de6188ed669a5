"""Take back one effect where the present still is what it left; otherwise say why not."""

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.decide.mapping import is_empty, same
from pipeline.decide.naming import base_differs
from pipeline.decide.ownership import TAKEN, touched, undone
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
from pipeline.ports import Updated
from pipeline.steps.write_back.attachments import rename_attachment
from pipeline.steps.write_back.context import WriteContext, carry_out, holds, verify
from pipeline.steps.write_back.move import move_file
from pipeline.steps.write_back.rows import insert_row

_COLUMNS = frozenset({EffectKind.UPDATE_COLUMNS, EffectKind.APPLY_DECISION})
_MOVE = frozenset({EffectKind.PUT_FILE, EffectKind.REPOINT, EffectKind.DELETE_FILE})
_GENERATED = frozenset({"TIMESTAMP", "GUID", "RANDOM ID", "AUTONUMBER", "PREFIXED AUTONUMBER"})


@dataclass(slots=True)
class PutBack:
    """What was put back for one record, and what was left alone and why. Names are by version of the file now."""

    written: dict[str, Value] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    rows: int = 0

    @property
    def nothing(self) -> bool:
        """Say whether everything was as before already."""
        return not (self.written or self.names or self.left or self.rows)


def put_back(
    effects: Sequence[Effect], listed: RecordWork | None, context: WriteContext
) -> PutBack:
    """Take back the effects of one record, newest first. `listed` is the record with its files as they are now."""
    done = PutBack()
    dead = _dead(effects, context)
    for effect in sorted(effects, key=lambda effect: -effect.id):
        alive = [what for what in touched(effect) if (effect.id, what) not in dead]
        if not alive or effect.state not in TAKEN:
            continue
        match effect.kind:
            case kind if kind in _COLUMNS:
                _columns(effect, alive, context, done)
            case EffectKind.RENAME_ATTACHMENT:
                _name(effect, listed, context, done)
            case EffectKind.DELETE_FILE:
                _move(effect, effects, listed, context, done)
            case EffectKind.INSERT_INDEX_ROW:
                _remove_row(effect, context, done)
            case EffectKind.DELETE_INDEX_ROW:
                _restore_row(effect, context, done)
            case _:
                pass  # a put and its repoints go back with their delete; the review table keeps what was suggested
    _kept_moves(effects, dead, done)
    return done


def _dead(effects: Sequence[Effect], context: WriteContext) -> frozenset[tuple[int, str]]:
    return undone(context.ledger.undoing([effect.id for effect in effects]))


def _columns(effect: Effect, names: Sequence[str], context: WriteContext, done: PutBack) -> None:
    """Put back each column that still holds what was written."""
    record = RecordRef(effect.container, effect.pk, effect.is_view)
    columns = context.target.columns(record.container, is_view=record.is_view)
    names = [name for name in names if name in columns]
    now = context.target.read(record, names)
    if now is None:
        done.left.append(f"record {record.pk} is gone")
        return
    ours = [name for name in names if same(now[name], effect.after[name], columns[name])]
    for name in names:
        if name not in ours and not same(now[name], effect.before.get(name), columns[name]):
            done.left.append(
                f"{name} holds {now[name]!r} by now, not {effect.after[name]!r} as was written"
            )
    if ours:
        _update(effect, {name: now[name] for name in ours}, columns, context, done)


def _update(
    effect: Effect,
    now: Mapping[str, Value],
    columns: Mapping[str, Column],
    context: WriteContext,
    done: PutBack,
) -> None:
    record = RecordRef(effect.container, effect.pk, effect.is_view)
    back = Effect(
        EffectKind.UPDATE_COLUMNS,
        version=effect.version,
        container=record.container,
        pk=record.pk,
        is_view=record.is_view,
        before=now,
        after={name: effect.before.get(name) for name in now},
        undoes=effect.id,
    )

    def look() -> Updated:
        row = context.target.read(record, list(now))
        return Updated(int(holds(row, back.after, columns)), row)

    back, answer = carry_out(
        back,
        context,
        call=lambda: context.target.update(record, guard=now, values=back.after, columns=list(now)),
        look=look,
    )
    if answer.affected == 0:
        done.left.append(
            f"record {record.pk} changed at this moment; undo it once more when it rests"
        )
    elif verify(back, answer, context, columns=columns):
        done.written.update(back.after)
    else:
        done.left.append(
            f"record {record.pk} holds other values than were just put back: a rule of the table's own"
        )


def _name(effect: Effect, listed: RecordWork | None, context: WriteContext, done: PutBack) -> None:
    """Give an attachment its old name, if it is the file that was renamed and has the name it was given."""
    before, after = str(effect.before["name"]), str(effect.after["name"])
    here = [ref for ref in listed.files if ref.field == effect.field] if listed else []
    present = next(iter(here), None)
    if present is None:
        done.left.append(f"{after!r} is gone")
    elif base_differs(present.name, after) or not _same_content(present, effect, context):
        if base_differs(present.name, before):
            done.left.append(f"{after!r} was replaced or renamed by somebody else")
    else:
        record = RecordRef(effect.container, effect.pk, effect.is_view)
        guard = context.target.read(record, list(context.spec.columns)) or {}
        reason = rename_attachment(present, before, context, guard=guard, undoes=effect)
        if reason:
            done.left.append(f"{after!r}: {reason}")
        else:
            done.names[present.version] = before


def _same_content(present: FileRef, effect: Effect, context: WriteContext) -> bool:
    """Say whether the ledger knows the file that lies there now to be the one the effect was about."""
    known, then = context.ledger.state(present.version), context.ledger.state(effect.version)
    return (
        known is not None
        and then is not None
        and known.sha256 is not None
        and known.sha256 == then.sha256
    )


def _move(
    delete: Effect,
    effects: Sequence[Effect],
    listed: RecordWork | None,
    context: WriteContext,
    done: PutBack,
) -> None:
    """Move a Files-area file back: its bytes come from the archive."""
    old, new, sha256 = (
        str(delete.before["path"]),
        str(delete.after["path"]),
        str(delete.before["sha256"]),
    )
    put = next(
        (e for e in effects if e.kind is EffectKind.PUT_FILE and e.after["path"] == new), None
    )
    present = next((ref for ref in listed.files if ref.path == new), None) if listed else None
    if present is None or put is None:
        if not context.target.file_exists(old):
            done.left.append(f"{new} is gone or nobody points at it any more")
        return
    try:
        ours = context.target.file_sha256(new) == sha256
    except FileGone:
        ours = False
    if not ours:
        done.left.append(f"{new} holds other bytes than were put there")
        return
    file = FetchedFile(present, None, sha256, present.size_bytes or 0)
    name, reason = move_file(
        file,
        posixpath.basename(old),
        context,
        media_type=_media_type(delete, context),
        undoes=(put, delete),
    )
    if name != present.name:
        done.names[present.version] = name
    if reason:
        done.left.append(reason)


def _media_type(effect: Effect, context: WriteContext) -> str:
    state = context.ledger.state(effect.version)
    reading = (
        context.ledger.reading(state.sha256, state.fingerprint or "")
        if state and state.sha256
        else None
    )
    return reading[0].media_type if reading else "application/octet-stream"


def _kept_moves(effects: Sequence[Effect], dead: frozenset[tuple[int, str]], done: PutBack) -> None:
    """Tell of moves that never came to their end: both files were kept then, and are now."""
    for effect in effects:
        if (
            effect.kind is EffectKind.PUT_FILE
            and effect.state in TAKEN
            and (effect.id, "path") not in dead
        ):
            ended = [
                e
                for e in effects
                if e.kind is EffectKind.DELETE_FILE and e.after == {"path": effect.after["path"]}
            ]
            if not any(e.state in TAKEN for e in ended):
                done.left.append(
                    f"{effect.before['path']} and {effect.after['path']} were both kept, and are still"
                )


def _remove_row(effect: Effect, context: WriteContext, done: PutBack) -> None:
    """Delete an index row that was inserted, if nobody has touched it since: no column holds anything else."""
    record = RecordRef(effect.container, effect.pk)
    columns, attachments = _a_persons_to_fill(
        context.target.columns(record.container, is_view=False)
    )
    now = context.target.read(record, list(columns))
    if now is None:
        return
    touched_by_others = [
        name
        for name, column in columns.items()
        if not _as_inserted(now[name], name, effect, column)
    ]
    touched_by_others += [
        name for name in attachments if context.target.attachment_name(record, name) is not None
    ]
    if touched_by_others:
        done.left.append(
            f"row {record.pk} of {record.container} stays: {', '.join(touched_by_others)} changed since"
        )
        return
    gone = Effect(
        EffectKind.DELETE_INDEX_ROW,
        version=effect.version,
        container=record.container,
        pk=record.pk,
        field=effect.field,
        before=effect.after,
        after={},
        undoes=effect.id,
    )
    gone, answer = carry_out(
        gone,
        context,
        call=lambda: context.target.delete(record, guard=now),
        look=lambda: Updated(int(context.target.read(record, []) is None), None),
    )
    if answer.affected == 1:
        context.ledger.settle(gone, EffectState.VERIFIED)
        done.rows += 1
    else:
        done.left.append(f"row {record.pk} of {record.container} changed at this moment and stays")


def _a_persons_to_fill(columns: Mapping[str, Column]) -> tuple[Mapping[str, Column], Sequence[str]]:
    """Return the columns that show what somebody put there, and the attachment fields, which are asked one by one."""
    hidden = _GENERATED | {"ATTACHMENT", "PASSWORD"}
    shown = {n: c for n, c in columns.items() if c.type.upper() not in hidden and not c.is_formula}
    return shown, [n for n, c in columns.items() if c.type.upper() == "ATTACHMENT"]


def _as_inserted(now: Value, name: str, effect: Effect, column: Column) -> bool:
    return same(now, effect.after[name], column) if name in effect.after else is_empty(now)


def _restore_row(effect: Effect, context: WriteContext, done: PutBack) -> None:
    """Insert an index row again that an undo deleted."""
    again = Effect(
        EffectKind.INSERT_INDEX_ROW,
        version=effect.version,
        container=effect.container,
        pk="",
        field=effect.field,
        before={},
        after=effect.before,
        undoes=effect.id,
    )
    if insert_row(again, context).state is EffectState.CONFLICT:
        done.left.append(f"{effect.container} has a row for {effect.before[effect.field]} already")
    else:
        done.rows += 1
