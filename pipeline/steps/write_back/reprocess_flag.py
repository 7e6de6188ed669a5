"""Clear the column in which a user asked for a record to be read again, once that is done."""

import structlog

from pipeline.errors import EffectInDoubt, RefusedByCaspio, RejectFile, TryLater
from pipeline.model import EffectKind, RecordWork
from pipeline.steps.write_back.context import WriteContext
from pipeline.steps.write_back.effects import carry_out, new_effect

_log = structlog.get_logger()


def clear_reprocess_flag(work: RecordWork, context: WriteContext) -> None:
    """Set the column to No if it is Yes; if that fails, the next run reads the record again."""
    record, column = work.reprocess_flag, context.spec.reprocess_column
    if record is None or column is None:
        return
    clear = new_effect(
        EffectKind.CLEAR_REPROCESS_FLAG,
        record,
        version=work.files[0].version,
        before={column: True},
        after={column: False},
    )
    try:
        carry_out(clear, context)
    except (EffectInDoubt, RefusedByCaspio, RejectFile, TryLater) as error:
        _log.warning("reprocess flag not cleared", record=record.pk, error=str(error))
