"""What the ledger adds up to, for those who watch; and the promise of what is told on the way."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SourceFigures:
    """One source: the latest version of each of its files, by status (or stage, where there is no outcome yet).

    `waiting` are those that need work still, `oldest_at` is when the first of them was first listed.
    """

    source: str
    documents: Mapping[str, int]
    pages: int = 0
    waiting: int = 0
    oldest_at: datetime | None = None
    quarantined: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """So many times, and what it came to: seconds, or nothing where only times are counted."""

    number: int = 0
    amount: float = 0.0

    def __add__(self, other: "Counted") -> "Counted":
        return Counted(self.number + other.number, self.amount + other.amount)


Tallies = Mapping[tuple[str, str], Counted]
"""What all processes have counted so far, by name and label."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The ledger at one moment. `open_effects` are changes at Caspio not known to stand or not to.

    `size_bytes` were moved from and to Caspio, by account, ever.
    """

    sources: Sequence[SourceFigures] = ()
    workers: int = 0
    leases: int = 0
    open_effects: int = 0
    size_bytes: Mapping[str, int] = field(default_factory=dict)
    tallies: Tallies = field(default_factory=dict)


class Telemetry(Protocol):
    """Told what is going on. Never an obstacle: nothing here raises, whatever becomes of what was told."""

    def stage(self, name: str, **about: str) -> AbstractContextManager[None]:
        """Time a stage of the line."""

    def count(self, name: str, label: str, number: int = 1) -> None:
        """Count something."""


class Tracer(Protocol):
    """Takes spans: what happened when, inside of what."""

    def span(self, name: str, about: Mapping[str, str]) -> AbstractContextManager[object]:
        """Open a span that ends with the context; one opened meanwhile in the same thread lies inside it."""

    def close(self) -> None:
        """Send what is left."""


class Silent:
    """Tells nobody, as `Telemetry` and as `Tracer`."""

    def stage(self, name: str, **about: str) -> AbstractContextManager[None]:  # noqa: ARG002 - the promise names them
        """Do nothing."""
        return nullcontext()

    def count(self, name: str, label: str, number: int = 1) -> None:
        """Do nothing."""

    def span(self, name: str, about: Mapping[str, str]) -> AbstractContextManager[object]:  # noqa: ARG002 - as above
        """Do nothing."""
        return nullcontext()

    def close(self) -> None:
        """Do nothing."""


SILENT = Silent()
