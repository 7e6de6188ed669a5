"""How the learning of each source is going, from the ledger alone, and what users decide of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flows.app.accounts.wiring import open_own_ledger
from flows.app.settings import load_settings
from flows.app.sources import named_sources
from flows.app.wiring.ports import open_learner
from pipeline.decide.spellings import is_another_spelling
from pipeline.errors import BadSettings
from pipeline.learning.columns import ColumnState, column_states
from pipeline.learning.judge import promote
from pipeline.model import SourceSpec
from pipeline.model.learning import Stratum
from pipeline.model.limits import Step
from pipeline.model.review import ReviewItem, ReviewState
from pipeline.ports import Ledger
from pipeline.ports.learner import Learner
from pipeline.settings import Settings
from pipeline.settings.sections import LearnSettings
from pipeline.wording import counted


@dataclass(frozen=True, slots=True)
class SourceLearning:
    """The learned columns of a source; `auto` says that nobody has to agree to a step."""

    source: str
    columns: Sequence[ColumnState]
    auto: bool

    @property
    def has_model(self) -> bool:
        """Say whether anything was learned about it."""
        return any(column.model is not None for column in self.columns)

    def lines(self) -> Sequence[str]:
        """Return a sentence for each column and kind of evidence that says something."""
        lines = []
        for column in self.columns:
            if column.model is None:
                lines.append(f"{column.name}: nothing is learned yet")
                continue
            shown = [stratum for stratum in Stratum if column.judged[stratum]]
            # A column that has no trial yet is one sentence, not three alike.
            if not shown:
                made = f"learned from {counted(column.model.records, 'record')}"
                standing = column.standing(Stratum.READ_ONLY)
                lines.append(
                    f"{column.name}: {made}; {standing} ({self._step(column, Stratum.READ_ONLY)})"
                )
            for stratum in shown:
                standing = column.standing(stratum)
                lines.append(
                    f"{column.name}, {stratum}: {standing} ({self._step(column, stratum)})"
                )
        return lines

    def _step(self, column: ColumnState, stratum: Stratum) -> str:
        """Return the step of one kind of evidence, and who or what decides of the next one."""
        step = column.rungs[stratum].step
        if column.promotion(stratum) is not None:
            next_by = "`learn` takes the next step" if self.auto else "agree with `learn promote`"
            return f"{step}; {next_by}"
        is_highest = step is not Step.WRITE and step.at_most(column.highest) is column.highest
        return f"{step}; the settings allow no more" if is_highest else str(step)

    def as_json(self) -> Sequence[Mapping[str, Any]]:
        """Return the columns for --json."""
        return [_column_json(column) for column in self.columns]


def _column_json(column: ColumnState) -> Mapping[str, Any]:
    model = column.model
    return {
        "column": column.name,
        "highest_step": column.highest,
        "model": None
        if model is None
        else {
            "made_at": model.made_at.isoformat(timespec="seconds"),
            "records": model.records,
            "sha256": model.sha256,
            **model.report,
        },
        "evidence": [
            {
                "kind": stratum,
                "step": column.rungs[stratum].step,
                "right": standing.right,
                "asked": standing.asked,
                "uncertain": standing.uncertain,
                "at_least": round(standing.at_least, 4),
                "needed": standing.needed,
                "ready": column.promotion(stratum) is not None,
                "reason": column.rungs[stratum].reason,
                "says": str(standing),
            }
            for stratum in Stratum
            for standing in [column.standing(stratum)]
        ],
    }


def source_learning(
    spec: SourceSpec, ledger: Ledger, learner: Learner, settings: LearnSettings
) -> SourceLearning:
    """Return how the columns of a source are doing."""
    states = column_states(spec, ledger, learner, precision=settings.precision)
    return SourceLearning(spec.name, states, auto=settings.promote == "auto")


def learning_of(
    settings: Settings, ledger: Ledger, sources: Sequence[str] = ()
) -> list[SourceLearning]:
    """Return how the named sources are doing, or all; nothing where learning is switched off."""
    learner = open_learner(settings)
    if learner is None:
        return []
    return [
        source_learning(spec, ledger, learner, settings.learn)
        for spec in named_sources(settings, sources)
    ]


def doubts_of(settings: Settings, ledger: Ledger, sources: Sequence[str] = ()) -> list[ReviewItem]:
    """Return the doubts that wait for a user, the most probable first.

    Those of another spelling come last.
    """
    found = [
        item
        for spec in named_sources(settings, sources)
        for item in ledger.effects.walk_review_items(spec.name, ReviewState.OPEN)
        if item.is_open_doubt
    ]
    # The key last, so that equally probable ones have the same order on every page.
    return sorted(
        found,
        key=lambda item: (
            is_another_spelling(str(item.suggestion.current), str(item.suggestion.suggested)),
            -item.suggestion.confidence,
            item.key,
        ),
    )


def doubt_json(item: ReviewItem) -> Mapping[str, Any]:
    """Return a doubt for --json."""
    said = item.suggestion
    return {
        "source": item.source,
        "record": item.record.pk,
        "column": said.column,
        "typed": said.current,
        "page_says": said.suggested,
        "confidence": said.confidence,
        "reason": said.reason,
        "page": said.page,
        "box": said.box,
    }


def promote_directly(config: Path, source: str, column: str | None, *, by: str) -> list[str]:
    """Take the steps that are proved and wait; return them in words."""
    settings = load_settings(config, credentials=False)
    with open_own_ledger(settings) as ledger:
        return promote_columns(settings, ledger, source, column, by=by)


def promote_columns(
    settings: Settings, ledger: Ledger, source: str, column: str | None, *, by: str
) -> list[str]:
    """Take the steps of a source that are proved and wait; return them in words."""
    spec = _spec(settings, source, column)
    learner = open_learner(settings)
    if learner is None:
        raise BadSettings(["Learning is switched off. Set learn.enabled = true in the settings."])
    # Judged now: what was ready when the user looked may have been contradicted since.
    states = column_states(spec, ledger, learner, precision=settings.learn.precision)
    # Only steps that are proved are taken: a user agrees to evidence, and cannot replace it.
    return [str(move) for move in promote(states, ledger, by=by, column=column)]


def undo_directly(config: Path, source: str, column: str | None) -> list[str]:
    """Go back to the model before, of a column or of all; return the columns."""
    settings = load_settings(config, credentials=False)
    spec = _spec(settings, source, column)
    # Without a column all of them, and those without an earlier model stay as they are.
    names = [column] if column is not None else list(spec.columns)
    with open_own_ledger(settings) as ledger:
        return [name for name in names if ledger.learning.undo_model(source, name) is not None]


def forget_directly(config: Path, source: str, column: str | None) -> int:
    """Delete what was learned about a column, or a source; return how many models that was.

    Raises:
        BadSettings: the settings have no such source or column, and nothing was learned about one.
    """
    settings = load_settings(config, credentials=False)
    with open_own_ledger(settings) as ledger:
        # Also of a source or a column that the settings no longer have.
        if not _is_anything_learned(ledger, source, column):
            _spec(settings, source, column)
        models = ledger.learning.forget(source, column)
        _withdraw_doubts(ledger, source, column)
    return models


def _is_anything_learned(ledger: Ledger, source: str, column: str | None) -> bool:
    learning = ledger.learning
    models, rungs = learning.models(source), learning.rungs(source)
    names = {model.column for model in models} | {rung.column for rung in rungs}
    is_named = bool(names) if column is None else column in names
    return is_named or bool(learning.trials(source, column, limit=1))


def _withdraw_doubts(ledger: Ledger, source: str, column: str | None) -> None:
    """Withdraw the doubts that wait; the next `learn` withdraws those that have a row in Caspio."""
    for item in ledger.effects.walk_review_items(source, ReviewState.OPEN):
        if item.is_open_doubt and not item.row and column in {None, item.suggestion.column}:
            withdrawn = replace(item, state=ReviewState.WITHDRAWN)
            ledger.effects.save_review_item(withdrawn, "forget")


def _spec(settings: Settings, source: str, column: str | None) -> SourceSpec:
    (spec,) = named_sources(settings, [source])
    if column is not None and column not in spec.columns:
        columns = ", ".join(spec.columns)
        raise BadSettings([f"Source {source!r} maps no column {column!r}. Columns: {columns}."])
    return spec
