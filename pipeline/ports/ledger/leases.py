"""What the ledger promises about leases."""

from collections.abc import Iterable, Sequence
from typing import Protocol


class LeaseLedger(Protocol):
    """Gives each record to one worker at a time. A worker is one run."""

    def join(self, worker: str, *, ttl_s: float) -> None:
        """Register a worker; unless it renews within so many seconds, its leases expire."""

    def renew(self, worker: str, *, ttl_s: float) -> None:
        """Extend a worker's leases.

        Raises:
            LeaseLost: they have expired, and another worker has noticed.
        """

    def leave(self, worker: str) -> None:
        """Remove a worker and release all its leases; its readings are excused."""

    def live_workers(self, *, asking: str = "") -> set[str]:
        """Return the workers that are neither expired nor known to have ended.

        A worker that asks is alive.
        """

    def claim(
        self, worker: str, wanted: Sequence[Sequence[str]], *, release: Iterable[str] = ()
    ) -> Sequence[bool]:
        """Release some keys, then acquire groups of keys, each whole or not at all.

        Say which were acquired.
        The keys of a dead worker are taken from it; from then on `intend`, `renew` and `claim`
        refuse it.

        Raises:
            LeaseLost: the worker's own leases have expired.
        """
