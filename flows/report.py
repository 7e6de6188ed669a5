"""What a run came to, as the command line shows it and the flows hand it on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.model import Outcome


@dataclass(frozen=True, slots=True)
class Report:
    """`document` is what --json prints; `outcomes` those to show a person, the ones that need one first."""

    document: Mapping[str, Any]
    failed: int
    planned_only: int
    outcomes: tuple[Outcome, ...] = field(default=())

    @property
    def stopped(self) -> Mapping[str, Sequence[str]]:
        """Return what is wrong with the sources that were not run, or not to their end, by name."""
        found: Mapping[str, Sequence[str]] = self.document["sources_stopped"]
        return found
