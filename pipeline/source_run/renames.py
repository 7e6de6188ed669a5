"""Learn which version each file became that a run renamed, so that no listing shows it as new."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from posixpath import dirname, join

import structlog

from pipeline.context import SourceRun
from pipeline.decide.own_changes import record_own_renames
from pipeline.digests import is_same_file
from pipeline.errors import RefusedByCaspio, RejectFile, TryLater
from pipeline.model import Outcome, RecordWork
from pipeline.steps.archive import archive_renames
from pipeline.steps.enumerate import files_of

RENAMES_PER_LISTING = 500
"""Renamed files that are looked at in one listing."""

_log = structlog.get_logger()


@dataclass(slots=True)
class RenameTracker:
    """Collects the files that a run renames, and lists them again in pages. Safe from many threads.

    A record stays leased until the new versions of its files are in the ledger: until then, another
    worker would process them as new.
    """

    run: SourceRun
    _renamed: list[Outcome] = field(default_factory=list)
    _works: list[RecordWork] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, work: RecordWork, outcomes: Sequence[Outcome]) -> bool:
        """Take over a record if its files were renamed, and release it later; say if they were."""
        renamed = [
            outcome
            for outcome in outcomes
            if outcome.new_name is not None and not outcome.planned_only
        ]
        if not renamed:
            return False
        with self._lock:
            self._renamed += renamed
            self._works.append(work)
            is_full = len(self._renamed) >= RENAMES_PER_LISTING
        if is_full:
            self.flush()
        return True

    def flush(self) -> None:
        """List what was renamed since the last time, and release the records."""
        # Taken out under the lock and listed outside of it: other threads go on adding meanwhile.
        with self._lock:
            renamed, self._renamed = self._renamed, []
            works, self._works = self._works, []
        if not renamed:
            return
        try:
            self._list_again(renamed)
        except (RefusedByCaspio, RejectFile, TryLater) as error:
            # The next listing of the source shows them as well.
            _log.warning("renamed files not listed", source=self.run.spec.name, error=str(error))
        self.run.release(works)

    def _list_again(self, renamed: Sequence[Outcome]) -> None:
        spec, ports = self.run.spec, self.run.ports
        keys = {
            outcome.ref.record.pk
            if outcome.ref.record and spec.folder is None
            else _new_place(outcome)
            for outcome in renamed
        }
        listed = ports.source.records(spec, sorted(keys))
        refs = files_of(listed)
        renames = record_own_renames(
            refs,
            ledger=ports.ledger,
            settle=partial(is_same_file, source=ports.source),
        )
        if renames:
            archive_renames(renames, self.run)


def _new_place(outcome: Outcome) -> str:
    """Return the place of a renamed file: its location key, of a Files-area file the new path."""
    ref = outcome.ref
    if ref.path is None:
        return ref.location_key
    return join(dirname(ref.path), outcome.new_name or "")
