"""What the parts of the ledger in memory share."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from typing import Any

from pipeline.errors import LeaseLost, LedgerUnavailable
from pipeline.model import Effect
from pipeline.model.review import Review, ReviewItem
from pipeline.ports import Clock, FileState


@dataclass(frozen=True)
class OpenReading:
    """A reading that has not ended; without a run, it is that of a suspect."""

    run_id: str | None
    fingerprint: str
    suspected: bool
    deaths: int
    read_at: datetime


class Memory:
    """One lock, one clock, and what more than one part looks at."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.down = ""
        self.lock = threading.RLock()
        self.files: dict[str, FileState] = {}
        self.effects: dict[int, Effect] = {}
        self.workers: dict[str, datetime] = {}
        self.lost: set[str] = set()
        self.leases: dict[str, str] = {}
        self.readings: dict[str, OpenReading] = {}
        self.review_items: dict[str, ReviewItem] = {}
        self.reviews: dict[str, Review] = {}

    def end_readings(self, run_id: str, version: str | None = None) -> None:
        """End all readings of a run, or one."""
        for key, reading in list(self.readings.items()):
            if reading.run_id == run_id and version in {None, key}:
                del self.readings[key]
                if reading.suspected:
                    self.readings[key] = replace(reading, run_id=None)

    def live_workers(self, asking: str) -> set[str]:
        """Mark the expired workers lost and return the others."""
        now = self.clock.now()
        for worker, expires_at in self.workers.items():
            if expires_at <= now and worker != asking:
                self.lost.add(worker)
        return set(self.workers) - self.lost

    def require_worker(self, worker: str) -> None:
        """Refuse a worker that is lost."""
        if worker not in self.workers or worker in self.lost:
            raise LeaseLost(f"The leases of {worker} expired; run again.")


class MemoryPart:
    """A part of the ledger in memory.

    Each public method holds the lock, and fails when the ledger is down.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def __init_subclass__(cls) -> None:
        for name, method in list(vars(cls).items()):
            if not name.startswith("_") and callable(method):
                setattr(cls, name, _locked(method))


def _locked(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def call(self: MemoryPart, *args: Any, **kwargs: Any) -> Any:
        with self._memory.lock:
            if self._memory.down:
                raise LedgerUnavailable(self._memory.down)
            return method(self, *args, **kwargs)

    return call
