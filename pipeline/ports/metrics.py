"""What the ledger adds up to, and what the pipeline reports about itself while it works."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SourceMetrics:
    """One source: the latest version of each of its files, by status (else by stage).

    `waiting` are those that need work still, `oldest_at` is when the first of them was first
    listed.
    """

    source: str
    documents: Mapping[str, int]
    pages: int = 0
    waiting: int = 0
    oldest_at: datetime | None = None
    quarantined: int = 0


@dataclass(frozen=True, slots=True)
class CounterValue:
    """How often something happened, and the seconds it took.

    0 seconds where only times are counted.
    """

    number: int = 0
    amount: float = 0.0

    def __add__(self, other: "CounterValue") -> "CounterValue":
        return CounterValue(self.number + other.number, self.amount + other.amount)


Counters = Mapping[tuple[str, str], CounterValue]
"""What all processes have counted so far, by name and label."""


@dataclass(frozen=True, slots=True)
class LedgerMetrics:
    """The ledger at one moment.

    `open_effects` are changes at Caspio of which it is not known whether they took effect.
    `size_bytes` were moved from and to Caspio, by account, ever.
    """

    sources: Sequence[SourceMetrics] = ()
    workers: int = 0
    leases: int = 0
    open_effects: int = 0
    size_bytes: Mapping[str, int] = field(default_factory=dict)
    counters: Counters = field(default_factory=dict)


class Telemetry(Protocol):
    """Receives what happens. It is never an obstacle: no method raises."""

    def stage(self, name: str, **about: str) -> AbstractContextManager[None]:
        """Time a stage of the pipeline."""

    def count(self, name: str, label: str, number: int = 1) -> None:
        """Count something."""


class Tracer(Protocol):
    """Takes spans: what happened when, inside of what."""

    def span(self, name: str, about: Mapping[str, str]) -> AbstractContextManager[object]:
        """Open a span that ends with the context.

        One opened meanwhile in the same thread is inside it.
        """

    def close(self) -> None:
        """Send what is left."""


class Silent:
    """Discards all reports, as `Telemetry` and as `Tracer`."""

    def stage(
        self,
        name: str,  # noqa: ARG002 - the promise names them
        **about: str,  # noqa: ARG002 - the same
    ) -> AbstractContextManager[None]:
        """Do nothing."""
        return nullcontext()

    def count(self, name: str, label: str, number: int = 1) -> None:
        """Do nothing."""

    def span(
        self,
        name: str,  # noqa: ARG002 - the promise names them
        about: Mapping[str, str],  # noqa: ARG002 - the same
    ) -> AbstractContextManager[object]:
        """Do nothing."""
        return nullcontext()

    def close(self) -> None:
        """Do nothing."""


SILENT = Silent()
