"""Learn which version each file became that a run renamed, so that no listing shows it as new."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from posixpath import dirname, join

import structlog

from pipeline.context import SourceRun
from pipeline.decide.naming import base_differs
from pipeline.decide.own_changes import same_size
from pipeline.errors import RefusedByCaspio, RejectFile, TryLater
from pipeline.model import EffectKind, EffectState, FileRef, Outcome, Place, RecordWork
from pipeline.ports import Ledger
from pipeline.steps.archive import archive_renames

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
        by_place = {_new_place(outcome): outcome for outcome in renamed}
        keys = {
            outcome.ref.record.pk
            if outcome.ref.record and spec.folder is None
            else _new_place(outcome)
            for outcome in renamed
        }
        listed = ports.source.records(spec, sorted(keys))
        renames = record_renames(by_place, listed, ledger=ports.ledger)
        if renames:
            archive_renames(renames, self.run)


def _new_place(outcome: Outcome) -> str:
    """Return the place of a renamed file: its location key, of a Files-area file the new path."""
    ref = outcome.ref
    if ref.path is None:
        return ref.location_key
    return join(dirname(ref.path), outcome.new_name or "")


def record_renames(
    renamed: Mapping[str, Outcome], listed: Iterable[RecordWork], *, ledger: Ledger
) -> Mapping[str, FileRef]:
    """Record the version that a listing shows of each renamed file; return them by old version.

    `renamed` has the outcomes by location key (for Files-area files by new path). A file that shows
    another name or size was changed by somebody else: it is not ours, and needs processing.
    """
    renames: dict[str, FileRef] = {}
    for ref in (ref for work in listed for ref in work.files):
        outcome = renamed.get(ref.path or ref.location_key)
        if outcome is None or not is_as_renamed(ref, outcome):
            continue
        old = outcome.ref.version
        ledger.files.record_rename(old, ref)
        renames[old] = ref
        # The name was seen at Caspio: that verifies the rename itself.
        for effect in ledger.effects.open([old]):
            if effect.kind is EffectKind.RENAME_ATTACHMENT:
                ledger.effects.settle(effect, EffectState.VERIFIED)
    return renames


def is_as_renamed(ref: FileRef, outcome: Outcome) -> bool:
    """Say whether a listed version is what our rename left: same place, our name, same size."""
    old = outcome.ref
    if ref.place is not Place.FOLDER and ref.location_key != old.location_key:
        return False
    if base_differs(ref.name, outcome.new_name or "") or ref.version == old.version:
        return False
    return same_size(ref, old)
