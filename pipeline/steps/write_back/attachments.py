"""Rename an attachment in place, addressed by one PK_ID and guarded by the record's columns."""

from collections.abc import Mapping

from pipeline.digests import has_digest
from pipeline.errors import EffectInDoubt
from pipeline.model import EffectKind, EffectState, FileRef, RecordRef, Value
from pipeline.steps.write_back.context import WriteContext
from pipeline.steps.write_back.effects import carry_out, new_effect


def rename_attachment(
    ref: FileRef,
    name: str,
    context: WriteContext,
    *,
    guard: Mapping[str, Value],
    undoes: int = 0,
) -> str:
    """Give an attachment a new base name; its extension stays. Return "" or why it was not renamed.

    The WHERE clause of a rename can name columns of the record, but nothing of the file. So the
    file is looked at right before, and renamed only if it is the one that was read: a file that is
    put in its place between look and rename gets its name. `undoes` is the effect that this rename
    takes back.
    """
    record, target = ref.record, context.ports.target
    assert record is not None
    for is_last in (False, True):
        if not _is_still_there(ref, record, context):
            return "the file was renamed or replaced meanwhile; its new name stays"
        if is_last:  # a column changed: guarded by what the record has now
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
        try:
            rename = carry_out(rename, context, guard=guard, extension=ref.extension)
        except EffectInDoubt:
            if is_last:
                raise
            continue
        if rename.state is not EffectState.CONFLICT:
            return ""
    return "the record kept changing; the name stays"


def _is_still_there(ref: FileRef, record: RecordRef, context: WriteContext) -> bool:
    """Say whether an attachment is the version that was read: by name, size and date.

    If the date alone differs, something else may have changed it, such as a write to the record:
    the bytes decide.
    """
    shown = context.ports.target.attachment(record, ref.field)
    if shown is None or shown.name != ref.name:
        return False
    if None not in {shown.size_bytes, ref.size_bytes} and shown.size_bytes != ref.size_bytes:
        return False
    if shown.listed_date == ref.listed_date:
        return True
    state = context.ports.ledger.files.state(ref.version)
    return state is not None and has_digest(ref, state.sha256, context.ports.source)
