"""The promise of the ledger, and what it tells of files, runs, usage and repairs."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pipeline.model import (
    Effect,
    EffectState,
    FileRef,
    Findings,
    Outcome,
    Stage,
    Value,
)
from pipeline.model.review import ReviewItem
from pipeline.ports.messages import MessageBox
from pipeline.ports.metrics import Figures, Tallies


@dataclass(frozen=True, slots=True)
class FileState:
    """What the ledger knows of one file version. `outcome` is None until one is recorded.

    `succeeds` is the version that our own rename made this one of: the archive has the document under that. `rules`
    identifies the settings under which it was planned (`pipeline.decide.fingerprint`).
    """

    version: str
    ref: FileRef
    stage: Stage
    sha256: str | None
    fingerprint: str | None
    outcome: Outcome | None
    attempts: int
    run_id: str
    updated_at: datetime
    original_name: str
    size_bytes: int | None = None
    succeeds: str | None = None
    rules: str | None = None


@dataclass(frozen=True, slots=True)
class RunState:
    """One run: `counts` are files by status, `calls` Caspio calls by "METHOD /template"."""

    id: str
    kind: str
    started_at: datetime
    finished_at: datetime | None
    status: str
    counts: Mapping[str, int]
    calls: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Usage:
    """Caspio calls and bytes of one month; `by_priority` splits the calls."""

    calls: int
    size_bytes: int
    by_priority: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Repair:
    """What `verify --repair` mended: the kind of difference, what it was about, what was done."""

    kind: str
    subject: str
    done: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the archive tells of one document: all that the ledger knows of it. `findings` is JSON, as it stands there.

    `became` are the versions listings showed after our own renames, the oldest first.
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
    became: tuple[FileRef, ...] = ()
    rules: str | None = None


MOST_STARTS = 3
"""Starts without an outcome after which a file is quarantined: it stops whoever works on it."""


class Ledger(MessageBox, Protocol):
    """Remembers every file version, reading, effect and message.

    Each method is one transaction; safe from many threads. Raises LedgerUnavailable when it cannot be reached or
    written.
    """

    def start_run(self, run_id: str, kind: str) -> None:
        """Record that a run began."""

    def finish_run(
        self, run_id: str, status: str, *, counts: Mapping[str, int], calls: Mapping[str, int]
    ) -> None:
        """Record how a run ended; calls are added to those it has."""

    def runs(self, limit: int = 10) -> Sequence[RunState]:
        """Return the latest runs, newest first."""

    def finished(self, versions: Sequence[str]) -> set[str]:
        """Return those versions that need no more work. Failed ones are not among them."""

    def released(self, versions: Sequence[str], fingerprint: str) -> set[str]:
        """Return those versions that were started MOST_STARTS times to no outcome, all under other fingerprints."""

    def started(self, version: str, *, fingerprint: str) -> int:
        """Count a start of work; return how many before it, under the same fingerprint, came to no outcome.

        An outcome sets the count back, unless it says that the version is quarantined.
        """

    def put_off(self, versions: Sequence[str]) -> None:
        """Set the count of starts back: the run was stopped in good order, and these files had no part in it."""

    def seen(self, refs: Sequence[FileRef], run_id: str) -> None:
        """Record versions found by a listing; those already known are left as they are, but attempts are counted.

        The first name ever seen in a location_key is kept as `original_name` for later versions that we renamed.
        """

    def seen_once(self, versions: Sequence[str]) -> set[str]:
        """Return those versions that one listing alone has found so far."""

    def archived(self, version: str, *, sha256: str, size_bytes: int, media_type: str) -> None:
        """Record that the original's bytes are stored and confirmed."""

    def save_reading(self, sha256: str, findings: Findings, *, prefix: str) -> None:
        """Keep findings (without text and derived paths) by content and fingerprint.

        `prefix` is where the archive has text.txt and the other derived files.
        """

    def reading_fingerprints(self, sha256: str) -> Sequence[str]:
        """Return the fingerprints under which this content was read, the latest reading first."""

    def reading(self, sha256: str, fingerprint: str) -> tuple[Findings, str] | None:
        """Return the findings of this content under this fingerprint and the archive prefix of its derived files."""

    def planned(self, version: str, *, fingerprint: str, rules: str) -> None:
        """Record that findings are archived and what to write is decided, under which settings (`rules`)."""

    def finish(self, outcome: Outcome, run_id: str) -> None:
        """Record a file's outcome. A failed or planned-only outcome leaves the version unfinished."""

    def succeeded_by(self, version: str, ref: FileRef) -> None:
        """Record the version that a listing shows after our own write, as finished with the same outcome."""

    def state(self, version: str) -> FileState | None:
        """Return one version's state."""

    def states(
        self,
        *,
        source: str | None = None,
        pk: str | None = None,
        since: datetime | None = None,
        newest: bool = True,
    ) -> Iterator[FileState]:
        """Yield states in order of source, container, record; with `newest` only each location_key's latest version."""

    def stale(
        self, is_current: Callable[[str], bool], rules: str, *, source: str
    ) -> Iterator[FileState]:
        """Yield the latest version of each location_key in a source that would be read or planned differently now.

        `is_current` decides about a reading's fingerprint; it is asked once for each that the source has.
        """

    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """Return files by source and status (or stage, where there is no outcome yet), each location_key's latest version."""

    def figures(self) -> Figures:
        """Return what the ledger adds up to, cheaply enough to ask for every few seconds."""

    def tally(self, counted: Tallies) -> None:
        """Add to what all processes have counted."""

    def intend(self, effect: Effect, run_id: str) -> Effect:
        """Record an intent before its call and return it with its id; LeaseLost for a worker taken for dead."""

    def settle(self, effect: Effect, state: EffectState, note: str = "") -> None:
        """Record what became of an effect."""

    def open_effects(self, versions: Sequence[str]) -> Sequence[Effect]:
        """Return effects of these versions still in state intent or applied, oldest first."""

    def changed_by_others(self, versions: Sequence[str], run_id: str) -> set[str]:
        """Return those unfinished versions on which another run's effects stand (applied or verified)."""

    def unsettled(self) -> Sequence[Effect]:
        """Return every effect still in state intent or applied, oldest first: what a killed run left open."""

    def effects(
        self,
        *,
        version: str | None = None,
        run_id: str | None = None,
        record: tuple[str, str] | None = None,
    ) -> Sequence[Effect]:
        """Return effects, oldest first; `record` is a container and a PK_ID."""

    def undoing(self, ids: Sequence[int]) -> Sequence[Effect]:
        """Return the effects that take back these (by id), those that take back them, and so on, oldest first."""

    def names_given(self, refs: Sequence[FileRef]) -> Sequence[Effect]:
        """Return the effects, applied or verified, that named these records' attachments or put files at these paths.

        The oldest come first.
        """

    def unsucceeded(self, slots: Collection[str]) -> Sequence[FileState]:
        """Return the versions in these slots of which no listing has shown what our own write made of them."""

    def last_written(self, container: str, pk: str) -> Mapping[str, Value]:
        """Return, by column, the value we last wrote to a record of ourselves: see `pipeline.decide.ownership.owned`."""

    def runs_that_wrote(self, container: str, pk: str, *, since: datetime) -> int:
        """Count the runs since a moment that changed a record or its files' names (effects applied or verified)."""

    def keep_review_item(self, item: ReviewItem, run_id: str) -> None:
        """Keep a suggestion for a person, in place of what was kept for the same source, record and column."""

    def review_items(
        self, source: str, record: tuple[str, str] | None = None
    ) -> Sequence[ReviewItem]:
        """Return the suggestions kept for a source, or for one record (container and PK_ID) of it, in order of key."""

    def moved_to(self, path: str) -> str | None:
        """Return where our own rename moved a Files-area path to, following chains; None if we never moved it."""

    def restore(self, manifest: Manifest) -> bool:
        """Take over what a manifest says of a version, and of what it became, unless more recent things are known.

        Effects are restored by `restore_effects`. Says whether anything was new.
        """

    def restore_effects(self, effects: Iterable[Effect]) -> None:
        """Take over effects of a lost ledger in the order given, which becomes the order they happened in."""

    def known_digests(self, digests: Sequence[str]) -> set[str]:
        """Return those digests that some file version has."""

    def source_confirmed(self, name: str, settings_hash: str) -> bool:
        """Say whether this source was planned or run before with these settings."""

    def confirm_source(self, name: str, settings_hash: str) -> None:
        """Record that this source was planned or run with these settings."""

    def join(self, worker: str, *, ttl_s: float) -> None:
        """Begin to be a worker; unless renewed, what it holds is free again after so many seconds."""

    def renew(self, worker: str, *, ttl_s: float) -> None:
        """Go on being a worker; LeaseLost when another one has taken over."""

    def leave(self, worker: str) -> None:
        """Stop being a worker: all it holds is free."""

    def living(self, *, asking: str = "") -> set[str]:
        """Return the workers that are neither expired nor known to have ended; a worker that asks is alive."""

    def claim(
        self, worker: str, wanted: Sequence[Sequence[str]], *, release: Iterable[str] = ()
    ) -> Sequence[bool]:
        """Free some keys, then take groups of keys, each whole or not at all; say which were had.

        What a dead worker holds is taken from it; from then on `intend`, `renew` and `claim` refuse it.
        """

    def spend(self, account: str, priority: str, *, calls: int, size_bytes: int) -> Usage:
        """Add to the account's usage of the present month (UTC); return that of all priorities together."""

    def usage(self, account: str) -> Usage:
        """Return an account's usage of the present month (UTC)."""

    def book_permits(self, account: str, permits: int, *, per_second: float) -> float:
        """Book calls of all workers one after the other; return in how many seconds the first is due."""

    def hold_permits(self, account: str, seconds: float) -> None:
        """Let nothing booked from now on be due before so many seconds."""

    def cursor(self, name: str) -> Mapping[str, Any] | None:
        """Return what was kept under a name, None when nothing is."""

    def keep_cursor(self, name: str, value: Mapping[str, Any] | None) -> None:
        """Keep how far a walk has come; None forgets it."""

    def repaired(self, kind: str, subject: str, done: str, *, run_id: str) -> None:
        """Record a repair."""

    def repairs(self, run_id: str) -> Sequence[Repair]:
        """Return a run's repairs, oldest first."""
