"""Simulate a year of a table: what is promised, what is written, and how much of it is right.

Documents come by week; senders come and go; in June a third of them change their layout. People
type 3 % of the values wrongly, look at the doubts, and correct what was written wrongly. The steps
are those of the product (`pipeline.decide.ladder`).
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from pipeline.decide.ladder import Proof, demotion, promotion
from pipeline.model import RecordRef
from pipeline.model.learning import LearnedChoice, Rung, Stratum as Kind, Trial, Verdict
from pipeline.model.limits import Step
from processors.classify.classifier import classify
from processors.confidence import with_probabilities
from processors.learning import (
    Choice,
    ColumnKind,
    Example,
    clopper_pearson_lower,
    needed,
    train,
)
from processors.learning.learner import Learned
from processors.learning.text.document import Document
from processors.learning.text.keys import key_of
from processors.learning.training import learned_of
from processors.values import find_values
from tests.bench.learning.columns import Column
from tests.bench.learning.drawn import Drawn, document, sender, word
from tests.bench.learning.errors import slip

_WEEKS, _A_WEEK, _SENDERS = 52, 16, 20
_GROWTH = 1.25
_JUNE = 22
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
_TYPING_ERRORS = 0.03
_TARGET, _WRITE_AT = 0.98, 0.95
_DOUBT = 0.5
PROOF = Proof(_TARGET, _WRITE_AT, clopper_pearson_lower, needed)

COLUMNS = (
    Column("company", ColumnKind.TEXT, "company"),
    Column("total", ColumnKind.AMOUNT, "total"),
    Column("reference", ColumnKind.TEXT, None),
    Column("center", ColumnKind.TEXT, None),
    Column("lottery", ColumnKind.NUMBER, None),
)
"""The last two have no finding; the very last is nowhere on the page and cannot be learned."""


@dataclass(slots=True)
class State:
    """What is known of a column in the course of the year."""

    examples: list[Example] = field(default_factory=list)
    trials: dict[Kind, list[Trial]] = field(default_factory=lambda: defaultdict(list))
    rungs: dict[Kind, Rung] = field(default_factory=dict)
    written: dict[int, list[bool]] = field(default_factory=lambda: defaultdict(list))
    steps: list[str] = field(default_factory=list)
    errors: list[bool] = field(default_factory=list)
    model: Learned | None = None
    learned: int = 0


def documents(chance: random.Random) -> Iterator[tuple[int, Drawn]]:
    """Yield the documents of a year by week."""
    languages = [(word(chance), word(chance), word(chance, 2)) for _ in range(4)]
    senders = []
    for number in range(_SENDERS):
        begins = 0 if number % 2 else chance.randrange(0, 40)
        senders.append(sender(chance, (begins, begins + chance.randrange(15, 53)), languages))
    changed = (word(chance), word(chance), word(chance, 2))
    count = 0
    for week in range(_WEEKS):
        if week == _JUNE:
            senders = [
                replace(each, labels=changed, total_first=True) if number % 3 == 0 else each
                for number, each in enumerate(senders)
            ]
        active = [each for each in senders if each.weeks[0] <= week < each.weeks[1]]
        for _ in range(_A_WEEK):
            count += 1
            yield week, document(chance.choice(active), chance, count)


def simulate(seed: int = 1) -> dict[str, State]:
    """Return what became of each column in a year."""
    chance = random.Random(seed)  # noqa: S311
    states = {column.name: State() for column in COLUMNS}
    for number, (week, drawn) in enumerate(documents(chance)):
        month = week * 12 // _WEEKS
        for column in COLUMNS:
            _learn(states[column.name], column)
        doc_type = classify(drawn.pages, media_type="image/png")
        values = find_values(drawn.pages, doc_class=doc_type.value)
        findings = with_probabilities(values, drawn.pages, doc_type=doc_type)
        read = Document.of(drawn.pages)
        for column in COLUMNS:
            own = states[column.name]
            choice = own.model.choose(read, findings) if own.model else None
            true = drawn.values[column.name]
            example = Example(str(number), f"digest {number}", drawn.pages, findings, true)
            at = BEGAN + timedelta(minutes=number)
            _live(own, column, choice, example, at=at, month=month, chance=chance)
    return states


def _learn(state: State, column: Column) -> None:
    """Learn a column again once its records have grown by a quarter."""
    if len(state.examples) >= max(_A_WEEK, _GROWTH * state.learned):
        trained = train(state.examples, kind=column.kind, finding=column.finding)
        state.model, state.learned = learned_of(trained.model), len(state.examples)


def _live(
    state: State,
    column: Column,
    choice: Choice | None,
    example: Example,
    *,
    at: datetime,
    month: int,
    chance: random.Random,
) -> None:
    """Do with one record what the product and people do with it."""
    true = example.value
    typed = slip(true, chance) if chance.random() < _TYPING_ERRORS else true
    if choice is None:
        state.examples.append(replace(example, value=typed))
        return
    kind = choice.stratum
    rung = state.rungs.setdefault(kind, Rung("year", column.name, kind))
    is_right = _same(column, choice.value, true)
    certain = choice.probability >= _WRITE_AT and choice.may_be_written
    if rung.step is Step.WRITE and certain:
        state.written[month].append(is_right)
        verdict = Verdict.OPEN if is_right else Verdict.WRONG
        # What is written and right is left alone, and is no label; what is wrong is corrected.
        if not is_right:
            state.examples.append(replace(example, weight=2.0))
        _judge(state, kind, choice, column, verdict, at=at, written=True)
        return
    value, verdict = _filled(state, column, choice, true=true, typed=typed)
    state.examples.append(replace(example, value=value, weight=1.0 if value == typed else 2.0))
    _judge(state, kind, choice, column, verdict, at=at, written=False)


def _filled(
    state: State, column: Column, choice: Choice, *, true: str, typed: str
) -> tuple[str, Verdict]:
    """Return what people have typed in the end, and what it says of the choice.

    Where the page says otherwise with some probability, they look at the document again.
    """
    is_doubted = not _same(column, choice.value, typed) and choice.probability >= _DOUBT
    if typed != true:
        state.errors.append(is_doubted)
    value = true if is_doubted else typed
    return value, Verdict.RIGHT if _same(column, choice.value, value) else Verdict.WRONG


def _judge(
    state: State,
    kind: Kind,
    choice: Choice,
    column: Column,
    verdict: Verdict,
    *,
    at: datetime,
    written: bool,
) -> None:
    """Count a trial, and move the step where the product would."""
    chosen = LearnedChoice(choice.value, choice.probability, kind, choice.reason)
    record = RecordRef("year", str(len(state.trials[kind])))
    rung = state.rungs[kind]
    trial = Trial(
        "year",
        record,
        column.name,
        "",
        chosen,
        rung.step,
        ("drawn",),
        verdict,
        written=written,
        at=at,
    )
    state.trials[kind].insert(0, trial)
    trials: Sequence[Trial] = state.trials[kind]
    moved = demotion(rung, trials, PROOF) or promotion(rung, trials, PROOF, highest=Step.WRITE)
    if moved:
        state.rungs[kind] = moved
        state.steps.append(f"{kind.value}: {rung.step.value} → {moved.step.value}, {moved.reason}")


def _same(column: Column, one: str, other: str) -> bool:
    return key_of(one, column.kind) == key_of(other, column.kind)


def report(states: dict[str, State]) -> list[str]:
    """Return the year as lines: by month how much was written and right, and every step."""
    lines = [f"{'column':<12}" + "".join(f"{month + 1:>9}" for month in range(12)) + "   in all"]
    for name, state in states.items():
        cells = [state.written.get(month, []) for month in range(12)]
        every = [right for cell in cells for right in cell]
        shown = "".join(f"{f'{sum(c)}/{len(c)}' if c else '-':>9}" for c in cells)
        share = f"{sum(every) / len(every):.4f}" if every else "-"
        found = f"{sum(state.errors)}/{len(state.errors)}"
        lines.append(f"{name:<12}{shown}   {sum(every)}/{len(every)} = {share}; errors {found}")
    for name, state in states.items():
        lines += [f"  {name}, {step}" for step in state.steps]
    return lines
