"""Who put a value there: what the effects in the ledger say of a record's columns. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pipeline.model import Effect, EffectKind, EffectState, Value

TAKEN = frozenset({EffectState.APPLIED, EffectState.VERIFIED})
_COLUMNS = frozenset(
    {
        EffectKind.UPDATE_COLUMNS,
        EffectKind.INSERT_INDEX_ROW,
        EffectKind.REPOINT,
        EffectKind.APPLY_DECISION,
    }
)


def owned(effects: Sequence[Effect]) -> Mapping[str, Value]:
    """Return, by column, the value this program wrote of itself, from a record's effects in order.

    An effect that was undone is as if it had never been, and so is what undoing it put back: that is the value of
    whoever it belonged to before. A person's decision, once carried out, is the person's value.
    """
    ours: dict[str, Value] = {}
    for effect, column in _standing(effects):
        if effect.kind is EffectKind.APPLY_DECISION:
            ours.pop(column, None)
        elif not effect.undoes:
            ours[column] = effect.after[column]
    return ours


def left(effects: Iterable[Effect]) -> Mapping[str, Value]:
    """Return, by column, the value this program put there last, whoever it belongs to: what our own echo looks like."""
    kinds = _COLUMNS | {EffectKind.CLEAR_TICK}
    taken = [effect for effect in effects if effect.state in TAKEN and effect.kind in kinds]
    return {column: value for effect in taken for column, value in effect.after.items()}


def undone(effects: Iterable[Effect]) -> frozenset[tuple[int, str]]:
    """Return id and column (or the word for a name or path) of all that was taken back and not put again."""
    dead: set[tuple[int, str]] = set()
    for effect in sorted(effects, key=lambda effect: -effect.id):
        if effect.state in TAKEN and effect.undoes:
            dead |= {
                (effect.undoes, column)
                for column in touched(effect)
                if (effect.id, column) not in dead
            }
    return frozenset(dead)


def touched(effect: Effect) -> Iterable[str]:
    """Return what an effect changed: columns, or the word for a name or path. What deletes leaves nothing."""
    return effect.after or effect.before


def _standing(effects: Sequence[Effect]) -> Iterator[tuple[Effect, str]]:
    """Yield every effect that was not undone, oldest first, with each of its columns."""
    taken = sorted(
        (e for e in effects if e.state in TAKEN and e.kind in _COLUMNS),
        key=lambda effect: effect.id,
    )
    dead = undone(taken)
    for effect in taken:
        for column in effect.after:
            if (effect.id, column) not in dead:
                yield effect, column
