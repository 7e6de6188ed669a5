"""What the ledger promises about runs, Caspio calls and counters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from pipeline.ports.metrics import Counters, LedgerMetrics


@dataclass(frozen=True, slots=True)
class RunState:
    """One run: `counts` are files by status, `calls` Caspio calls by "METHOD /template".

    `values` says how many values were written, planned, suggested and left open. `sources` are
    those that it works on; a run for no source has none.
    `status` is "running" while the run's worker lives, and "lost" if it died before it could record
    its end. Such a run has no `finished_at`.
    """

    id: str
    kind: str
    started_at: datetime
    finished_at: datetime | None
    status: str
    counts: Mapping[str, int]
    calls: Mapping[str, int]
    values: Mapping[str, int] = field(default_factory=dict)
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """Caspio calls and bytes of one month or day; `by_priority` splits the calls."""

    calls: int
    size_bytes: int
    by_priority: Mapping[str, int]


class UsageLedger(Protocol):
    """Remembers runs, counts calls, and paces the calls of all workers of an account."""

    def start_run(self, run_id: str, kind: str, sources: Sequence[str] = ()) -> None:
        """Record that a run began; its worker has joined before."""

    def record_lost_runs(self) -> Sequence[str]:
        """Record as lost the runs whose worker died; return those not recorded before."""

    def finish_run(
        self,
        run_id: str,
        status: str,
        *,
        counts: Mapping[str, int],
        calls: Mapping[str, int],
        values: Mapping[str, int],
    ) -> None:
        """Record how a run ended; calls are added to those it has."""

    def runs(self, limit: int = 10) -> Sequence[RunState]:
        """Return the latest runs, newest first."""

    def kind_of(self, run_id: str) -> str:
        """Return of what kind a run is, "" for one that is not known."""

    def spend(self, account: str, priority: str, *, calls: int, size_bytes: int) -> Usage:
        """Add to the account's usage of the present month (UTC).

        Return that of all priorities together.
        """

    def this_month(self, account: str) -> Usage:
        """Return an account's usage of the present month (UTC)."""

    def today(self, account: str) -> Usage:
        """Return an account's usage of the present day (UTC)."""

    def move_account(self, former: str, account: str) -> None:
        """Give an account what was kept under its former name.

        These are its calls, its webhook, the messages of it, and the tokens of its agents.
        """

    def reserve_permits(self, account: str, permits: int, *, per_second: float) -> float:
        """Reserve calls behind those of all workers; return when the first is due, in seconds."""

    def delay_permits(self, account: str, seconds: float) -> None:
        """Make no call that is reserved from now on due before so many seconds."""

    def add_counters(self, counters: Counters) -> None:
        """Add to what all processes have counted."""

    def metrics(self) -> LedgerMetrics:
        """Return what the ledger adds up to, cheaply enough to ask for every few seconds."""
