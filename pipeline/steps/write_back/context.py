"""What every part of the write-back works with, and the one way an effect is carried out."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from pipeline.decide.mapping import same
from pipeline.errors import EffectInDoubt, RefusedByCaspio, RejectFile, StopRun
from pipeline.model import Column, Effect, EffectState, RecordRef, RecordWork, SourceSpec, Value
from pipeline.ports import Archive, Clock, Ledger, RecordTarget, Updated


@dataclass(frozen=True, slots=True)
class WriteContext:
    """The source, its columns and the ports.

    `folder` is a work folder for bytes that must be uploaded again; `moves` is held while a Files-area file is renamed.
    """

    spec: SourceSpec
    columns: Mapping[str, Column]
    target: RecordTarget
    ledger: Ledger
    archive: Archive
    run_id: str
    folder: Path
    moves: threading.Lock
    clock: Clock


def carry_out(
    effect: Effect,
    context: WriteContext,
    *,
    call: Callable[[], Updated],
    look: Callable[[], Updated],
) -> tuple[Effect, Updated]:
    """Record the intent, make the call, and record what came of it; an effect in doubt is settled by looking.

    The answer's `affected` is 1 when the effect stands. 0 is a conflict, recorded as such; more than 1 must never be.

    Raises:
        EffectInDoubt: the answer never came, and looking showed that the effect does not stand; it is abandoned.
    """
    effect = context.ledger.intend(effect, context.run_id)
    try:
        answer = call()
    except EffectInDoubt:
        answer = look()
        if answer.affected == 0:
            context.ledger.settle(
                effect, EffectState.ABANDONED, "its answer never came, and it did not take effect"
            )
            raise
    except (RefusedByCaspio, RejectFile) as error:  # refused there, or here before it was sent
        context.ledger.settle(effect, EffectState.ABANDONED, f"refused: {error}")
        raise
    if answer.affected > 1:
        note = f"{answer.affected} rows were met where PK_ID {effect.pk} should meet one"
        # The hold comes first: once the effect is settled, nothing else would tell the next run to keep away.
        context.ledger.keep_cursor(
            hold_name(effect.container), {"note": note, "run": context.run_id}
        )
        context.ledger.settle(effect, EffectState.APPLIED, note)
        raise StopRun(
            f"{effect.kind} in {effect.container}: {note}. Nothing more is written there: look at these rows, let "
            "PK_ID name one each, then run once with --yes."
        )
    if answer.affected == 0:
        context.ledger.settle(
            effect, EffectState.CONFLICT, "the record is no longer as it was planned against"
        )
    else:
        context.ledger.settle(effect, EffectState.APPLIED)
    return effect, answer


def hold_name(container: str) -> str:
    """Return the name under which the ledger keeps that nothing more is to be written to a table or view."""
    return f"held: {container}"


def holds(
    current: Mapping[str, Value] | None,
    expected: Mapping[str, Value],
    columns: Mapping[str, Column],
) -> bool:
    """Say whether a record, as read, holds the expected values."""
    return current is not None and all(
        name in current and same(current[name], value, columns[name])
        for name, value in expected.items()
    )


def verify(
    effect: Effect, answer: Updated, context: WriteContext, *, columns: Mapping[str, Column]
) -> bool:
    """Say whether a record holds what was just written, and record it: by the answer's row, or else by one read."""
    row = (
        answer.row if answer.row is not None and effect.after.keys() <= answer.row.keys() else None
    )
    row = row or context.target.read(
        RecordRef(effect.container, effect.pk, effect.is_view), list(effect.after)
    )
    stands = holds(row, effect.after, columns)
    if stands:
        context.ledger.settle(effect, EffectState.VERIFIED)
    return stands


def read_columns(record: RecordRef, context: WriteContext) -> Mapping[str, Value] | None:
    """Read a record's mapped columns as they are now."""
    return context.target.read(record, list(context.spec.columns))


class WritePorts(Protocol):
    """The part of the line's parts that writing back needs."""

    @property
    def target(self) -> RecordTarget: ...  # noqa: D102
    @property
    def ledger(self) -> Ledger: ...  # noqa: D102
    @property
    def archive(self) -> Archive: ...  # noqa: D102
    @property
    def clock(self) -> Clock: ...  # noqa: D102


def write_context(
    work: RecordWork,
    spec: SourceSpec,
    *,
    ports: WritePorts,
    run_id: str,
    folder: Path,
    moves: threading.Lock,
) -> WriteContext:
    """Gather what writing one record needs; without a record and an index table there are no columns to write."""
    if work.record is not None:
        columns = ports.target.columns(work.record.container, is_view=work.record.is_view)
    elif spec.index is not None:
        columns = ports.target.columns(spec.index.table, is_view=False)
    else:
        spec, columns = replace(spec, columns={}), {}
    return WriteContext(
        spec=spec,
        columns=columns,
        target=ports.target,
        ledger=ports.ledger,
        archive=ports.archive,
        run_id=run_id,
        folder=folder,
        moves=moves,
        clock=ports.clock,
    )
