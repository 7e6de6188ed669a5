"""Settle what a killed run left open, by looking."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

import structlog

from pipeline.errors import BadSettings, RefusedByCaspio, RejectFile, TryLater
from pipeline.model import Effect, EffectKind, EffectState
from pipeline.steps.write_back.context import WriteContext
from pipeline.steps.write_back.effect_calls import CallAnswer
from pipeline.steps.write_back.effects import (
    EFFECTS,
    LONGEST_CALL,
    Recovery,
    finish_half_done,
    in_flight_end_s,
    look,
    look_until,
)
from pipeline.steps.write_back.move import finish_move

_log = structlog.get_logger()


def recover(context: WriteContext, effects: Iterable[Effect], *, may_write: bool = True) -> int:
    """Settle these effects of a killed run of this source; return how many there were.

    What is in effect is recorded as verified. What is not is abandoned: the pipeline plans it again
    when it comes to the file. A half-done move of a Files-area file is finished, since a row may
    point at its new name already. So is a rename that died half-way. Where nothing may be written,
    both wait.
    """
    due = [effect for effect in effects if may_write or not _is_move(effect)]
    due.sort(key=lambda effect: (effect.version, effect.id))
    # One end for all: what the dead run had under way was sent before now.
    end_s = in_flight_end_s(context)
    for version, group in groupby(due, key=lambda effect: effect.version):
        found = list(group)
        try:
            for effect in found:
                if not _is_move(effect):
                    _settle(effect, context, end_s=end_s, may_write=may_write)
            finish_moves([effect for effect in found if _is_move(effect)], context, end_s=end_s)
        except (RefusedByCaspio, RejectFile, TryLater) as error:
            # One file must not stop the run: its effects stay open for the next one.
            _log.warning("open effects not settled yet", file=version, error=str(error))
    return len(due)


def _is_move(effect: Effect) -> bool:
    return EFFECTS[effect.kind].recovery is Recovery.FINISH_MOVE


def _settle(effect: Effect, context: WriteContext, *, end_s: float, may_write: bool) -> None:
    try:
        found = _look(effect, context, end_s=end_s)
        if found.is_half_done:
            found = _finished(effect, found, context, may_write=may_write)
        if found.is_half_done:
            return  # it stays open
    except BadSettings as error:  # its table or column is gone: nobody can look at it again
        in_effect, note = False, f"cannot be looked at any more: {error}"
    else:
        in_effect, note = found.met > 0, "settled by looking after an interrupted run"
        if found.pk is not None:
            effect = replace(effect, pk=found.pk)
    was_answered = effect.state is EffectState.APPLIED
    if not in_effect and was_answered and EFFECTS[effect.kind].recovery is Recovery.LOOK_OR_ANSWER:
        # It was answered, so it was written. What a rule or a user made of one column since leaves
        # the others ours; a name given since is known for the user's only if ours is known.
        in_effect, note = True, "it was answered, and the record holds something else now"
    state = EffectState.VERIFIED if in_effect else EffectState.ABANDONED
    context.ports.ledger.effects.settle(effect, state, note)


def _finished(
    effect: Effect, found: CallAnswer, context: WriteContext, *, may_write: bool
) -> CallAnswer:
    """Finish what is half done; return what is there then."""
    if effect.state is EffectState.APPLIED:
        return CallAnswer(0)  # it was answered whole, so a user has put such a name there since
    return finish_half_done(effect, context) if may_write else found


def _look(effect: Effect, context: WriteContext, *, end_s: float) -> CallAnswer:
    """Look for an effect, until `end_s` if its call may still be under way."""
    is_old = effect.at is not None and context.ports.clock.now() - effect.at > LONGEST_CALL
    if is_old or effect.state is EffectState.APPLIED:
        return look(effect, context)
    return look_until(effect, context, end_s=end_s)


def finish_moves(effects: Sequence[Effect], context: WriteContext, *, end_s: float) -> None:
    """Finish or abandon the moves of one file: a delete names the new path that its put made.

    `end_s` is when no call of the killed run can be under way any more.
    """
    if not effects:
        return
    ledger = context.ports.ledger
    puts = _by_new_path(effects, EffectKind.PUT_FILE)
    deletes = _by_new_path(effects, EffectKind.DELETE_FILE)
    every = ledger.effects.find(version=effects[0].version)
    verified = _by_new_path(
        [effect for effect in every if effect.state is EffectState.VERIFIED], EffectKind.PUT_FILE
    )
    not_there = "the copy is not there"
    # A put without its delete was killed between the two intents: nothing was uploaded yet.
    for path, put in puts.items():
        if path not in deletes or not _look(put, context, end_s=end_s).met:
            ledger.effects.settle(put, EffectState.ABANDONED, not_there)
    for path, delete in deletes.items():
        made = verified.get(path) or puts.get(path)
        if made is None or not look(made, context).met:
            # A copy that was verified is gone where the run was killed while it took it back.
            for effect in filter(None, (verified.get(path), delete)):
                ledger.effects.settle(effect, EffectState.ABANDONED, not_there)
        else:
            finish_move(made, delete, context)


def _by_new_path(effects: Iterable[Effect], kind: EffectKind) -> dict[str, Effect]:
    return {str(effect.after["path"]): effect for effect in effects if effect.kind is kind}
