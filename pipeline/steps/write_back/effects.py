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
from pathlib import Path
from typing import TypeVar

from pipeline.decide.column_values import same
from pipeline.decide.naming import split_name
from pipeline.errors import EffectInDoubt, FileGone, IngestError, StopRun
from pipeline.model import Effect, EffectKind, EffectState, RecordRef, Value
from pipeline.ports import Clock, RecordTarget, Updated
from pipeline.ports.ledger import Block
from pipeline.steps.write_back.context import WriteContext
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


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call or a look met: how many rows or files, and the row where it is known.

    `pk` is the PK_ID of an inserted row, or of the row that is there already; "" where none is
    there, None for effects that insert nothing.
    """

    met: int
    row: Mapping[str, Value] | None = None
    pk: str | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """Bytes to put into the Files area."""

    path: Path
    media_type: str


@dataclass(frozen=True, slots=True)
class Request:
    """An effect with what its call needs: guard (columns with their values), bytes, extension.

    `extension` is what Caspio lists for an attachment beside its name (`FileRef`).
    """

    effect: Effect
    guard: Mapping[str, Value]
    upload: Upload | None = None
    extension: str | None = None


class Proof(Enum):
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

    call: Callable[[Request, RecordTarget], Answer]
    look: Callable[[Effect, RecordTarget], Answer]
    proof: Proof
    recovery: Recovery


def record_of(effect: Effect) -> RecordRef:
    """Return the record that an effect changes."""
    return RecordRef(effect.container, effect.pk, effect.is_view)


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


def _answered(updated: Updated) -> Answer:
    return Answer(updated.affected, updated.row)


def _update(request: Request, target: RecordTarget) -> Answer:
    effect = request.effect
    return _answered(
        target.update(record_of(effect), guard=request.guard, values=effect.after, columns=())
    )


def _holds_values(effect: Effect, target: RecordTarget) -> Answer:
    columns = target.columns(effect.container, is_view=effect.is_view)
    if not effect.after.keys() <= columns.keys():
        return Answer(0)  # a column was removed
    row = target.read(record_of(effect), list(effect.after))
    holds = row is not None and all(
        same(row.get(name), value, columns[name]) for name, value in effect.after.items()
    )
    return Answer(int(holds), row)


def _rename_attachment(request: Request, target: RecordTarget) -> Answer:
    effect = request.effect
    base, _ = split_name(str(effect.after["name"]), request.extension)
    return _answered(
        target.rename_attachment(
            record_of(effect), effect.field, base_name=base, guard=request.guard
        )
    )


def _has_name(effect: Effect, target: RecordTarget) -> Answer:
    shown = target.attachment(record_of(effect), effect.field)
    if shown is None:
        return Answer(0)
    names = (shown.name, str(effect.after["name"]))
    return Answer(int(len({split_name(name, shown.extension)[0] for name in names}) == 1))


def _insert_row(request: Request, target: RecordTarget) -> Answer:
    effect = request.effect
    found = _find_row(effect, target)
    if found.met:  # somebody was quicker, or an interrupted run: no second row
        return Answer(0, pk=found.pk)
    return Answer(1, pk=target.insert(effect.container, effect.after))


def _find_row(effect: Effect, target: RecordTarget) -> Answer:
    pks = target.find(effect.container, effect.field, effect.after[effect.field])
    return Answer(len(pks[:1]), pk=pks[0] if pks else "")


def _delete_row(request: Request, target: RecordTarget) -> Answer:
    return _answered(target.delete(record_of(request.effect), guard=request.guard))


def _row_is_gone(effect: Effect, target: RecordTarget) -> Answer:
    return Answer(int(target.read(record_of(effect), []) is None))


def _put_file(request: Request, target: RecordTarget) -> Answer:
    upload = request.upload
    assert upload is not None
    path = str(request.effect.after["path"])
    return Answer(int(target.put_file(path, upload.path, media_type=upload.media_type)))


def _has_bytes(effect: Effect, target: RecordTarget) -> Answer:
    try:
        digest = target.file_sha256(str(effect.after["path"]))
    except FileGone:
        return Answer(0)
    return Answer(int(digest == effect.after["sha256"]))


def _delete_file(request: Request, target: RecordTarget) -> Answer:
    try:
        target.delete_file(str(request.effect.before["path"]))
    except FileGone:
        return Answer(1)  # somebody has deleted it: that is what was wanted
    return Answer(1)


def _file_is_gone(effect: Effect, target: RecordTarget) -> Answer:
    return Answer(int(target.file(str(effect.before["path"])) is None))


EFFECTS: Mapping[EffectKind, EffectRules] = {
    # Columns of records. A rule or a trigger of the table may change what was written, so the row
    # is compared; after a crash, what was answered stays ours even if one column has changed since.
    EffectKind.UPDATE_COLUMNS: EffectRules(
        _update, _holds_values, Proof.ROW, Recovery.LOOK_OR_ANSWER
    ),
    EffectKind.APPLY_DECISION: EffectRules(
        _update, _holds_values, Proof.ROW, Recovery.LOOK_OR_ANSWER
    ),
    # Columns that only this program and its users write: what is not there is written again.
    EffectKind.CLEAR_REPROCESS_FLAG: EffectRules(_update, _holds_values, Proof.ROW, Recovery.LOOK),
    EffectKind.UPDATE_REVIEW_ROW: EffectRules(_update, _holds_values, Proof.ROW, Recovery.LOOK),
    # The file under the new path was confirmed before, so the answer to a repoint is enough.
    EffectKind.REPOINT: EffectRules(_update, _holds_values, Proof.ANSWER, Recovery.LOOK),
    # Caspio may change a name on the way, and a listing shows the version that the ledger needs.
    EffectKind.RENAME_ATTACHMENT: EffectRules(
        _rename_attachment, _has_name, Proof.LISTING, Recovery.LOOK
    ),
    # Rows are known by one of their columns: a row with that value counts as inserted.
    EffectKind.INSERT_INDEX_ROW: EffectRules(_insert_row, _find_row, Proof.ANSWER, Recovery.LOOK),
    EffectKind.INSERT_REVIEW_ROW: EffectRules(_insert_row, _find_row, Proof.ANSWER, Recovery.LOOK),
    EffectKind.DELETE_INDEX_ROW: EffectRules(
        _delete_row, _row_is_gone, Proof.ANSWER, Recovery.LOOK
    ),
    # The two halves of a move. A copy counts only with the right digest, and no half alone.
    EffectKind.PUT_FILE: EffectRules(_put_file, _has_bytes, Proof.DIGEST, Recovery.FINISH_MOVE),
    EffectKind.DELETE_FILE: EffectRules(
        _delete_file, _file_is_gone, Proof.ANSWER, Recovery.FINISH_MOVE
    ),
}
"""Every kind of effect. The intents of a move's two halves are recorded together, see `move.py`."""


def carry_out(
    effect: Effect,
    context: WriteContext,
    *,
    guard: Mapping[str, Value] | None = None,
    extension: str | None = None,
) -> Effect:
    """Record the intent, make the call, and record the result; return the effect as it is then.

    `guard` and `extension` are those of the `Request`.

    Its state is VERIFIED or APPLIED (not verified yet, or the row holds something else) where it is
    in effect, and CONFLICT where the record is no longer as it was planned against. An inserted row
    comes with its PK_ID; in conflict that is the row which is there already.

    Raises:
        EffectInDoubt: the answer was lost, and the effect was not there when looked for; it is
            abandoned.
        StopRun: more than one row was met; the table is blocked.
    """
    ledger = context.ports.ledger
    effect = ledger.effects.intend(effect, context.run.run_id)
    answer = call_or_look(effect, context, abandons=[effect], guard=guard, extension=extension)
    if answer.met > 1:
        raise _block(effect, answer.met, context)
    if answer.met == 0:
        reason = "the record is no longer as it was planned against"
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
    upload: Upload | None = None,
    extension: str | None = None,
) -> Answer:
    """Make an effect's call, and look for it if the answer is lost.

    `abandons` are the effects that are abandoned if the call provably has changed nothing. They
    stay open if the look fails: the next run looks.

    Raises:
        EffectInDoubt: the answer was lost, and the effect is not there and will not come.
    """
    ledger = context.ports.ledger
    rules, target = EFFECTS[effect.kind], context.ports.target
    request = Request(effect, effect.before if guard is None else guard, upload, extension)
    try:
        return rules.call(request, target)
    except EffectInDoubt:
        answer = look_until(effect, context, end_s=in_flight_end_s(context))
        if answer.met:
            return answer
        note = "its answer never came, and it did not take effect"
        for one in abandons:
            ledger.effects.settle(one, EffectState.ABANDONED, note)
        raise
    except IngestError as error:  # refused, or never sent: every other error of a write means that
        for one in abandons:
            ledger.effects.settle(one, EffectState.ABANDONED, f"not made: {error}")
        raise


def in_flight_end_s(context: WriteContext) -> float:
    """Return when, by the monotonic clock, no call that was sent before now is under way."""
    return context.ports.clock.monotonic() + IN_FLIGHT_S


def look_until(effect: Effect, context: WriteContext, *, end_s: float) -> Answer:
    """Look for an effect until it is there, or its call cannot be under way any more."""
    return looked_until(
        lambda: look(effect, context),
        is_there=lambda answer: answer.met > 0,
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


def look(effect: Effect, context: WriteContext) -> Answer:
    """Say whether an effect is there now; `met` is 0 where it is not."""
    return EFFECTS[effect.kind].look(effect, context.ports.target)


def _block(effect: Effect, met: int, context: WriteContext) -> StopRun:
    """Block a table in which PK_ID does not name one row; return the error that stops the run."""
    ledger = context.ports.ledger
    note = f"{counted(met, 'row', 'was/were')} met where PK_ID {effect.pk} should meet one"
    # Blocked first: once the effect is settled, nothing else would keep the next run away.
    ledger.effects.block(effect.container, Block(note, context.run.run_id))
    ledger.effects.settle(effect, EffectState.APPLIED, note)
    return StopRun(
        f"{effect.kind} in {effect.container}: {note}. Nothing more is written there. Look at "
        "these rows, make PK_ID name one row each, then run once with --yes."
    )


def is_verified(effect: Effect, answer: Answer, context: WriteContext) -> bool:
    """Say whether an answered effect is known to be in effect: by the answer, or by one read."""
    match EFFECTS[effect.kind].proof:
        case Proof.ANSWER:
            return True
        case Proof.ROW:
            row = answer.row
            if row is None or not effect.after.keys() <= row.keys():
                return look(effect, context).met == 1
            columns = context.ports.target.columns(effect.container, is_view=effect.is_view)
            return all(
                same(row[name], value, columns[name]) for name, value in effect.after.items()
            )
        case _:
            return False
