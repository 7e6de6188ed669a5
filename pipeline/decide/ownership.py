"""Who wrote a value: what the effects in the ledger say about a record's columns. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from posixpath import basename

from pipeline.model import Effect, EffectKind, EffectState, OwnValue, Value

_NAME = ""
"""What a name has instead of a column."""

IN_EFFECT = frozenset({EffectState.APPLIED, EffectState.VERIFIED})
"""States of an effect that changed something at Caspio, as far as is known."""

PERHAPS_IN_EFFECT = IN_EFFECT | {EffectState.INTENT}
"""The same, with what a killed run has left open."""

_NAMING_KINDS = frozenset({EffectKind.RENAME_ATTACHMENT, EffectKind.PUT_FILE})
DECISION_KINDS = frozenset({EffectKind.APPLY_DECISION, EffectKind.APPLY_AGENT_DECISION})
"""Kinds of effects that write what was decided in the review, by users or for them."""

COLUMN_KINDS = DECISION_KINDS | {
    EffectKind.UPDATE_COLUMNS,
    EffectKind.INSERT_INDEX_ROW,
    EffectKind.REPOINT,
}
"""Kinds of effects that write values to columns."""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A value that an undo took back, with the undo's run; of a name the field and no column."""

    field: str
    column: str
    value: Value
    run_id: str


def owned(effects: Sequence[Effect]) -> Mapping[str, OwnValue]:
    """Return, by column, the value that is this program's own, from a record's effects in order.

    An effect that was undone counts as never made, and so does what undoing it put back: that is
    the value of whoever it belonged to before. A user's decision, once carried out, is the user's.
    """
    effects = sorted(
        (e for e in effects if e.state in IN_EFFECT and e.kind in COLUMN_KINDS),
        key=lambda effect: effect.id,
    )
    dead = undone(effects)
    ours: dict[str, OwnValue] = {}
    for effect in effects:
        for column, value in effect.after.items():
            if (effect.id, column) in dead:
                continue
            # What was decided is the user's, even though this program wrote it.
            if effect.kind in DECISION_KINDS:
                ours.pop(column, None)
            elif not effect.undoes:
                ours[column] = OwnValue(value, effect.origins.get(column, effect.version))
    return ours


def _latest_by_place(effects: Iterable[Effect]) -> dict[tuple[str, str], Effect]:
    """Return the latest effect on each column, and on the name in each field."""
    latest: dict[tuple[str, str], Effect] = {}
    for effect in sorted(effects, key=lambda effect: effect.id):
        if effect.kind in COLUMN_KINDS:
            latest.update({("", column): effect for column in effect.after})
        elif effect.kind in _NAMING_KINDS:
            latest[effect.field, _NAME] = effect
    return latest


def taken_back(effects: Sequence[Effect]) -> Iterator[TakenBack]:
    """Yield what was written to a record and undone, and not written or named again since.

    An undo that was itself undone takes back nothing.
    """
    in_effect = {effect.id: effect for effect in effects if effect.state in IN_EFFECT}
    for (field, column), effect in _latest_by_place(in_effect.values()).items():
        undone_effect = in_effect.get(effect.undoes)
        if undone_effect is None or undone_effect.undoes:
            continue
        value = name_given(undone_effect) if column == _NAME else undone_effect.after.get(column)
        yield TakenBack(field, column, value, effect.run_id)


def last_named(effects: Iterable[Effect]) -> Mapping[str, tuple[str, str]]:
    """Return, by field, the name that this program gave last, an undo's as well, and to which file.

    The file is a version. A Files-area file has a name once its record names it: a copy alone is
    none.
    """
    named: dict[str, tuple[str, str]] = {}
    for effect in sorted(effects, key=lambda effect: effect.id):
        if effect.state not in IN_EFFECT:
            continue
        if effect.kind is EffectKind.RENAME_ATTACHMENT:
            named[effect.field] = str(effect.after["name"]), effect.version
        elif effect.kind is EffectKind.REPOINT:
            named[effect.field] = basename(str(effect.after[effect.field])), effect.version
    return named


def last_applied(effects: Iterable[Effect]) -> Mapping[str, Value]:
    """Return, by column, the value this program wrote last, whoever it belongs to.

    Own-change detection compares with this: it is how our own write looks from outside.
    """
    kinds = COLUMN_KINDS | {EffectKind.CLEAR_REPROCESS_FLAG}
    return {
        column: value
        for effect in effects
        if effect.state in IN_EFFECT and effect.kind in kinds
        for column, value in effect.after.items()
    }


def undone(effects: Iterable[Effect]) -> frozenset[tuple[int, str]]:
    """Return id and column (or "name", "path") of all that was undone and not done again.

    The latest effect decides: an undo that was itself undone takes back nothing.
    """
    dead: set[tuple[int, str]] = set()
    for effect in sorted(effects, key=lambda effect: -effect.id):
        if effect.state in IN_EFFECT and effect.undoes:
            alive = [column for column in touched(effect) if (effect.id, column) not in dead]
            dead.update((effect.undoes, column) for column in alive)
    return frozenset(dead)


def without_own_undos(effects: Sequence[Effect]) -> list[Effect]:
    """Return the effects of a run without its undos of its own effects.

    To take such an undo back as well would do again what it has undone.
    """
    own = {effect.id for effect in effects}
    return [effect for effect in effects if effect.undoes not in own]


def name_given(effect: Effect) -> str:
    """Return the name that an effect has given to a file, "" if it has given none."""
    if effect.state in IN_EFFECT and effect.kind is EffectKind.RENAME_ATTACHMENT:
        return str(effect.after["name"])
    if effect.state in IN_EFFECT and effect.kind is EffectKind.PUT_FILE:
        return basename(str(effect.after["path"]))
    return ""


def touched(effect: Effect) -> Iterable[str]:
    """Return what an effect changed: columns, "name" or "path". A deletion leaves no values."""
    return effect.after or effect.before
