"""Put what a model chose beside what the rules found: what is proved is written. Pure.

Until it is proved, the values of the rules with their probabilities decide alone.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.decide.column_values import TEXT_TYPES, UnfitText, convert, holds, is_empty
from pipeline.decide.mapping import WantedValue, WantedValues
from pipeline.decide.ownership import IN_EFFECT
from pipeline.decide.spellings import is_same_code
from pipeline.model import Column, Effect, EffectKind, SourceSpec, Value
from pipeline.model.learning import Chosen, Trial, Verdict
from pipeline.model.limits import Step

_USED = frozenset({Step.SUGGEST, Step.WRITE})
_BEHIND_WORDS = re.compile(r"(?<!\S)\S*@\S*|(?<=[^\W\d_])(?:\s*[.,])++(?!\d)")
"""Full stops and commas behind letters and before no digit; an e-mail address comes whole."""


def with_learned(
    wanted: WantedValues,
    chosen: Mapping[str, Chosen],
    *,
    spec: SourceSpec,
    columns: Mapping[str, Column],
) -> WantedValues:
    """Return what is wanted of a record, with the choices that may be suggested or written.

    A choice that may be written replaces the value of the rules, if it reaches the column's
    `write_at`. Any other is suggested where the rules have nothing that is certain enough to be
    written, and nothing more certain to be suggested. It is never written.
    """
    values, missing = dict(wanted.values), dict(wanted.missing)
    for name, one in chosen.items():
        if one.step not in _USED or name not in columns:
            continue
        want = _as_wanted(one, columns[name], spec)
        if want is None:
            continue
        rule = values.get(name)
        if _replaces(want, rule, columns[name], write_at=spec.limits_of(name).write_at):
            values[name] = want
            missing.pop(name, None)
    return replace(wanted, values=values, missing=missing)


def _as_wanted(one: Chosen, column: Column, spec: SourceSpec) -> WantedValue | None:
    try:
        value = convert(one.choice.value, column, allow_formulas=spec.allow_formulas)
    except UnfitText:
        # Such as a text in a column whose type was changed since it was learned.
        return None
    if value == "":
        return None
    objection = ""
    if one.step is Step.SUGGEST:
        objection = f"learned values of this kind are suggested, not written: {one.choice.reason}"
    return WantedValue(
        value,
        one.choice.probability,
        f"{one.choice.reason} (learned; {one.choice.stratum})",
        one.version,
        objection,
        page=one.choice.place.page if one.choice.place else None,
        box=one.choice.place.box if one.choice.place else None,
    )


def _replaces(
    want: WantedValue, rule: WantedValue | None, column: Column, *, write_at: float
) -> bool:
    if rule is None:
        return True
    if not want.objection and want.confidence >= write_at:
        # Of equal values the rules' own may be the more certain one.
        return not holds(rule.value, want.value, column) or want.confidence > rule.confidence
    return rule.confidence < write_at and want.confidence > rule.confidence


def verdict(
    choice: str,
    current: Value,
    column: Column,
    *,
    was_written: bool = False,
    separators_vary: bool = False,
) -> Verdict:
    """Say whether a choice is what people have put into a column.

    Of texts the words are compared: who types "Sdn Bhd" for "SDN. BHD." has read the same. So has
    who types a code with other separators, where people type those of the column in several ways.
    But whoever changes no more than a full stop of a value that was written says that it was wrong.
    """
    try:
        value = convert(choice, column, allow_formulas=True)
    except UnfitText:
        return Verdict.WRONG
    is_text = isinstance(value, str) and isinstance(current, str) and column.type in TEXT_TYPES
    if is_text and not was_written:
        one, other = str(value), str(current)
        if _words(one) == _words(other) != [] or (separators_vary and is_same_code(one, other)):
            return Verdict.RIGHT
    return Verdict.RIGHT if holds(current, value, column) else Verdict.WRONG


def _words(text: str) -> Sequence[str]:
    """Return the words of a text, without case and the full stops and commas behind them."""
    return _BEHIND_WORDS.sub(lambda at: at[0] if "@" in at[0] else " ", text.casefold()).split()


def writes_nothing(choice: str, column: Column) -> bool:
    """Say whether a choice leaves a column as it is, such as No: it proves nothing about others."""
    try:
        return is_empty(convert(choice, column, allow_formulas=True))
    except UnfitText:
        return False


def was_written(trial: Trial, column: Column, effects: Sequence[Effect]) -> bool:
    """Say whether a choice was written to its record, from all effects on the record."""
    return trial.step is Step.WRITE and any(
        effect.kind is EffectKind.UPDATE_COLUMNS
        and effect.state in IN_EFFECT
        and not effect.undoes
        and trial.column in effect.after
        and verdict(trial.choice.value, effect.after[trial.column], column) is Verdict.RIGHT
        for effect in effects
    )
