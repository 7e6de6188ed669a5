"""A logistic regression that is pulled to weights that are known already."""

import math

import numpy as np
import pytest

from processors.confidence.logistic import fit, logit, probabilities, probability

_RNG = np.random.default_rng(7)
_FEATURES = np.column_stack([np.ones(4000), _RNG.uniform(0, 1, (4000, 2))])
_WEIGHTS = np.array([-1.0, 3.0, 0.0])
_RIGHT = (_RNG.uniform(size=4000) < probabilities(_FEATURES, _WEIGHTS)).astype(float)
_LITTLE = np.full(3, 1e-3)


def test_the_weights_that_made_the_outcomes_are_found() -> None:
    """Of many examples the weights are estimated within their error."""
    weights = fit(_FEATURES, _RIGHT, penalty=_LITTLE)

    assert weights == pytest.approx(_WEIGHTS, abs=0.3)


def test_probabilities_are_as_frequent_as_they_say() -> None:
    """At its optimum the regression is right on the whole: its first feature is always 1."""
    weights = fit(_FEATURES, _RIGHT, penalty=_LITTLE)

    assert probabilities(_FEATURES, weights).mean() == pytest.approx(_RIGHT.mean(), abs=1e-4)


def test_few_examples_change_known_weights_little() -> None:
    """Three examples against the known weights move them, and do not replace them."""
    known = np.array([1.0, 2.0, -1.0])

    weights = fit(_FEATURES[:3], np.zeros(3), penalty=np.full(3, 5.0), toward=known)

    assert weights == pytest.approx(known, abs=0.7)
    assert weights[0] < known[0]


def test_no_example_leaves_the_known_weights() -> None:
    """A kind of value that nobody knows the truth of has the weights of all kinds."""
    known = np.array([1.0, 2.0, -1.0])

    weights = fit(np.zeros((0, 3)), np.zeros(0), penalty=_LITTLE, toward=known)

    assert weights == pytest.approx(known)


def test_outcomes_that_are_all_alike_have_finite_weights() -> None:
    """The first ten records of a table are all right; nothing overflows."""
    weights = fit(_FEATURES[:10], np.ones(10), penalty=np.full(3, 0.01))

    assert np.isfinite(weights).all()
    assert probabilities(_FEATURES[:10], weights).min() > 0.9


def test_an_example_that_counts_twice_is_two_examples() -> None:
    """Counts mean repeated examples."""
    counts = np.array([2.0] * 50 + [1.0] * 50)
    repeated = np.concatenate([_FEATURES[:50], _FEATURES[:100]])

    once = fit(_FEATURES[:100], _RIGHT[:100], penalty=np.ones(3), counts=counts)
    twice = fit(repeated, np.concatenate([_RIGHT[:50], _RIGHT[:100]]), penalty=np.ones(3))

    assert once == pytest.approx(twice, abs=1e-6)


@pytest.mark.parametrize("chance", [0.001, 0.3, 0.5, 0.95])
def test_a_logit_has_its_probability(chance: float) -> None:
    """The two functions undo each other."""
    assert probability(logit(chance)) == pytest.approx(chance)


def test_certainties_are_finite() -> None:
    """0 and 1 have logits that can be calculated with."""
    assert math.isfinite(logit(0.0))
    assert math.isfinite(logit(1.0))
    assert probability(1e9) == pytest.approx(1.0)
