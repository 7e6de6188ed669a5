"""Learn the columns of one source: judge, learn, list doubts, and move the steps."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.context import SourceRun
from pipeline.decide.column_values import is_empty
from pipeline.decide.spellings import separators_vary
from pipeline.learning.collect import FilledRecord, RecordReading, filled_records, reading_of
from pipeline.learning.columns import basis_of, column_states, learnable
from pipeline.learning.judge import Move, judge_trials, move_steps
from pipeline.model import Column, Suggestion
from pipeline.model.learning import MAX_MODEL_BYTES, LearnedModel, TypedValue
from pipeline.ports.learner import FoundDoubt, Learner, LearningExample
from pipeline.steps.write_back import (
    Doubted,
    WriteContext,
    keep_doubts,
    table_context,
    withdraw_typed,
)

_LEFT_EMPTY = TypedValue("")
NEWEST = 4_000
"""Records whose pages are looked at; of older ones the values alone are remembered."""


@dataclass(slots=True)
class Taught:
    """What was done for one source.

    `learned` has by column how many records its new model was made from, `unchanged` the columns
    that would have got the same model again, `too_few` those with too few filled records.
    """

    source: str
    records: int = 0
    read: int = 0
    judged: int = 0
    learned: dict[str, int] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    too_few: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    doubts: int = 0
    moves: list[Move] = field(default_factory=list)


def teach(
    run: SourceRun,
    *,
    precision: float,
    auto: bool,
    may_read: Callable[[], bool],
    folder: Path,
) -> Taught:
    """Learn what has changed since the last time; nothing is written to a record.

    `may_read` says whether another document may be read now.
    """
    learner, ledger, spec = run.ports.learner, run.ports.ledger, run.spec
    assert learner is not None
    context = table_context(run, folder)
    columns = context.columns
    taught = Taught(spec.name)
    # Before the listing: what a run writes meanwhile must not be overwritten by an older doubt.
    since = ledger.effects.last_id()
    listed = list(filled_records(run, columns))
    _forget_others(run, learner, columns)
    # Before anything is learned: what people have put there judges the models that chose before.
    taught.judged = judge_trials(spec.name, listed, columns, ledger)
    _note_seen(listed, run)
    withdraw_typed({one.record: one.work.values for one in listed}, context)

    filled = sorted((one for one in listed if one.typed), key=lambda one: one.order)
    taught.records = len(filled)
    readings: dict[str, RecordReading] = {}
    for one in filled[-NEWEST:]:
        run.check_stop()
        found = reading_of(one, run, folder, may_read=_counted(may_read, taught))
        if found is not None:
            readings[one.record.pk] = found
    room = _Room(run, learner, filled, readings, taught, context, since)
    names = [name for name in learnable(spec) if name in columns]
    for name in names:
        room.learn(columns[name])
    # Those about columns that are learned no more.
    keep_doubts((), context, since=since, kept_columns=names)
    states = column_states(spec, ledger, learner, precision=precision)
    taught.moves = move_steps(states, ledger, auto=auto)
    return taught


def _note_seen(listed: Sequence[FilledRecord], run: SourceRun) -> None:
    """Record the files of filled records: no run may take them for newer than the models."""
    files = run.ports.ledger.files
    filled = (ref for one in listed if one.typed for ref in one.work.files)
    unseen = [ref for ref in filled if files.state(ref.version) is None]
    if unseen:
        files.seen(unseen, run.run_id)


def _forget_others(run: SourceRun, learner: Learner, columns: Mapping[str, Column]) -> None:
    """Forget what was learned from another table, finding or type, or by another learner."""
    learning, spec = run.ports.ledger.learning, run.spec
    for model in learning.models(spec.name):
        name = model.column
        if name in spec.columns and name in columns:
            current = basis_of(spec, name, learner)
            if model.basis != current or model.column_type != columns[name].type:
                learning.forget(spec.name, name)


def _counted(may_read: Callable[[], bool], taught: Taught) -> Callable[[], bool]:
    def asked() -> bool:
        allowed = may_read()
        taught.read += allowed
        return allowed

    return asked


@dataclass(frozen=True, slots=True)
class _Room:
    """What all columns of a source are learned from, the oldest record first.

    `since` is the id of the latest effect before the records were listed.
    """

    run: SourceRun
    learner: Learner
    filled: Sequence[FilledRecord]
    readings: Mapping[str, RecordReading]
    taught: Taught
    context: WriteContext
    since: int

    def learn(self, column: Column) -> None:
        """Learn a column, list its doubts and keep its model, if it would be another one."""
        name, spec, taught = column.name, self.run.spec, self.taught
        ledger = self.run.ports.ledger
        examples = [
            _example(one.typed.get(name, _LEFT_EMPTY), one, self.readings.get(one.record.pk))
            for one in self.filled
            if name in one.typed or _is_left_empty(column, one)
        ]
        filled = sum(bool(example.value) for example in examples)
        basis = basis_of(spec, name, self.learner)
        digest = _digest(f"{basis} {column.type}", examples, self.readings)
        present = ledger.learning.model(spec.name, name)
        undone = ledger.learning.undone_model(spec.name, name)
        # Who has gone back from a model wants none from the same records again.
        if digest in {known.examples for known in (present, undone) if known is not None}:
            taught.unchanged.append(name)
            return
        try:
            lesson = self.learner.learn(column, spec.columns[name], examples)
        except (ArithmeticError, ValueError) as error:
            # Such as a matrix that cannot be solved: the other columns are learned all the same.
            taught.problems.append(f"{name}: it cannot be learned: {error}")
            return
        if lesson is None:
            taught.too_few.append(name)
            self._keep_doubts(name, ())
            return
        content = lesson.document.encode()
        if len(content) > MAX_MODEL_BYTES:
            taught.problems.append(f"{name}: the model has {len(content):,} bytes; it is not kept")
            return
        model = LearnedModel(
            spec.name,
            name,
            lesson.document,
            hashlib.sha256(content).hexdigest(),
            self.run.ports.clock.now(),
            filled,
            digest,
            {
                **lesson.report,
                "basis": basis,
                "column_type": column.type,
                "separators_vary": separators_vary(example.value for example in examples),
            },
        )
        # Doubts first: what a kept model was made from is not learned again, nor doubted then.
        taught.doubts += self._keep_doubts(name, lesson.doubts)
        ledger.learning.save_model(model)
        taught.learned[name] = filled

    def _keep_doubts(self, name: str, doubts: Sequence[FoundDoubt]) -> int:
        others = self.context.columns.keys() - {name}
        doubted = self._doubted(name, doubts)
        return keep_doubts(doubted, self.context, since=self.since, kept_columns=others)

    def _doubted(self, name: str, doubts: Sequence[FoundDoubt]) -> list[Doubted]:
        by_pk = {one.record.pk: one for one in self.filled}
        found = []
        for doubt in doubts:
            one, reading = by_pk[doubt.key], self.readings.get(doubt.key)
            if reading is None:
                continue
            place = doubt.place
            suggestion = Suggestion(
                name,
                one.work.values[name],
                doubt.read,
                doubt.reason,
                doubt.probability,
                page=place.page if place else None,
                box=place.box if place else None,
            )
            found.append(Doubted(one.record, reading.version, suggestion))
        return found


def _is_left_empty(column: Column, one: FilledRecord) -> bool:
    """Say whether people have filled in a record and nothing there; a checkbox is always filled."""
    return column.type != "YES/NO" and is_empty(one.work.values[column.name])


def _example(
    typed: TypedValue, one: FilledRecord, reading: RecordReading | None
) -> LearningExample:
    day, number = one.order
    return LearningExample(
        key=one.record.pk,
        digest=reading.sha256 if reading else "",
        pages=reading.pages if reading else None,
        findings=reading.findings if reading else {},
        value=typed.text,
        weight=typed.weight,
        # Files of one moment keep the order of the listing.
        when=f"{day} {number:09d}",
    )


def _digest(
    basis: str, examples: Sequence[LearningExample], readings: Mapping[str, RecordReading]
) -> str:
    """Identify what a column is learned from: records, values, and how they were read."""
    digest = hashlib.sha256(f"{basis}\n".encode())
    for one in examples:
        reading = readings.get(one.key)
        read = reading.basis if reading else ""
        line = f"{one.key}\0{one.value}\0{one.weight}\0{read}\n"
        # A value may have half of a surrogate pair, which UTF-8 does not have.
        digest.update(line.encode(errors="surrogatepass"))
    return digest.hexdigest()
