"""Clear the column in which a person asked for a record to be read again, once that is done."""

import structlog

from pipeline.errors import EffectInDoubt, RefusedByCaspio, RejectFile, TryLater
from pipeline.model import Effect, EffectKind, RecordWork
from pipeline.ports import Updated
from pipeline.steps.write_back.context import WriteContext, carry_out, verify

_log = structlog.get_logger()


def clear_tick(work: RecordWork, context: WriteContext) -> None:
    """Set the column to No where it still is Yes; a tick that could not be cleared is met by the next run."""
    record, column = work.ticked, context.spec.reprocess_column
    if record is None or column is None:
        return
    asked, done = {column: True}, {column: False}
    effect = Effect(
        EffectKind.CLEAR_TICK,
        version=work.files[0].version,
        container=record.container,
        pk=record.pk,
        is_view=record.is_view,
        before=asked,
        after=done,
    )
    columns = context.target.columns(record.container, is_view=record.is_view)

    def look() -> Updated:
        row = context.target.read(record, [column])
        return Updated(int(row is not None and not row.get(column)), row)

    try:
        effect, answer = carry_out(
            effect,
            context,
            call=lambda: context.target.update(record, guard=asked, values=done, columns=[column]),
            look=look,
        )
        if answer.affected:
            verify(effect, answer, context, columns=columns)
    except (EffectInDoubt, RefusedByCaspio, RejectFile, TryLater) as error:
        _log.warning(
            "a tick stays, and the next run reads again", record=record.pk, error=str(error)
        )
