"""Define what is learned from, what is chosen, and what is known about a choice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.model import Finding
from pipeline.model.learning import Stratum
from processors.contract import Box, Page


class ColumnKind(StrEnum):
    """How the values of a column are compared and found on a page.

    `CHOICE` and `YES_NO` have few values, which are looked up; a `LIST` has several names in one
    value, with semicolons between them.
    """

    TEXT = "text"
    DATE = "date"
    AMOUNT = "amount"
    NUMBER = "number"
    CHOICE = "choice"
    YES_NO = "yes_no"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Example:
    """One record: what was read of its document, and what a user has put into the column.

    `digest` is that of the original: copies of one document are one document. `findings` are those
    of the rules, with their probabilities. `weight` is 1.0 for what was typed and 2.0 for what was
    confirmed in a review. `when` is the ISO time of the value; it orders the records.
    """

    record_id: str
    digest: str
    pages: Sequence[Page]
    findings: Mapping[str, Finding]
    value: str
    weight: float = 1.0
    when: str = ""


@dataclass(frozen=True, slots=True)
class PrintedPlace:
    """Where a value is printed: its page from 1, its line from 1 on that page, and its box."""

    page: int
    line: int
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class ChoiceEvidence:
    """Why a value was chosen.

    `known_records` have the value in this column. Of `asked` choices of the same kind and about the
    same probability among the records learned from, `agreed` were as people typed. `words` stand
    beside values of this column.
    """

    known_records: int = 0
    asked: int = 0
    agreed: int = 0
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another value of the same document, and its share among all candidates."""

    value: str
    share: float
    place: PrintedPlace | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The value for a column, as it is to be written, with the probability that it is right.

    `place` is None where the value is not on the page; of a known value it may be the line whose
    letters resemble it. `alternatives` are the next best, the best first. `is_sure_of_currency` is
    False where people type a currency beside amounts, and the page has another one or says none.
    """

    value: str
    probability: float
    stratum: Stratum
    place: PrintedPlace | None = None
    evidence: ChoiceEvidence = field(default_factory=ChoiceEvidence)
    alternatives: tuple[Alternative, ...] = ()
    is_sure_of_currency: bool = True

    @property
    def may_be_written(self) -> bool:
        """Return whether it may be written once it is proven.

        What one record alone says is never written without being printed: that record may be wrong.
        No amount is written with a currency that its page does not say.
        """
        is_known = self.stratum is not Stratum.KNOWN_ONLY or self.evidence.known_records > 1
        return is_known and self.is_sure_of_currency

    @property
    def reason(self) -> str:
        """Say in one sentence why this value was chosen."""
        known = self.evidence.known_records
        verb = "resembles" if self.stratum is Stratum.KNOWN_ONLY else "read on"
        parts = [
            f"{verb} line {self.place.line} of page {self.place.page}"
            if self.place
            else "not read on the page"
        ]
        if known:
            parts.append(f"as in {known} {'record' if known == 1 else 'records'}")
        if self.evidence.words:
            parts.append("beside " + ", ".join(f'"{word}"' for word in self.evidence.words))
        if self.evidence.asked:
            parts.append(
                f"of {self.evidence.asked} such choices {self.evidence.agreed} were as typed"
            )
        return "; ".join(parts)


@dataclass(frozen=True, slots=True)
class Judged:
    """What would have been chosen for a record without having learned from it.

    `choice` is None where nothing was found. `right`: the choice is what was typed.
    """

    record_id: str
    typed: str
    choice: Choice | None
    right: bool


@dataclass(frozen=True, slots=True)
class Doubt:
    """A record whose page probably says something else than what was typed."""

    record_id: str
    typed: str
    read: str
    probability: float
    place: PrintedPlace | None


@dataclass(frozen=True, slots=True)
class Reliability:
    """Choices of about one probability: their count, mean probability, and how many were right."""

    choices: int
    probability: float
    right: int
