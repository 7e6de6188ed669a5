"""Fit the weights: first those that all kinds of values share, then those of each kind around them.

Figures come from weights that were fitted without the document's issuer: documents of one issuer
look alike, and the weights would only have learned to recognize it.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from processors.confidence.logistic import Matrix, Vector, fit, probabilities
from processors.confidence.model import SHARED
from tests.bench.confidence.examples import Example

FOLDS = 10
_FREE = frozenset({"always", "rule", "least_doubt", "mean_doubt", "page_doubt"})
"""Features that are known to matter: their weights are pulled less to those of all kinds."""
_PENALTY_OF_FREE = 0.3
_PENALTY = 2.0
_PENALTIES = {"total": 0.5, "address": 0.5, "effective_date": 5.0}
"""Other penalties for kinds with so many truths, or so few, that cross-validation shows it."""
_PENALTY_OF_SHARED = 1.0
_COUNTS = {"drawn_invoice": 0.3, "drawn_receipt": 0.3, "worn": 0.5}
"""As how many documents one counts: drawn ones are easier than those that people send."""

Weights = Mapping[str, Mapping[str, float]]


def fold_of(text: str) -> int:
    """Return in which part of the documents all those with this text are."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % FOLDS


def fit_weights(examples: Sequence[Example]) -> dict[str, dict[str, float]]:
    """Return the weights by kind of value and feature, with those that all kinds share."""
    found = [each for each in examples if each.right is not None]
    by_kind: dict[str, list[Example]] = defaultdict(list)
    for each in found:
        by_kind[each.value_kind].append(each)
    seen = [set().union(*(each.features for each in some)) for some in by_kind.values()]
    common = sorted(set.intersection(*seen) | {"ocr", *_FREE}) if seen else []
    shared = dict(zip(common, _fitted(found, common, {}, _PENALTY_OF_SHARED), strict=True))
    weights: dict[str, dict[str, float]] = {SHARED: shared}
    for kind, some in sorted(by_kind.items()):
        names = sorted(set().union(*(each.features for each in some)))
        penalty = _PENALTIES.get(kind, _PENALTY)
        weights[kind] = dict(zip(names, _fitted(some, names, shared, penalty), strict=True))
    return weights


def _counts(examples: Sequence[Example]) -> Vector:
    return np.array([_COUNTS.get(each.kind, 1.0) for each in examples])


def recurring(examples: Sequence[Example]) -> set[str]:
    """Return the issuers of several documents."""
    documents: dict[str, set[str]] = defaultdict(set)
    for each in examples:
        documents[each.issuer].add(by_document(each))
    return {issuer for issuer, some in documents.items() if len(some) > 1}


def _fitted(
    examples: Sequence[Example],
    names: Sequence[str],
    toward: Mapping[str, float],
    usual_penalty: float,
) -> Sequence[float]:
    penalty = [_PENALTY_OF_FREE if name in _FREE else usual_penalty for name in names]
    right = np.array([float(bool(each.right)) for each in examples])
    weights = fit(
        matrix(examples, names),
        right,
        penalty=np.array(penalty),
        toward=np.array([toward.get(name, 0.0) for name in names]),
        counts=_counts(examples),
    )
    return [float(each) for each in weights]


def matrix(examples: Sequence[Example], names: Sequence[str]) -> Matrix:
    """Return the features of examples, one row each."""
    return np.array([[each.features.get(name, 0.0) for name in names] for each in examples])


def chances(examples: Sequence[Example], weights: Weights) -> list[float]:
    """Return the probability of each example that has a value."""
    found = [0.0] * len(examples)
    places: dict[str, list[int]] = defaultdict(list)
    for place, each in enumerate(examples):
        places[each.value_kind].append(place)
    for kind, own_places in places.items():
        own = weights.get(kind) or weights[SHARED]
        names = list(own)
        features = matrix([examples[place] for place in own_places], names)
        row = np.array([own[name] for name in names])
        for place, chance in zip(own_places, probabilities(features, row), strict=True):
            found[place] = float(chance)
    return found


def by_issuer(example: Example) -> str:
    """Return what no part of the documents shares with another: the issuer."""
    return example.issuer


def by_document(example: Example) -> str:
    """Return what no part of the documents shares with another: a document and its worn copy."""
    return example.document.removeprefix("worn-")


def out_of_fold(
    examples: Sequence[Example], apart: Callable[[Example], str] = by_issuer
) -> list[tuple[Example, float]]:
    """Return each example that has a value, with its probability by weights without its like.

    `apart` says what is alike: with `by_document` other documents of its issuer are known.
    """
    scored: list[tuple[Example, float]] = []
    for fold in range(FOLDS):
        inside = [each for each in examples if fold_of(apart(each)) != fold]
        outside = [
            each for each in examples if fold_of(apart(each)) == fold and each.right is not None
        ]
        scored += zip(outside, chances(outside, fit_weights(inside)), strict=True)
    return scored
