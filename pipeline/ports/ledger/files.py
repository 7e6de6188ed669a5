"""What the ledger promises about file versions and readings."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from pipeline.model import Effect, FileRef, Findings, Outcome, RecordRef, Stage, Status
from pipeline.ports.ledger.sources import SourceLedger

MAX_DEATHS = 3
"""Runs that may die while they read a document and no other one; then it is quarantined."""

COOLING_TIME = timedelta(hours=24)
"""How long a quarantined document is left alone before it is read again."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A document that was being read in a child process when its run died.

    Most are innocent: a machine was preempted. So a suspect is read again while this process reads
    no other document, and only deaths during such readings count.

    Attributes:
        deaths: Runs that died while they read it and no other document, under this fingerprint.
        fingerprint: The reader's, when it was read last.
        read_at: When its last reading began.
    """

    deaths: int
    fingerprint: str
    read_at: datetime

    def deaths_under(self, fingerprint: str) -> int:
        """Return the deaths that count: a reader with another fingerprint reads otherwise."""
        return self.deaths if self.fingerprint == fingerprint else 0

    def is_quarantined(self, fingerprint: str, now: datetime) -> bool:
        """Say whether it is not to be read now."""
        cooled = now - self.read_at >= COOLING_TIME
        return self.deaths_under(fingerprint) >= MAX_DEATHS and not cooled


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who knows what became of a file version, since when, and why nothing is done about it."""

    by: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Attention:
    """How many documents have an outcome that needs a user: those still open, and those known."""

    open: int = 0
    acknowledged: int = 0


@dataclass(frozen=True, slots=True)
class FileState:
    """What the ledger knows of one file version.

    Attributes:
        outcome: None until one is recorded.
        listings: How many listings have shown this version.
        renamed_from: The version that our own rename made this one of. The archive has the document
            under that one.
        rules: Identifies the settings under which it was planned (`pipeline.decide.fingerprint`).
        acknowledged: None unless a user knows the outcome and wants to hear no more of it.
        seen_at: When a listing first showed this version.
    """

    version: str
    ref: FileRef
    stage: Stage
    sha256: str | None
    fingerprint: str | None
    outcome: Outcome | None
    listings: int
    run_id: str
    updated_at: datetime
    original_name: str
    size_bytes: int | None = None
    renamed_from: str | None = None
    rules: str | None = None
    acknowledged: Acknowledgement | None = None
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the archive knows of one document: all that the ledger has to know of it.

    Attributes:
        findings: JSON, as the manifest has it.
        renamed_to: The versions that listings showed after our own renames, the oldest first.
    """

    ref: FileRef
    sha256: str
    size_bytes: int
    original_name: str
    findings: Mapping[str, Any]
    outcome: Outcome
    prefix: str
    effects: tuple[Effect, ...]
    run_id: str
    at: datetime
    renamed_to: tuple[FileRef, ...] = ()
    rules: str | None = None


class FileLedger(SourceLedger, Protocol):
    """Remembers every file version, every reading, and what is known of the sources."""

    def seen(self, refs: Sequence[FileRef], run_id: str) -> None:
        """Record versions that a listing has shown. A known version keeps its state.

        Its listings are counted.
        The first name ever seen in a location_key is kept as `original_name` for later versions
        that we renamed.
        """

    def seen_once(self, versions: Sequence[str]) -> set[str]:
        """Return those versions that exactly one listing has shown."""

    def finished(self, versions: Sequence[str]) -> set[str]:
        """Return those versions that need no more work. Failed ones are not among them."""

    def reading_began(
        self, version: str, run_id: str, *, fingerprint: str, suspect: Suspect | None = None
    ) -> None:
        """Record that a child process is about to read a document: a suspect if this run dies.

        `suspect` is what is known of a document that is read alone. The record survives the death
        of this process, but it may be lost with the power of the machine, which is not a document's
        fault.
        """

    def reading_ended(self, version: str, run_id: str) -> None:
        """Record that this run has survived a reading; a suspect stays one until it is cleared."""

    def excuse_readings(self, run_id: str) -> None:
        """Treat all readings of a run as ended: it may be killed now, and no document is to blame.

        `LeaseLedger.leave` does the same.
        """

    def suspects(self, versions: Sequence[str], run_id: str) -> Mapping[str, Suspect]:
        """Return those versions that a run other than this one was reading when it died."""

    def clear_suspects(self, versions: Sequence[str]) -> None:
        """Forget what was suspected of these versions: they have an outcome."""

    def released_from_quarantine(self, versions: Sequence[str], fingerprint: str) -> set[str]:
        """Return those quarantined versions that may be read again now."""

    def archived(self, version: str, *, sha256: str, size_bytes: int, media_type: str) -> None:
        """Record that the original's bytes are stored and confirmed."""

    def save_reading(self, sha256: str, findings: Findings, *, prefix: str) -> None:
        """Keep findings (without text and derived paths) by content and fingerprint.

        `prefix` is where the archive has text.txt and the other derived files.
        """

    def reading_fingerprints(self, sha256: str) -> Sequence[str]:
        """Return the fingerprints under which this content was read, the latest reading first."""

    def reading(self, sha256: str, fingerprint: str) -> tuple[Findings, str] | None:
        """Return findings by content and fingerprint, and the prefix of the derived files."""

    def planned(self, version: str, *, fingerprint: str, rules: str) -> None:
        """Record that what to write is decided, under which settings (`rules`)."""

    def finish(self, outcome: Outcome, run_id: str) -> None:
        """Record a file's outcome. A failed or planned-only one leaves the version unfinished."""

    def record_rename(self, version: str, ref: FileRef) -> None:
        """Record the version that a listing shows after our own write, with the same outcome."""

    def not_renamed(self, location_keys: Collection[str]) -> Sequence[FileState]:
        """Return the versions at these places for which no rename is recorded, the oldest first."""

    def replaced(self, versions: Collection[str]) -> set[str]:
        """Return those versions in whose place a listing has shown another file since.

        A version that our own renames made of it is the same file.
        """

    def state(self, version: str) -> FileState | None:
        """Return one version's state."""

    def states_of(self, versions: Collection[str]) -> Mapping[str, FileState]:
        """Return the states of those versions that are known, by version."""

    def states(
        self,
        *,
        source: str | None = None,
        pk: str | None = None,
        since: datetime | None = None,
        newest: bool = True,
    ) -> Iterator[FileState]:
        """Yield states in order of source, container, record.

        With `newest` only each location_key's latest version.
        `pk` is a record's PK_ID or a Files-area path. `since` is compared with the last change of
        the state.
        """

    def search(self, text: str, *, source: str = "", limit: int = 50) -> Sequence[FileState]:
        """Return the latest versions that a user may mean by a text, at most `limit`.

        First those of the record with this PK_ID, or of the file with this path if no record refers
        to it; then those whose present and first names together have each word of the text, in
        order of source and name. Case makes no difference.
        """

    def containers(
        self, source: str, shown: Sequence[tuple[RecordRef, Collection[int]]]
    ) -> Sequence[set[str]]:
        """Return the tables and views in which the files of each record were shown.

        Those that the source had, and those of other sources where one is a view and the other may
        be its table: they show a record with this PK_ID and a file of one of the sizes beside it,
        or of a size that a file of the record once had in this source.
        """

    def seen_at(self, source: str, pk: str) -> Sequence[datetime | None]:
        """Return when each version of a record's files was first listed by a source."""

    def stale(
        self, is_current: Callable[[str], bool], rules: str, *, source: str
    ) -> Iterator[FileState]:
        """Yield the latest version at each place that would be read or planned differently now.

        What was planned and not written yet is among them: after its settings changed, a source is
        only planned once. `is_current` decides about a reading's fingerprint; it is asked once for
        each that the source has.
        """

    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """Return how many files each source has by status, the latest version at each place.

        Where there is no outcome yet, the stage is used instead of the status.
        """

    def attention(
        self, statuses: Collection[Status], *, source: str | None = None
    ) -> Iterator[FileState]:
        """Yield the latest versions with one of these outcomes, in the order of `states`."""

    def count_attention(
        self, statuses: Collection[Status], *, source: str, keys: Collection[str] = ()
    ) -> Attention:
        """Count what `attention` yields of a source, or only of these records or paths."""

    def acknowledge(self, versions: Collection[str], by: Acknowledgement | None) -> None:
        """Record that a user knows what became of these versions; None withdraws it."""

    def gone(self, versions: Collection[str]) -> None:
        """Record that a whole listing did not show these versions: no file is at their place.

        If one is listed again, it is worked on again.
        """

    def restore(self, manifest: Manifest) -> bool:
        """Restore what a manifest says of a version and its renames, unless newer is known.

        Effects are restored by `EffectLedger.restore`. Returns whether anything was restored.
        """

    def known_digests(self, digests: Sequence[str]) -> set[str]:
        """Return those digests that some file version has."""


def latest_reading(files: FileLedger, state: FileState | None) -> tuple[Findings, str] | None:
    """Return what was read of a version last, and the prefix of its derived files.

    None where the version is not known, or was never read.
    """
    if state is None or state.sha256 is None:
        return None
    return files.reading(state.sha256, state.fingerprint or "")
