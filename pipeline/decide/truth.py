"""Which values people stand behind: what they typed, changed or confirmed. Pure.

Whatever this program has written itself is no truth until a user has confirmed it, and neither is
what an agent has decided: agreement between two programs is not evidence. A user who types the same
value that we wrote cannot be distinguished from us, and is not counted.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.decide.column_values import holds, is_empty, same
from pipeline.decide.ownership import COLUMN_KINDS, IN_EFFECT, PERHAPS_IN_EFFECT, owned, undone
from pipeline.model import Column, Effect, EffectKind, EffectState, Value
from pipeline.model.learning import TypedValue
from pipeline.model.review import Decider, ReviewItem, ReviewState

_CONFIRMED = 2.0
"""The weight of what somebody saw beside the page, or put in place of what we wrote."""


def typed_values(
    values: Mapping[str, Value],
    columns: Mapping[str, Column],
    effects: Sequence[Effect],
    items: Sequence[ReviewItem] = (),
    *,
    present: Collection[str] | None = None,
) -> Mapping[str, TypedValue]:
    """Return, by column, the values of a record that people typed, changed or confirmed.

    `values` are what the record holds now, `effects` all effects on it and `items` the suggestions
    for it. `present` are the names of all columns of the table, None if `columns` are all. An empty
    column says nothing: nobody may have looked yet. A cleared checkbox does say No where people
    have filled something else in, or where we had set it.
    """
    effects = [_as_ours(effect) for effect in effects]
    gone = _written_elsewhere(effects, present if present is not None else columns)
    decided = {item.suggestion.column: item for item in items}
    found: dict[str, TypedValue] = {}
    for name in values.keys() & columns.keys():
        if not is_empty(values[name]):
            history = _history(columns[name], effects, gone)
            typed = _typed(values[name], columns[name], history, decided.get(name))
            if typed is not None:
                found[name] = typed
    return {**_unset_checkboxes(values, columns, effects, has_typed=bool(found)), **found}


def cleared_columns(
    values: Mapping[str, Value], columns: Mapping[str, Column], effects: Sequence[Effect]
) -> frozenset[str]:
    """Return the columns that people emptied after we had written a value there.

    Checkboxes are not among them: a cleared one has a value, which is No.
    """
    effects = [_as_ours(effect) for effect in effects]
    return frozenset(
        name
        for name in values.keys() & columns.keys()
        if columns[name].type != "YES/NO" and is_empty(values[name])
        if _is_ours(name, _history(columns[name], effects, ()).latest)
    )


def _is_ours(name: str, latest: Effect | None) -> bool:
    """Say whether the latest effect on a column is known to have put a value of ours there."""
    # What was not found there as it was written may be what a rule of the table made of it. Who
    # takes back what was decided in the review says nothing about what we chose.
    if latest is None or latest.state is not EffectState.VERIFIED:
        return False
    return latest.kind is not EffectKind.APPLY_DECISION and not is_empty(latest.after[name])


def _as_ours(effect: Effect) -> Effect:
    """Return an effect with what an agent decided as a write of this program."""
    if effect.kind is EffectKind.APPLY_AGENT_DECISION:
        return replace(effect, kind=EffectKind.UPDATE_COLUMNS)
    return effect


def _written_elsewhere(effects: Sequence[Effect], present: Collection[str]) -> list[Value]:
    """Return what we wrote into columns that the table has no more."""
    return [
        value
        for effect in effects
        if effect.kind in COLUMN_KINDS
        and effect.kind is not EffectKind.APPLY_DECISION
        and effect.state in PERHAPS_IN_EFFECT
        and not effect.undoes
        for name, value in effect.after.items()
        if name not in present
    ]


def _unset_checkboxes(
    values: Mapping[str, Value],
    columns: Mapping[str, Column],
    effects: Sequence[Effect],
    *,
    has_typed: bool,
) -> dict[str, TypedValue]:
    """Return the checkboxes that people left or made No."""
    found: dict[str, TypedValue] = {}
    ours = owned(effects)
    for name in values.keys() & columns.keys():
        if columns[name].type != "YES/NO" or not is_empty(values[name]):
            continue
        if name in ours:
            # We had set it; where we had written No, it says nothing.
            if ours[name].value is True:
                found[name] = TypedValue("No", _CONFIRMED)
        elif has_typed:
            found[name] = TypedValue("No")
    return found


@dataclass(frozen=True, slots=True)
class _History:
    """What was done to a column: what we wrote, and the last thing that was not undone."""

    ours: Sequence[Value]
    latest: Effect | None


def _history(column: Column, effects: Sequence[Effect], gone: Sequence[Value]) -> _History:
    """Return the history of a column; `gone` is what we wrote into columns that are no more."""
    dead = undone(effects)
    touching = [
        effect
        for effect in sorted(effects, key=lambda effect: effect.id)
        if effect.kind in COLUMN_KINDS
        and effect.state in PERHAPS_IN_EFFECT
        and column.name in effect.after
        and not effect.undoes
    ]
    alive = [effect for effect in touching if (effect.id, column.name) not in dead]
    ours = [
        effect.after[column.name]
        for effect in touching
        if effect.kind is not EffectKind.APPLY_DECISION
    ]
    # A renamed column keeps its values: what we wrote under the old name is still ours.
    return _History([*ours, *_fitting(gone, column)], alive[-1] if alive else None)


def _fitting(values: Sequence[Value], column: Column) -> list[Value]:
    """Return the values that a column may have: to a checkbox every text would be a Yes."""
    is_checkbox = column.type == "YES/NO"
    return [value for value in values if isinstance(value, bool) == is_checkbox]


def _typed(
    value: Value, column: Column, history: _History, item: ReviewItem | None
) -> TypedValue | None:
    """Return a value that is not empty as people's, None where it is or may be ours."""
    text, latest = as_text(value), history.latest
    was_decided = (
        latest is not None
        and latest.kind is EffectKind.APPLY_DECISION
        and latest.state in IN_EFFECT
    )
    if latest is not None and was_decided and same(latest.after[column.name], value, column):
        return TypedValue(text, _CONFIRMED)
    # Any write of ours with this value, also one that was undone: it may have come back. What an
    # undo puts there is not ours, unless an earlier write of ours had the same value.
    if any(holds(value, one, column) for one in history.ours):
        return None
    if latest is not None and not was_decided:
        # What was not found there as it was written may be what a rule of the table made of it.
        is_changed = latest.state is EffectState.VERIFIED
        return TypedValue(text, _CONFIRMED) if is_changed else None
    return TypedValue(text, _CONFIRMED if _was_kept(value, column, item) else 1.0)


def _was_kept(value: Value, column: Column, item: ReviewItem | None) -> bool:
    """Say whether a user has rejected a suggestion in favor of this value."""
    if item is None or (item.state, item.decided_by) != (ReviewState.REJECTED, Decider.USER):
        return False
    return same(item.suggestion.current, value, column)


def as_text(value: Value) -> str:
    """Return a value as people read it: Yes or No, and a day without its midnight."""
    match value:
        case None:
            return ""
        case bool():
            return "Yes" if value else "No"
        case float() if value.is_integer():
            return str(int(value))
        case str():
            return value.removesuffix("T00:00:00").strip()
        case _:
            return str(value)
