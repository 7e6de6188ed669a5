"""Fit the parts of a model, and judge every record by parts that had not seen it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from processors.learning.candidates import PrintedCandidate
from processors.learning.certainty import fit_certainty
from processors.learning.features import (
    INDEX,
    NAMES as FEATURES,
    Usual,
    plain_features,
    with_learned,
)
from processors.learning.learner import Learned, Picked, Scale, best_of, with_known
from processors.learning.lists import (
    Cut,
    Judging,
    best_cut,
    fit_list_certainty,
    fit_names,
    names_of,
)
from processors.learning.memory import Memory
from processors.learning.prepared import (
    LOOKED_UP,
    REMEMBERED,
    Prepared,
    PreparedRecord,
    classes_of,
    likest,
    memory_of,
    misread,
    usual_years,
)
from processors.learning.ranking import Rows, fit_ranking, shares
from processors.learning.rounding import Habit
from processors.learning.types import ColumnKind, Judged
from processors.learning.words import WordCounts

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_LEAST_VARIANCE = 1e-3
"""A feature that varies less would decide alone once it is scaled."""
_AS_NEW = 0.5
"""How much a record counts as one of a sender that was never seen."""
_AS_MISREAD = 0.25
"""How much a record counts as one whose value is known, and printed with a wrong letter."""
_MISREAD = 0.5
"""How much a record counts whose value is printed with other letters."""
_BINS = 10
_MOST_VARIANTS = 1_000
_MANY, _MOST_RIVALS = 1_500, 40
FEW = 25
"""With fewer records the rules and the memory decide; without rules the words weigh little."""
_PENALTY, _PENALTY_OF_FEW = 2.0, 6.0

_TOWARD = {
    "rule": 3.0, "rule_logit": 0.5, "known_and_read": 2.0, "known_twice": 0.5,
    "known_and_alike": 2.0, "resemblance": 1.0,
    "nearly_known": -1.0, "by_words": 0.7, "words_left": 0.2, "words_above": 0.1,
}  # fmt: skip
"""The weights before anything is learned: the rules decide, then the memory."""


_LIST_TOWARD = {**_TOWARD, "always": -2.5, "rule": 4.0, "rule_elsewhere": -1.0}
"""The same for a list, whose names are chosen one by one."""


@dataclass(slots=True)
class Question:
    """A record's candidates with features that do not know the record itself.

    `right` is above 0 for those that are the value, or else a misread form of it.
    """

    record: PreparedRecord
    memory: Memory | None
    candidates: Sequence[PrintedCandidate]
    rows: NDArray[np.float32]
    right: Vector


def fit_parts(prepared: Prepared, finding: str | None) -> tuple[Learned, list[Judged]]:
    """Return what was learned from records, and each record judged out of its fold."""
    records, wanted = prepared.records, prepared.wanted
    years = usual_years(records) if wanted.kind is ColumnKind.DATE else {}
    total, by_fold = _word_counts(records)
    memory = memory_of(records, prepared.older) if wanted.kind in REMEMBERED else None
    learned = Learned(
        wanted=wanted,
        finding=finding,
        usual=Usual(years, len(records) + len(prepared.older)),
        scores=total.scores(),
        memory=memory,
        classes=classes_of(records, memory) if memory and wanted.kind in LOOKED_UP else None,
        scale=Scale(np.zeros(len(FEATURES))),
        weights=np.zeros(len(FEATURES)),
        certain=np.zeros(0),
        cut=Cut(),
        judged={},
        habit=Habit(),
    )
    known, more = _questions(prepared, learned, total, by_fold)
    scale = _scale(known)
    if wanted.kind is ColumnKind.LIST:
        return _fit_list(replace(learned, scale=scale), known)
    picked: list[tuple[Question, Picked | None]] = []
    for fold in by_fold:
        weights = _rank(known, more, scale, without=fold)
        own = [each for each in known if each.record.fold == fold]
        picked += [(each, _pick(each, scale, weights)) for each in own]
    learned = replace(learned, scale=scale, weights=_rank(known, more, scale))
    return _with_certainty(learned, picked)


def _questions(
    prepared: Prepared,
    learned: Learned,
    total: WordCounts,
    by_fold: Mapping[int, WordCounts],
) -> tuple[list[Question], list[tuple[Question, float]]]:
    """Return each record's question to parts without its fold, and variants with their weights."""
    known: list[Question] = []
    more: list[tuple[Question, float]] = []
    for fold, counts in by_fold.items():
        others = [record for record in prepared.records if record.fold != fold]
        older = (each for each in prepared.older if each.fold != fold)
        memory = memory_of(others, older) if learned.memory else None
        blind = replace(
            learned,
            scores=total.without(counts).scores(),
            memory=memory,
            classes=classes_of(others, memory) if learned.classes else None,
        )
        own = [record for record in prepared.records if record.fold == fold]
        known += [_ask(record, blind) for record in own]
        # Variants teach how to weigh the memory; some hundreds of records are enough for that.
        for record in own[: 1 + _MOST_VARIANTS // len(by_fold)]:
            more += _variants(record, blind)
    return known, more


def _variants(record: PreparedRecord, blind: Learned) -> Iterator[tuple[Question, float]]:
    """Yield a record as one of a sender that is not known, and as one whose value is misread."""
    if blind.memory and record.key in blind.memory.values:
        yield _ask(record, blind, hidden=record.key), _AS_NEW
        if record.key in record.printed:
            yield _ask(misread(record), blind), _AS_MISREAD


def _word_counts(records: Sequence[PreparedRecord]) -> tuple[WordCounts, dict[int, WordCounts]]:
    by_fold: dict[int, WordCounts] = {}
    total = WordCounts()
    for record in records:
        by_fold.setdefault(record.fold, WordCounts()).add_all(record.words)
        total.add_all(record.words)
    return total, by_fold


def _ask(record: PreparedRecord, blind: Learned, hidden: str | None = None) -> Question:
    """Return a record's question to parts that have not seen it; `hidden` is not remembered."""
    document, findings = record.document, record.example.findings
    found = with_known(record.printed, document, blind.memory, blind.wanted.kind, hidden)
    candidates = list(found.values())
    asked = blind.asked(document, findings)
    rows = with_learned(
        plain_features(asked, candidates),
        asked,
        candidates,
        scores=blind.scores,
        memory=blind.memory,
        classes=blind.classes,
        hidden=hidden,
    )
    right = np.array([float(each.key in record.keys) for each in candidates])
    # Where the value is misread, its place still teaches the words around it.
    if not right.any() or len(record.keys) > 1:
        keys = likest(record)
        right = np.maximum(right, [_MISREAD * (each.key in keys) for each in candidates])
    return Question(record, blind.memory, candidates, rows.astype(np.float32), right)


def _scale(asked: Sequence[Question]) -> Scale:
    rows = [each.rows for each in asked if len(each.candidates)]
    if not rows:
        return Scale(np.zeros(len(FEATURES)))
    variance = np.concatenate(rows).var(axis=0)
    spread = np.where(variance >= _LEAST_VARIANCE, np.sqrt(variance), 0.0)
    # It never varies, and is wanted all the same.
    spread[INDEX["always"]] = 1.0
    return Scale(spread)


def _rank(
    known: Sequence[Question],
    more: Sequence[tuple[Question, float]],
    scale: Scale,
    without: int = -1,
) -> Vector:
    """Fit the weights of the ranking on all folds but one."""
    every = [*((each, 1.0) for each in known), *more]
    used = [(each, weight) for each, weight in every if each.record.fold != without]
    most = _MOST_RIVALS if len(used) > _MANY else None
    rows = Rows.of(
        [_sampled(scale.of(each.rows.astype(float)), each.right, most) for each, _ in used],
        [weight * float(each.right.max(initial=0.0)) for each, weight in used],
    )
    toward = _toward(scale)
    few = len(known) < FEW
    # Fewer records than that made the choices of the rules worse.
    if few and any(each.rows[:, INDEX["rule"]].any() for each in known):
        return toward
    penalty = np.full(len(FEATURES), _PENALTY_OF_FEW if few else _PENALTY)
    return fit_ranking(rows, penalty=penalty, toward=toward)


def _sampled(rows: Matrix, right: Vector, most: int | None) -> tuple[Matrix, Vector]:
    """Return the right candidates and some others, evenly spread; None means all.

    The weights stay the same if others are left out without regard to their features (McFadden
    1978).
    """
    if most is None or len(right) <= most:
        return rows, right
    kept = np.zeros(len(right), bool)
    kept[:: -(-len(right) // most)] = True
    kept |= right > 0
    return rows[kept], right[kept]


def _toward(scale: Scale, weights: Mapping[str, float] = _TOWARD) -> Vector:
    """Return the weights before anything is learned, for scaled features."""
    toward = np.zeros(len(FEATURES))
    for name, weight in weights.items():
        toward[INDEX[name]] = weight * scale.spread[INDEX[name]]
    return toward


def _pick(asked: Question, scale: Scale, weights: Vector) -> Picked | None:
    if not asked.candidates:
        return None
    chances = shares(scale.of(asked.rows.astype(float)), weights)
    return Picked(
        asked.memory, asked.candidates, asked.rows.astype(float), chances, best_of(chances)
    )


def _fit_list(learned: Learned, known: Sequence[Question]) -> tuple[Learned, list[Judged]]:
    """Fit the parts of a list column, and judge every record out of its fold."""
    scaled = [learned.scale.of(each.rows.astype(float)) for each in known]

    toward = _toward(learned.scale, _LIST_TOWARD)

    def fitted(without: int = -1) -> Vector:
        used = [at for at, each in enumerate(known) if each.record.fold != without]
        return fit_names([scaled[at] for at in used], [known[at].right for at in used], toward)

    by_fold = {fold: fitted(fold) for fold in {each.record.fold for each in known}}
    blind = [by_fold[each.record.fold] for each in known]
    cut = best_cut(
        [
            Judging(each.candidates, rows, each.right, weights, len(each.record.keys))
            for each, rows, weights in zip(known, scaled, blind, strict=True)
        ],
        learned.finding,
    )
    names = [
        names_of(each.candidates, rows, weights, cut, learned.finding)
        for each, rows, weights in zip(known, scaled, blind, strict=True)
    ]
    # Names whose words are shortened otherwise than they were typed count as right, too.
    right = [
        len(found.chosen) == len(each.record.keys)
        and all(each.right[at] > 0 for at in found.chosen)
        for each, found in zip(known, names, strict=True)
    ]
    certain = fit_list_certainty([found.features for found in names], right)
    final = replace(learned, weights=fitted(), cut=cut, certain=certain)
    judged = [
        Judged(
            each.record.example.record_id,
            each.record.example.value,
            final.list_choice(each.record.document, each.candidates, found),
            is_right,
        )
        for each, found, is_right in zip(known, names, right, strict=True)
    ]
    return replace(final, judged=_bins(judged)), judged


Made = Sequence[tuple[Question, Picked, bool]]


def _with_certainty(
    learned: Learned, picked: Sequence[tuple[Question, Picked | None]]
) -> tuple[Learned, list[Judged]]:
    """Fit the certainty on the choices, each time without the fold of the one that is judged."""
    made = [(asked, pick, _is_right(asked, pick)) for asked, pick in picked if pick]
    by_fold = {
        fold: _certain(learned, [each for each in made if each[0].record.fold != fold])
        for fold in {asked.record.fold for asked, _ in picked}
    }
    judged: list[Judged] = []
    for asked, pick in picked:
        example = asked.record.example
        if pick is None:
            judged.append(Judged(example.record_id, example.value, None, right=False))
            continue
        blind = by_fold[asked.record.fold]
        choice = blind.choice(asked.record.document, pick, example.findings)
        right = _is_right(asked, pick)
        judged.append(Judged(example.record_id, example.value, choice, right))
    return replace(_certain(learned, made), judged=_bins(judged)), judged


def _bins(judged: Sequence[Judged]) -> dict[str, list[list[int]]]:
    """Count the choices and the right ones by stratum and tenth of probability."""
    bins: dict[str, list[list[int]]] = {}
    for each in judged:
        if each.choice:
            counted = bins.setdefault(each.choice.stratum.value, [[0, 0] for _ in range(_BINS)])
            place = counted[min(int(each.choice.probability * _BINS), _BINS - 1)]
            place[0] += 1
            place[1] += each.right
    return bins


def _certain(learned: Learned, made: Made) -> Learned:
    """Return the parts with how certain such choices are."""
    certain = fit_certainty(
        [pick.features for _, pick, _ in made],
        [right for _, _, right in made],
        [asked.record.example.weight for asked, _, _ in made],
        is_looked_up=learned.wanted.kind in LOOKED_UP,
    )
    is_amount = learned.wanted.kind is ColumnKind.AMOUNT
    rounded = (right for _, pick, right in made if is_amount and pick.may_be_rounded)
    return replace(learned, certain=certain, habit=Habit.of(rounded))


def _is_right(asked: Question, pick: Picked) -> bool:
    return pick.candidates[pick.chosen].key in asked.record.keys


def bins_of(judged: Sequence[Judged]) -> Mapping[int, Sequence[Judged]]:
    """Return the choices by tenth of their probability."""
    bins: dict[int, list[Judged]] = {}
    for each in judged:
        if each.choice:
            bins.setdefault(min(int(each.choice.probability * _BINS), _BINS - 1), []).append(each)
    return bins
