"""A column of a record under review, as the page shows it and as it is typed."""

from collections.abc import Sequence
from dataclasses import dataclass

from flows.app.review.decisions import as_column, both_as_column, seen_of, shown, value_of
from flows.web.review.cut import PageCut
from pipeline.decide.confidence import percent
from pipeline.model import Candidate, Finding, Value
from pipeline.model.review import ReviewItem, ReviewReason, ReviewState
from pipeline.model.sync import is_sync


@dataclass(frozen=True, slots=True)
class Field:
    """A column with what was found for it, and the suggestion for it if there is one.

    `seen` identifies what the user sees, `kind` is how a value is typed, `most` how many characters
    it has at most, `mark` the number of its place on the page, 0 without one. `candidates` are the
    values that reading ranked below the suggestion, as they are typed. `others` are further values
    of the page that it may be. `file` counts, from 1 on, the file of the record that the finding is
    from, 0 without one. `currency` is what its file says, "" if it says none; `outcome` is what
    became of a finding that nobody has to decide about. `decision` says how a suggestion was
    decided, `written` is what was written then, None if nothing was. `write_at` is the confidence
    that its column asks for, `cut` the place on its page, None where it is not known.
    """

    column: str
    finding: Finding | None
    item: ReviewItem | None
    kind: str
    most: int
    mark: int
    candidates: Sequence[Candidate] = ()
    others: Sequence[str] = ()
    file: int = 0
    shown_type: str = ""
    currency: str = ""
    outcome: str = ""
    decision: str = ""
    written: Value = None
    is_class: bool = False
    write_at: float = 0.0
    cut: PageCut | None = None

    def read(self, value: Value) -> str:
        """Return what was read as the column shows it, with the currency of the document."""
        value = value_of(value, self.shown_type) if isinstance(value, str) else value
        return as_column(value, self.shown_type, self.currency)

    @property
    def both(self) -> tuple[str, str]:
        """Return what the record has and what was read, as the column shows them."""
        if self.item is None:
            return "", ""
        left = self.item.suggestion
        suggested = left.suggested
        if isinstance(suggested, str):
            suggested = value_of(suggested, self.shown_type)
        return both_as_column(left.current, suggested, self.shown_type, self.currency)

    @property
    def why(self) -> str:
        """Return why the value was not written, with the limit that it did not reach."""
        if self.item is None:
            return ""
        said = shown(self.item.suggestion.reason)
        said = said.removesuffix(f" (read: {self.evidence})").removesuffix(f": {self.evidence}")
        if self.item.reason is not ReviewReason.DIFFERS:
            return f"{said}."
        below = self.item.suggestion.confidence < self.write_at
        limit = f" Below {percent(self.write_at)} % nothing is written unseen." if below else ""
        return f"{said}. A user decides which value stays.{limit}"

    @property
    def evidence(self) -> str:
        """Return what the value was read from, "" where that is part of `why`."""
        reason = self.finding.reason if self.finding is not None else ""
        is_said = self.item is not None and self.item.suggestion.reason.endswith(
            (f" (read: {reason})", f": {reason}")
        )
        return shown(reason) if reason and is_said else ""

    @property
    def is_open(self) -> bool:
        """Say whether the suggestion waits for a decision."""
        return self.item is not None and self.item.state is ReviewState.OPEN

    @property
    def printed_on(self) -> int:
        """Return the page of the record's file that the value is on, 0 where that is not known."""
        finding = self.finding
        # A file inside has pages of its own.
        is_known = self.file and finding is not None and not finding.child
        return (finding.page or 0) if is_known and finding is not None else 0

    @property
    def had_value(self) -> bool:
        """Say whether a value was accepted that the record had: nothing was written."""
        is_accepted = self.item is not None and self.item.state is ReviewState.ACCEPTED
        # What is accepted for a sync is written by its next run.
        in_sync = self.item is not None and is_sync(self.item.source)
        return is_accepted and self.written is None and not in_sync

    @property
    def can_undo(self) -> bool:
        """Say whether a user has decided, and there is something to take back."""
        decided = {ReviewState.ACCEPTED, ReviewState.REJECTED}
        is_decided = self.item is not None and self.item.state in decided
        return is_decided and not self.had_value

    @property
    def seen(self) -> str:
        """Identify suggestion and present value, to notice that they have changed."""
        return seen_of(self.item) if self.item is not None else ""

    @property
    def text(self) -> str:
        """Return the suggested value as it is typed."""
        return typed(self.item.suggestion.suggested) if self.item is not None else ""


def typed(value: Value) -> str:
    """Return a value as it is typed into a form."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(value).removesuffix(".0")
    return "" if value is None else str(value).removesuffix("T00:00:00")
