"""Fit and apply a logistic regression: the probability that something is right, from its features.

Newton's method on the penalized likelihood (Hastie, Tibshirani, Friedman: The Elements of
Statistical Learning, 4.4.1). The penalty pulls the weights to `toward`, so that few examples change
a model that is known already only as far as they prove it.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_MOST_STEPS = 50
"""Newton's method needs five to ten; more mean that halving a step no longer helps."""
_CONVERGED = 1e-8
_MOST_HALVINGS = 30
_MOST_LOGIT = 30.0
"""Beyond it a probability is 0 or 1 for every purpose, and its exponential near the limits."""


def fit(
    features: Matrix,
    right: Vector,
    *,
    penalty: Vector,
    toward: Vector | None = None,
    counts: Vector | None = None,
) -> Vector:
    """Return the weights for features (one row for each example) and outcomes of 0 or 1.

    `penalty` is one number above 0 for each weight: the precision of a normal prior around
    `toward`, which is 0 unless given. `counts` says as how many examples each one counts.
    """
    start = np.zeros(features.shape[1]) if toward is None else toward
    counted = np.ones(len(right)) if counts is None else counts

    def loss_of(tried: Vector) -> float:
        logits = features @ tried
        # log(1 + exp(x)) without overflow.
        wrongness = np.logaddexp(0.0, logits) - right * logits
        return float(counted @ wrongness + penalty @ (tried - start) ** 2 / 2)

    def slope_and_curvature(weights: Vector) -> tuple[Vector, Matrix]:
        chance = probabilities(features, weights)
        slope = features.T @ (counted * (chance - right)) + penalty * (weights - start)
        curvature = (features.T * (counted * chance * (1 - chance))) @ features
        return slope, curvature + np.diag(penalty)

    return minimized(loss_of, slope_and_curvature, start)


def minimized(
    loss_of: Callable[[Vector], float],
    slope_and_curvature: Callable[[Vector], tuple[Vector, Matrix]],
    start: Vector,
    *,
    converged: float = _CONVERGED,
) -> Vector:
    """Return the weights of least loss, by Newton's method from `start`; the loss is convex.

    It ends when no weight moves by `converged` any more.
    """
    weights = start.copy()
    loss = loss_of(weights)
    for _ in range(_MOST_STEPS):
        slope, curvature = slope_and_curvature(weights)
        step = np.linalg.solve(curvature, slope)
        # A full step may overshoot where outcomes are nearly separated: halve it until it helps.
        for _ in range(_MOST_HALVINGS):
            tried = weights - step
            better = loss_of(tried)
            if better <= loss:
                weights, loss = tried, better
                break
            step = step / 2
        if float(np.abs(step).max(initial=0.0)) < converged:
            break
    return weights


def probabilities(features: Matrix, weights: Vector) -> Vector:
    """Return the probability of each row of features."""
    logits = np.clip(features @ weights, -_MOST_LOGIT, _MOST_LOGIT)
    chances: Vector = 1 / (1 + np.exp(-logits))
    return chances


def logit(probability: float) -> float:
    """Return the logarithm of the odds of a probability, bounded where it is 0 or 1."""
    if probability <= 0 or probability >= 1:
        return math.copysign(_MOST_LOGIT, probability - 0.5)
    odds = math.log(probability / (1 - probability))
    return max(-_MOST_LOGIT, min(_MOST_LOGIT, odds))


def probability(logit_: float) -> float:
    """Return the probability of a logarithm of odds."""
    return 1 / (1 + math.exp(-max(-_MOST_LOGIT, min(_MOST_LOGIT, logit_))))
