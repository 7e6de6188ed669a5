"""Which columns of a source are learned, and what a run uses of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.decide.ladder import Proof, Standing, promotion, standing
from pipeline.findings import FACT_NAMES
from pipeline.model import SourceSpec, short_digest
from pipeline.model.learning import LearnedColumn, LearnedModel, Rung, Stratum, Trial, TrialCounts
from pipeline.model.limits import Step
from pipeline.ports import Ledger
from pipeline.ports.learner import Learner

MOST_TRIALS = 2_000
"""Trials that are looked at one by one, the latest: more only where the promise takes more."""


def learnable(spec: SourceSpec) -> Sequence[str]:
    """Return the mapped columns that may be learned: not those with facts about our own work."""
    return [
        name
        for name, finding in spec.columns.items()
        if finding not in FACT_NAMES and spec.highest_step(name) is not Step.OFF
    ]


def basis_of(spec: SourceSpec, column: str, learner: Learner) -> str:
    """Identify what a column is learned for: another table, finding or learner proves again."""
    return short_digest([spec.container, spec.columns[column], learner.format])


@dataclass(frozen=True, slots=True)
class ColumnState:
    """The state of a column: its model, and by kind of evidence its step and its trials.

    `trials` are the latest that are certain enough to be written, `counts` are of all of them.
    `judged` is how many were judged, certain enough or not.
    """

    name: str
    highest: Step
    model: LearnedModel | None
    rungs: Mapping[Stratum, Rung]
    trials: Mapping[Stratum, Sequence[Trial]]
    counts: Mapping[Stratum, TrialCounts]
    judged: Mapping[Stratum, int]
    proof: Proof

    def standing(self, stratum: Stratum) -> Standing:
        """Return how the choices of one kind of evidence have done so far."""
        rung, trials, counts = self.rungs[stratum], self.trials[stratum], self.counts[stratum]
        own = standing(rung, trials, self.proof, counts=counts)
        return replace(own, uncertain=self.judged[stratum] - counts.asked)

    def promotion(self, stratum: Stratum) -> Rung | None:
        """Return the next step of one kind of evidence if it is proved, None otherwise."""
        rung, trials, counts = self.rungs[stratum], self.trials[stratum], self.counts[stratum]
        return promotion(rung, trials, self.proof, highest=self.highest, counts=counts)


def column_states(
    spec: SourceSpec, ledger: Ledger, learner: Learner, *, precision: float
) -> list[ColumnState]:
    """Return the state of each column of a source that may be learned."""
    models = {model.column: model for model in ledger.learning.models(spec.name)}
    kept = {(rung.column, rung.stratum): rung for rung in ledger.learning.rungs(spec.name)}
    # A promise that takes more trials than usual could never be proved by the usual number.
    most = max(MOST_TRIALS, learner.needed(0, 0, precision) or 0)
    states = []
    # A column that is mapped and has no model yet has a state, too: users see that it is missing.
    for name in learnable(spec):
        write_at = spec.limits_of(name).write_at
        trials = {
            stratum: ledger.learning.trials(
                spec.name, name, stratum=stratum, evidence_at=write_at, limit=most
            )
            for stratum in Stratum
        }
        states.append(
            ColumnState(
                name,
                spec.highest_step(name),
                models.get(name),
                {s: kept.get((name, s), Rung(spec.name, name, s)) for s in Stratum},
                # The source may have had another table, whose records prove nothing about this one.
                {
                    stratum: [one for one in own if one.record.container == spec.container]
                    for stratum, own in trials.items()
                },
                _counts(spec, name, ledger, at_least=write_at),
                {s: own.asked for s, own in _counts(spec, name, ledger, at_least=0).items()},
                Proof(precision, write_at, learner.lower_bound, learner.needed),
            )
        )
    return states


def _counts(
    spec: SourceSpec, column: str, ledger: Ledger, *, at_least: float
) -> Mapping[Stratum, TrialCounts]:
    """Count the judged choices of each kind of evidence that were this probable at least."""
    found = ledger.learning.trial_counts(
        spec.name, column, container=spec.container, at_least=at_least
    )
    return {stratum: found.get(stratum, TrialCounts()) for stratum in Stratum}


def learned_columns(
    spec: SourceSpec, ledger: Ledger, learner: Learner | None, *, precision: float
) -> Mapping[str, LearnedColumn]:
    """Return what a run over a source uses: the columns that have a model, as they are now."""
    if learner is None or not ledger.learning.models(spec.name):
        return {}
    return {
        state.name: LearnedColumn(
            state.model,
            state.rungs,
            {stratum: str(state.standing(stratum)) for stratum in Stratum},
            state.highest,
        )
        for state in column_states(spec, ledger, learner, precision=precision)
        # `learn` forgets what was learned for something else; until then it is not used.
        if state.model is not None and state.model.basis == basis_of(spec, state.name, learner)
    }
