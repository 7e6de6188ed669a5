"""What a whole run of a source found although no message of the webhook had told of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.model import FileRef
from pipeline.record import SourceRun
from pipeline.source_run.worker_pool import key_of
from pipeline.webhooks.incoming import cursor_name

MOST_KEPT = 10_000
"""Records looked at once more at the end of a run; beyond them, to the end of a page, nothing is counted."""


@dataclass(slots=True)
class MissedEventCounter:
    """Counts the records that a run meets for the first time, and that no message told of since the run before.

    The first run after webhooks were made counts nothing: what it finds may have changed before.
    """

    run: SourceRun
    began: datetime = field(init=False)
    _is_on: bool = field(init=False)
    _keys: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Remember when the run looks, and whether there are webhooks."""
        self.began = self.run.ports.clock.now()
        self._is_on = self.run.ports.ledger.cursor(cursor_name(self.run.spec.name)) is not None

    def listed(self, files: Sequence[FileRef]) -> None:
        """Remember the records of a page of the listing with a file that no run had seen before."""
        if not self._is_on or not files or len(self._keys) >= MOST_KEPT:
            return
        new = self.run.ports.ledger.seen_once([ref.version for ref in files])
        self._keys |= dict.fromkeys(
            key_of(ref, self.run.spec) or "" for ref in files if ref.version in new
        )

    def conclude(self) -> int:
        """Return how many of them no message told of, and keep the figure; 0 where webhooks are off."""
        ledger, name = self.run.ports.ledger, self.run.spec.name
        kept = ledger.cursor(cursor_name(name))
        if kept is None:
            return 0
        before = kept.get("looked_at")
        number = 0
        if before is not None:
            told = ledger.told(name, list(self._keys))
            since = datetime.fromisoformat(before)
            number = sum(key not in told or told[key] < since for key in self._keys)
        figures = {
            "looked_at": self.began.isoformat(),
            "missed_last": number,
            "missed": kept.get("missed", 0) + number,
        }
        ledger.keep_cursor(cursor_name(name), {**kept, **figures})
        return number
