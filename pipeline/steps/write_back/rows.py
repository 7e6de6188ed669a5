"""Insert a row that is known by one of its columns, exactly once."""

from dataclasses import replace

from pipeline.model import Effect, EffectState
from pipeline.ports import Updated
from pipeline.steps.write_back.context import WriteContext, carry_out


def insert_row(effect: Effect, context: WriteContext) -> Effect:
    """Insert `effect.after` into its table, unless a row with the same value in column `effect.field` is there.

    Returns the effect with the row's PK_ID; its state is CONFLICT where somebody was quicker, and the key is theirs.
    """
    pk = ""

    def look() -> Updated:
        nonlocal pk
        pks = context.target.find(effect.container, effect.field, effect.after[effect.field])
        pk = pks[0] if pks else ""
        return Updated(len(pks[:1]), None)

    def insert() -> Updated:
        nonlocal pk
        if look().affected:
            return Updated(0, None)
        pk = context.target.insert(effect.container, effect.after)
        return Updated(1, None)

    known, answer = carry_out(effect, context, call=insert, look=look)
    if answer.affected == 0:
        return replace(known, pk=pk, state=EffectState.CONFLICT)
    known = replace(known, pk=pk, state=EffectState.VERIFIED)
    context.ledger.settle(known, EffectState.VERIFIED)
    return known
