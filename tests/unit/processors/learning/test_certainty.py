"""How sure a choice is: the main numbers count, and chance in the others takes nothing away."""

import numpy as np
from numpy.typing import NDArray

from processors.learning.certainty import NAMES, fit_certainty

MOST_LOST = 0.05
SHARE = NAMES.index("share")
Drawn = tuple[NDArray[np.float64], NDArray[np.bool_]]


def choices(number: int, *, seed: int) -> Drawn:
    """Draw choices that are right as their share says; all other numbers say nothing of it."""
    chance = np.random.default_rng(seed)
    features = chance.normal(size=(number, len(NAMES)))
    features[:, 0] = 1.0
    odds = 2.8 + 1.5 * features[:, SHARE]
    return features, chance.random(number) < 1 / (1 + np.exp(-odds))


def distinguished(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return how often a right choice has a higher score than a wrong one."""
    return float((scores[right][:, None] > scores[~right][None, :]).mean())


def test_chance_in_few_wrong_choices_is_not_learned():
    """Of 200 choices some twenty are wrong; others are ranked nearly as well as by the truth."""
    judging, right = choices(4_000, seed=0)
    best = distinguished(judging[:, SHARE], right)

    reached = []
    for seed in range(1, 11):
        features, known = choices(200, seed=seed)
        weights = fit_certainty(list(features), list(known), [1.0] * 200, is_looked_up=False)
        reached.append(distinguished(judging @ weights, right))

    assert 0.8 < best < 0.95
    assert np.mean(reached) > best - MOST_LOST
