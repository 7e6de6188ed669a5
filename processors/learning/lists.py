"""Choose the names of a list column, such as the parties of a contract.

Each candidate has a probability of its own to be one of the names; those above a threshold are
chosen, of names that overlap the likeliest. The threshold is the one that was best for records
that the weights had not seen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from processors.confidence.logistic import fit, logit, probabilities
from processors.learning.candidates import Candidate
from processors.learning.text.spans import Spot

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_MOST_NAMES = 12
_LEAST_CHANCE = 0.05
_STEPS = 19
_PENALTY = 0.5
_CERTAINTY_PENALTY = 1.0
_MOST_LOGIT = 6.0
_TOWARD = (0.0, 0.5, 0.5, 0.0, 0.0)
USUAL_THRESHOLD = 0.4


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


def names_of(
    candidates: Sequence[Candidate], rows: Matrix, weights: Vector, threshold: float
) -> Names:
    """Choose the names of a document."""
    chances = probabilities(rows, weights)
    order = np.argsort(-chances, kind="stable")
    chosen: list[int] = []
    rest = 0.0
    for at in map(int, order):
        if chances[at] < _LEAST_CHANCE or len(chosen) >= _MOST_NAMES:
            break
        if any(_overlap(candidates[at], candidates[other]) for other in chosen):
            continue
        if chances[at] < threshold:
            rest = float(chances[at])
            break
        chosen.append(at)
    least = min((float(chances[at]) for at in chosen), default=0.0)
    features = np.array(
        [
            1.0,
            max(-_MOST_LOGIT, min(_MOST_LOGIT, logit(least))) / 2,
            max(-_MOST_LOGIT, min(_MOST_LOGIT, logit(1 - rest))) / 2,
            float(len(chosen) == 1),
            float(len(chosen) > 2),  # noqa: PLR2004 (more than a pair)
        ]
    )
    return Names(tuple(sorted(chosen, key=lambda at: _place(candidates[at]))), features)


def best_threshold(
    judged: Sequence[tuple[Sequence[Candidate], Matrix, Vector, Vector, int]],
) -> float:
    """Return the threshold of the best F1; each document has the weights that had not seen it.

    A document is its candidates, their features and how right they are, the weights, and the number
    of names that were typed.
    """
    best, best_score = USUAL_THRESHOLD, 0.0
    for step in range(2, _STEPS):
        threshold = step / (_STEPS + 1)
        found = right = asked = 0
        for candidates, rows, target, weights, count in judged:
            names = names_of(candidates, rows, weights, threshold)
            found += len(names.chosen)
            right += sum(target[at] > 0 for at in names.chosen)
            asked += count
        score = 2 * right / max(found + asked, 1)
        if score > best_score + 1e-9:
            best, best_score = threshold, score
    return best


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
    pairs = list(zip(ones, others, strict=True))
    return all(a == b or a.startswith(b) or b.startswith(a) for a, b in pairs) and sum(
        a == b for a, b in pairs
    ) * 2 >= len(pairs)


def _words(name: str) -> list[str]:
    return [word for part in name.casefold().split() if (word := part.strip(".,()'\""))]


def _overlap(one: Candidate, other: Candidate) -> bool:
    if one.key in other.key or other.key in one.key:
        return True
    return any(_shared(a, b) for a in one.spots[:2] for b in other.spots[:2])


def _shared(one: Spot, other: Spot) -> bool:
    return (one.first, one.start) < (other.last, other.end) and (other.first, other.start) < (
        one.last,
        one.end,
    )


def _place(candidate: Candidate) -> tuple[int, int]:
    return candidate.spots[0][:2] if candidate.spots else (10**6, 0)


def written(names: Iterable[str]) -> str:
    """Return names as the value of a list column."""
    return "; ".join(name.replace(";", ",").strip() for name in names)
