import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import dropwhile, takewhile

from pipeline.model.learning import (
    MAX_MODEL_BYTES,
    LearnedModel,
    Rung,
    Stratum,
    Trial,
    TrialCounts,
    Verdict,
)
from pipeline.model.limits import Step
from tests.fakes.ledger.memory import Memory, MemoryPart


class MemoryLearning(MemoryPart):
    """Models, choices and steps in dictionaries."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        self._models: dict[tuple[str, str, int], LearnedModel] = {}
        self._trials: dict[str, Trial] = {}
        self._rungs: dict[tuple[str, str, Stratum], Rung] = {}

    def save_model(self, model: LearnedModel) -> None:
        """Keep a model."""
        if len(model.document.encode()) > MAX_MODEL_BYTES:
            raise ValueError("too large")
        source, column = model.source, model.column
        known = self._models.get((source, column, 0))
        if known is not None and known.sha256 != model.sha256:
            self._models[source, column, 1] = known
        if known is None or known.sha256 != model.sha256:
            self._models.pop((source, column, 2), None)
        self._models[source, column, 0] = model

    def model(self, source: str, column: str) -> LearnedModel | None:
        """Return a present model."""
        found = self._models.get((source, column, 0))
        return found if found is not None and _is_unchanged(found) else None

    def models(self, source: str) -> Sequence[LearnedModel]:
        """Return the present models of a source."""
        found = [
            model
            for (of, _, age), model in self._models.items()
            if of == source and age == 0 and _is_unchanged(model)
        ]
        return sorted(found, key=lambda model: model.column)

    def undo_model(self, source: str, column: str) -> LearnedModel | None:
        """Go back to the previous model."""
        previous = self._models.get((source, column, 1))
        if previous is None or not _is_unchanged(previous):
            return None
        del self._models[source, column, 1]
        if (source, column, 0) in self._models:
            self._models[source, column, 2] = self._models[source, column, 0]
        self._models[source, column, 0] = previous
        return previous

    def undone_model(self, source: str, column: str) -> LearnedModel | None:
        """Return the model that was undone."""
        return self._models.get((source, column, 2))

    def keep_trials(self, trials: Iterable[Trial]) -> None:
        """Keep choices."""
        for trial in trials:
            known = self._trials.get(trial.key)
            if known is None or known.verdict is Verdict.OPEN:
                self._trials[trial.key] = replace(trial, at=self._memory.clock.now())

    def judge(self, trials: Iterable[Trial], *, again: bool = False) -> None:
        """Record verdicts."""
        for trial in trials:
            known = self._trials.get(trial.key)
            if known is not None and (known.verdict is Verdict.OPEN) is not again:
                judged = replace(known, verdict=trial.verdict, typed=trial.typed)
                self._trials[trial.key] = judged

    def trials(
        self,
        source: str,
        column: str | None = None,
        *,
        stratum: Stratum | None = None,
        record: tuple[str, str] | None = None,
        open_only: bool = False,
        evidence_at: float | None = None,
        limit: int | None = None,
    ) -> Sequence[Trial]:
        """Return choices, the latest first."""
        found = [
            trial
            for trial in self._trials.values()
            if trial.source == source
            and column in {None, trial.column}
            and stratum in {None, trial.choice.stratum}
            and not (open_only and trial.verdict is not Verdict.OPEN)
            and record in {None, (trial.record.container, trial.record.pk)}
        ]
        latest = found[::-1] if evidence_at is None else _evidence(found[::-1], evidence_at)
        return latest[:limit]

    def trial_counts(
        self, source: str, column: str, *, container: str, at_least: float
    ) -> Mapping[Stratum, TrialCounts]:
        """Count the choices that were judged."""

        def count(trials: Iterable[Trial]) -> tuple[int, int]:
            verdicts = [
                one.verdict
                for one in trials
                if one.verdict is not Verdict.OPEN and one.choice.probability >= at_least
            ]
            return verdicts.count(Verdict.RIGHT), len(verdicts)

        counted = {}
        for kind in Stratum:
            trials = [
                one
                for one in self.trials(source, column, stratum=kind)
                if one.record.container == container and _is_evidence(one)
            ]
            since = takewhile(lambda one: one.step is not Step.WRITE, trials)
            counted[kind] = TrialCounts(*count(trials), *count(since))
        return {kind: own for kind, own in counted.items() if own.asked}

    def rungs(self, source: str) -> Sequence[Rung]:
        """Return the steps that were reached."""
        found = [rung for rung in self._rungs.values() if rung.source == source]
        return sorted(found, key=lambda rung: (rung.column, rung.stratum))

    def save_rung(self, rung: Rung) -> None:
        """Keep a step."""
        self._rungs[rung.source, rung.column, rung.stratum] = rung

    def forget(self, source: str, column: str | None = None) -> int:
        """Delete what was learned."""
        mine = [key for key in self._models if key[0] == source and column in {None, key[1]}]
        for key in mine:
            del self._models[key]
        for trial in self.trials(source, column):
            del self._trials[trial.key]
        for rung in self.rungs(source):
            if column in {None, rung.column}:
                del self._rungs[rung.source, rung.column, rung.stratum]
        return sum(age == 0 for _, _, age in mine)


def _evidence(latest: Sequence[Trial], at_least: float) -> list[Trial]:
    certain = (one for one in latest if one.choice.probability >= at_least)
    judged = dropwhile(lambda one: one.verdict is Verdict.OPEN, certain)
    return [one for one in judged if _is_evidence(one)]


def _is_evidence(trial: Trial) -> bool:
    return trial.written or trial.verdict is not Verdict.OPEN


def _is_unchanged(model: LearnedModel) -> bool:
    return hashlib.sha256(model.document.encode()).hexdigest() == model.sha256
