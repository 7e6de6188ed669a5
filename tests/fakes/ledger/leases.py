from collections.abc import Iterable, Sequence
from datetime import timedelta

from tests.fakes.ledger.memory import MemoryPart


class MemoryLeases(MemoryPart):
    """Leases in dictionaries."""

    def join(self, worker: str, *, ttl_s: float) -> None:
        """Register a worker."""
        self._memory.workers[worker] = self._memory.clock.now() + timedelta(seconds=ttl_s)
        self._memory.lost.discard(worker)

    def renew(self, worker: str, *, ttl_s: float) -> None:
        """Extend a worker's leases."""
        self._memory.require_worker(worker)
        self._memory.workers[worker] = self._memory.clock.now() + timedelta(seconds=ttl_s)

    def leave(self, worker: str) -> None:
        """Remove a worker and release all its leases."""
        memory = self._memory
        memory.end_readings(worker)
        memory.leases = {key: owner for key, owner in memory.leases.items() if owner != worker}
        if worker not in memory.lost:
            memory.workers.pop(worker, None)

    def live_workers(self, *, asking: str = "") -> set[str]:
        """Return the workers that are alive."""
        return self._memory.live_workers(asking)

    def claim(
        self, worker: str, wanted: Sequence[Sequence[str]], *, release: Iterable[str] = ()
    ) -> Sequence[bool]:
        """Release some keys, then acquire groups of keys."""
        memory = self._memory
        memory.require_worker(worker)
        for key in release:
            if memory.leases.get(key) == worker:
                del memory.leases[key]
        others = memory.live_workers(worker) - {worker}
        acquired = [not any(memory.leases.get(key) in others for key in group) for group in wanted]
        for group, was_acquired in zip(wanted, acquired, strict=True):
            if was_acquired:
                memory.leases |= dict.fromkeys(group, worker)
        return acquired
