"""Judge what was chosen by what people put there later, and move the steps by it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.decide.ladder import demotion, with_new_engines
from pipeline.decide.learned import verdict, was_written, writes_nothing
from pipeline.learning.collect import FilledRecord
from pipeline.learning.columns import MOST_TRIALS, ColumnState
from pipeline.model import Column
from pipeline.model.learning import Rung, Stratum, Trial, Verdict
from pipeline.model.limits import Step
from pipeline.ports import Ledger


def judge_trials(
    source: str, records: Sequence[FilledRecord], columns: Mapping[str, Column], ledger: Ledger
) -> int:
    """Compare choices with what people have put there since; return how many were judged.

    A choice that was judged is judged again once people have changed the value that judged it: who
    corrects a typing error says that the choice was right.
    """
    by_pk = {filled.record.pk: filled for filled in records}
    varying = {one.column for one in ledger.learning.models(source) if one.separators_vary}
    waiting = ledger.learning.trials(source, open_only=True)
    judged = list(_judged(waiting, by_pk, columns, ledger, varying))
    ledger.learning.judge(judged)
    changed = _changed(source, by_pk, columns, ledger)
    again = list(_judged(changed, by_pk, columns, ledger, varying))
    ledger.learning.judge(again, again=True)
    # A verdict stays: what was judged just now must not be opened again.
    decided = {trial.key for trial in judged}
    ledger.learning.keep_trials(
        replace(trial, written=True)
        for trial in waiting
        if not trial.written and trial.key not in decided and _was_written(trial, columns, ledger)
    )
    return len(judged) + len(again)


def _changed(
    source: str,
    by_pk: Mapping[str, FilledRecord],
    columns: Mapping[str, Column],
    ledger: Ledger,
) -> Iterator[Trial]:
    """Yield the latest judged choices whose record has another value of a user's now."""
    for column in columns:
        latest = ledger.learning.trials(source, column, evidence_at=0, limit=MOST_TRIALS)
        for trial in latest:
            filled = by_pk.get(trial.record.pk)
            typed = filled.typed.get(column) if filled is not None else None
            if trial.verdict is not Verdict.OPEN and typed and typed.text != trial.typed:
                yield trial


def _judged(
    waiting: Iterable[Trial],
    by_pk: Mapping[str, FilledRecord],
    columns: Mapping[str, Column],
    ledger: Ledger,
    varying: Collection[str],
) -> Iterator[Trial]:
    for trial in waiting:
        filled, column = by_pk.get(trial.record.pk), columns.get(trial.column)
        if filled is None or column is None:
            continue
        # Who removes a value that we wrote says that it was wrong.
        if trial.column in filled.cleared and _was_written(trial, columns, ledger):
            yield replace(trial, verdict=Verdict.WRONG, typed="")
        if trial.column not in filled.typed:
            continue
        # A No would be right for nearly every record, and would prove a Yes that is wrong.
        if writes_nothing(trial.choice.value, column):
            continue
        typed = filled.typed[trial.column].text
        current = filled.work.values[trial.column]
        chosen, varies = trial.choice.value, trial.column in varying
        found = verdict(chosen, current, column, separators_vary=varies)
        exactly = verdict(chosen, current, column, was_written=True)
        if found is not exactly and _was_written(trial, columns, ledger):
            found = exactly
        yield replace(trial, verdict=found, typed=typed)


def _was_written(trial: Trial, columns: Mapping[str, Column], ledger: Ledger) -> bool:
    column = columns.get(trial.column)
    if column is None or trial.step is not Step.WRITE:
        return False
    effects = ledger.effects.find(record=(trial.record.container, trial.record.pk))
    return was_written(trial, column, effects)


@dataclass(frozen=True, slots=True)
class Move:
    """A step that was taken, up or down, or that waits for somebody to agree."""

    before: Rung
    after: Rung
    waits: bool = False

    def __str__(self) -> str:
        what = f"{self.after.column}, {self.after.stratum}: {self.before.step} → {self.after.step}"
        asks = "; agree with `learn promote`" if self.waits else ""
        return f"{what} ({self.after.reason}{asks})"


def move_steps(states: Sequence[ColumnState], ledger: Ledger, *, auto: bool) -> list[Move]:
    """Take every step down that is due, and every step up if nobody has to agree; return them."""
    moves = []
    for state in states:
        for stratum in Stratum:
            move = _move(state, stratum, auto=auto)
            if move is None:
                continue
            moves.append(move)
            # What waits is saved by `promote`, once somebody agrees.
            if not move.waits:
                ledger.learning.save_rung(move.after)
    return moves


def _move(state: ColumnState, stratum: Stratum, *, auto: bool) -> Move | None:
    rung, trials = state.rungs[stratum], state.trials[stratum]
    # Down first, and without asking: what fails now must not be written until somebody agrees.
    down = demotion(rung, trials, state.proof)
    if down is not None:
        return Move(rung, down)
    wider = with_new_engines(rung, trials, state.proof)
    if wider is not None:
        return Move(rung, wider)
    up = state.promotion(stratum)
    return None if up is None else Move(rung, up, waits=not auto)


def promote(
    states: Sequence[ColumnState], ledger: Ledger, *, by: str, column: str | None = None
) -> list[Move]:
    """Take the steps up that are proved and wait for somebody to agree; return them."""
    moves = []
    for state in states:
        if column is not None and state.name != column:
            continue
        for stratum in Stratum:
            move = _move(state, stratum, auto=False)
            if move is not None and move.waits:
                agreed = replace(move.after, by=by)
                ledger.learning.save_rung(agreed)
                moves.append(Move(move.before, agreed))
    return moves
