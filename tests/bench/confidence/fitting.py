"""Fit the weights: first those that all kinds of values share, then those of each kind around them.

Figures come from weights that were fitted without the document's issuer: documents of one issuer
look alike, and the weights would only have learned to recognize it.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from statistics import mean

import numpy as np

from processors.confidence.addresses import most_of_address
from processors.confidence.logistic import (
    Matrix,
    Vector,
    fit,
    logit,
    probabilities,
    probability,
)
from processors.confidence.model import SHARED, most_logit, with_caution
from tests.bench.confidence.examples import Example
from tests.bench.confidence.figures import WRITE_AT

FOLDS = 10
_FREE = frozenset({
    "always", "rule", "lead", "least_doubt", "mean_doubt", "page_doubt",
    "slips", "slips_in_word", "slips_unproven", "room_behind",
})  # fmt: skip
"""Features that are known to matter: their weights are pulled less to those of all kinds."""
_PENALTY_OF_FREE = 1.0
_PENALTY = 2.0
_PENALTIES = {"total": 20.0, "effective_date": 20.0, "address": 1.0}
"""Other penalties for kinds of which few values are wrong, or many, where cross-validation shows it."""
_PENALTY_OF_SHARED = 1.0
_COUNTS = {
    "drawn_invoice": 0.3,
    "drawn_receipt": 0.3,
    "drawn_window": 0.3,
    "drawn_letter": 0.3,
    "labeled_invoice": 0.1,
    "worn": 0.5,
}
"""As how many documents one counts: drawn ones are easier than those that people send."""
_COUNTS_OF_NAMES = {"drawn_window": 0.1, "drawn_letter": 0.1}
"""The same for names: those in windows are as good as others, and are in no receipts."""
_DRAWN_THAT_WARN = frozenset({"address"})
"""Kinds whose caution drawn documents decide about, too: few real ones have a receiver's address."""
_CLASS_OF = {
    "drawn_invoice": "invoice",
    "drawn_window": "invoice",
    "labeled_invoice": "invoice",
    "drawn_receipt": "receipt",
    "worn": "receipt",
}
_LEAST_SHARE, _MOST_SHARE = 0.2, 0.9
"""What remains of a logit elsewhere: two classes that were tried do not speak for all others."""
_MOST_CAUTION_STEPS = 40
_PRECISION = 0.96
"""Of values that people typed about one in a hundred is wrong itself."""
_PRECISION_OF_FIELD, _LEAST_WRITTEN = 0.97, 20
"""What each value of a kind of documents must reach of which so many would be written."""
_SHARE, _MOST_BOLDNESS_STEPS = 0.9, 5
_TO_BE_WRITTEN = frozenset({"date", "total", "amount", "number"})
"""Kinds of which so many of the right values shall be written, if they are as right as that."""

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
    return np.array([_count(each) for each in examples])


def _count(example: Example) -> float:
    counts = _COUNTS | _COUNTS_OF_NAMES if example.value_kind == "name" else _COUNTS
    return counts.get(example.kind, 1.0)


def cautions(scored: Sequence[tuple[Example, float]]) -> dict[str, float]:
    """Return by kind of value what is taken from its logits.

    It is the least with which, of the values of real documents that would be written, enough are
    right; of addresses, those of drawn ones count, too. Of some kinds the wrong ones look like the
    right ones, and hardly any is written.
    """
    by_kind: dict[str, dict[str, list[tuple[float, bool]]]] = defaultdict(lambda: defaultdict(list))
    for each, chance in scored:
        warns = each.kind.startswith("drawn") and each.value_kind in _DRAWN_THAT_WARN
        if each.kind not in _COUNTS or warns:
            field = f"{each.kind} {each.name}"
            by_kind[each.value_kind][field].append((logit(chance), bool(each.right)))
    return {kind: _caution(kind, fields) for kind, fields in sorted(by_kind.items())}


def _caution(kind: str, fields: Mapping[str, Sequence[tuple[float, bool]]]) -> float:
    """Return the least caution with which enough is right, or less than none if too few are written.

    Below 0 it is added: some kinds are right more often than their probabilities say.
    """
    steps = range(_MOST_CAUTION_STEPS)
    caution = next((step / 10 for step in steps if _is_right_enough(fields, step / 10)), 4.0)
    if caution or kind not in _TO_BE_WRITTEN:
        return caution
    for step in range(1, _MOST_BOLDNESS_STEPS + 1):
        if _share_written(fields, caution) >= _SHARE or not _is_right_enough(fields, -step / 10):
            break
        caution = -step / 10
    return caution


def _written(some: Sequence[tuple[float, bool]], caution: float) -> list[bool]:
    return [right for each, right in some if each - caution >= logit(WRITE_AT)]


def _is_right_enough(fields: Mapping[str, Sequence[tuple[float, bool]]], caution: float) -> bool:
    """Return whether all that is written together, and that of each field, is right enough."""
    written = [_written(some, caution) for some in fields.values()]
    many = [each for each in written if len(each) >= _LEAST_WRITTEN]
    right = sum(sum(each) for each in written)
    return right >= _PRECISION * sum(map(len, written)) and all(
        sum(each) >= _PRECISION_OF_FIELD * len(each) for each in many
    )


def _share_written(fields: Mapping[str, Sequence[tuple[float, bool]]], caution: float) -> float:
    """Return the least share of a field's right values that is written."""
    return min(
        sum(_written(some, caution)) / max(1, sum(right for _, right in some))
        for some in fields.values()
    )


def cautious(
    scored: Sequence[tuple[Example, float]], by_kind: Mapping[str, float]
) -> list[tuple[Example, float]]:
    """Return the probabilities with the caution of each kind, of addresses with their issuers'."""
    chances = [
        (each, probability(with_caution(logit(chance), by_kind.get(each.value_kind, 0.0))))
        for each, chance in scored
    ]
    issuers = {each.document: chance for each, chance in chances if each.name == "company"}
    return [
        (each, min(chance, most_of_address(each.doc_class, issuers.get(each.document, 1.0))))
        if each.name == "address"
        else (each, chance)
        for each, chance in chances
    ]


def shares_elsewhere(examples: Sequence[Example]) -> dict[str, float]:
    """Return by kind of value what remains of a logit in documents of a class that is not known.

    Receipts are tried with weights from everything else, and invoices likewise: the share is the
    one that makes their probabilities as right as they say.
    """
    tried: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for doc_class in ("receipt", "invoice"):
        is_inside = [_CLASS_OF.get(each.kind, each.kind) != doc_class for each in examples]
        inside = [each for each, yes in zip(examples, is_inside, strict=True) if yes]
        outside = [
            each
            for each, yes in zip(examples, is_inside, strict=True)
            if not yes and each.right is not None
        ]
        weights = fit_weights(inside)
        for each, chance in zip(outside, chances(outside, weights), strict=True):
            # A kind of value that only this class has was not tried.
            if each.value_kind in weights:
                tried[each.value_kind].append((logit(chance), bool(each.right)))
    shares = {kind: _share(some) for kind, some in sorted(tried.items())}
    return {SHARED: mean(shares.values()) if shares else _LEAST_SHARE} | shares


def _share(tried: Sequence[tuple[float, bool]]) -> float:
    fitted = fit(
        np.array([[each] for each, _ in tried]),
        np.array([float(right) for _, right in tried]),
        penalty=np.array([1.0]),
        toward=np.array([1.0]),
    )
    return min(_MOST_SHARE, max(_LEAST_SHARE, float(fitted[0])))


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
            found[place] = min(float(chance), probability(most_logit(examples[place].features)))
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
