"""Effects: one table says how each kind is carried out, looked for, verified and recovered.

Every change at Caspio goes the same way: record the intent, make the call under a guard, and record
the result. If the answer is lost, looking decides. A killed run leaves an effect open at one of
these points; `recover.py` looks, and finishes it or gives it up. What is there is there; what is
not there may still come while its call can be under way, so it is looked for again until then.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum, auto
from typing import TypeVar

from pipeline.decide.column_values import same
from pipeline.errors import EffectInDoubt, IngestError, StopRun
from pipeline.model import Effect, EffectKind, EffectState, RecordRef, Value
from pipeline.ports import Clock, RecordTarget
from pipeline.ports.ledger import Block
from pipeline.steps.write_back import effect_calls as calls
from pipeline.steps.write_back.context import WriteContext
from pipeline.steps.write_back.effect_calls import (
    CallAnswer,
    FileToPut,
    Renaming,
    Request,
    record_of,
)
from pipeline.wording import counted

IN_FLIGHT_S = 15.0
"""Seconds for which a call may still take effect although its caller is gone or gave up.

Caspio documents no limit. One statement on one row takes milliseconds; what takes long is a queue
before it, and a gateway that gave up on the service behind it (502, 504).
"""

LONGEST_CALL = timedelta(minutes=10)
"""From an intent until its call was surely sent: it may have waited for a permit, and then have
been refused for the number of calls several times, for at most three minutes in all (`RETRY`).
"""

_FIRST_PAUSE_S = 1.0  # most late calls take effect within it; the next pauses are longer
_ROUNDING_S = 0.01  # a shorter rest is rounding, and would be waited for again and again


T = TypeVar("T")


class EffectProof(Enum):
    """What verifies an effect once Caspio has answered its call."""

    ANSWER = auto()  # the answer itself
    ROW = auto()  # the row holds the values, as the answer shows it or else one read
    LISTING = auto()  # the next listing of the source shows the new name
    DIGEST = auto()  # reading the file, before anything refers to it


class Recovery(Enum):
    """What is done with an effect that a killed run left open."""

    LOOK = auto()  # verified if it is in effect, otherwise abandoned and planned again
    LOOK_OR_ANSWER = auto()  # the same, but what was answered stays ours whatever the row holds now
    FINISH_MOVE = auto()  # finished together with the other half of the move


@dataclass(frozen=True, slots=True)
class EffectRules:
    """How one kind of effect works. The guard is `Effect.before` unless the caller gives one."""

    call: Callable[[Request, RecordTarget], CallAnswer]
    look: Callable[[Effect, RecordTarget], CallAnswer]
    proof: EffectProof
    recovery: Recovery


def new_effect(
    kind: EffectKind,
    record: RecordRef,
    *,
    version: str,
    before: Mapping[str, Value],
    after: Mapping[str, Value],
    field: str = "",
    undoes: int = 0,
    origins: Mapping[str, str] | None = None,
) -> Effect:
    """Build an effect on a record; `version` is the file version it is for."""
    return Effect(
        kind,
        version=version,
        container=record.container,
        pk=record.pk,
        is_view=record.is_view,
        field=field,
        before=before,
        after=after,
        undoes=undoes,
        origins=origins or {},
    )


EFFECTS: Mapping[EffectKind, EffectRules] = {
    # Columns of records. A rule or a trigger of the table may change what was written, so the row
    # is compared; after a crash, what was answered stays ours even if one column has changed since.
    EffectKind.UPDATE_COLUMNS: EffectRules(
        calls.update, calls.holds_values, EffectProof.ROW, Recovery.LOOK_OR_ANSWER
    ),
    EffectKind.APPLY_DECISION: EffectRules(
        calls.update, calls.holds_values, EffectProof.ROW, Recovery.LOOK_OR_ANSWER
    ),
    EffectKind.APPLY_AGENT_DECISION: EffectRules(
        calls.update, calls.holds_values, EffectProof.ROW, Recovery.LOOK_OR_ANSWER
    ),
    # Columns that only this program and its users write: what is not there is written again.
    EffectKind.CLEAR_REPROCESS_FLAG: EffectRules(
        calls.update, calls.holds_values, EffectProof.ROW, Recovery.LOOK
    ),
    EffectKind.UPDATE_REVIEW_ROW: EffectRules(
        calls.update, calls.holds_values, EffectProof.ROW, Recovery.LOOK
    ),
    # The file under the new path was confirmed before, so the answer to a repoint is enough.
    EffectKind.REPOINT: EffectRules(
        calls.update, calls.holds_values, EffectProof.ANSWER, Recovery.LOOK
    ),
    # Caspio may change a name on the way, and a listing shows the version that the ledger needs.
    # What was answered stays ours: if it has another name since, a user has named what we had.
    EffectKind.RENAME_ATTACHMENT: EffectRules(
        calls.rename_attachment, calls.has_name, EffectProof.LISTING, Recovery.LOOK_OR_ANSWER
    ),
    # Rows are known by one of their columns: a row with that value counts as inserted.
    EffectKind.INSERT_INDEX_ROW: EffectRules(
        calls.insert_row, calls.find_row, EffectProof.ANSWER, Recovery.LOOK
    ),
    EffectKind.INSERT_REVIEW_ROW: EffectRules(
        calls.insert_row, calls.find_row, EffectProof.ANSWER, Recovery.LOOK
    ),
    EffectKind.DELETE_INDEX_ROW: EffectRules(
        calls.delete_row, calls.row_is_gone, EffectProof.ANSWER, Recovery.LOOK
    ),
    # The two halves of a move. A copy counts only with the right digest, and no half alone.
    EffectKind.PUT_FILE: EffectRules(
        calls.put_file, calls.has_bytes, EffectProof.DIGEST, Recovery.FINISH_MOVE
    ),
    EffectKind.DELETE_FILE: EffectRules(
        calls.delete_file, calls.file_is_gone, EffectProof.ANSWER, Recovery.FINISH_MOVE
    ),
}
"""Every kind of effect. The intents of a move's two halves are recorded together, see `move.py`."""


def carry_out(
    effect: Effect,
    context: WriteContext,
    *,
    guard: Mapping[str, Value] | None = None,
    renaming: Renaming | None = None,
) -> Effect:
    """Record the intent, make the call, and record the result; return the effect as it is then.

    `guard` and `renaming` are those of the `Request`.

    Its state is VERIFIED or APPLIED (not verified yet, or the row holds something else) where it is
    in effect, and CONFLICT where the record has changed since it was planned. An inserted row
    comes with its PK_ID; in conflict that is the row which is there already.

    Raises:
        EffectInDoubt: the answer was lost, and the effect was not there when looked for; it is
            abandoned.
        StopRun: more than one row was met; the table is blocked.
    """
    effect = context.ports.ledger.effects.intend(effect, context.run.run_id)
    answer = call_or_look(effect, context, abandons=[effect], guard=guard, renaming=renaming)
    return _recorded(effect, answer, context)


def carry_out_together(effects: Sequence[Effect], context: WriteContext) -> list[Effect]:
    """Carry out updates of one row with one call, under the guards of all; return them as they are.

    The first is written and verified for all. Either all take effect or none does. Raises as
    `carry_out` does.
    """
    ledger = context.ports.ledger
    made = [ledger.effects.intend(effect, context.run.run_id) for effect in effects]
    before = {name: value for effect in made for name, value in effect.before.items()}
    after = {name: value for effect in made for name, value in effect.after.items()}
    whole = replace(made[0], before=before, after=after)
    answer = call_or_look(whole, context, abandons=made)
    return [_recorded(effect, answer, context) for effect in made]


def _recorded(effect: Effect, answer: CallAnswer, context: WriteContext) -> Effect:
    """Record how an effect was answered; return it as it is then."""
    ledger = context.ports.ledger
    if answer.met > 1:
        raise _block(effect, answer.met, context)
    if answer.met == 0:
        reason = "the record has changed since it was planned"
        ledger.effects.settle(effect, EffectState.CONFLICT, reason)
        return replace(effect, state=EffectState.CONFLICT, pk=answer.pk or effect.pk)
    effect = replace(effect, pk=answer.pk or effect.pk)
    ledger.effects.settle(effect, EffectState.APPLIED)
    if is_verified(effect, answer, context):
        ledger.effects.settle(effect, EffectState.VERIFIED)
        return replace(effect, state=EffectState.VERIFIED)
    return replace(effect, state=EffectState.APPLIED)


def call_or_look(
    effect: Effect,
    context: WriteContext,
    *,
    abandons: Sequence[Effect],
    guard: Mapping[str, Value] | None = None,
    upload: FileToPut | None = None,
    renaming: Renaming | None = None,
) -> CallAnswer:
    """Make an effect's call, and look for it if the answer is lost.

    `abandons` are the effects that are abandoned if the call provably has changed nothing. They
    stay open if the look fails: the next run looks.

    Raises:
        EffectInDoubt: the answer was lost, and the effect is not there and will not come.
    """
    ledger = context.ports.ledger
    rules, target = EFFECTS[effect.kind], context.ports.target
    request = Request(effect, effect.before if guard is None else guard, upload, renaming)
    try:
        return rules.call(request, target)
    except EffectInDoubt:
        answer = look_until(effect, context, end_s=in_flight_end_s(context))
        if answer.is_half_done:
            answer = finish_half_done(effect, context)
            if answer.is_half_done:
                raise  # it stays open, and the next run finishes it
        if answer.met:
            return replace(answer, met=1)
        note = "its answer never came, and it did not take effect"
        for one in abandons:
            ledger.effects.settle(one, EffectState.ABANDONED, note)
        raise
    except IngestError as error:  # refused, or never sent: every other error of a write means that
        for one in abandons:
            ledger.effects.settle(one, EffectState.ABANDONED, f"not made: {error}")
        raise


def finish_half_done(effect: Effect, context: WriteContext) -> CallAnswer:
    """Make the call of a rename again that was cut off after it had changed the file's extension.

    It is guarded by what the record has now. A rename keeps the bytes: a file of another size is a
    user's, and nothing is there of the effect. It is half done still if the record changed just
    now.
    """
    ports, record = context.ports, record_of(effect)
    known = ports.target.columns(effect.container, is_view=effect.is_view)
    guard = ports.target.read(record, [name for name in context.spec.columns if name in known])
    state = ports.ledger.files.state(effect.version)
    size_bytes = state.ref.size_bytes if state else None
    shown = ports.target.attachment(record, effect.field)
    if guard is None or shown is None:
        return CallAnswer(0)
    if None not in {shown.size_bytes, size_bytes} and shown.size_bytes != size_bytes:
        return CallAnswer(0)
    renaming = Renaming(state.ref.extension if state else None)
    answer = EFFECTS[effect.kind].call(Request(effect, guard, renaming=renaming), ports.target)
    return replace(answer, is_half_done=answer.met == 0)


def in_flight_end_s(context: WriteContext) -> float:
    """Return when, by the monotonic clock, no call that was sent before now is under way."""
    return context.ports.clock.monotonic() + IN_FLIGHT_S


def look_until(effect: Effect, context: WriteContext, *, end_s: float) -> CallAnswer:
    """Look for an effect until it is there, or its call cannot be under way any more."""
    return looked_until(
        lambda: look(effect, context),
        is_there=lambda answer: answer.met > 0 or answer.is_half_done,
        clock=context.ports.clock,
        end_s=end_s,
    )


def looked_until(
    look_once: Callable[[], T], *, is_there: Callable[[T], bool], clock: Clock, end_s: float
) -> T:
    """Look until what is looked for is there, or until `end_s` by the monotonic clock."""
    pause_s = _FIRST_PAUSE_S
    while True:
        found = look_once()
        left_s = end_s - clock.monotonic()
        if is_there(found) or left_s < _ROUNDING_S:
            return found
        clock.sleep(min(pause_s, left_s))
        pause_s *= 3


def look(effect: Effect, context: WriteContext) -> CallAnswer:
    """Say whether an effect is there now; `met` is 0 where it is not."""
    return EFFECTS[effect.kind].look(effect, context.ports.target)


def _block(effect: Effect, met: int, context: WriteContext) -> StopRun:
    """Block a table in which PK_ID does not name one row; return the error that stops the run."""
    ledger = context.ports.ledger
    note = f"{counted(met, 'row', 'was/were')} changed where PK_ID {effect.pk} should match one"
    # Blocked first: once the effect is settled, nothing else would keep the next run away.
    ledger.effects.block(effect.container, Block(note, context.run.run_id))
    ledger.effects.settle(effect, EffectState.APPLIED, note)
    return StopRun(
        f"{effect.kind} in {effect.container}: {note}. Nothing more is written there. Look at "
        "these rows, make PK_ID name one row each, then run once with --yes."
    )


def is_verified(effect: Effect, answer: CallAnswer, context: WriteContext) -> bool:
    """Say whether an answered effect is known to be in effect: by the answer, or by one read."""
    match EFFECTS[effect.kind].proof:
        case EffectProof.ANSWER:
            return True
        case EffectProof.ROW:
            row = answer.row
            if row is None or not effect.after.keys() <= row.keys():
                return look(effect, context).met == 1
            columns = context.ports.target.columns(effect.container, is_view=effect.is_view)
            return all(
                same(row[name], value, columns[name]) for name, value in effect.after.items()
            )
        case _:
            return False
