"""Turn what is known of a choice into the probability that it is right.

The shares of the ranking compare the candidates with each other; whether the right value is among
them at all is learned here, from choices for records that the ranking had not seen.
"""

from collections.abc import Sequence
from math import log, log1p

import numpy as np
from numpy.typing import NDArray

from processors.confidence.logistic import fit, logit, probabilities
from processors.learning.features import INDEX

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_FROM_ROW = (
    "rule", "rule_logit", "rule_elsewhere", "known", "known_twice", "known_often", "read",
    "known_and_read", "alike", "resemblance", "doubt", "words_left", "words_above", "words_own",
    "times", "joined", "repaired", "most_resembling", "length", "known_and_rule", "by_words",
    "familiar",
)  # fmt: skip
NAMES = ("always", "share", "margin", "candidates", "alone", *_FROM_ROW)
_TOWARD = {"share": 0.6, "rule_logit": 0.5, "always": 0.3}
"""Before anything is learned: the share among the candidates, and the rules' word."""
_MAIN = frozenset({"always", "share", "margin", "candidates", "rule_logit"})
"""What says most about a value that is read; the other numbers correct it."""
_PENALTY, _PENALTY_OF_READ = 1.0, 10.0
"""Of values that are read some twenty are wrong, which say little of twenty corrections: with the
lower penalty the certainty followed chance, and found fewer wrong values. Of values that are
looked up, fewer of these numbers vary, and those that do are needed to be certain at all.
"""
_MOST_MARGIN = 6.0


def certainty_features(rows: Matrix, chances: Vector, chosen: int) -> Vector:
    """Return the features of a choice among the candidates of a document."""
    share = float(chances[chosen])
    rest = np.delete(chances, chosen)
    second = float(rest.max(initial=0.0))
    # A share of 0.5 beside 0.49 says less than beside 0.1.
    margin = log(max(share, 1e-6) / max(second, 1e-6))
    own = rows[chosen]
    head = [
        1.0,
        max(-_MOST_MARGIN, min(_MOST_MARGIN, logit(share))) / 2,
        max(-_MOST_MARGIN, min(_MOST_MARGIN, margin)) / 2,
        log1p(len(chances)) / 3,
        float(len(chances) == 1),
    ]
    return np.array([*head, *(own[INDEX[name]] for name in _FROM_ROW)])


def toward() -> Vector:
    """Return the weights before anything is learned."""
    return np.array([_TOWARD.get(name, 0.0) for name in NAMES])


def fit_certainty(
    features: Sequence[Vector],
    right: Sequence[bool],
    counts: Sequence[float],
    *,
    is_looked_up: bool,
) -> Vector:
    """Learn how often choices with such features are right."""
    start = toward()
    if not features:
        return start
    of_others = _PENALTY if is_looked_up else _PENALTY_OF_READ
    penalty = np.array([_PENALTY if name in _MAIN else of_others for name in NAMES])
    # The constant is how often the column is right at all: it follows the records more freely.
    penalty[0] = _PENALTY / 4
    return fit(
        np.array(features),
        np.array(right, dtype=float),
        penalty=penalty,
        toward=start,
        counts=np.array(counts),
    )


def certainty(features: Vector, weights: Vector) -> float:
    """Return the probability that a choice is right."""
    return float(probabilities(features[None, :], weights)[0])
