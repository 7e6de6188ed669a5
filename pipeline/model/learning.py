"""What is learned about a column: models, choices, trials, and the steps that were proved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pipeline.model import RecordRef, short_digest
from pipeline.model.limits import Step

MAX_MODEL_BYTES = 4 * 2**20
"""The largest model of a column that is kept, as JSON."""


class Stratum(StrEnum):
    """Kinds of evidence for a choice; each proves itself."""

    READ_AND_KNOWN = "read and known"  # on the page, and in other records of the column
    READ_ONLY = "read only"  # on the page
    KNOWN_ONLY = "known only"  # in other records of the column


@dataclass(frozen=True, slots=True)
class PrintedAt:
    """Where a value is printed: page and line from 1, box in points from the top left corner."""

    page: int
    line: int
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class LearnedChoice:
    """What a model chose for a column, as it is to be written, with its probability and why.

    `may_be_written` is False where one record alone knows the value, and the page does not, and
    where the page does not say that an amount has the currency that people type.
    """

    value: str
    probability: float
    stratum: Stratum
    reason: str
    place: PrintedAt | None = None
    may_be_written: bool = True


@dataclass(frozen=True, slots=True)
class TypedValue:
    """A value that people are known to stand behind.

    `weight` is 2 where somebody confirmed it beside the page or changed what we wrote, else 1.
    """

    text: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class LearnedModel:
    """A model of a column, as the ledger keeps it.

    Attributes:
        document: The model as JSON; `sha256` is of its bytes.
        records: How many records it was made from.
        examples: A digest of what it was made from: equal digests make equal models.
        report: How it did on records that it had not learned from, for which table, finding and
            type it was made, and whether people type its codes in several ways, as JSON.
    """

    source: str
    column: str
    document: str
    sha256: str
    made_at: datetime
    records: int
    examples: str
    report: Mapping[str, object] = field(default_factory=dict)

    @property
    def basis(self) -> str:
        """Identify table, finding and learner that it was made for, "" where none is known."""
        return str(self.report.get("basis", ""))

    @property
    def column_type(self) -> str:
        """Return the type that the column had, "" where it is not known."""
        return str(self.report.get("column_type", ""))

    @property
    def separators_vary(self) -> bool:
        """Return whether people type one code of the column with these separators or others."""
        return bool(self.report.get("separators_vary"))


class Verdict(StrEnum):
    """What became of a choice."""

    OPEN = "open"  # no user has put a value there since
    RIGHT = "right"  # a user's value is the same
    WRONG = "wrong"  # a user's value is another one


@dataclass(frozen=True, slots=True)
class Trial:
    """A choice for one record, made before a user's value was known to the model.

    Attributes:
        model: SHA-256 of the model that chose.
        step: What was done with the choice.
        engines: What read the pages: the names of the OCR engines, "text" for a text layer.
        written: Whether the choice was written to the record.
        typed: The user's value, "" while there is none.
    """

    source: str
    record: RecordRef
    column: str
    model: str
    choice: LearnedChoice
    step: Step
    engines: tuple[str, ...] = ()
    verdict: Verdict = Verdict.OPEN
    typed: str = ""
    written: bool = False
    at: datetime | None = None

    @property
    def key(self) -> str:
        """Identify source, record and column: 20 hex digits."""
        return trial_key(self.source, self.record, self.column)


def trial_key(source: str, record: RecordRef, column: str) -> str:
    """Identify source, record and column: 20 hex digits."""
    return short_digest([source, record.container, record.pk, column])


@dataclass(frozen=True, slots=True)
class TrialCounts:
    """How many judged choices of one kind of evidence were right.

    `right_since` and `asked_since` are of those after the last one that was to be written.
    """

    right: int = 0
    asked: int = 0
    right_since: int = 0
    asked_since: int = 0


@dataclass(frozen=True, slots=True)
class Rung:
    """The step that choices of one kind of evidence for one column have reached.

    Attributes:
        engines: What read the pages of the trials that proved it; others count as unproved.
        by: Who agreed, "" for the program itself.
    """

    source: str
    column: str
    stratum: Stratum
    step: Step = Step.SHADOW
    reason: str = ""
    engines: tuple[str, ...] = ()
    by: str = ""


@dataclass(frozen=True, slots=True)
class LearnedColumn:
    """What a run uses for a column: its model, and the step of each kind of evidence.

    `standings` say in words how the choices of each kind have done so far.
    """

    model: LearnedModel
    rungs: Mapping[Stratum, Rung] = field(default_factory=dict)
    standings: Mapping[Stratum, str] = field(default_factory=dict)
    highest: Step = Step.WRITE

    def step(self, stratum: Stratum, engines: Sequence[str]) -> Step:
        """Return what may be done with a choice from a page that these engines have read."""
        rung = self.rungs.get(stratum)
        # Without engines it is not known what has read the page.
        if rung is None or not engines or not set(engines) <= set(rung.engines):
            return Step.SHADOW
        return rung.step.at_most(self.highest)

    @property
    def fingerprint(self) -> str:
        """Identify what it changes in plans: "" as long as it only counts."""
        steps = {
            stratum.value: rung.step.at_most(self.highest).value
            for stratum, rung in sorted(self.rungs.items())
            if rung.step in {Step.SUGGEST, Step.WRITE}
        }
        in_effect = {Step.SUGGEST.value, Step.WRITE.value} & set(steps.values())
        parts = [f"{stratum}={step}" for stratum, step in steps.items()]
        return short_digest([self.model.sha256, *parts]) if in_effect else ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice for one record, and what may be done with it.

    Attributes:
        version: The file version that it was read in.
        standing: How such choices have done so far, in words.
        engines: What read the pages.
        is_trial: Whether it may be judged: not if the model has learned from the same document.
    """

    choice: LearnedChoice
    version: str
    model: str
    step: Step
    standing: str
    engines: tuple[str, ...] = ()
    is_trial: bool = True
