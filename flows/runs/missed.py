"""What a whole run of a source found although no message of the webhook had told of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.batch import key_of
from pipeline.model import RecordWork
from pipeline.run import Job
from pipeline.webhooks import cursor_name

MOST_KEPT = 10_000
"""Records looked at once more at the end of a run; beyond them nothing is counted."""


@dataclass(slots=True)
class Missed:
    """Counts the records that a run meets for the first time, and that no message told of since the run before.

    The first run after webhooks were made counts nothing: what it finds may have changed before.
    """

    job: Job
    began: datetime = field(init=False)
    _keys: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Remember when the run looks."""
        self.began = self.job.parts.clock.now()

    def watch(self, works: Iterator[RecordWork]) -> Iterator[RecordWork]:
        """Hand the work on; where there are webhooks, remember the records with a file that no run had seen before."""
        if self.job.parts.ledger.cursor(cursor_name(self.job.spec.name)) is None:
            yield from works  # which would cost a look at the ledger for each file, for nothing
            return
        for work in works:
            if len(self._keys) < MOST_KEPT and self._is_new(work):
                self._keys[key_of(work.files[0], self.job.spec) or ""] = None
            yield work

    def _is_new(self, work: RecordWork) -> bool:
        states = (self.job.parts.ledger.state(ref.version) for ref in work.files)
        return any(state is not None and state.attempts == 1 for state in states)

    def conclude(self) -> int:
        """Return how many of them no message told of, and keep the figure; 0 where webhooks are off."""
        ledger, name = self.job.parts.ledger, self.job.spec.name
        kept = ledger.cursor(cursor_name(name))
        if kept is None:
            return 0
        before = kept.get("looked_at")
        number = 0
        if before is not None:
            told = ledger.told(name, list(self._keys))
            since = datetime.fromisoformat(before)
            number = sum(key not in told or told[key] < since for key in self._keys)
        figures = {"looked_at": self.began.isoformat(), "missed_last": number, "missed": kept.get("missed", 0) + number}
        ledger.keep_cursor(cursor_name(name), {**kept, **figures})
        return number
