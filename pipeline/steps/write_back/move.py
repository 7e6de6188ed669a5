"""Rename a Files-area file: put it under the new name, repoint every row, delete the old file.

At every moment each row points at a file that exists. The intents to put and to delete are recorded
together before the first call, so that a killed run leaves a trace however far it came;
`finish_move` continues from there.
"""

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from pipeline.archive_layout import original_key
from pipeline.decide.naming import numbered
from pipeline.decide.own_changes import is_untouched
from pipeline.errors import EffectInDoubt, FileGone
from pipeline.model import Effect, EffectKind, EffectState, FetchedFile, FileRef, RecordRef
from pipeline.ports import Referrer, ShownFile
from pipeline.steps.write_back.context import WriteContext
from pipeline.steps.write_back.effect_calls import Upload
from pipeline.steps.write_back.effects import call_or_look, carry_out, look, new_effect
from pipeline.wording import counted

MAX_ALTERNATIVES = 50
_ROUNDS = 2  # rows that are pointed at the old file while the first ones are repointed


def move_file(
    file: FetchedFile,
    name: str,
    context: WriteContext,
    *,
    media_type: str,
    undoes: Sequence[Effect] = (),
) -> tuple[str, str]:
    """Give a Files-area file a new name in its folder.

    Returns the name that it has now, and "" or what is not complete. `undoes` are the put and the
    delete that this move takes back; then the file gets the name as it is or not at all.
    """
    with context.run.move_lock:  # two records may point at the same file
        referrers = _all_referrers(str(file.ref.path), context)
        reason = reason_to_wait(file.ref, referrers, context)
        if reason is not None:
            return file.ref.name, reason
        for put, delete in intents(file, name, context, undoes=undoes):
            if not _put(put, delete, file, context, media_type=media_type):
                continue
            new = str(put.after["path"])
            context.run.given_paths.add(new.casefold())
            follows, reason = finish_move(put, delete, context, referrers=referrers)
            new_name = posixpath.basename(new)
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
    file: FetchedFile, name: str, context: WriteContext, *, undoes: Sequence[Effect]
) -> Iterator[tuple[Effect, Effect]]:
    """Yield for each free name the two recorded intents: put the new file, delete the old one."""
    ref, ledger, run_id = file.ref, context.ports.ledger, context.run.run_id
    old = str(ref.path)
    undone = {effect.kind: effect.id for effect in undoes}
    record = ref.record or RecordRef(ref.container, "")
    alternatives = () if undoes else (numbered(name, n) for n in range(2, MAX_ALTERNATIVES + 1))
    for candidate in chain([name], alternatives):
        if candidate.casefold() == ref.name.casefold():
            return  # its own name is the first free one; the Files area ignores case
        new = posixpath.join(posixpath.dirname(old), candidate)
        # Many files may get one name with numbers: to ask for each number again would cost as many
        # calls for a file as there are files before it.
        if new.casefold() in context.run.given_paths:
            continue
        # Asked before the intent, so that a file found there later can only be the one we put.
        if context.ports.target.file(new) is not None:
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
        yield ledger.effects.intend(put, run_id), ledger.effects.intend(delete, run_id)


def _put(
    put: Effect, delete: Effect, file: FetchedFile, context: WriteContext, *, media_type: str
) -> bool:
    """Upload under the new name; say whether the file is there. If not, abandon both halves."""
    # After a crash, an undo or a repeated reading only the archive has the bytes.
    path = file.path
    if path is None:
        path = context.folder / f"{file.ref.version}.original"
        context.ports.archive.get(original_key(file.sha256), path)
    answer = call_or_look(put, context, abandons=[put, delete], upload=Upload(path, media_type))
    if answer.met == 0:
        for effect in (put, delete):
            context.ports.ledger.effects.settle(effect, EffectState.ABANDONED, "the name is taken")
    return answer.met == 1


def finish_move(
    put: Effect,
    delete: Effect,
    context: WriteContext,
    *,
    referrers: Sequence[Referrer] | None = None,
) -> tuple[bool, str]:
    """Confirm the new file, repoint every row, delete the old file.

    `referrers` are the rows that were just seen to point at the old file; None asks for them.
    Returns whether rows were led to the new file, and "" or why the old file was kept. If somebody
    put another file in the old one's place meanwhile, the rows mean that file: they stay with it.
    """
    ledger = context.ports.ledger
    old, new = str(delete.before["path"]), str(put.after["path"])
    # Before its bytes are confirmed: what a user puts there from now on has a later date.
    was_there = context.ports.clock.now()
    if not look(put, context).met:
        reason = "the uploaded copy is missing or differs"
        ledger.effects.settle(put, EffectState.CONFLICT, reason)
        ledger.effects.settle(delete, EffectState.ABANDONED, reason)
        return True, f"the copy at {new} could not be confirmed; {old} stays as it is"
    ledger.effects.settle(put, EffectState.VERIFIED, at=was_there)

    # A user may have put a new file in the old one's place while this one was being copied.
    if _is_replaced(delete, context.ports.target.file(old), context):
        reason = f"{old} was replaced by another file meanwhile"
        ledger.effects.settle(delete, EffectState.ABANDONED, reason)
        return False, f"{reason}; both {old} and {new} are kept"
    left = _all_referrers(old, context) if referrers is None else referrers
    for _ in range(_ROUNDS):
        for referrer in left:
            _repoint(referrer, old, new, put, context)
        # A row may have been pointed at the old file since, or changed while it was repointed.
        left = _all_referrers(old, context)
        if not left:
            break
    reason = (
        f"{counted(len(left), 'row', 'still points/still point')} at {old}"
        if left
        else delete_old(delete, context)
    )
    if reason:
        ledger.effects.settle(delete, EffectState.ABANDONED, reason)
        return True, f"{reason}; both {old} and {new} are kept"
    ledger.effects.settle(delete, EffectState.VERIFIED)
    return True, ""


def _all_referrers(path: str, context: WriteContext) -> Sequence[Referrer]:
    """Return every row that names a path: in FILE fields of all tables, and in the index table."""
    found = list(context.ports.target.referrers(path))
    index = context.spec.index
    if index is not None:
        found += [
            Referrer(index.table, index.path_column, pk)
            for pk in context.ports.target.find(index.table, index.path_column, path)
        ]
    return found


def _repoint(referrer: Referrer, old: str, new: str, put: Effect, context: WriteContext) -> None:
    """Let one row name the new path, if it still names the old one."""
    undoes = 0
    if put.undoes:  # the effect by which the row came to name the path that it now leaves again
        effects = context.ports.ledger.effects.find(record=(referrer.table, referrer.pk))
        for effect in effects:
            if effect.kind is EffectKind.REPOINT and effect.after.get(referrer.field) == old:
                undoes = effect.id
    repoint = new_effect(
        EffectKind.REPOINT,
        RecordRef(referrer.table, referrer.pk),
        version=put.version,
        field=referrer.field,
        before={referrer.field: old},
        after={referrer.field: new},
        undoes=undoes,
    )
    carry_out(repoint, context)


def delete_old(delete: Effect, context: WriteContext) -> str:
    """Delete the old file if it still has the bytes in the archive; return why not otherwise.

    The API cannot delete under a condition. So the file is looked at right before. Where its size
    and date leave doubt, it is read once more, which may take long, and looked at again: a user's
    new file can only be lost between the last look and the deletion, the time of one call
    (docs/reliability.md).
    """
    old, target = str(delete.before["path"]), context.ports.target
    shown = target.file(old)
    if shown is None:
        return ""
    if not _is_untouched(delete, shown, context):
        digest = _digest(old, context)
        if digest is None:
            return ""
        if digest != delete.before["sha256"] or target.file(old) != shown:
            return f"{old} was replaced by another file meanwhile"
    try:
        # Never abandoned here: rows name the new path already, so the next run has to finish it.
        call_or_look(delete, context, abandons=[])
    except EffectInDoubt:
        return f"{old} could not be deleted"
    return ""


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
