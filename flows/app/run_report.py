"""What a run came to, as the command line shows it and the flows hand it on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.model import Outcome


@dataclass(frozen=True, slots=True)
class Report:
    """`document` is what --json prints; `outcomes` those to show a person, the ones that need one first.

    `slowest` are the documents whose records took longest, the slowest first.
    """

    document: Mapping[str, Any]
    failed: int
    planned_only: int
    outcomes: tuple[Outcome, ...] = field(default=())
    slowest: tuple[Outcome, ...] = field(default=())

    @property
    def stopped(self) -> Mapping[str, Sequence[str]]:
        """Return what is wrong with the sources that were not run, or not to their end, by name."""
        found: Mapping[str, Sequence[str]] = self.document["sources_stopped"]
        return found


def stages_line(document: Mapping[str, Any]) -> str:
    """Tell the seconds of each stage, of all threads together; "" where nothing was timed."""
    return " · ".join(
        f"{name} {seconds:,.1f}" for name, seconds in document["stage_seconds"].items()
    )


def record_of(outcome: Outcome) -> str:
    """Name the record of a document, or its path where it has none."""
    ref = outcome.ref
    return f"{ref.record.container} {ref.record.pk}" if ref.record else (ref.path or "")
