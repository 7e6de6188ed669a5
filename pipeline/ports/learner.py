"""What the part that learns from filled records promises."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pipeline.model import Column, Finding
from pipeline.model.learning import LearnedChoice, PrintedAt


@dataclass(frozen=True, slots=True)
class LearningExample:
    """One record to learn from: what was read of its document, and what people have put there.

    `digest` is that of the original. `pages` is the file pages.json, None where only the value is
    to be remembered. `value` is "" where people left the column empty, although they have filled in
    others. `when` is an ISO time that orders the records.
    """

    key: str
    digest: str
    pages: Path | None
    findings: Mapping[str, Finding]
    value: str
    weight: float
    when: str


@dataclass(frozen=True, slots=True)
class FoundDoubt:
    """A record whose page probably says something else than what was typed.

    Without a `place` the other value is not printed: records with such documents have it.
    """

    key: str
    typed: str
    read: str
    probability: float
    place: PrintedAt | None = None

    @property
    def reason(self) -> str:
        """Say in one sentence what was typed, and what speaks against it."""
        if self.place is None:
            return f"typed {self.typed!r}, records with such documents have {self.read!r}"
        where = f"line {self.place.line} of page {self.place.page}"
        return f"typed {self.typed!r}, {where} says {self.read!r}"


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learned about a column.

    `document` is the model as JSON. `report` has JSON for users: how many values were found on the
    page, how often choices were right, by number of records and by probability. `doubts` have the
    best first.
    """

    document: str
    report: Mapping[str, object]
    doubts: tuple[FoundDoubt, ...] = field(default=())


class Learner(Protocol):
    """Learns columns. It works on memory alone, and gives equal results for equal records.

    `format` names its models' form: models of another form cannot be used.
    """

    format: str

    def learn(
        self, column: Column, finding: str, records: Sequence[LearningExample]
    ) -> Lesson | None:
        """Learn a column from its filled records; None where there are too few.

        `finding` is what rules find for it, "" for nothing.
        """

    def choose(
        self, models: Mapping[str, str], pages: Path, findings: Mapping[str, Finding]
    ) -> Mapping[str, LearnedChoice]:
        """Choose the values of a document by column, with a model in JSON for each.

        A column for which nothing is likely is left out, and so is one whose model this version of
        the program cannot use. `pages` is the file pages.json.
        """

    def lower_bound(self, right: int, asked: int) -> float:
        """Return what share of choices is right at least, with 95 % certainty (Clopper-Pearson)."""

    def needed(
        self, right: int, asked: int, target: float, *, at_every_look: bool = False
    ) -> int | None:
        """Return how many more right choices prove a target; None for too many.

        `at_every_look` asks for a proof that lasts however often it is looked for.
        """
