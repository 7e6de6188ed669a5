"""What a run of a sync did, or a plan of one would do."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.model.sync import ChangeKind, Row, Side, SyncEffect

SHOWN = 1000
"""Changes and refusals that a report lists; it counts all of them."""


@dataclass(frozen=True, slots=True)
class RowChange:
    """One change of one row, as a report shows it."""

    key: str
    pk: str
    side: Side
    kind: ChangeKind
    before: Row
    after: Row


@dataclass(slots=True)
class SyncReport:
    """Counts rows and changes; filled while the run goes on.

    Attributes:
        counts: Rows by what became of them: same, write, conflict, left, refused, overtaken,
            and kept where a deletion is left.
        written: Changes by side and kind; in a plan, those that would be made.
        changes: The first of them.
        refused: Rows that cannot be in sync, with the reason, the first of them.
        deletions: How many deletions were found, and how many of them are not made.
        unsettled: How many rows have to be looked at again.
        notes: What an operator should know.
    """

    name: str
    run_id: str
    planned_only: bool
    counts: Counter[str] = field(default_factory=Counter)
    written: Counter[tuple[Side, ChangeKind]] = field(default_factory=Counter)
    changes: list[RowChange] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    deletions: int = 0
    deletions_left: int = 0
    is_sweep: bool = False
    unsettled: int = 0
    notes: list[str] = field(default_factory=list)

    def refuse(self, row: str, reason: str) -> None:
        """Count a row that stays as it is on both sides."""
        self.counts["refused"] += 1
        if len(self.refused) < SHOWN:
            self.refused.append((row, reason))

    def add(self, effect: SyncEffect) -> None:
        """Count a change."""
        self.written[effect.side, effect.kind] += 1
        if len(self.changes) < SHOWN:
            # An update shows the columns that it changes, a deletion the whole row.
            names = effect.after or effect.before
            before = {name: effect.before[name] for name in names if name in effect.before}
            self.changes.append(
                RowChange(effect.key, effect.pk, effect.side, effect.kind, before, effect.after)
            )

    @property
    def calls_to_write(self) -> int:
        """Return how many calls to Caspio the changes take: one each."""
        return sum(number for (side, _), number in self.written.items() if side is Side.CASPIO)

    @property
    def is_green(self) -> bool:
        """Say whether nothing needs a user."""
        waiting = ("conflict", "refused")
        return not self.deletions_left and not any(self.counts[name] for name in waiting)

    def as_json(self, *, calls: Mapping[str, int]) -> Mapping[str, Any]:
        """Return the document for --json; `calls` are those made, by operation."""
        made = sum(calls.values())
        document: dict[str, Any] = {
            "sync": self.name,
            "run_id": self.run_id,
            "planned_only": self.planned_only,
            "sweep": self.is_sweep,
            "rows": dict(self.counts),
            "changes": {f"{kind} {side}": number for (side, kind), number in self.written.items()},
            "deletions": {"found": self.deletions, "left": self.deletions_left},
            "table": [_shown(change) for change in self.changes],
            "refused": [{"row": row, "reason": reason} for row, reason in self.refused],
            "notes": list(self.notes),
            "caspio_calls": {"total": made, "by": dict(sorted(calls.items()))},
        }
        if self.planned_only:
            # A run reads as much as its plan has read, and then writes.
            writing = self.calls_to_write
            total = made + writing
            document["forecast_calls"] = {"reading": made, "writing": writing, "total": total}
        return document


def _shown(change: RowChange) -> Mapping[str, Any]:
    return {
        "key": change.key,
        "pk": change.pk,
        "side": change.side,
        "kind": change.kind,
        "before": dict(change.before),
        "after": dict(change.after),
    }


def table_rows(report: SyncReport) -> Sequence[Mapping[str, str]]:
    """Return the table of changes: one row for each column of each change."""
    return [
        {
            "row": change.key,
            "side": str(change.side),
            "change": str(change.kind),
            "column": column,
            "before": _cell(change.before.get(column)),
            "after": _cell(change.after.get(column)),
        }
        for change in report.changes
        for column in {**change.before, **change.after}
    ]


def _cell(value: object) -> str:
    """Return a value for the table; what has no value, and what is NULL, is an empty cell."""
    return "" if value is None else str(value)
