"""Judge choices for later records by the steps of the product: what is proved, what is written.

The records of a corpus have no order of time, so each draw gives them one. A column is learned
again whenever its records have grown by a quarter; each record is chosen for before its value is
known. What users confirm at once is the label of the corpus, so its typing errors count as wrong.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.decide.ladder import Proof, demotion, promotion
from pipeline.model import RecordRef
from pipeline.model.learning import LearnedChoice, Rung, Stratum, Trial, Verdict
from pipeline.model.limits import WRITE_AT, Step
from processors.learning import Choice, clopper_pearson_lower, needed, train
from processors.learning.learner import Learned
from processors.learning.text.document import Document
from processors.learning.training import learned_of
from tests.bench.learning.columns import Column
from tests.bench.learning.curves import TARGET, same_value
from tests.bench.learning.records import Filled
from tests.bench.learning.year import BEGAN

_FIRST = 25
_GROWTH = 1.25
_LOOKED_AT = (50, 100, 150, 200)
"""Filled records after which it is said what is proved."""
PROOF = Proof(TARGET, WRITE_AT, clopper_pearson_lower, needed)


@dataclass(slots=True)
class Later:
    """One kind of evidence in one draw: its step in the end, and its trials, the latest first."""

    rung: Rung
    trials: list[Trial]


def proved_later(records: Sequence[Filled], column: Column, *, seed: int) -> list[str]:
    """Return what choices for later records have proved after some of them, and after all.

    A line for each kind of evidence.
    """
    usable = [record for record in records if record.values.get(column.name)]
    random.Random(seed).shuffle(usable)  # noqa: S311
    kinds: dict[Stratum, Later] = {}
    learned: Learned | None = None
    order, size = "", 0
    lines: list[str] = []
    for at in range(_FIRST, len(usable)):
        if learned is None or at >= size * _GROWTH:
            known = [each.example(column.name, when=n) for n, each in enumerate(usable[:at])]
            model = train(known, kind=column.kind, finding=column.finding).model
            learned, order, size = learned_of(model), model.order, at
        record = usable[at]
        choice = learned.choose(Document.of(record.pages), record.findings)
        if choice:
            right = same_value(column, record.values[column.name], choice.value, order)
            _count(kinds, column, record, choice, right=right, at=BEGAN + timedelta(minutes=at))
        filled = at + 1
        if filled in _LOOKED_AT or filled == len(usable):
            said = ((kind, _line(own, filled - _FIRST)) for kind, own in kinds.items())
            lines += [f"{column.name:<10}{filled:>4}  {kind:<16}{line}" for kind, line in said]
    return lines


def _count(
    kinds: dict[Stratum, Later],
    column: Column,
    record: Filled,
    choice: Choice,
    *,
    right: bool,
    at: datetime,
) -> None:
    kind = choice.stratum
    own = kinds.setdefault(kind, Later(Rung("later", column.name, kind), []))
    made = LearnedChoice(choice.value, choice.probability, kind, "")
    verdict = Verdict.RIGHT if right else Verdict.WRONG
    trial = Trial(
        "later",
        RecordRef("later", record.id),
        column.name,
        "",
        made,
        own.rung.step,
        ("drawn",),
        verdict,
        at=at,
    )
    own.trials.insert(0, trial)
    moved = demotion(own.rung, own.trials, PROOF)
    moved = moved or promotion(own.rung, own.trials, PROOF, highest=Step.WRITE)
    own.rung = moved or own.rung


def _line(own: Later, asked: int) -> str:
    certain = [one for one in own.trials if one.choice.probability >= WRITE_AT]
    right = sum(one.verdict is Verdict.RIGHT for one in certain)
    bound = clopper_pearson_lower(right, len(certain))
    return (
        f"{right:>4} of {len(certain):>4} right, at least {math.floor(bound * 1000) / 1000:.3f};"
        f" {len(certain) / asked:.2f} of the records; step {own.rung.step}"
    )
