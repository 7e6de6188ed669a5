"""Rename a Files-area file. The API has no rename, so: put the new name, repoint every row, delete the old.

At every moment each row points at a file that exists. The intents to put and to delete are written together before the
first call, so a killed run leaves a trace however far it came; `finish_move` goes on from there.
"""

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from pipeline.decide.naming import numbered, original_key
from pipeline.errors import EffectInDoubt, FileGone, RefusedByCaspio, RejectFile
from pipeline.model import Effect, EffectKind, EffectState, FetchedFile, FileRef, RecordRef
from pipeline.ports import Referrer, Updated
from pipeline.steps.write_back.context import WriteContext, carry_out

MAX_ALTERNATIVES = 50


def move_file(
    file: FetchedFile,
    name: str,
    context: WriteContext,
    *,
    media_type: str,
    undoes: Sequence[Effect] = (),
) -> tuple[str, str]:
    """Give a Files-area file a new name in its folder. Returns the name it has now and "" or what is not complete.

    `undoes` are the put and the delete that this move takes back: then the name is given as it is or not at all.
    """
    with context.moves:  # one move at a time: two records may point at the same file
        hindrance = _hindrance(file.ref, context)
        if hindrance is not None:
            return hindrance
        return _move(file, name, context, media_type=media_type, undoes=undoes)


def _hindrance(ref: FileRef, context: WriteContext) -> tuple[str, str] | None:
    """Say why a file is not to be moved now: another record's move has taken it along, or has got stuck half-way.

    Asking for every row that points at the file comes first: it refuses, before anything changed, if some table
    cannot be read.
    """
    old = ref.path
    assert old is not None
    rows = {(referrer.table, referrer.pk) for referrer in _all_referrers(old, context)}
    if ref.record is not None and (ref.record.container, ref.record.pk) not in rows:
        return ref.name, ""  # the row names another path by now; the next listing shows which
    stuck = [effect for effect in context.ledger.unsettled() if effect.before.get("path") == old]
    if stuck:
        return (
            ref.name,
            "its renaming, begun for another record, is not finished; the next run finishes it",
        )
    return None


def _move(
    file: FetchedFile,
    name: str,
    context: WriteContext,
    *,
    media_type: str,
    undoes: Sequence[Effect],
) -> tuple[str, str]:
    for put, delete in _intents(file, name, context, undoes=undoes):
        try:
            arrived = _put(put, file, context, media_type=media_type)
        except EffectInDoubt:
            _abandon(put, delete, "the upload's answer never came, and no file came of it", context)
            raise
        except (RefusedByCaspio, RejectFile) as error:
            _abandon(put, delete, f"refused: {error}", context)
            raise
        if arrived:
            follows, reason = finish_move(put, delete, context)
            return (
                posixpath.basename(str(put.after["path"])) if follows else file.ref.name
            ), reason
        _abandon(put, delete, "the name is taken", context)
    if undoes:
        return file.ref.name, f"{name!r} is taken by another file now; the name stays"
    return file.ref.name, f"{MAX_ALTERNATIVES} alternatives of {name!r} are taken; the name stays"


def _abandon(put: Effect, delete: Effect, reason: str, context: WriteContext) -> None:
    for effect in (put, delete):
        context.ledger.settle(effect, EffectState.ABANDONED, reason)


def _intents(
    file: FetchedFile, name: str, context: WriteContext, *, undoes: Sequence[Effect]
) -> Iterator[tuple[Effect, Effect]]:
    """Yield, for one free-looking name after the other, the pair of intents: put the new file, delete the old."""
    ref = file.ref
    old = str(ref.path)
    back = {effect.kind: effect.id for effect in undoes}
    container, pk = (ref.record.container, ref.record.pk) if ref.record else (ref.container, "")
    for candidate in chain(
        [name], () if undoes else (numbered(name, n) for n in range(2, MAX_ALTERNATIVES + 1))
    ):
        if candidate.casefold() == ref.name.casefold():
            return  # the present name is the first alternative that is to be had; Windows sees no other case
        new = posixpath.join(posixpath.dirname(old), candidate)
        if context.target.file_exists(new):
            continue  # asked before the intent, so that a file found there later can only be the one we put
        put = Effect(
            EffectKind.PUT_FILE,
            version=ref.version,
            container=container,
            pk=pk,
            field=ref.field,
            before={"path": old},
            after={"path": new, "sha256": file.sha256},
            undoes=back.get(EffectKind.PUT_FILE, 0),
        )
        delete = replace(
            put,
            kind=EffectKind.DELETE_FILE,
            before={"path": old, "sha256": file.sha256},
            after={"path": new},
            undoes=back.get(EffectKind.DELETE_FILE, 0),
        )
        yield (
            context.ledger.intend(put, context.run_id),
            context.ledger.intend(delete, context.run_id),
        )


def _put(put: Effect, file: FetchedFile, context: WriteContext, *, media_type: str) -> bool:
    """Upload under the new name; False when the name is taken.

    Raises:
        EffectInDoubt: the answer never came, and the file did not either.
    """
    path = file.path
    if path is None:
        path = context.folder / f"{file.ref.version}.original"
        context.archive.get(original_key(file.sha256), path)
    new = str(put.after["path"])
    try:
        return context.target.put_file(new, path, media_type=media_type)
    except EffectInDoubt:
        if stands(put, context):
            return True
        raise


def stands(put: Effect, context: WriteContext) -> bool:
    """Say whether the file under the new name is there and is ours, by its digest."""
    try:
        return context.target.file_sha256(str(put.after["path"])) == put.after["sha256"]
    except FileGone:
        return False


def finish_move(put: Effect, delete: Effect, context: WriteContext) -> tuple[bool, str]:
    """Confirm the new file, repoint every row, delete the old file.

    Returns whether rows were led to the new file, and "" or why the old file was kept. A file that somebody put in the
    old one's place meanwhile is what its rows mean: they stay with it.
    """
    old, new = str(delete.before["path"]), str(put.after["path"])
    if not stands(put, context):
        context.ledger.settle(put, EffectState.CONFLICT, "the uploaded copy is missing or differs")
        context.ledger.settle(
            delete, EffectState.ABANDONED, "the uploaded copy is missing or differs"
        )
        return True, f"the copy at {new} could not be confirmed; {old} stays as it is"
    context.ledger.settle(put, EffectState.VERIFIED)
    replaced = _replaced(delete, context)
    if replaced:
        context.ledger.settle(delete, EffectState.ABANDONED, replaced)
        return False, f"{replaced}; both {old} and {new} are kept"
    for referrer in _all_referrers(old, context):
        _repoint(referrer, old, new, put, context)
    left = _all_referrers(old, context)
    reason = f"{len(left)} rows still point at {old}" if left else _delete_old(delete, context)
    if reason:
        context.ledger.settle(delete, EffectState.ABANDONED, reason)
        return True, f"{reason}; both {old} and {new} are kept"
    context.ledger.settle(delete, EffectState.VERIFIED)
    return True, ""


def _all_referrers(path: str, context: WriteContext) -> Sequence[Referrer]:
    """Return every row that names a path: FILE fields of all tables, and the source's index table."""
    found = list(context.target.referrers(path))
    index = context.spec.index
    if index is not None:
        found += [
            Referrer(index.table, index.path_column, pk)
            for pk in context.target.find(index.table, index.path_column, path)
        ]
    return found


def _repoint(referrer: Referrer, old: str, new: str, put: Effect, context: WriteContext) -> None:
    """Let one row name the new path, if it still names the old."""
    record = RecordRef(referrer.table, referrer.pk)
    columns = [referrer.field]

    def look() -> Updated:
        row = context.target.read(record, columns)
        return Updated(int(row is not None and row.get(referrer.field) == new), row)

    effect, answer = carry_out(
        Effect(
            EffectKind.REPOINT,
            version=put.version,
            container=referrer.table,
            pk=referrer.pk,
            field=referrer.field,
            before={referrer.field: old},
            after={referrer.field: new},
            undoes=_repointed_by(referrer, old, put, context),
        ),
        context,
        call=lambda: context.target.update(
            record, guard={referrer.field: old}, values={referrer.field: new}, columns=columns
        ),
        look=look,
    )
    if answer.affected == 1:
        context.ledger.settle(effect, EffectState.VERIFIED)


def _repointed_by(referrer: Referrer, path: str, put: Effect, context: WriteContext) -> int:
    """Return the id of the effect by which a row came to name a path that is now being left again, 0 for none."""
    if not put.undoes:
        return 0
    effects = context.ledger.effects(record=(referrer.table, referrer.pk))
    came = [
        e.id
        for e in effects
        if e.kind is EffectKind.REPOINT and e.after.get(referrer.field) == path
    ]
    return came[-1] if came else 0


def _delete_old(delete: Effect, context: WriteContext) -> str:
    """Delete the old file if its bytes are still those in the archive; return why not otherwise."""
    old = str(delete.before["path"])
    try:
        if not _is_ours(delete, context):
            return f"{old} was replaced by another file meanwhile"
        context.target.delete_file(old)
    except FileGone:
        return ""
    except EffectInDoubt:
        return "" if not context.target.file_exists(old) else f"{old} could not be deleted"
    return ""


def _replaced(delete: Effect, context: WriteContext) -> str:
    """Say that another file lies in the old one's place by now, "" when it does not."""
    try:
        return (
            ""
            if _is_ours(delete, context)
            else f"{delete.before['path']} was replaced by another file meanwhile"
        )
    except FileGone:
        return ""


def _is_ours(delete: Effect, context: WriteContext) -> bool:
    """Say whether the file in the old place still has the bytes in the archive; FileGone when there is none."""
    return context.target.file_sha256(str(delete.before["path"])) == delete.before["sha256"]
