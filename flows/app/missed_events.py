"""Count what a whole run of a source found although no webhook message had reported it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipeline.context import SourceRun
from pipeline.model import FileRef
from pipeline.source_run.selection import listing_key

MOST_KEPT = 10_000
"""Records that are looked up at the end of a run; later pages of the listing are not counted."""


@dataclass(slots=True)
class MissedEventCounter:
    """Counts the new records of a run that no message reported since the run before.

    The first run after webhooks were created counts nothing: what it finds may have changed before.
    """

    run: SourceRun
    started: datetime = field(init=False)
    _is_on: bool = field(init=False)
    _keys: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Keep when the run looks, and whether there are webhooks."""
        # Before the listing: what changes while the run lists belongs to the next run's count.
        self.started = self.run.ports.clock.now()
        self._is_on = self.run.ports.ledger.messages.watched(self.run.spec.name) is not None

    def listed(self, files: Sequence[FileRef]) -> None:
        """Add a page of the listing: keep its records with a file that no run has seen before."""
        if not self._is_on or not files or len(self._keys) >= MOST_KEPT:
            return
        new = self.run.ports.ledger.files.seen_once([ref.version for ref in files])
        for ref in files:
            if ref.version in new:
                self._keys[listing_key(ref, self.run.spec) or ""] = None

    def conclude(self) -> int:
        """Return how many records no message reported, and keep the count; 0 without webhooks."""
        ledger, name = self.run.ports.ledger, self.run.spec.name
        watched = ledger.messages.watched(name)
        if watched is None:
            return 0
        since = watched.listed_at
        missed = 0
        if since is not None:
            # A message from before the previous run was about an earlier change.
            reported = ledger.messages.reported_at(name, list(self._keys))
            missed = sum(key not in reported or reported[key] < since for key in self._keys)
        counted = replace(
            watched,
            listed_at=self.started,
            missed_last=missed,
            missed=(watched.missed or 0) + missed,
        )
        ledger.messages.save_watched(name, counted)
        return missed
