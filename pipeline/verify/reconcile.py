"""Compare source, ledger and archive, in batches that can be taken up again; rebuild a lost ledger from the archive."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path

from pipeline.decide.mapping import same
from pipeline.decide.naming import base_differs, document_prefix, original_key
from pipeline.errors import FileGone, RejectFile
from pipeline.model import Effect, FileRef, RecordRef, RecordWork, SourceSpec
from pipeline.ports import Archive, FileState, Ledger
from pipeline.record import Ports, SourceRun
from pipeline.verify.manifests import (
    children_digests,
    derived_names,
    heirs,
    prefixes,
    read_manifest,
    successions,
)

BATCH = 500
"""Files compared at a time; after each batch the place is kept."""


class Kind(StrEnum):
    """The ways in which source, ledger and archive can differ."""

    NEW = "new at the source"
    GONE = "gone at the source"
    NAME = "name differs from what we left"
    VALUE = "value differs from what we left"
    OPEN = "open effect"
    ORIGINAL_MISSING = "original missing"
    ORIGINAL_DAMAGED = "original damaged"
    DERIVED_MISSING = "derived missing"
    NOT_ARCHIVED = "ledger row without archive"
    UNKNOWN_DOCUMENT = "unknown document in the archive"
    UNKNOWN_ORIGINAL = "unknown original in the archive"


HARMLESS = frozenset({Kind.NEW, Kind.GONE, Kind.NAME, Kind.VALUE})
"""What people did at the source since: no harm, nothing to mend."""

ADVICE = {
    Kind.NEW: "`run` takes it up.",
    Kind.GONE: "Nothing to do: the archive keeps it.",
    Kind.NAME: "Nothing to do: a person's name stays.",
    Kind.VALUE: "Nothing to do: a person's value stays.",
    Kind.OPEN: "The next `run` of its source settles it; `verify --repair` does where looking is enough.",
    Kind.ORIGINAL_MISSING: "`verify --repair` fetches it where Caspio still has the same bytes; else restore a backup.",
    Kind.ORIGINAL_DAMAGED: "`verify --repair` fetches it where Caspio still has the same bytes; else restore a backup.",
    Kind.DERIVED_MISSING: "`verify --repair` reads the archived original again.",
    Kind.NOT_ARCHIVED: "`verify --repair` fetches and reads it where Caspio still has the same bytes.",
    Kind.UNKNOWN_DOCUMENT: "`verify --rebuild-ledger` takes it into the ledger.",
    Kind.UNKNOWN_ORIGINAL: "A killed run may have left it, and the next then uses it; else look at it and remove it.",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: what it is about, in words, and what is known of the file there.

    `listed` is the file as the source shows it now; None where it does not.
    """

    kind: Kind
    subject: str
    detail: str = ""
    state: FileState | None = None
    listed: FileRef | None = None
    effect: Effect | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Differences of some files, and the place after which the next batch begins; no place: there is no next."""

    differences: Sequence[Difference]
    files: int = 0
    place: Sequence[str] = ()


def compare_source(
    spec: SourceSpec, ports: Ports, *, after: Sequence[str] = (), limit: int | None = None
) -> Iterator[Batch]:
    """Yield the differences of a source batch by batch, each with the place to go on after.

    With a limit only so many files that the ledger knows are looked at, and their records alone are listed.
    """
    listing = _Listing(spec, ports)
    if limit is None:
        listing.all()
    states = islice(_rest(listing, ports.ledger.states(source=spec.name), list(after)), limit)
    while batch := list(islice(states, BATCH)):
        if limit is not None:
            listing.records(batch)
        found = [difference for state in batch for difference in _compare(state, listing, ports)]
        yield Batch(found, len(batch), place_of(batch[-1]))
    if limit is None:
        yield Batch(list(listing.new()))


def _rest(
    listing: "_Listing", states: Iterator[FileState], after: list[str]
) -> Iterator[FileState]:
    """Yield the states behind a place; those before it were compared."""
    for state in states:
        if place_of(state) > after:
            yield state
        else:
            listing.take(state)


def place_of(state: FileState) -> list[str]:
    """Return what the ledger orders a source's files by."""
    ref = state.ref
    return [ref.container, ref.record.pk if ref.record else (ref.path or ""), ref.field]


class _Listing:
    """What the source shows now, by location_key."""

    def __init__(self, spec: SourceSpec, ports: Ports) -> None:
        self._spec = spec
        self._parts = ports
        self._files: dict[str, FileRef] = {}
        self._values: dict[str, list[Difference]] = {}

    def all(self) -> None:
        for page in self._parts.source.pages(self._spec):
            self._take(page)

    def records(self, states: Sequence[FileState]) -> None:
        folder = self._spec.folder is not None
        keys = [s.ref.path if folder else s.ref.record.pk if s.ref.record else None for s in states]
        self._take(
            self._parts.source.records(
                self._spec, [key for key in dict.fromkeys(keys) if key is not None]
            )
        )

    def _take(self, works: Sequence[RecordWork]) -> None:
        for work in works:
            self._files.update((ref.location_key, ref) for ref in work.files)
            if work.record is not None:
                self._values[work.record.pk] = list(self._differing(work, work.record))

    def _differing(self, work: RecordWork, record: RecordRef) -> Iterator[Difference]:
        columns = self._parts.target.columns(record.container, is_view=record.is_view)
        for name, left in self._parts.ledger.last_written(record.container, record.pk).items():
            if (
                name in work.values
                and name in columns
                and not same(work.values[name], left, columns[name])
            ):
                subject = f"{record.container} record {record.pk} column {name}"
                yield Difference(
                    Kind.VALUE, subject, f"{work.values[name]!r} stands, {left!r} was left"
                )

    def values_that_differ(self, state: FileState) -> Sequence[Difference]:
        """Return, once, the values of a file's record that differ."""
        record = state.ref.record
        return self._values.pop(record.pk, ()) if record is not None else ()

    def take(self, state: FileState) -> FileRef | None:
        """Return what stands in a file's place now, and leave it out of what is new."""
        return self._files.pop(state.ref.location_key, None)

    def new(self) -> Iterator[Difference]:
        """Yield what the ledger does not know."""
        for ref in self._files.values():
            yield Difference(Kind.NEW, subject_of(ref), listed=ref)


def subject_of(ref: FileRef) -> str:
    """Name a file for a person."""
    where = f"{ref.container} record {ref.record.pk} {ref.field}" if ref.record else ref.path
    return f"{ref.source}: {where} ({ref.name})"


def _compare(state: FileState, listing: _Listing, ports: Ports) -> Iterator[Difference]:
    """Yield how one file's source and archive differ from what the ledger says."""
    listed = listing.take(state)
    subject = subject_of(state.ref)
    if listed is None:
        yield Difference(Kind.GONE, subject, state=state)
    elif listed.version != state.version and not _is_echo(listed, state):
        renamed = state.outcome is not None and base_differs(listed.name, state.ref.name)
        same_size = listed.size_bytes == state.ref.size_bytes
        kind = Kind.NAME if renamed and same_size else Kind.NEW
        yield Difference(kind, subject, f"it is {listed.name} now", state, listed)
    yield from listing.values_that_differ(state)
    if state.sha256 is not None:
        yield from _compare_archive(state, listed, ports)


def _is_echo(listed: FileRef, state: FileState) -> bool:
    """Say whether a listing shows our own rename, which its run did not live to see."""
    name = state.outcome.new_name if state.outcome and not state.outcome.planned_only else None
    return (
        name is not None
        and not base_differs(listed.name, name)
        and listed.size_bytes == state.ref.size_bytes
    )


def _compare_archive(
    state: FileState, listed: FileRef | None, ports: Ports
) -> Iterator[Difference]:
    subject = subject_of(state.ref)
    sha256 = state.sha256 or ""
    stored = ports.archive.head(original_key(sha256))
    prefix = document_folder(state, ports)
    missing = "" if prefix is None else _missing(prefix, ports)
    finished = state.outcome is not None and not state.outcome.planned_only
    if stored is None:
        kind = Kind.NOT_ARCHIVED if prefix is None and finished else Kind.ORIGINAL_MISSING
        yield Difference(kind, subject, original_key(sha256), state, listed)
    elif stored.sha256 not in {None, sha256} or (state.size_bytes not in {None, stored.size_bytes}):
        detail = (
            f"{original_key(sha256)} has {stored.size_bytes:,} bytes and SHA-256 {stored.sha256}"
        )
        yield Difference(Kind.ORIGINAL_DAMAGED, subject, detail, state, listed)
    if (
        finished
        and state.outcome
        and state.outcome.sha256
        and (prefix is None or missing)
        and stored is not None
    ):
        yield Difference(Kind.DERIVED_MISSING, subject, missing or "its folder", state, listed)


def document_folder(state: FileState, ports: Ports) -> str | None:
    """Return where the archive has a document's folder: under its version or one that our rename made it of."""
    folders = (document_prefix(one.ref) for one in line_of(state, ports.ledger))
    return next(
        (prefix for prefix in folders if ports.archive.head(f"{prefix}/manifest.json") is not None),
        None,
    )


def line_of(state: FileState, ledger: Ledger) -> Iterator[FileState]:
    """Yield a version and those that our own renames made it of, the latest first."""
    at: FileState | None = state
    while at is not None:
        yield at
        at = ledger.state(at.succeeds) if at.succeeds else None


def _missing(prefix: str, ports: Ports) -> str:
    """Name what a document's folder lacks of what its manifest says; "" when it is whole."""
    try:
        names = derived_names(ports.archive, prefix, folder=ports.work_dir)
    except (RejectFile, FileGone) as error:
        return str(error)
    there = {stored.key.removeprefix(f"{prefix}/") for stored in ports.archive.list(f"{prefix}/")}
    return ", ".join(name for name in names if name not in there)


def open_effects(job: SourceRun) -> Iterator[Difference]:
    """Yield a source's effects that no living worker is carrying out and that are not settled."""
    ledger = job.ports.ledger
    living = ledger.living(asking=job.run_id)
    for effect in ledger.unsettled():
        state = ledger.state(effect.version)
        if effect.run_id not in living and state is not None and job.owns(state.ref):
            detail = f"{effect.kind} of run {effect.run_id} is {effect.state}"
            yield Difference(Kind.OPEN, subject_of(state.ref), detail, state, effect=effect)


def compare_archive(archive: Archive, ledger: Ledger, *, folder: Path) -> Iterator[Difference]:
    """Yield what the archive holds and the ledger does not know; children belong to their parents."""
    children: set[str] = set()
    for prefix in prefixes(archive):
        try:
            manifest = read_manifest(archive, prefix, folder=folder)
        except RejectFile as error:
            yield Difference(Kind.UNKNOWN_DOCUMENT, prefix, str(error))
            continue
        children.update(children_digests(manifest.findings))
        if ledger.state(manifest.ref.version) is None:
            yield Difference(Kind.UNKNOWN_DOCUMENT, prefix, subject_of(manifest.ref))
    stored = archive.list("originals/sha256/")
    while keys := [one.key for one in islice(stored, BATCH)]:
        digests = {key.rpartition("/")[2]: key for key in keys}
        known = ledger.known_digests(list(digests)) | children
        for digest, key in digests.items():
            if digest not in known:
                yield Difference(Kind.UNKNOWN_ORIGINAL, key)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild came to; `unreadable` are manifests that say why they could not be taken."""

    documents: int
    known: int
    effects: int
    unreadable: tuple[str, ...]


def rebuild_ledger(archive: Archive, ledger: Ledger, *, folder: Path) -> Rebuilt:
    """Take into the ledger whatever the archive's manifests say and the ledger does not know. Caspio is not asked."""
    became = successions(archive, folder=folder)
    effects: list[Effect] = []
    unreadable: list[str] = []
    new = known = 0
    for prefix in prefixes(archive):
        try:
            manifest = read_manifest(
                archive, prefix, folder=folder, became=heirs(prefix.rpartition("/")[2], became)
            )
        except RejectFile as error:
            unreadable.append(str(error))
            continue
        is_first = not ledger.effects(version=manifest.ref.version)
        taken = ledger.restore(manifest)
        new += taken
        known += not taken
        if taken and is_first:
            effects += manifest.effects
    effects.sort(key=lambda effect: (effect.at is not None, effect.at, effect.id))
    ledger.restore_effects(effects)
    return Rebuilt(new, known, len(effects), tuple(unreadable))
