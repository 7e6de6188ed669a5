"""Load the fitted weights, and turn features into a probability."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from math import floor

from processors.confidence.logistic import probability
from processors.confidence.shared import OF_OTHER_CLASS, Features

WEIGHTS = "weights.json"
SHARED = "shared"
"""The weights of kinds of values that have none of their own: what all kinds have in common."""

_STEPS = 1000
"""Probabilities have three decimals, cut off: none looks as if it reached a limit."""


@dataclass(frozen=True, slots=True)
class Model:
    """Weights by kind of value and feature.

    `elsewhere` has, by kind of value, the share of the logit that remains in documents of a class
    that none of the fitted ones has: how far weights went wrong there that had not seen the class.
    """

    weights: Mapping[str, Mapping[str, float]]
    elsewhere: Mapping[str, float]

    def probability(self, kind: str, features: Features) -> float:
        """Return the probability that a value with these features is right."""
        weights = self.weights.get(kind) or self.weights[SHARED]
        logit = sum(weights.get(name, 0.0) * value for name, value in features.items())
        if features.get(OF_OTHER_CLASS):
            logit *= self.elsewhere.get(kind, self.elsewhere[SHARED])
        return floor(probability(logit) * _STEPS) / _STEPS


@cache
def load_model() -> Model:
    """Read the packaged weights."""
    file = resources.files(__package__).joinpath(WEIGHTS)
    fitted = json.loads(file.read_text(encoding="utf-8"))
    return Model(fitted["weights"], fitted["elsewhere"])
