"""What the ledger promises about what was learned from filled records."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from pipeline.model.learning import LearnedModel, Rung, Stratum, Trial, TrialCounts


class LearningLedger(Protocol):
    """Remembers the models of columns, the choices that they made, and what was proved."""

    def save_model(self, model: LearnedModel) -> None:
        """Keep a model as the present one of its column; the one before becomes the previous.

        Raises:
            ValueError: it is larger than `MAX_MODEL_BYTES`.
        """

    def model(self, source: str, column: str) -> LearnedModel | None:
        """Return the present model of a column, None without one or if its bytes were changed."""

    def models(self, source: str) -> Sequence[LearnedModel]:
        """Return the present models of a source, by column."""

    def undo_model(self, source: str, column: str) -> LearnedModel | None:
        """Make the previous model the present one and return it; None if there is none.

        The one that was present is kept as undone, until another model is saved.
        """

    def undone_model(self, source: str, column: str) -> LearnedModel | None:
        """Return the model of a column that was undone, None without one."""

    def keep_trials(self, trials: Iterable[Trial]) -> None:
        """Keep choices, one for each record and column.

        A choice that was judged stays: the record may be among those learned from since.
        """

    def judge(self, trials: Iterable[Trial], *, again: bool = False) -> None:
        """Record the verdicts of choices that are open, or with `again` of those that are not."""

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

        `column`, `stratum` and `record` (a container and a PK_ID) choose among them; with
        `open_only` those that were judged are left out. `evidence_at` is the probability from which
        on a choice counts: the latest then is the latest of these that was judged, and of those
        before it only what was judged or written comes. What was written after it nobody has looked
        at, so however much that is, it takes no place of the others.
        """

    def trial_counts(
        self, source: str, column: str, *, container: str, at_least: float
    ) -> Mapping[Stratum, TrialCounts]:
        """Count the choices for a table or view that were this probable at least, and judged.

        Those after the last write come after every choice at the step `write` that was judged or
        written. A kind of evidence without any is left out.
        """

    def rungs(self, source: str) -> Sequence[Rung]:
        """Return the steps that were reached, by column and kind of evidence."""

    def save_rung(self, rung: Rung) -> None:
        """Keep the step of one kind of evidence for a column, in place of the one before."""

    def forget(self, source: str, column: str | None = None) -> int:
        """Delete what was learned about a column, or a source; return how many models that was."""
