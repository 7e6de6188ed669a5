"""Learn a column from the records that people have filled, and choose with what was learned."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from pipeline.decide.spellings import is_another_spelling
from pipeline.model import Finding
from processors.contract import Page
from processors.learning.curve import curve_of
from processors.learning.fitting import bins_of, fit_parts
from processors.learning.learner import Learned
from processors.learning.model import ColumnModel, TrainedOn
from processors.learning.prepared import prepare
from processors.learning.presence import MOST_DOCUMENTS, Presence
from processors.learning.text.document import Document
from processors.learning.types import Choice, ColumnKind, Doubt, Example, Judged, Reliability

NEWEST = 4_000
"""Records that the ranking is learned from; the memory has all."""
_FOLDS = 10
_FOLDS_OF_MANY, _MANY = 5, 1_000


LEAST_PROBABILITY = 0.5
MOST_SHARE = 0.1
"""How probable the other value is at least, and the share of all records that is listed."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model, and what it would have chosen for each record without having seen it.

    `share_found` is the share of the records whose value is on the page. `curve` has the share of
    right choices by the number of records learned from, if it was asked for.
    """

    model: ColumnModel
    out_of_fold: tuple[Judged, ...]
    share_found: float
    curve: tuple[tuple[int, float], ...]
    reliability: tuple[Reliability, ...]


def train(
    examples: Sequence[Example],
    *,
    kind: ColumnKind,
    finding: str | None = None,
    empty: Sequence[Example] = (),
    with_curve: bool = False,
) -> Trained:
    """Learn a column: `kind` is that of its values, `finding` the rules' finding mapped to it.

    `examples` are in the order of time, and so are the records that people left `empty`. Each is
    looked at once and its pages are not kept, so that they may be loaded when they are asked for.
    The ranking is learned from the newest 4,000, the memory from all. A curve takes up to as long
    again.
    """
    # Ten folds of thousands of records would take twice as long as five.
    folds = _FOLDS_OF_MANY if len(examples) > _MANY else _FOLDS
    prepared = prepare(examples, kind, folds=folds, newest=NEWEST)
    records = prepared.records
    learned, judged = fit_parts(prepared, finding)
    others = [Document.of(each.pages) for each in empty[-MOST_DOCUMENTS:]]
    known = [record.document for record in records]
    learned = replace(
        learned, presence=Presence.learned(known, [each for each in others if each.lines])
    )
    trained_on = _trained_on(prepared.seen)
    # A typed value that is none of its kind teaches nothing, and is doubted all the more.
    unreadable = [
        Judged(each.record_id, each.value, learned.choose(document, each.findings), right=False)
        for each, document in prepared.unreadable
    ]
    model = ColumnModel(kind, finding, prepared.wanted.order, trained_on, learned.to_body())
    found = sum(bool(record.keys & record.printed.keys()) for record in records)
    every = (*judged, *unreadable)
    curve = curve_of(prepared, finding) if with_curve else ()
    return Trained(model, every, found / max(len(records), 1), curve, reliability_of(judged))


def _trained_on(seen: Sequence[tuple[str, str]]) -> TrainedOn:
    ids = sorted(record_id for record_id, _ in seen)
    return TrainedOn(
        records=len(seen),
        digest=hashlib.sha256("\n".join(ids).encode()).hexdigest(),
        newest=max((when for _, when in seen), default=""),
    )


def choose(
    model: ColumnModel, pages: Sequence[Page], findings: Mapping[str, Finding]
) -> Choice | None:
    """Return the value for a column, None where the document has none."""
    return learned_of(model).choose(Document.of(pages), findings)


def learned_of(model: ColumnModel) -> Learned:
    """Return the parts of a model; loading one takes some milliseconds, so the last are kept."""
    return _loaded(_Stored(model.digest, model))


@dataclass(frozen=True, slots=True)
class _Stored:
    """A model that equals others with the same content."""

    digest: str
    model: ColumnModel = field(compare=False, repr=False)


@lru_cache(maxsize=16)
def _loaded(stored: _Stored) -> Learned:
    model = stored.model
    return Learned.from_body(model.body, kind=model.kind, finding=model.finding, order=model.order)


def reliability_of(judged: Sequence[Judged]) -> tuple[Reliability, ...]:
    """Return the choices in tenths of probability, the least probable first."""
    found = []
    for _, inside in sorted(bins_of(judged).items()):
        chances = [each.choice.probability for each in inside if each.choice]
        right = sum(each.right for each in inside)
        found.append(Reliability(len(inside), round(sum(chances) / len(chances), 4), right))
    return tuple(found)


def doubts(
    trained: Trained, *, at_least: float = LEAST_PROBABILITY, at_most_share: float = MOST_SHARE
) -> tuple[Doubt, ...]:
    """Return the doubts, the most probable first; other spellings of what was typed come last.

    `at_least` is the probability of the other value; `at_most_share` is the most of all records
    that are listed, rounded up. Nothing is left out of the learning because of a doubt.
    """
    found = [
        Doubt(
            record_id=each.record_id,
            typed=each.typed,
            read=each.choice.value,
            probability=each.choice.probability,
            place=each.choice.place,
        )
        for each in trained.out_of_fold
        if each.choice and not each.right and each.choice.probability >= at_least
    ]
    # A table with two spellings of one value has many of them: no slip may be lost among them.
    found.sort(
        key=lambda doubt: (
            is_another_spelling(doubt.typed, doubt.read),
            -doubt.probability,
            doubt.record_id,
        )
    )
    most = -int(-len(trained.out_of_fold) * at_most_share // 1)
    return tuple(found[:most])
