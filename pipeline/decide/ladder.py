"""What may be done with learned values: up one step when it is proved, down when it fails. Pure.

A trial counts only if the choice was made before the person's value was known to the model, and if
it was certain enough to be written: a step promises something about such choices alone.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Protocol

from pipeline.model.learning import Rung, Trial, TrialCounts, Verdict
from pipeline.model.limits import Step
from pipeline.wording import counted

LAST = 200
"""Trials by which a step is kept: more where so few cannot prove the promise."""

FEW, MOST_WRONG = 50, 3
"""So many wrong ones among the last few end all use at once."""

NEW_ENGINE = 50
"""Trials from pages that a new OCR engine has read, before its pages count like the others'."""


class Needed(Protocol):
    """Says how many more choices must be right."""

    def __call__(
        self, right: int, asked: int, target: float, *, at_every_look: bool = False
    ) -> int | None:
        """Return how many more prove a share, None for too many.

        `at_every_look` asks for a proof that lasts however often it is looked for.
        """


@dataclass(frozen=True, slots=True)
class Proof:
    """How trials are judged.

    Attributes:
        precision: The share that must be right at least.
        write_at: The probability from which on a choice counts.
        lower_bound: Returns from right and asked what share is right at least, with 95 % certainty.
        needed: Says how many more must be right; None for too many.
    """

    precision: float
    write_at: float
    lower_bound: Callable[[int, int], float]
    needed: Needed


@dataclass(frozen=True, slots=True)
class Standing:
    """How the choices of one kind of evidence have done so far.

    `needed` is how many more confirmed records the next step takes, None where that is not known.
    `failing` says why a step that all records prove is not taken: the latest speak against it.
    `uncertain` is how many more were compared that were not certain enough to count.
    """

    right: int
    asked: int
    at_least: float
    needed: int | None
    failing: str = ""
    uncertain: int = 0

    def __str__(self) -> str:
        if not self.asked and self.uncertain:
            compared = f"{counted(self.uncertain, 'choice')} compared with what people typed"
            return f"none of {compared} was certain enough to count; {self._more}"
        if not self.asked:
            return f"not compared with what people typed yet; {self._more}"
        proved = f"at least {_percent(self.at_least)}"
        said = f"{self.right} of {self.asked} as people typed; {proved}; {self._more}"
        less = counted(self.uncertain, "less certain choice", "does/do")
        return f"{said}; {less} not count" if self.uncertain else said

    @property
    def _more(self) -> str:
        if self.needed is None and self.right == self.asked:
            return "the promise takes more records than can be counted"
        if self.needed is None:
            return "too many were wrong for the promise"
        if self.needed == 0:
            return f"it is proved, but {self.failing}" if self.failing else "it is proved"
        return f"{counted(self.needed, 'more confirmed record', 'is/are')} needed"


def counting(trials: Sequence[Trial], proof: Proof) -> list[Trial]:
    """Return the trials that count, the latest first: certain enough, and judged."""
    return [
        trial
        for trial in trials
        if trial.choice.probability >= proof.write_at and trial.verdict is not Verdict.OPEN
    ]


def standing(
    rung: Rung, trials: Sequence[Trial], proof: Proof, *, counts: TrialCounts | None = None
) -> Standing:
    """Return how the choices of one kind of evidence have done, from its trials, latest first.

    `counts` are of all of them where `trials` are the latest only.
    """
    counts = counts or _counts_of(trials, proof)
    more = _needed(rung, counts, proof)
    failing = failure(trials, proof) if more == 0 else ""
    at_least = proof.lower_bound(counts.right, counts.asked)
    return Standing(counts.right, counts.asked, at_least, more, failing)


def _counts_of(trials: Sequence[Trial], proof: Proof) -> TrialCounts:
    all_of, since = (counting(own, proof) for own in (trials, _since_written(trials)))
    return TrialCounts(*_right_of(all_of), *_right_of(since))


def _since_written(trials: Sequence[Trial]) -> list[Trial]:
    return list(takewhile(lambda one: one.step is not Step.WRITE, trials))


def _needed(rung: Rung, counts: TrialCounts, proof: Proof) -> int | None:
    """Return how many more right choices prove the next step.

    The bound is looked at after every record, so a column whose precision is a little too low
    reaches it by chance more often than once in twenty times. Before anything is written, the proof
    must hold at every look: over all choices since one was last written, for the latest of them
    alone reach it by chance as often as one waits. What fell from there has changed since, and its
    past says nothing about it.
    """
    if rung.step is Step.SUGGEST:
        since = counts.right_since, counts.asked_since
        return proof.needed(*since, proof.precision, at_every_look=True)
    return proof.needed(counts.right, counts.asked, proof.precision)


def _right_of(judged: Sequence[Trial]) -> tuple[int, int]:
    return sum(trial.verdict is Verdict.RIGHT for trial in judged), len(judged)


def promotion(
    rung: Rung,
    trials: Sequence[Trial],
    proof: Proof,
    *,
    highest: Step,
    counts: TrialCounts | None = None,
) -> Rung | None:
    """Return the step above if it is proved and allowed, None otherwise.

    The latest trials must prove it as well: a column that fails now is not saved by its past.
    `counts` are of all of them where `trials` are the latest only.
    """
    above = rung.step.next
    if above is None or rung.step.at_most(highest) is highest:
        return None
    counts = counts or _counts_of(trials, proof)
    if _needed(rung, counts, proof) != 0 or failure(trials, proof):
        return None
    judged = counting(_since_written(trials) if rung.step is Step.SUGGEST else trials, proof)
    # One page among hundreds of another engine proves nothing about its own.
    engines = _proved_engines(judged, least=min(NEW_ENGINE, len(judged)))
    if not engines:
        return None
    reason = str(standing(rung, trials, proof, counts=counts))
    return replace(rung, step=above, reason=reason, engines=engines, by="")


def demotion(rung: Rung, trials: Sequence[Trial], proof: Proof) -> Rung | None:
    """Return a lower step if the latest trials do not keep the promise, None if they do."""
    if rung.step not in {Step.SUGGEST, Step.WRITE}:
        return None
    if _wrong_of_few(trials, proof) >= MOST_WRONG:
        return replace(rung, step=Step.SHADOW, reason=failure(trials, proof), by="")
    reason = failure(trials, proof)
    if not reason and rung.step is Step.WRITE:
        written = _written_since_promotion(trials, proof)
        # What people correct months later is not among the latest choices. So few prove nothing.
        if len(written) > _window(proof):
            reason = _shortfall(written, "values written at this step", proof)
    return replace(rung, step=rung.step.before, reason=reason, by="") if reason else None


def failure(trials: Sequence[Trial], proof: Proof) -> str:
    """Say why the latest trials do not keep the promise, "" if they do.

    What was written and left alone by people counts as right here, and only here: a promise is
    never made on it.
    """
    wrong = _wrong_of_few(trials, proof)
    if wrong >= MOST_WRONG:
        return f"{wrong} of the last {FEW} were wrong"
    last = _latest(trials, proof)[: _window(proof)]
    return _shortfall(last, counted(len(last), "choice").partition(" ")[2], proof, which="last ")


def _window(proof: Proof) -> int:
    """Return by how many of the latest choices a step is kept: 200 prove at most 98.5 %."""
    return max(LAST, proof.needed(0, 0, proof.precision) or LAST)


def _shortfall(trials: Sequence[Trial], nouns: str, proof: Proof, *, which: str = "") -> str:
    """Say why these choices do not keep the promise, "" if they do."""
    right = sum(trial.verdict is not Verdict.WRONG for trial in trials)
    at_least = proof.lower_bound(right, len(trials))
    if at_least >= proof.precision:
        return ""
    return (
        f"of the {which}{len(trials):,} {nouns} {right:,} were right: at least "
        f"{_percent(at_least)}, which is below {_percent(proof.precision)}"
    )


def _written_since_promotion(trials: Sequence[Trial], proof: Proof) -> list[Trial]:
    """Return what was to be written since the step was reached, the latest first.

    Before that no choice was to be written until so many had proved it. Single ones that were not,
    such as from pages of another engine, are left out.
    """
    least = proof.needed(0, 0, proof.precision) or LAST
    written: list[Trial] = []
    others = 0
    for trial in _latest(trials, proof):
        others = 0 if trial.step is Step.WRITE else others + 1
        if others == least:
            break
        if trial.step is Step.WRITE:
            written.append(trial)
    return written


def with_new_engines(rung: Rung, trials: Sequence[Trial], proof: Proof) -> Rung | None:
    """Return the step with the engines whose pages have done well since, None without any."""
    if rung.step not in {Step.SUGGEST, Step.WRITE}:
        return None
    proved = {*rung.engines, *_proved_engines(counting(trials, proof), least=NEW_ENGINE)}
    return replace(rung, engines=tuple(sorted(proved))) if proved != {*rung.engines} else None


def _proved_engines(judged: Sequence[Trial], *, least: int) -> tuple[str, ...]:
    """Return the engines with so many judged pages at least, few of the latest of them wrong."""
    proved = []
    for name in sorted({name for trial in judged for name in trial.engines}):
        of_engine = [trial for trial in judged if name in trial.engines][:NEW_ENGINE]
        wrong = sum(trial.verdict is Verdict.WRONG for trial in of_engine)
        if len(of_engine) >= least and wrong < MOST_WRONG:
            proved.append(name)
    return tuple(proved)


def _latest(trials: Sequence[Trial], proof: Proof) -> list[Trial]:
    """Return what people judged, or left alone after it was written, the latest first.

    What was written since the latest verdict was not left alone: nobody has looked yet.
    """
    kept = [
        trial
        for trial in trials
        if trial.choice.probability >= proof.write_at
        and (trial.written or trial.verdict is not Verdict.OPEN)
    ]
    judged = (at for at, trial in enumerate(kept) if trial.verdict is not Verdict.OPEN)
    return kept[next(judged, 0) :]


def _wrong_of_few(trials: Sequence[Trial], proof: Proof) -> int:
    return sum(trial.verdict is Verdict.WRONG for trial in _latest(trials, proof)[:FEW])


def _percent(share: float) -> str:
    """Return a share in percent, rounded down: what is below a target looks so, too."""
    return f"{math.floor(round(share * 1000, 6)) / 10:g} %"
