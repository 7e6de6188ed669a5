"""Choose among the candidates of a document: a conditional logistic regression.

The probability of a candidate is the exponential of its score, divided by the sum over all
candidates of its document (McFadden 1974). What all candidates share cancels out, so that a
document with many candidates does not count more than one with few.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from processors.confidence.logistic import minimized

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_CONVERGED = 1e-5  # the scores of candidates are compared, so a coarser end does
_MOST_SCORE = 50.0


@dataclass(frozen=True, slots=True)
class Rows:
    """The candidates of many documents, one after the other.

    `starts` has the first row of each document. `right` says how much of a document's weight each
    row has: 1 for the right candidate, a part of it for each of several.
    """

    features: Matrix
    starts: NDArray[np.int64]
    right: Vector
    weights: Vector

    @classmethod
    def of(
        cls, documents: Sequence[tuple[Matrix, Vector]], weights: Sequence[float] | None = None
    ) -> "Rows":
        """Join documents; one without a right candidate teaches nothing and is left out."""
        kept = [
            (features, right, 1.0 if weights is None else weights[number])
            for number, (features, right) in enumerate(documents)
            if len(right) and right.sum() > 0
        ]
        if not kept:
            width = documents[0][0].shape[1] if documents else 0
            return cls(np.zeros((0, width)), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
        counts = [len(right) for _, right, _ in kept]
        return cls(
            features=np.concatenate([features for features, _, _ in kept]),
            starts=np.cumsum([0, *counts[:-1]]).astype(np.int64),
            # Whichever of several right candidates is chosen, the choice is right.
            right=np.concatenate([right / right.sum() for _, right, _ in kept]),
            weights=np.array([weight for _, _, weight in kept]),
        )

    @property
    def counts(self) -> NDArray[np.int64]:
        """Return the number of candidates of each document."""
        return np.diff([*self.starts, len(self.right)]).astype(np.int64)


def fit_ranking(rows: Rows, *, penalty: Vector, toward: Vector) -> Vector:
    """Return the weights that make the right candidates likeliest, by Newton's method.

    `penalty` is the precision of a normal prior around `toward`, one number for each feature.
    """
    if not len(rows.starts):
        return toward.copy()
    counts = rows.counts
    each = np.repeat(rows.weights, counts)

    def loss_of(tried: Vector) -> float:
        chance = _shares(rows.features @ tried, rows.starts, counts)
        likely = np.log(np.maximum(chance, 1e-12)) @ (each * rows.right)
        return float(penalty @ (tried - toward) ** 2 / 2 - likely)

    def slope_and_curvature(weights: Vector) -> tuple[Vector, Matrix]:
        chance = _shares(rows.features @ weights, rows.starts, counts)
        slope = rows.features.T @ (each * (chance - rows.right)) + penalty * (weights - toward)
        mean = np.add.reduceat(rows.features * chance[:, None], rows.starts, axis=0)
        curvature = (rows.features.T * (each * chance)) @ rows.features
        curvature -= (mean.T * rows.weights) @ mean
        return slope, curvature + np.diag(penalty)

    return minimized(loss_of, slope_and_curvature, toward, converged=_CONVERGED)


def shares(features: Matrix, weights: Vector) -> Vector:
    """Return the probability of each candidate of one document."""
    counts = np.array([len(features)])
    return _shares(features @ weights, np.zeros(1, np.int64), counts)


def _shares(scores: Vector, starts: NDArray[np.int64], counts: NDArray[np.int64]) -> Vector:
    most = np.repeat(np.maximum.reduceat(scores, starts), counts)
    raised = np.exp(np.maximum(scores - most, -_MOST_SCORE))
    found: Vector = raised / np.repeat(np.add.reduceat(raised, starts), counts)
    return found
