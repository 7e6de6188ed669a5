"""What a run adds up to. Counting only; commands and flows show it."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from heapq import nlargest
from itertools import islice
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from pipeline.model import Outcome, Status, ValueCounts

MAX_OUTCOMES = 1_000
"""Outcomes kept for the report; more are counted but not kept, so that memory stays flat."""

MAX_SLOWEST = 10
"""Slowest documents that are kept for the report."""

NEEDS_ATTENTION = frozenset({Status.PARTIAL, Status.REJECTED, Status.CONFLICT, Status.FAILED})
"""Outcomes that an operator should look at."""

FAILED = frozenset({Status.REJECTED, Status.CONFLICT, Status.FAILED})
"""Outcomes that need a user, and make each run red until they are repaired or acknowledged."""

STAGES = ("list", "fetch", "read", "archive", "plan", "write", "manifest")
"""Stages of the pipeline as they are timed, in their order."""


@dataclass(slots=True)
class Summary:
    """Counts of one run, safe to add to from many threads.

    `needs_a_user` are documents of what the run was to look at that need one, whether this run or
    an earlier one found that; `acknowledged` those of which a user knows. `leased_elsewhere` are
    files left to another worker that has leased them.
    `missed` are records that changed without a message of the webhook, where there is one.
    `stopped` has what is wrong with sources that contradict the account, by name. `lost_runs` died
    before this run, which is the first to record it.
    """

    run_id: str
    documents: Counter[Status] = field(default_factory=Counter)
    pages: int = 0
    size_bytes: int = 0
    planned: int = 0
    needs_a_user: int = 0
    acknowledged: int = 0
    leased_elsewhere: int = 0
    missed: int = 0
    values: ValueCounts = field(default_factory=ValueCounts)
    latest: list[Outcome] = field(default_factory=list)
    problems: list[Outcome] = field(default_factory=list)
    slowest: list[Outcome] = field(default_factory=list)
    stopped: dict[str, list[str]] = field(default_factory=dict)
    lost_runs: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, outcome: Outcome) -> None:
        """Count one outcome."""
        with self._lock:
            self.documents[outcome.status] += 1
            if outcome.status is Status.UNCHANGED:
                # A listing has up to a million of them, and they have nothing else to count.
                return
            self.pages += outcome.pages
            self.size_bytes += outcome.size_bytes
            self.planned += outcome.planned_only
            self.values += outcome.values
            needs_attention = outcome.status in NEEDS_ATTENTION or outcome.suggestions
            kept = self.problems if needs_attention else self.latest
            if len(kept) < MAX_OUTCOMES:
                kept.append(outcome)
            # Ten of at most eleven: cheaper than to sort all outcomes at the end.
            if outcome.seconds:
                slowest = [*self.slowest, outcome]
                self.slowest = nlargest(MAX_SLOWEST, slowest, key=attrgetter("seconds"))

    @property
    def failed(self) -> int:
        """Count documents that were not written back."""
        return sum(self.documents[status] for status in FAILED)

    @property
    def processed(self) -> int:
        """Count documents that the run has looked at, unchanged ones included."""
        return self.documents.total()

    def counts(self) -> Mapping[str, int]:
        """Return documents by status, every status named."""
        return {status.value: self.documents[status] for status in Status}

    def shown(self, limit: int = 200) -> list[Outcome]:
        """Return outcomes for a table, those that need attention first."""
        return list(islice([*self.problems, *self.latest], limit))

    def as_json(
        self,
        *,
        calls: Mapping[str, int],
        seconds: float,
        stages: Mapping[str, float] = MappingProxyType({}),
    ) -> Mapping[str, Any]:
        """Return the document of `run --json`; `stages` are seconds, which overlap."""
        return {
            "run_id": self.run_id,
            "documents": self.counts(),
            "needs_a_user": self.needs_a_user,
            "acknowledged": self.acknowledged,
            "planned_only": self.planned,
            "values": asdict(self.values),
            "leased_elsewhere": self.leased_elsewhere,
            "missed_by_webhooks": self.missed,
            "sources_stopped": dict(self.stopped),
            "lost_runs": list(self.lost_runs),
            "pages": self.pages,
            "bytes": self.size_bytes,
            "caspio_calls": {"total": sum(calls.values()), "by": dict(sorted(calls.items()))},
            "seconds": round(seconds, 3),
            "stage_seconds": {name: round(stages[name], 3) for name in STAGES if name in stages},
        }
