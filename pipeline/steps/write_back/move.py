"""Rename a Files-area file: put it under the new name, repoint every row, delete the old file.

At every moment each row points at a file that exists. The intents to put and to delete are recorded
together before the first call, so that a killed run leaves a trace however far it came;
`finish_move` continues from there. Moves that are under way together share the questions whose
answers may be a moment old (`pipeline/moves.py`); each makes its own calls, and fails alone.
"""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from pipeline.archive_layout import original_key
from pipeline.decide.naming import numbered
from pipeline.decide.own_changes import is_untouched
from pipeline.decide.ownership import IN_EFFECT
from pipeline.errors import EffectInDoubt, FileGone, IngestError
from pipeline.model import Effect, EffectKind, EffectState, FetchedFile, FileRef, RecordRef
from pipeline.moves import MoveGroup
from pipeline.ports import Referrer, ShownFile
from pipeline.steps.write_back.columns import ColumnsToWrite
from pipeline.steps.write_back.context import WriteContext
from pipeline.steps.write_back.effect_calls import FileToPut
from pipeline.steps.write_back.effects import call_or_look, carry_out, look, new_effect
from pipeline.wording import counted

MAX_ALTERNATIVES = 50


def move_file(
    file: FetchedFile,
    name: str,
    context: WriteContext,
    *,
    media_type: str,
    undoes: Sequence[Effect] = (),
    columns: ColumnsToWrite | None = None,
) -> tuple[str, str]:
    """Give a Files-area file a new name in its folder.

    Returns the name that it has now, and "" or what is not complete. `undoes` are the put and the
    delete that this move takes back; then the file gets the name as it is or not at all. `columns`
    are written with the new path, in one update, if the record refers to the file.
    """
    old = str(file.ref.path)
    with context.run.moves.joined(old) as group:
        referrers = _referrers("rows before", old, context, group)
        reason = reason_to_wait(file.ref, referrers, context)
        if reason is not None:
            return file.ref.name, reason
        for put, delete in intents(file, name, context, undoes=undoes, group=group):
            if not _put(put, delete, file, context, media_type=media_type):
                continue
            follows, reason = finish_move(
                put, delete, context, group=group, referrers=referrers, columns=columns
            )
            new_name = posixpath.basename(str(put.after["path"]))
            return (new_name if follows else file.ref.name), reason
    if undoes:
        return file.ref.name, f"another file has the name {name!r} now; the name stays"
    return file.ref.name, f"{MAX_ALTERNATIVES} alternatives of {name!r} are taken; the name stays"


def reason_to_wait(
    ref: FileRef, referrers: Sequence[Referrer], context: WriteContext
) -> str | None:
    """Return None if the file can be moved now, otherwise why not, "" if there is nothing to say.

    `referrers` are the rows that point at it. Asking for them comes first: it is refused, before
    anything changed, if some table cannot be read.
    """
    old = ref.path
    assert old is not None
    rows = {(referrer.table, referrer.pk) for referrer in referrers}
    if ref.record is not None and (ref.record.container, ref.record.pk) not in rows:
        return ""  # the row names another path now; the next listing shows which
    if any(effect.before.get("path") == old for effect in context.ports.ledger.effects.open()):
        return "its rename for another record is not finished; the next run finishes it"
    return None


def intents(
    file: FetchedFile,
    name: str,
    context: WriteContext,
    *,
    undoes: Sequence[Effect],
    group: MoveGroup,
) -> Iterator[tuple[Effect, Effect]]:
    """Yield for each free name the two recorded intents: put the new file, delete the old one."""
    ref, ledger, run = file.ref, context.ports.ledger, context.run
    old = str(ref.path)
    folders = [posixpath.dirname(path) for path in group.paths]
    may_list = folders.count(posixpath.dirname(old)) > 1
    undone = {effect.kind: effect.id for effect in undoes}
    record = ref.record or RecordRef(ref.container, "")
    alternatives = () if undoes else (numbered(name, n) for n in range(2, MAX_ALTERNATIVES + 1))
    for candidate in chain([name], alternatives):
        if candidate.casefold() == ref.name.casefold():
            return  # its own name is the first free one; the Files area ignores case
        new = posixpath.join(posixpath.dirname(old), candidate)
        # Asked before the intent: a file found there later is the one we put, or has its bytes.
        if not run.moves.names.take(new, context.ports.target, may_list=may_list):
            continue
        put = new_effect(
            EffectKind.PUT_FILE,
            RecordRef(record.container, record.pk),
            version=ref.version,
            field=ref.field,
            before={"path": old},
            after={"path": new, "sha256": file.sha256},
            undoes=undone.get(EffectKind.PUT_FILE, 0),
        )
        delete = replace(
            put,
            kind=EffectKind.DELETE_FILE,
            before={"path": old, "sha256": file.sha256},
            after={"path": new},
            undoes=undone.get(EffectKind.DELETE_FILE, 0),
        )
        yield ledger.effects.intend(put, run.run_id), ledger.effects.intend(delete, run.run_id)


def _put(
    put: Effect, delete: Effect, file: FetchedFile, context: WriteContext, *, media_type: str
) -> bool:
    """Upload under the new name; say whether the file is there. If not, abandon both halves."""
    # After a crash, an undo or a repeated reading only the archive has the bytes.
    path = file.path
    if path is None:
        path = context.folder / f"{file.ref.version}.original"
        context.ports.archive.get(original_key(file.sha256), path)
    try:
        answer = call_or_look(
            put, context, abandons=[put, delete], upload=FileToPut(path, media_type)
        )
    except EffectInDoubt:
        raise  # it may come yet: nothing else gets this name
    except IngestError:
        context.run.moves.names.release(str(put.after["path"]))
        raise
    if answer.met == 0:
        for effect in (put, delete):
            context.ports.ledger.effects.settle(effect, EffectState.ABANDONED, "the name is taken")
    return answer.met == 1


def finish_move(
    put: Effect,
    delete: Effect,
    context: WriteContext,
    *,
    group: MoveGroup | None = None,
    referrers: Sequence[Referrer] | None = None,
    columns: ColumnsToWrite | None = None,
) -> tuple[bool, str]:
    """Confirm the new file, repoint every row, delete the old file.

    `referrers` are the rows that were just seen to point at the old file; None asks for them.
    Returns whether rows were led to the new file, and "" or why the old file was kept. If somebody
    put another file in the old one's place meanwhile, the rows mean that file: they stay with it,
    or are led back to it.
    """
    ledger = context.ports.ledger
    old, new = str(delete.before["path"]), str(put.after["path"])
    # Before its bytes are confirmed: what a user puts there from now on has a later date.
    was_there = context.ports.clock.now()
    if not look(put, context).met:
        reason = "the uploaded copy is missing or differs"
        ledger.effects.settle(put, EffectState.CONFLICT, reason)
        ledger.effects.settle(delete, EffectState.ABANDONED, reason)
        if context.ports.target.file(new) is None:
            context.run.moves.names.free(new)
        return False, f"the copy at {new} could not be confirmed; {old} stays as it is"
    ledger.effects.settle(put, EffectState.VERIFIED, at=was_there)

    # A user may have put a new file in the old one's place while this one was being copied. What
    # comes after this look is seen by the one before the deletion.
    if _is_replaced(delete, _shown(old, context, group), context):
        return _leave_to_the_user(put, delete, context)
    rows = _referrers("rows", old, context, None) if referrers is None else referrers
    reason = _lead_rows(rows, columns, put, context)
    if reason:
        return False, _take_copy_back(put, delete, context, reason)
    is_replaced, reason = _delete_unreferenced(put, delete, context, group)
    if is_replaced:
        return _leave_to_the_user(put, delete, context)
    if reason:
        ledger.effects.settle(delete, EffectState.ABANDONED, reason)
        return True, f"{reason}; both {old} and {new} are kept"
    # A row that was pointed at the old file right before the deletion would point at nothing.
    _repoint_all(_referrers("rows at last", old, context, group), old, new, put, context)
    ledger.effects.settle(delete, EffectState.VERIFIED)
    context.run.moves.names.free(old)
    return True, ""


def _lead_rows(
    rows: Sequence[Referrer], columns: ColumnsToWrite | None, put: Effect, context: WriteContext
) -> str:
    """Write the record's columns and let rows name the new file; return why none does, or ""."""
    old, new = str(put.before["path"]), str(put.after["path"])
    left = rows if columns is None else _write_columns(columns, rows, put, context)
    if left is None:
        return "the record was not written"
    _repoint_all(left, old, new, put, context)
    if (rows or put.pk) and not _is_named(put, context):
        # A user, or another program, has led them elsewhere. The new name helps nobody then.
        return f"no row could be led to {new}"
    return ""


def _write_columns(
    columns: ColumnsToWrite, rows: Sequence[Referrer], put: Effect, context: WriteContext
) -> Sequence[Referrer] | None:
    """Write the record's columns, if possible with the new path.

    Returns the rows that are left to repoint; None if the record could not be written.
    """
    own = columns.own_row(rows)
    if own is None:
        return rows
    old, new = str(put.before["path"]), str(put.after["path"])
    if columns.write_with(_new_repoint(own, old, new, put, context)):
        return [one for one in rows if one != own]
    return rows if columns.write()[1].may_be_named else None


def _delete_unreferenced(
    put: Effect, delete: Effect, context: WriteContext, group: MoveGroup | None
) -> tuple[bool, str]:
    """Delete the old file as `delete_old` does, once no row names it any more."""
    old, new = str(delete.before["path"]), str(put.after["path"])
    # A row may have been pointed at the old file since, or changed while it was repointed.
    left = _referrers("rows after", old, context, group)
    if left:
        _repoint_all(left, old, new, put, context)
        left = _referrers("rows again", old, context, None)
    if left:
        return False, f"{counted(len(left), 'row', 'still points/still point')} at {old}"
    return delete_old(delete, context)


def _leave_to_the_user(put: Effect, delete: Effect, context: WriteContext) -> tuple[bool, str]:
    """Lead rows back to the old path, where a user has put another file meanwhile."""
    ledger = context.ports.ledger
    old, new = str(delete.before["path"]), str(put.after["path"])
    for effect in ledger.effects.find(version=put.version):
        is_led = effect.kind is EffectKind.REPOINT and effect.state in IN_EFFECT
        if is_led and effect.after.get(effect.field) == new:
            row = Referrer(effect.container, effect.field, effect.pk)
            carry_out(_new_repoint(row, new, old, put, context), context)
    reason = f"{old} was replaced by another file meanwhile"
    ledger.effects.settle(delete, EffectState.ABANDONED, reason)
    return False, f"{reason}; both {old} and {new} are kept"


def _is_named(put: Effect, context: WriteContext) -> bool:
    """Say whether some row names the new file: one that this move has led there, or any other."""
    new = str(put.after["path"])
    for effect in context.ports.ledger.effects.find(version=put.version):
        is_led = effect.kind is EffectKind.REPOINT and effect.state in IN_EFFECT
        # What an earlier move did, which an undo took back since, has a lower number.
        if is_led and effect.id > put.id and effect.after.get(effect.field) == new:
            return True
    return bool(_referrers("rows of the copy", new, context, None))


def _take_copy_back(put: Effect, delete: Effect, context: WriteContext, reason: str) -> str:
    """Delete the new file again, for a reason; return what became of both files."""
    ledger = context.ports.ledger
    old, new = str(delete.before["path"]), str(put.after["path"])
    if not _referrers("rows of the copy", new, context, None):
        copied = replace(delete, before={**delete.before, "path": new})
        _, kept = delete_old(copied, context)
        if not kept:
            ledger.effects.settle(put, EffectState.ABANDONED, reason)
            ledger.effects.settle(delete, EffectState.ABANDONED, reason)
            context.run.moves.names.free(new)
            if context.ports.target.file(old) is None:
                return f"{reason}; {old} is gone, its bytes are in the archive"
            return f"{reason}; the name stays"
    ledger.effects.settle(delete, EffectState.ABANDONED, reason)
    return f"{reason}; both {old} and {new} are kept"


def _referrers(
    question: str, path: str, context: WriteContext, group: MoveGroup | None
) -> Sequence[Referrer]:
    """Return every row that names a path: in FILE fields of all tables, and in the index table."""
    index = context.spec.index
    where = None if index is None else (index.table, index.path_column)

    def ask(paths: Sequence[str]) -> Mapping[str, Sequence[Referrer]]:
        return context.ports.target.referrers(paths, where)

    return ask([path])[path] if group is None else group.ask(question, path, ask)


def _shown(path: str, context: WriteContext, group: MoveGroup | None) -> ShownFile | None:
    """Return what the old file looks like, together with those that are moved with it."""
    target, names = context.ports.target, context.run.moves.names
    if group is None:
        return target.file(path)
    return group.ask("old files", path, lambda paths: names.shown(paths, target))


def _repoint_all(
    rows: Sequence[Referrer], old: str, new: str, put: Effect, context: WriteContext
) -> None:
    """Let rows name the new path, those that still name the old one."""
    for row in rows:
        carry_out(_new_repoint(row, old, new, put, context), context)


def _new_repoint(
    referrer: Referrer, old: str, new: str, put: Effect, context: WriteContext
) -> Effect:
    """Return the effect that lets one row name the new path, if it still names the old one."""
    undoes = 0
    if put.undoes:  # the effect by which the row came to name the path that it now leaves again
        effects = context.ports.ledger.effects.find(record=(referrer.table, referrer.pk))
        for effect in effects:
            if effect.kind is EffectKind.REPOINT and effect.after.get(referrer.field) == old:
                undoes = effect.id
    return new_effect(
        EffectKind.REPOINT,
        RecordRef(referrer.table, referrer.pk),
        version=put.version,
        field=referrer.field,
        before={referrer.field: old},
        after={referrer.field: new},
        undoes=undoes,
    )


def delete_old(delete: Effect, context: WriteContext) -> tuple[bool, str]:
    """Delete the old file if it still has the bytes in the archive.

    Returns whether it was replaced by another file, and "" or why it was not deleted.

    The API cannot delete under a condition. So the file is looked at right before. Where its size
    and date leave doubt, it is read once more, which may take long, and looked at again: a user's
    new file can only be lost between the last look and the deletion, the time of one call
    (docs/reliability.md).
    """
    old, target = str(delete.before["path"]), context.ports.target
    shown = target.file(old)
    if shown is None:
        return False, ""
    if not _is_untouched(delete, shown, context):
        digest = _digest(old, context)
        if digest is None:
            return False, ""
        if digest != delete.before["sha256"] or target.file(old) != shown:
            return True, f"{old} was replaced by another file meanwhile"
    try:
        # Never abandoned here: rows name the new path already, so the next run has to finish it.
        call_or_look(delete, context, abandons=[])
    except EffectInDoubt:
        return False, f"{old} could not be deleted"
    return False, ""


def _is_replaced(delete: Effect, shown: ShownFile | None, context: WriteContext) -> bool:
    """Say whether another file is in the old one's place; in doubt its bytes decide."""
    if shown is None or _is_untouched(delete, shown, context):
        return False
    digest = _digest(str(delete.before["path"]), context)
    return digest not in {None, delete.before["sha256"]}


def _is_untouched(delete: Effect, shown: ShownFile, context: WriteContext) -> bool:
    """Say whether a listing alone shows that the old file is still the one with these bytes."""
    state = context.ports.ledger.files.state(delete.version)
    return (
        state is not None and state.sha256 == delete.before["sha256"] and is_untouched(state, shown)
    )


def _digest(path: str, context: WriteContext) -> str | None:
    """Return the SHA-256 of a Files-area file, None where there is none."""
    try:
        return context.ports.target.file_sha256(path)
    except FileGone:
        return None
