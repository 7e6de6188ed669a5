"""Measure what is learned by number of records: right values, probabilities, what can be proved."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import mean

from processors.learning import ColumnKind, Example, Judged, Trained, clopper_pearson_lower, train
from processors.learning.text.document import Document
from processors.learning.text.keys import key_of
from processors.learning.training import learned_of
from tests.bench.confidence.figures import auroc, ece
from tests.bench.confidence.truths import is_right
from tests.bench.learning.columns import Column
from tests.bench.learning.errors import with_doubts_decided
from tests.bench.learning.records import Filled

TARGET = 0.98
_CERTAIN = 0.8
"""With few records the bound is also asked for with this certainty, as it is said beside it."""

_TRIES = 50


@dataclass(slots=True)
class Counts:
    """What was counted over all draws; `kept` has the values that were new, and those known.

    `by_chance` has the ECE that probabilities without any error have for so few choices.
    """

    right: list[bool] = field(default_factory=list)
    by_rules: list[bool] = field(default_factory=list)
    kept: tuple[list[bool], list[bool]] = field(default_factory=lambda: ([], []))
    scored: list[tuple[float, bool]] = field(default_factory=list)
    auroc: list[float] = field(default_factory=list)
    ece: list[float] = field(default_factory=list)
    by_chance: list[float] = field(default_factory=list)
    promised: list[bool] = field(default_factory=list)
    names: list[int] = field(default_factory=lambda: [0, 0, 0])


def same_value(column: Column, typed: str, chosen: str, order: str) -> bool:
    """Return whether a choice is what was typed."""
    if column.kind is ColumnKind.LIST:
        return is_right("parties", typed.split(";"), chosen)
    # The receipts have the day first wherever it could be doubted.
    own_order = order or "dmy"
    typed_key = key_of(typed, column.kind, own_order)
    return typed_key == key_of(chosen, column.kind, own_order)


def measure(records: Sequence[Filled], column: Column, *, filled: int, draws: int) -> Counts:
    """Learn from some records, and judge the choices for the others; several times."""
    usable = [record for record in records if record.values.get(column.name)]
    counts = Counts()
    for draw in range(draws):
        order = usable[:]
        random.Random(draw).shuffle(order)  # noqa: S311
        examples = [each.example(column.name) for each in order[:filled]]
        trained = train(examples, kind=column.kind, finding=column.finding)
        _summarize(counts, _judge(counts, column, trained, examples, order[filled:]))
    return counts


def cross_validated(
    records: Sequence[Filled], column: Column, *, folds: int, draws: int, errors: float = 0.0
) -> Counts:
    """Judge each record once in each draw, by what was learned from the other folds.

    So nearly all records are learned from, and all of them judge. With `errors`, that share of the
    values is typed wrongly, and users decide the doubts before it is learned again.
    """
    usable = [record for record in records if record.values.get(column.name)]
    counts = Counts()
    for draw in range(draws):
        order = usable[:]
        random.Random(draw).shuffle(order)  # noqa: S311
        scored: list[tuple[float, bool]] = []
        for fold in range(folds):
            others = order[fold::folds]
            known = [each for at, each in enumerate(order) if at % folds != fold]
            examples = [each.example(column.name, when=at) for at, each in enumerate(known)]
            if errors:
                examples = with_doubts_decided(examples, column, share=errors, seed=draw)
            trained = train(examples, kind=column.kind, finding=column.finding)
            scored += _judge(counts, column, trained, examples, others)
        _summarize(counts, scored)
    return counts


def _summarize(counts: Counts, scored: Sequence[tuple[float, bool]]) -> None:
    """Count how well the probabilities of one draw are."""
    counts.scored += scored
    counts.ece.append(ece(scored))
    counts.by_chance.append(ece_by_chance([chance for chance, _ in scored]))
    found = auroc(scored)
    counts.auroc += [] if found is None else [found]


def _judge(
    counts: Counts,
    column: Column,
    trained: Trained,
    examples: Sequence[Example],
    others: Sequence[Filled],
) -> list[tuple[float, bool]]:
    """Choose for the other records, and count; return the probabilities of the choices."""
    learned, order = learned_of(trained.model), trained.model.order
    known = {key_of(each.value, column.kind, order) for each in examples}
    limit = threshold(trained.out_of_fold)
    scored: list[tuple[float, bool]] = []
    for each in others:
        choice = learned.choose(Document.of(each.pages), each.findings)
        typed = each.values[column.name]
        right = choice is not None and same_value(column, typed, choice.value, order)
        counts.right.append(right)
        is_known = key_of(typed, column.kind, order) in known
        counts.kept[is_known].append(right)
        counts.by_rules.append(_by_rules(column, each, typed))
        if choice:
            scored.append((choice.probability, right))
        if choice and choice.probability >= limit and choice.may_be_written:
            counts.promised.append(right)
        if column.kind is ColumnKind.LIST:
            _count_names(counts.names, typed, choice.value if choice else "")
    return scored


def _by_rules(column: Column, record: Filled, typed: str) -> bool:
    finding = record.findings.get(column.finding or "")
    return bool(finding and finding.value and same_value(column, typed, finding.value, ""))


def _count_names(names: list[int], typed: str, chosen: str) -> None:
    """Count the names that were typed, chosen, and both, in whatever form they were written."""
    wanted = [each for each in typed.split(";") if each.strip()]
    found = [each for each in chosen.split(";") if each.strip()]
    names[0] += len(wanted)
    names[1] += len(found)
    names[2] += sum(any(is_right("parties", [one], other) for one in wanted) for other in found)


def threshold(judged: Sequence[Judged]) -> float:
    """Return the lowest probability from which on the choices prove the target, 2 for none."""
    scored = [(each.choice.probability, each.right) for each in judged if each.choice]
    best = 2.0
    right = 0
    for asked, (chance, is_right_one) in enumerate(sorted(scored, reverse=True), 1):
        right += is_right_one
        if clopper_pearson_lower(right, asked, _CERTAIN) >= TARGET:
            best = chance
    return best


def ece_by_chance(chances: Sequence[float]) -> float:
    """Return the mean ECE of probabilities that are all exactly right, for so few choices."""
    drawn = random.Random(0)  # noqa: S311
    return mean(
        ece([(chance, drawn.random() < chance) for chance in chances]) for _ in range(_TRIES)
    )


def row_of(label: str, filled: int, counts: Counts) -> str:
    """Return one line of the table."""
    promised = f"{len(counts.promised) / max(len(counts.right), 1):.2f} / " + (
        f"{mean(counts.promised):.3f}" if counts.promised else "-"
    )
    return (
        f"{label:<16}{filled:>4}{mean(counts.by_rules):>8.3f}{mean(counts.right):>8.3f}"
        f"{_mean(counts.kept[1]):>8}{_mean(counts.kept[0]):>7}{_mean(counts.auroc):>8}"
        f"{mean(counts.ece):>7.3f}{mean(counts.by_chance):>8.3f}{ece(counts.scored):>8.3f}   {promised}"
    )


HEAD = (
    f"{'column':<16}{'n':>4}{'rules':>8}{'right':>8}{'known':>8}{'new':>7}{'AUROC':>8}{'ECE':>7}"
    f"{'chance':>8}{'pooled':>8}   at 98 %: share / right"
)


def names_row(filled: int, counts: Counts) -> str:
    """Return recall, precision and F1 of the names of a list column."""
    typed, chosen, right = counts.names
    recall, precision = right / max(typed, 1), right / max(chosen, 1)
    both = 2 * right / max(typed + chosen, 1)
    return f"names{filled:>15}   recall {recall:.3f}   precision {precision:.3f}   F1 {both:.3f}"


def extrapolated(points: Mapping[int, float], at: int) -> float:
    """Return a share at a larger number of records: a least-squares line over 1/sqrt(n).

    That is how errors of a fitted model usually fall; it is an estimate and no measurement.
    """
    xs = [float(n) ** -0.5 for n in points]
    ys = list(points.values())
    middle, level = mean(xs), mean(ys)
    spread = sum((x - middle) ** 2 for x in xs)
    slope = sum((x - middle) * (y - level) for x, y in zip(xs, ys, strict=True)) / spread
    share: float = level + slope * (float(at) ** -0.5 - middle)
    return min(1.0, share)


def _mean(values: Sequence[float]) -> str:
    return f"{mean(values):.3f}" if values else "-"
