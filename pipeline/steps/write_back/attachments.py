"""Rename an attachment in place, addressed by one PK_ID and guarded by the record's columns."""

from collections.abc import Mapping

from pipeline.errors import EffectInDoubt
from pipeline.model import EffectKind, EffectState, FileRef, Value
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

    The WHERE clause of a rename can name columns of the record, but not the file's current name. So
    the name is read right before, and the file renamed only if it is as planned against. `undoes`
    is the effect that this rename takes back.
    """
    record, target = ref.record, context.ports.target
    assert record is not None
    for is_last in (False, True):
        if target.attachment_name(record, ref.field) != ref.name:
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
            rename = carry_out(rename, context, guard=guard)
        except EffectInDoubt:
            if is_last:
                raise
            continue
        if rename.state is not EffectState.CONFLICT:
            return ""
    return "the record kept changing; the name stays"
