"""The report of a run, as the command line shows it and the flows pass it on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.metering.summary import Summary
from pipeline.model import Outcome


@dataclass(frozen=True, slots=True)
class Report:
    """What a run reports.

    Attributes:
        document: What --json prints.
        failed: Documents of this run that did not get through, acknowledged or not.
        outcomes: The outcomes to show, those that need a user first.
        slowest: The documents whose records took longest, the slowest first.
    """

    document: Mapping[str, Any]
    failed: int
    planned_only: int
    outcomes: tuple[Outcome, ...] = field(default=())
    slowest: tuple[Outcome, ...] = field(default=())

    @classmethod
    def of(cls, summary: Summary, document: Mapping[str, Any]) -> "Report":
        """Return the report of a run from its summary and the document that --json prints."""
        shown, slowest = tuple(summary.shown()), tuple(summary.slowest)
        return cls(document, summary.failed, summary.planned, shown, slowest)

    @property
    def needs_a_user(self) -> int:
        """Return how many documents need a user and are not acknowledged, also of earlier runs."""
        return int(self.document["needs_a_user"])

    @property
    def is_green(self) -> bool:
        """Return True if nothing that the run was to look at needs a user: the exit code is 0."""
        return not (self.needs_a_user or self.stopped)

    @property
    def stopped(self) -> Mapping[str, Sequence[str]]:
        """Return the problems of the sources that did not run, or not to their end, by name."""
        found: Mapping[str, Sequence[str]] = self.document["sources_stopped"]
        return found


def values_line(values: Mapping[str, int]) -> str:
    """Return what became of the values of columns, "" where there were none."""
    named = {
        "written": "written",
        "planned": "to be written",
        "suggested": "suggested",
        "left_open": "left open",
    }
    counts = [f"{values[state]:,} {words}" for state, words in named.items() if values.get(state)]
    return " · ".join(counts)


def stages_line(document: Mapping[str, Any]) -> str:
    """Return the seconds of each stage, which overlap; "" if nothing was timed."""
    return " · ".join(
        f"{name} {seconds:,.1f}" for name, seconds in document["stage_seconds"].items()
    )


def lost_runs_line(lost: Sequence[str]) -> str:
    """Return which runs died before this one; "" for none."""
    return f"{', '.join(lost)}: died; the next run of the same sources continues" if lost else ""


def record_of(outcome: Outcome) -> str:
    """Name the record of a document, or its path where it has none."""
    ref = outcome.ref
    return f"{ref.record.container} {ref.record.pk}" if ref.record else (ref.path or "")
