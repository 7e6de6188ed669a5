"""Rename an attachment in place, addressed by one PK_ID and guarded by the record's columns."""

from collections.abc import Iterator, Mapping

from pipeline.decide.naming import split_name
from pipeline.digests import has_digest
from pipeline.errors import EffectInDoubt, TooLate
from pipeline.model import EffectKind, EffectState, FileRef, RecordRef, Value
from pipeline.ports import ShownFile
from pipeline.steps.write_back.context import WriteContext
from pipeline.steps.write_back.effect_calls import Renaming
from pipeline.steps.write_back.effects import carry_out, new_effect

_TRIES = 2  # the second one against what the record has by then


def rename_attachment(
    ref: FileRef,
    name: str,
    context: WriteContext,
    *,
    guard: Mapping[str, Value],
    extension: str | None = None,
    undoes: int = 0,
) -> str:
    """Give an attachment a new base name; its extension stays. Return "" or why it was not renamed.

    The WHERE clause of a rename can name columns of the record, but nothing of the file. So the
    file is looked at before, and renamed only if it is the one that was read: a file that is put in
    its place between look and rename gets its name. A look that several renames share counts for a
    short time (`LOOK_S`), any other for the one call that follows it.

    `undoes` is the effect that this rename takes back; `extension` is the one to have afterwards,
    where Caspio takes whole names and has given the file another one with ours. A name that is an
    extension alone is not given: some accounts refuse it, and others show ".a" as ".a.a" then.
    """
    record, target = ref.record, context.ports.target
    assert record is not None
    extension = ref.extension if extension is None else extension
    if not split_name(name, extension)[0]:
        return f"it keeps that name, since {name!r} is an extension alone"
    doubt: EffectInDoubt | None = None
    has_changed = False
    for shown, until_s in _looks(ref, record, context):
        if not _is_still_there(ref, shown, context):
            return "the file was renamed or replaced meanwhile; its new name stays"
        if has_changed:  # a column changed: guarded by what the record has now
            current = target.read(record, list(context.spec.columns))
            if current is None:
                return "the record was deleted meanwhile"
            guard = current
        rename = new_effect(
            EffectKind.RENAME_ATTACHMENT,
            record,
            version=ref.version,
            field=ref.field,
            before={"name": ref.name},
            after={"name": name},
            undoes=undoes,
        )
        renaming = Renaming(extension, until_s)
        try:
            rename = carry_out(rename, context, guard=guard, renaming=renaming)
        except TooLate:
            continue  # nothing was sent: the file is looked at again, alone
        except EffectInDoubt as error:
            doubt, has_changed = error, True
            continue
        if rename.state is not EffectState.CONFLICT:
            return ""
        doubt, has_changed = None, True
    if doubt is not None:
        raise doubt
    return "the record kept changing; the name stays"


def _looks(
    ref: FileRef, record: RecordRef, context: WriteContext
) -> Iterator[tuple[ShownFile | None, float | None]]:
    """Yield what the attachment looks like, and until when that counts, once for each try."""
    ports, looks = context.ports, context.run.looks
    look = looks.take((record, ref.field), target=ports.target, clock=ports.clock)
    if look is not None:
        yield look.shown, look.until_s
    for _ in range(_TRIES):
        yield ports.target.attachment(record, ref.field), None


def _is_still_there(ref: FileRef, shown: ShownFile | None, context: WriteContext) -> bool:
    """Say whether an attachment is the version that was read: by name, size and date.

    If the date alone differs, something else may have changed it, such as a write to the record:
    the bytes decide.
    """
    if shown is None or shown.name != ref.name:
        return False
    if None not in {shown.size_bytes, ref.size_bytes} and shown.size_bytes != ref.size_bytes:
        return False
    if shown.listed_date == ref.listed_date:
        return True
    state = context.ports.ledger.files.state(ref.version)
    return state is not None and has_digest(ref, state.sha256, context.ports.source)
