"""Choose the names of a list column, such as the parties of a contract.

Each candidate has a probability of its own to be one of the names; those above a threshold are
chosen, of names that overlap the likeliest. The threshold is the one that was best for records
that the weights had not seen; where the names of the rules were better there, they are chosen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from processors.confidence.logistic import fit, logit, probabilities
from processors.learning.candidates import PrintedCandidate

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_MOST_NAMES = 12
_LEAST_CHANCE = 0.05
_STEPS = 9
_PENALTY = 0.5
_CERTAINTY_PENALTY = 1.0
_MOST_LOGIT = 6.0
_NOWHERE = 10**6
"""A line after all others."""
_TOWARD = (0.0, 0.5, 0.5, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Names:
    """The names that were chosen in a document, as numbers of candidates in order of their place.

    `features` say how certain the whole list is.
    """

    chosen: tuple[int, ...]
    features: Vector


def fit_names(rows: Sequence[Matrix], right: Sequence[Vector], toward: Vector) -> Vector:
    """Return the weights with which each candidate is one of the names or not."""
    if not rows:
        return toward
    penalty = np.full(len(toward), _PENALTY)
    target = np.concatenate([np.minimum(1.0, each * 2) for each in right])
    return fit(np.concatenate(rows), target, penalty=penalty, toward=toward)


@dataclass(frozen=True, slots=True)
class Cut:
    """Which names are chosen: those from a probability on, or those of the rules.

    The rules decide where they have found at least `by_rules` names; 0 means never.
    """

    threshold: float = 0.4
    by_rules: int = 1


@dataclass(frozen=True, slots=True)
class Judging:
    """A document with weights that had not seen it; `typed` is the number of its names."""

    candidates: Sequence[PrintedCandidate]
    rows: Matrix
    right: Vector
    weights: Vector
    typed: int


def names_of(
    candidates: Sequence[PrintedCandidate],
    rows: Matrix,
    weights: Vector,
    cut: Cut,
    finding: str | None,
) -> Names:
    """Choose the names of a document; `finding` is the one that the column is mapped to."""
    chances = probabilities(rows, weights)
    ranked = list(map(int, np.argsort(-chances, kind="stable")))
    of_rules = [at for at in ranked if finding in candidates[at].names][:_MOST_NAMES]
    if cut.by_rules and len(of_rules) >= cut.by_rules:
        chosen = of_rules
    else:
        likely = [at for at in ranked if chances[at] >= max(cut.threshold, _LEAST_CHANCE)]
        chosen = _apart(candidates, likely)
    rest = (at for at in ranked if at not in chosen and _is_apart(candidates, at, chosen))
    another = next((float(chances[at]) for at in rest), 0.0)
    least = min((float(chances[at]) for at in chosen), default=0.0)
    features = np.array(
        [
            1.0,
            max(-_MOST_LOGIT, min(_MOST_LOGIT, logit(least))) / 2,
            max(-_MOST_LOGIT, min(_MOST_LOGIT, logit(1 - another))) / 2,
            float(len(chosen) == 1),
            float(len(chosen) > 2),  # noqa: PLR2004 (more than a pair)
        ]
    )

    def place(at: int) -> tuple[int, int]:
        spots = candidates[at].spots
        # Names without a place, such as those of the rules alone, come last.
        return (spots[0].first, spots[0].start) if spots else (_NOWHERE, 0)

    return Names(tuple(sorted(chosen, key=place)), features)


def _apart(candidates: Sequence[PrintedCandidate], ranked: Sequence[int]) -> list[int]:
    """Return the likeliest of those that overlap."""
    chosen: list[int] = []
    for at in ranked:
        if len(chosen) < _MOST_NAMES and _is_apart(candidates, at, chosen):
            chosen.append(at)
    return chosen


def _is_apart(candidates: Sequence[PrintedCandidate], at: int, chosen: Sequence[int]) -> bool:
    return not any(_overlap(candidates[at], candidates[other]) for other in chosen)


def best_cut(judged: Sequence[Judging], finding: str | None) -> Cut:
    """Return the cut of the best F1. Of equal ones the rules' is taken: nothing gets worse."""
    steps = [step / (_STEPS + 1) for step in range(2, _STEPS)]
    cuts = [Cut(0.4, 1), Cut(0.4, 2), *(Cut(step, rules) for rules in (2, 0) for step in steps)]
    return max(cuts, key=lambda cut: (round(_score(judged, cut, finding), 6), -cuts.index(cut)))


def _score(judged: Sequence[Judging], cut: Cut, finding: str | None) -> float:
    """Return F1, the harmonic mean of precision and recall."""
    found = right = 0
    for each in judged:
        chosen = names_of(each.candidates, each.rows, each.weights, cut, finding).chosen
        found += len(chosen)
        right += sum(each.right[at] > 0 for at in chosen)
    return 2 * right / max(found + sum(each.typed for each in judged), 1)


def fit_list_certainty(features: Sequence[Vector], right: Sequence[bool]) -> Vector:
    """Learn how often whole lists with such features are right."""
    toward = np.array(_TOWARD)
    if not features:
        return toward
    penalty = np.full(len(_TOWARD), _CERTAINTY_PENALTY)
    return fit(np.array(features), np.array(right, dtype=float), penalty=penalty, toward=toward)


def abbreviates(one: str, other: str) -> bool:
    """Return whether two names have the same words, some of them shortened in either."""
    ones, others = _words(one), _words(other)
    if len(ones) != len(others) or len(ones) < 2:  # noqa: PLR2004 (one word may be anything)
        return False
    equal = 0
    for word, other_word in zip(ones, others, strict=True):
        if not word.startswith(other_word) and not other_word.startswith(word):
            return False
        equal += word == other_word
    # "J. B. Smith" is "John Bell Smith"; of two names with hardly an equal word nothing is known.
    return equal * 2 >= len(ones)


def _words(name: str) -> list[str]:
    return [word for part in name.casefold().split() if (word := part.strip(".,()'\""))]


def _overlap(one: PrintedCandidate, other: PrintedCandidate) -> bool:
    if one.key in other.key or other.key in one.key:
        return True
    # A party is named many times; the first places are those of the introduction.
    return any(
        (a.first, a.start) < (b.last, b.end) and (b.first, b.start) < (a.last, a.end)
        for a in one.spots[:2]
        for b in other.spots[:2]
    )


def written(names: Iterable[str]) -> str:
    """Return names as the value of a list column."""
    return "; ".join(name.replace(";", ",").strip() for name in names)
