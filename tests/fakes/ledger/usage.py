from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.ports import RunState, Usage
from pipeline.ports.metrics import Counters, CounterValue, LedgerMetrics
from tests.fakes.ledger.files import MemoryFiles
from tests.fakes.ledger.memory import Memory, MemoryPart


class MemoryUsage(MemoryPart):
    """Runs, calls and counters in dictionaries."""

    def __init__(self, memory: Memory, files: MemoryFiles) -> None:
        super().__init__(memory)
        self._files = files
        self._runs: dict[str, RunState] = {}
        self._calls: Counter[tuple[str, str, str]] = Counter()
        self._bytes: Counter[tuple[str, str]] = Counter()
        self._due: dict[str, float] = {}
        self._counters: dict[tuple[str, str], CounterValue] = {}

    def start_run(self, run_id: str, kind: str, sources: Sequence[str] = ()) -> None:
        """Record that a run began."""
        known = self._runs.get(run_id)
        if known is None:
            now, named = self._memory.clock.now(), tuple(sources)
            known = RunState(run_id, kind, now, None, "running", {}, {}, sources=named)
        self._runs[run_id] = replace(known, status="running", finished_at=None)

    def record_lost_runs(self) -> Sequence[str]:
        """Record as lost the runs whose worker died."""
        lost = sorted(run.id for run in self._runs.values() if self._is_lost(run))
        for run_id in lost:
            self._runs[run_id] = replace(self._runs[run_id], status="lost")
        return lost

    def finish_run(
        self,
        run_id: str,
        status: str,
        *,
        counts: Mapping[str, int],
        calls: Mapping[str, int],
        values: Mapping[str, int],
    ) -> None:
        """Record how a run ended."""
        run = self._runs[run_id]
        self._runs[run_id] = replace(
            run,
            status=status,
            finished_at=self._memory.clock.now(),
            counts=dict(counts),
            values=dict(values),
            calls=dict(Counter(run.calls) + Counter(calls)),
        )

    def runs(self, limit: int = 10) -> Sequence[RunState]:
        """Return the latest runs, newest first."""
        oldest_first = sorted(self._runs.values(), key=lambda run: run.started_at)
        return [
            replace(run, status="lost") if self._is_lost(run) else run
            for run in oldest_first[::-1][:limit]
        ]

    def kind_of(self, run_id: str) -> str:
        """Return of what kind a run is."""
        return self._runs[run_id].kind if run_id in self._runs else ""

    def _is_lost(self, run: RunState) -> bool:
        return run.status == "running" and run.id not in self._memory.live_workers("")

    def spend(self, account: str, priority: str, *, calls: int, size_bytes: int) -> Usage:
        """Add to the month's usage."""
        day = f"{self._memory.clock.now():%Y-%m-%d}"
        self._calls[account, day, priority] += calls
        self._bytes[account, day] += size_bytes
        return self.this_month(account)

    def this_month(self, account: str) -> Usage:
        """Return the month's usage."""
        return self._used(account, f"{self._memory.clock.now():%Y-%m}")

    def today(self, account: str) -> Usage:
        """Return the day's usage."""
        return self._used(account, f"{self._memory.clock.now():%Y-%m-%d}")

    def move_account(self, former: str, account: str) -> None:
        """Give an account the calls of its former name."""
        for (whose, day, priority), calls in list(self._calls.items()):
            if whose.lower() == former != account:
                self._calls[account, day, priority] += calls
                del self._calls[whose, day, priority]
        for (whose, day), size_bytes in list(self._bytes.items()):
            if whose.lower() == former != account:
                self._bytes[account, day] += size_bytes
                del self._bytes[whose, day]

    def _used(self, account: str, period: str) -> Usage:
        by_priority: Counter[str] = Counter()
        for (whose, day, priority), calls in self._calls.items():
            if whose == account and day.startswith(period):
                by_priority[priority] += calls
        size_bytes = sum(
            moved
            for (whose, day), moved in self._bytes.items()
            if whose == account and day.startswith(period)
        )
        return Usage(by_priority.total(), size_bytes, dict(by_priority))

    def reserve_permits(self, account: str, permits: int, *, per_second: float) -> float:
        """Reserve calls."""
        now_s = self._memory.clock.now().timestamp()
        due_s = self._due.get(account, now_s)
        if not now_s <= due_s <= now_s + 900:
            due_s = now_s
        self._due[account] = due_s + permits / per_second
        return due_s - now_s

    def delay_permits(self, account: str, seconds: float) -> None:
        """Make no call that is reserved from now on due before so many seconds."""
        now_s = self._memory.clock.now().timestamp()
        self._due[account] = max(self._due.get(account, now_s), now_s + seconds)

    def add_counters(self, counters: Counters) -> None:
        """Add up."""
        for key, more in counters.items():
            self._counters[key] = self._counters.get(key, CounterValue()) + more

    def metrics(self) -> LedgerMetrics:
        """Add up what is known."""
        sizes: Counter[str] = Counter()
        for (account, _month), size_bytes in self._bytes.items():
            sizes[account] += size_bytes
        open_effects = [
            effect
            for effect in self._memory.effects.values()
            if effect.state.value in {"intent", "applied"}
        ]
        return LedgerMetrics(
            sources=self._files.source_metrics(),
            workers=len(self._memory.live_workers("")),
            leases=sum(
                worker in self._memory.live_workers("") for worker in self._memory.leases.values()
            ),
            open_effects=len(open_effects),
            size_bytes=dict(sizes),
            counters=dict(self._counters),
        )
