"""Models, the choices they made, and the steps that were proved."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Row, and_, case, delete, func, or_, select, update

from pipeline.adapters.sql_ledger.learning.tables import (
    learned_models,
    learned_rungs,
    learned_trials,
)
from pipeline.adapters.sql_ledger.session import SqlPart, chunks
from pipeline.model import RecordRef
from pipeline.model.learning import (
    MAX_MODEL_BYTES,
    LearnedChoice,
    LearnedModel,
    PrintedAt,
    Rung,
    Stratum,
    Trial,
    TrialCounts,
    Verdict,
)
from pipeline.model.limits import Step

_PRESENT, _PREVIOUS, _UNDONE = 0, 1, 2
_IS_JUDGED = learned_trials.c.verdict != Verdict.OPEN.value
_IS_EVIDENCE = or_(_IS_JUDGED, learned_trials.c.written)


class SqlLearning(SqlPart):
    """Remember what was learned."""

    def save_model(self, model: LearnedModel) -> None:
        """Keep a model as the present one of its column; the one before becomes the previous."""
        if len(model.document.encode()) > MAX_MODEL_BYTES:
            raise ValueError(
                f"the model of {model.column} is larger than {MAX_MODEL_BYTES:,} bytes"
            )
        row = {name: value for name, value in asdict(model).items() if name != "column"}
        row |= {"column_name": model.column, "age": _PRESENT}
        mine = _of_column(learned_models, model.source, model.column)
        with self._session.writing(f"keep the model of {model.column}") as connection:
            present = select(learned_models.c.sha256).where(mine, learned_models.c.age == _PRESENT)
            known = connection.execute(present).scalar_one_or_none()
            # The same model made again leaves the one before it, which `undo` goes back to.
            if known not in {None, model.sha256}:
                connection.execute(
                    delete(learned_models).where(mine, learned_models.c.age != _PRESENT)
                )
                connection.execute(update(learned_models).where(mine).values(age=_PREVIOUS))
            statement = self._session.insert(learned_models).values(row)
            key = ["source", "column_name", "age"]
            connection.execute(statement.on_conflict_do_update(index_elements=key, set_=row))

    def model(self, source: str, column: str) -> LearnedModel | None:
        """Return the present model of a column, None without one or if its bytes were changed."""
        return next((one for one in self.models(source) if one.column == column), None)

    def models(self, source: str) -> Sequence[LearnedModel]:
        """Return the present models of a source, by column."""
        wanted = (
            select(learned_models)
            .where(learned_models.c.source == source, learned_models.c.age == _PRESENT)
            .order_by(learned_models.c.column_name)
        )
        with self._session.reading(f"list the models of {source}") as connection:
            found = [_model(row) for row in connection.execute(wanted)]
        return [model for model in found if _is_unchanged(model)]

    def undo_model(self, source: str, column: str) -> LearnedModel | None:
        """Make the previous model the present one and return it; None if there is none."""
        mine = _of_column(learned_models, source, column)
        age = learned_models.c.age
        previous = and_(mine, age == _PREVIOUS)
        with self._session.writing(f"go back to the model before of {column}") as connection:
            row = connection.execute(select(learned_models).where(previous)).one_or_none()
            if row is None or not _is_unchanged(_model(row)):
                return None
            connection.execute(delete(learned_models).where(mine, age == _UNDONE))
            connection.execute(
                update(learned_models).where(mine, age == _PRESENT).values(age=_UNDONE)
            )
            connection.execute(update(learned_models).where(previous).values(age=_PRESENT))
        return _model(row)

    def undone_model(self, source: str, column: str) -> LearnedModel | None:
        """Return the model of a column that was undone, None without one."""
        wanted = select(learned_models).where(
            _of_column(learned_models, source, column), learned_models.c.age == _UNDONE
        )
        with self._session.reading(f"look up the undone model of {column}") as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None else _model(row)

    def keep_trials(self, trials: Iterable[Trial]) -> None:
        """Keep choices, one for each record and column; one that was judged stays."""
        for chunk in chunks(trials):
            with self._session.writing("keep the choices of a model") as connection:
                for trial in chunk:
                    row = _trial_row(trial) | {"at": self._session.clock.now()}
                    statement = self._session.insert(learned_trials).values(row)
                    is_open = learned_trials.c.verdict == Verdict.OPEN.value
                    connection.execute(
                        statement.on_conflict_do_update(
                            index_elements=["key"], set_=row, where=is_open
                        )
                    )

    def judge(self, trials: Iterable[Trial], *, again: bool = False) -> None:
        """Record the verdicts of choices that are open, or with `again` of those that are not."""
        is_open = learned_trials.c.verdict == Verdict.OPEN.value
        for chunk in chunks(trials):
            with self._session.writing("judge the choices of a model") as connection:
                for trial in chunk:
                    mine = update(learned_trials).where(
                        learned_trials.c.key == trial.key, ~is_open if again else is_open
                    )
                    values = {"verdict": trial.verdict.value, "typed": trial.typed}
                    connection.execute(mine.values(values))

    def trials(
        self,
        source: str,
        column: str | None = None,
        *,
        stratum: Stratum | None = None,
        record: tuple[str, str] | None = None,
        open_only: bool = False,
        evidence_at: float | None = None,
        limit: int | None = None,
    ) -> Sequence[Trial]:
        """Return the choices for a source, the latest first.

        `column`, `stratum` and `record` (a container and a PK_ID) choose among them, `open_only`
        those that were not judged, and `evidence_at` those of this probability at least that were
        judged, or written before the latest of them that was judged.
        """
        wanted = select(learned_trials).where(learned_trials.c.source == source)
        if column is not None:
            wanted = wanted.where(learned_trials.c.column_name == column)
        if stratum is not None:
            wanted = wanted.where(learned_trials.c.stratum == stratum.value)
        if record is not None:
            container, pk = record
            wanted = wanted.where(
                learned_trials.c.container == container, learned_trials.c.pk == pk
            )
        if open_only:
            wanted = wanted.where(~_IS_JUDGED)
        if evidence_at is not None:
            wanted = wanted.where(learned_trials.c.probability >= evidence_at)
            judged = wanted.where(_IS_JUDGED).subquery()
            last = select(func.max(judged.c.seq)).scalar_subquery()
            wanted = wanted.where(_IS_EVIDENCE, learned_trials.c.seq <= last)
        latest = wanted.order_by(learned_trials.c.seq.desc()).limit(limit)
        with self._session.reading(f"list the choices for {source}") as connection:
            return [_trial(row) for row in connection.execute(latest)]

    def trial_counts(
        self, source: str, column: str, *, container: str, at_least: float
    ) -> Mapping[Stratum, TrialCounts]:
        """Count the choices for a table or view that were this probable at least, and judged."""
        one = learned_trials.c
        mine = and_(_of_column(learned_trials, source, column), one.container == container)
        written = (
            select(one.stratum, func.max(one.seq).label("seq"))
            .where(mine, one.step == Step.WRITE.value, _IS_EVIDENCE)
            .group_by(one.stratum)
            .subquery()
        )
        is_since = one.seq > func.coalesce(written.c.seq, 0)
        is_right = one.verdict == Verdict.RIGHT.value
        numbers = [
            func.sum(case((condition, 1), else_=0))
            for condition in (is_right, _IS_JUDGED, and_(is_right, is_since), is_since)
        ]
        wanted = (
            select(one.stratum, *numbers)
            .outerjoin(written, written.c.stratum == one.stratum)
            .where(mine, _IS_JUDGED, one.probability >= at_least)
            .group_by(one.stratum)
        )
        with self._session.reading(f"count the choices of {column}") as connection:
            found = connection.execute(wanted).all()
        return {Stratum(kind): TrialCounts(*map(int, own)) for kind, *own in found}

    def rungs(self, source: str) -> Sequence[Rung]:
        """Return the steps that were reached, by column and kind of evidence."""
        wanted = (
            select(learned_rungs)
            .where(learned_rungs.c.source == source)
            .order_by(learned_rungs.c.column_name, learned_rungs.c.stratum)
        )
        with self._session.reading(f"list the steps of {source}") as connection:
            return [_rung(row) for row in connection.execute(wanted)]

    def save_rung(self, rung: Rung) -> None:
        """Keep the step of one kind of evidence for a column, in place of the one before."""
        row = {
            "source": rung.source,
            "column_name": rung.column,
            "stratum": rung.stratum.value,
            "step": rung.step.value,
            "reason": rung.reason,
            "engines": list(rung.engines),
            "agreed_by": rung.by,
        }
        key = ["source", "column_name", "stratum"]
        statement = self._session.insert(learned_rungs).values(row)
        with self._session.writing(f"keep the step of {rung.column}") as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=key, set_=row))

    def forget(self, source: str, column: str | None = None) -> int:
        """Delete what was learned about a column, or a source; return how many models that was."""
        present = learned_models.c.age == _PRESENT
        with self._session.writing(f"forget what was learned about {source}") as connection:
            mine = _of_column(learned_models, source, column)
            forgotten = connection.execute(delete(learned_models).where(mine, present)).rowcount
            for table in (learned_models, learned_trials, learned_rungs):
                connection.execute(delete(table).where(_of_column(table, source, column)))
        return int(forgotten)


def _of_column(table: Any, source: str, column: str | None) -> Any:
    """Return the condition for the rows of a column, or of a whole source."""
    mine = table.c.source == source
    return mine if column is None else and_(mine, table.c.column_name == column)


def _is_unchanged(model: LearnedModel) -> bool:
    """Say whether a model's bytes are those that were kept."""
    return hashlib.sha256(model.document.encode()).hexdigest() == model.sha256


def _model(row: Row[Any]) -> LearnedModel:
    return LearnedModel(
        source=row.source,
        column=row.column_name,
        document=row.document,
        sha256=row.sha256,
        made_at=row.made_at,
        records=row.records,
        examples=row.examples,
        report=row.report,
    )


def _trial_row(trial: Trial) -> dict[str, Any]:
    choice = trial.choice
    return {
        "key": trial.key,
        "source": trial.source,
        "column_name": trial.column,
        "container": trial.record.container,
        "pk": trial.record.pk,
        "is_view": trial.record.is_view,
        "model": trial.model,
        "stratum": choice.stratum.value,
        "value": choice.value,
        "probability": choice.probability,
        "reason": choice.reason,
        "place": None if choice.place is None else asdict(choice.place),
        "step": trial.step.value,
        "engines": list(trial.engines),
        "written": trial.written,
        "verdict": trial.verdict.value,
        "typed": trial.typed,
    }


def _trial(row: Row[Any]) -> Trial:
    place = None
    if row.place is not None:
        box = row.place["box"]
        place = PrintedAt(**{**row.place, "box": None if box is None else tuple(box)})
    choice = LearnedChoice(row.value, row.probability, Stratum(row.stratum), row.reason, place)
    trial = Trial(
        source=row.source,
        record=RecordRef(row.container, row.pk, row.is_view),
        column=row.column_name,
        model=row.model,
        choice=choice,
        step=Step(row.step),
        engines=tuple(row.engines),
        written=row.written,
    )
    return replace(trial, verdict=Verdict(row.verdict), typed=row.typed, at=row.at)


def _rung(row: Row[Any]) -> Rung:
    return Rung(
        source=row.source,
        column=row.column_name,
        stratum=Stratum(row.stratum),
        step=Step(row.step),
        reason=row.reason,
        engines=tuple(row.engines),
        by=row.agreed_by,
    )
