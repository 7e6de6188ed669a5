"""Look at what a killed run left open, and recognise our own work in a listing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

import structlog

from pipeline.decide.mapping import same
from pipeline.decide.naming import base_differs
from pipeline.errors import BadSettings, RefusedByCaspio, RejectFile, TryLater
from pipeline.model import Effect, EffectKind, EffectState, FileRef, Place, RecordRef, RecordWork
from pipeline.ports import Ledger, RecordTarget
from pipeline.steps.write_back.context import WriteContext
from pipeline.steps.write_back.move import finish_move, stands

_log = structlog.get_logger()

_MOVE = {EffectKind.PUT_FILE, EffectKind.DELETE_FILE}
_OF_COLUMNS = {EffectKind.UPDATE_COLUMNS, EffectKind.APPLY_DECISION}
_INSERTS = {EffectKind.INSERT_INDEX_ROW, EffectKind.INSERT_REVIEW_ROW}


def recover(context: WriteContext, effects: Iterable[Effect], *, may_write: bool = True) -> int:
    """Settle these effects, which a killed run of this source left open, by looking; return how many there were.

    What stands is recorded as verified. What does not is abandoned: the line plans it anew when it meets the file.
    A half-done move of a Files-area file is finished, since the row may point at its new name already; where nothing
    may be written, it waits.
    """
    open_effects = [effect for effect in effects if may_write or effect.kind not in _MOVE]
    for _, group in groupby(
        sorted(open_effects, key=lambda e: (e.version, e.id)), key=lambda e: e.version
    ):
        effects = list(group)
        try:
            _recover_file(effects, context)
        except (
            RefusedByCaspio,
            RejectFile,
            TryLater,
        ) as error:  # one file must not stop the run: it stays open
            _log.warning(
                "what a killed run left open is not settled yet",
                file=effects[0].version,
                error=str(error),
            )
    return len(open_effects)


def _recover_file(effects: Sequence[Effect], context: WriteContext) -> None:
    """Settle what was left open on one file version."""
    for effect in effects:
        if effect.kind not in _MOVE:
            _settle(effect, context)
    moves = [effect for effect in effects if effect.kind in _MOVE]
    if moves:
        _recover_move(moves, context)


def _settle(effect: Effect, context: WriteContext) -> None:
    try:
        effect, ok = _looked_at(effect, context)
        note = "settled by looking after an interrupted run"
    except BadSettings as error:  # its table or column is gone: nobody can look at it any more
        ok, note = False, f"cannot be looked at any more: {error}"
    if not ok and effect.state is EffectState.APPLIED and effect.kind in _OF_COLUMNS:
        # It was answered, so it was written; what a rule or a person made of one column leaves the others ours.
        ok, note = True, "it was answered, and the record holds other values by now"
    context.ledger.settle(effect, EffectState.VERIFIED if ok else EffectState.ABANDONED, note)


def _looked_at(effect: Effect, context: WriteContext) -> tuple[Effect, bool]:
    """Say whether an effect stands; an inserted row comes with its PK_ID."""
    if effect.kind not in _INSERTS:
        return effect, _LOOKS[effect.kind](effect, context.target)
    pks = context.target.find(effect.container, effect.field, effect.after[effect.field])
    return replace(effect, pk=pks[0] if pks else ""), bool(pks)


def _columns_hold(effect: Effect, target: RecordTarget) -> bool:
    columns = target.columns(effect.container, is_view=effect.is_view)
    if not effect.after.keys() <= columns.keys():
        return False  # a column is gone
    row = target.read(RecordRef(effect.container, effect.pk, effect.is_view), list(effect.after))
    return row is not None and all(
        same(row.get(n), value, columns[n]) for n, value in effect.after.items()
    )


def _name_holds(effect: Effect, target: RecordTarget) -> bool:
    now = target.attachment_name(
        RecordRef(effect.container, effect.pk, effect.is_view), effect.field
    )
    return now is not None and not base_differs(now, str(effect.after["name"]))


def _points_there(effect: Effect, target: RecordTarget) -> bool:
    row = target.read(RecordRef(effect.container, effect.pk), [effect.field])
    return row is not None and row.get(effect.field) == effect.after[effect.field]


def _row_is_gone(effect: Effect, target: RecordTarget) -> bool:
    return target.read(RecordRef(effect.container, effect.pk), []) is None


_LOOKS = {
    EffectKind.UPDATE_COLUMNS: _columns_hold,
    EffectKind.RENAME_ATTACHMENT: _name_holds,
    EffectKind.REPOINT: _points_there,
    EffectKind.DELETE_INDEX_ROW: _row_is_gone,
    EffectKind.APPLY_DECISION: _columns_hold,
    EffectKind.UPDATE_REVIEW_ROW: _columns_hold,
    EffectKind.CLEAR_TICK: _columns_hold,
}


def _recover_move(effects: Sequence[Effect], context: WriteContext) -> None:
    """Finish or give up a move: its delete names the new path its put made."""
    puts = {
        str(effect.after["path"]): effect
        for effect in effects
        if effect.kind is EffectKind.PUT_FILE
    }
    deletes = {
        str(effect.after["path"]): effect
        for effect in effects
        if effect.kind is EffectKind.DELETE_FILE
    }
    earlier = {
        str(effect.after["path"]): effect
        for effect in context.ledger.effects(version=effects[0].version)
        if effect.kind is EffectKind.PUT_FILE and effect.state is EffectState.VERIFIED
    }
    for path, put in puts.items():
        if path not in deletes or not stands(put, context):
            context.ledger.settle(put, EffectState.ABANDONED, "the copy never arrived")
    for path, delete in deletes.items():
        done = earlier.get(path) or puts.get(path)
        if done is None or not stands(done, context):
            context.ledger.settle(delete, EffectState.ABANDONED, "the copy never arrived")
        else:
            finish_move(done, delete, context)


def recognise_echo(
    renamed: Mapping[str, FileRef],
    listed: Iterable[RecordWork],
    *,
    ledger: Ledger,
    names: Mapping[str, str],
) -> Mapping[str, FileRef]:
    """Record, for every file we renamed, the version a listing shows now, so that our own work is not news.

    `renamed` maps a location_key (for Files-area files the new path) to the version we worked on, `names` that version to the
    name it was given. A file that shows another name or size was changed by somebody else and stays news. Returns what
    was recognised, by the version it was.
    """
    recognised: dict[str, FileRef] = {}
    for work in listed:
        for ref in work.files:
            old = renamed.get(ref.path or ref.location_key)
            if old is None or not _is_ours(ref, old, names[old.version]):
                continue
            ledger.succeeded_by(old.version, ref)
            recognised[old.version] = ref
            for effect in ledger.open_effects([old.version]):
                if effect.kind is EffectKind.RENAME_ATTACHMENT:
                    ledger.settle(effect, EffectState.VERIFIED)
    return recognised


def _is_ours(ref: FileRef, old: FileRef, name: str) -> bool:
    """Say whether a listed version is what our rename left: same place, our name, the size we read."""
    if ref.place is not Place.FOLDER and ref.location_key != old.location_key:
        return False
    if base_differs(ref.name, name) or ref.version == old.version:
        return False
    return None in {ref.size_bytes, old.size_bytes} or ref.size_bytes == old.size_bytes
