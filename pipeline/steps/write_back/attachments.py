"""Rename an attachment in place, addressed by one PK_ID and guarded by the record's columns."""

from collections.abc import Mapping

from pipeline.decide.naming import base_differs, split_name
from pipeline.errors import EffectInDoubt
from pipeline.model import Effect, EffectKind, FileRef, RecordRef, Value
from pipeline.ports import Updated
from pipeline.steps.write_back.context import WriteContext, carry_out, read_columns


def rename_attachment(
    ref: FileRef,
    name: str,
    context: WriteContext,
    *,
    guard: Mapping[str, Value],
    undoes: Effect | None = None,
) -> str:
    """Give an attachment a new base name; its extension stays. Returns "" or why it was not renamed.

    The WHERE of a rename can name columns of the record, not the file's present name; so the file is looked at before,
    and renamed only if it still has the name it was planned against.
    `undoes` is the effect that this renaming takes back.
    """
    record = ref.record
    assert record is not None
    base = split_name(name)[0]

    def look() -> Updated:
        now = context.target.attachment_name(record, ref.field)
        return Updated(int(now is not None and not base_differs(now, name)), None)

    for attempt, attempt_guard in enumerate((guard, None), start=1):
        if context.target.attachment_name(record, ref.field) != ref.name:
            return "the file was renamed or replaced meanwhile; its new name stays"
        if attempt_guard is None:
            current = read_columns(record, context)
            if current is None:
                return "the record was deleted meanwhile"
            attempt_guard = current  # noqa: PLW2901 - the second attempt is guarded by what is there now
        effect = _renaming(ref, record, name, undoes=undoes)
        held = dict(attempt_guard)
        try:
            _, answer = carry_out(
                effect,
                context,
                call=lambda held=held: context.target.rename_attachment(  # type: ignore[misc]  # bound now, called now
                    record, ref.field, base_name=base, guard=held
                ),
                look=look,
            )
        except EffectInDoubt:
            if attempt == 2:  # noqa: PLR2004 - of two attempts
                raise
            continue
        if answer.affected == 1:
            return ""
    return "the record kept changing; the name stays"


def _renaming(ref: FileRef, record: RecordRef, name: str, *, undoes: Effect | None) -> Effect:
    return Effect(
        EffectKind.RENAME_ATTACHMENT,
        version=ref.version,
        container=record.container,
        pk=record.pk,
        is_view=record.is_view,
        field=ref.field,
        before={"name": ref.name},
        after={"name": name},
        undoes=undoes.id if undoes else 0,
    )
