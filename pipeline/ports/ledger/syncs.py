"""What the ledger promises about records in sync: what is known of each row, and what changed it.

A sync is named by `SyncSpec.identity`.
"""

from collections.abc import Sequence
from typing import Protocol

from pipeline.model.sync import RowState, SyncEffect, SyncProgress


class SyncLedger(Protocol):
    """Remembers the rows of every sync, and every change of one from before it is made."""

    def rows(self, sync: str, keys: Sequence[str]) -> Sequence[RowState]:
        """Return what is known of the rows with these keys, in any order."""

    def rows_with_pks(self, sync: str, pks: Sequence[str]) -> Sequence[RowState]:
        """Return what is known of the rows of these PK_IDs, in any order."""

    def page(self, sync: str, *, after: str = "", limit: int = 1000) -> Sequence[RowState]:
        """Return rows in order of their keys, behind a key."""

    def count(self, sync: str) -> int:
        """Count the rows that both sides had last."""

    def save(self, sync: str, rows: Sequence[RowState], *, forget: Sequence[str] = ()) -> None:
        """Keep what is known of rows, and forget those with other keys, in one transaction."""

    def intend(self, effects: Sequence[SyncEffect], run_id: str) -> Sequence[SyncEffect]:
        """Record intents before the first of their calls; return them with their ids.

        Raises:
            LeaseLost: the run is a worker whose lease has expired.
        """

    def settle(
        self,
        effects: Sequence[SyncEffect],
        rows: Sequence[RowState] = (),
        *,
        forget: Sequence[str] = (),
    ) -> None:
        """Record what became of effects of one sync, and of their rows, in one transaction."""

    def open(self, sync: str) -> Sequence[SyncEffect]:
        """Return the effects in state intent, oldest first."""

    def of_run(self, run_id: str) -> Sequence[SyncEffect]:
        """Return a run's effects, oldest first."""

    def undone(self, ids: Sequence[int]) -> set[int]:
        """Return those of these effects that an effect which is in force takes back."""

    def progress(self, sync: str) -> SyncProgress:
        """Return how far a sync has come."""

    def save_progress(self, sync: str, progress: SyncProgress) -> None:
        """Record how far a sync has come."""
