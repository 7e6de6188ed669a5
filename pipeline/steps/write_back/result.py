"""How writing one record back ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.model import (
    Outcome,
    Plan,
    ReadDocument,
    ReadStatus,
    RecordRef,
    Status,
    Suggestion,
    Value,
    ValueCounts,
)


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The worst that happened, why, and what was written. `new_names` is by file version."""

    status: Status = Status.DONE
    reason: str = ""
    written: Mapping[str, Value] = field(default_factory=dict)
    suggestions: tuple[Suggestion, ...] = ()
    new_names: Mapping[str, str] = field(default_factory=dict)
    record: RecordRef | None = None

    @property
    def may_be_named(self) -> bool:
        """Say whether the files of the record get their names after this."""
        return self.status in {Status.DONE, Status.PARTIAL}

    def partly(self, *reasons: str) -> "WriteResult":
        """Return the same, as partial and with more reasons."""
        reason = "; ".join(filter(None, [self.reason, *reasons]))
        return replace(self, status=Status.PARTIAL, reason=reason)


def planned_outcomes(documents: Sequence[ReadDocument], plan: Plan) -> list[Outcome]:
    """Return the outcomes that a record's documents would have if its plan were carried out."""
    written = WriteResult(written=plan.after, new_names=plan.new_names)
    return [
        replace(
            outcome,
            planned_only=outcome.status is not Status.REJECTED,
            values=replace(outcome.values, written=0, planned=outcome.values.written),
        )
        for outcome in outcomes_of(documents, plan, written)
    ]


def outcomes_of(
    documents: Sequence[ReadDocument], plan: Plan, written: WriteResult
) -> list[Outcome]:
    """Return the outcomes of a record's documents; the first readable one counts its values."""
    outcomes = []
    values = ValueCounts(
        written=len(written.written),
        suggested=len(written.suggestions or plan.suggestions),
        left_open=len(plan.left_open),
    )
    for document in documents:
        outcome = outcome_of(document, plan, written)
        if outcome.status is not Status.REJECTED:
            outcome, values = replace(outcome, values=values), ValueCounts()
        outcomes.append(outcome)
    return outcomes


def outcome_of(document: ReadDocument, plan: Plan, written: WriteResult) -> Outcome:
    """Return the outcome of one document: the worse of how it was read and how it was written."""
    findings, file = document.findings, document.file
    outcome = Outcome(
        file.ref,
        Status.DONE,
        sha256=file.sha256,
        doc_type=findings.doc_type.value,
        pages=findings.page_count,
        size_bytes=file.size_bytes,
    )
    if not findings.status.readable:
        detail = "; ".join(findings.problems) or "no further detail"
        reason = f"{findings.status.replace('_', ' ')}: {detail}"
        return replace(outcome, status=Status.REJECTED, reason=reason)
    notes = list(plan.problems)
    if findings.status is ReadStatus.PARTIAL:
        notes = [*findings.problems, *notes]
    # Written, but not everything was read or fitted: partial, never a silent success.
    status = written.status
    if status is Status.DONE and notes:
        status = Status.PARTIAL
    return replace(
        outcome,
        status=status,
        reason="; ".join(filter(None, [written.reason, *notes])),
        written=written.written,
        new_name=written.new_names.get(file.ref.version),
        suggestions=written.suggestions or plan.suggestions,
        left_open=plan.left_open,
    )
