"""Compare source, ledger and archive, in batches that can be resumed."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from pipeline.archive_layout import REPLACED, original_key, replaced_digest
from pipeline.context import Ports, SourceRun
from pipeline.decide.column_values import same
from pipeline.decide.naming import has_name
from pipeline.errors import FileGone, RejectFile
from pipeline.model import FileRef, RecordRef, RecordWork, SourceSpec, StoredObject
from pipeline.model.missing import missing_sentence
from pipeline.ports import Archive, FileState, Ledger
from pipeline.verify.differences import Batch, Difference, DifferenceKind, subject_of
from pipeline.verify.manifests import (
    children_digests,
    document_folder,
    document_prefixes,
    manifest_names,
    read_manifest,
)

BATCH = 500
"""Files compared at a time; after each batch the place is kept."""

READ_BATCH = 25
"""The same where the originals are read: a stopped run reads at most so many of them again."""

_MOST_REMEMBERED = 100_000  # digests: some 20 MB


def compare_source(
    spec: SourceSpec,
    ports: Ports,
    *,
    after: Sequence[str] = (),
    limit: int | None = None,
    read: bool = False,
) -> Iterator[Batch]:
    """Yield the differences of a source batch by batch, each with the place to continue after.

    With a limit only so many files in the ledger are compared, and only their records are listed.
    With `read` the bytes of every original are read and hashed.
    """
    # All of the listing is kept: a file that the ledger knows may be listed on any page.
    listing = _Listing(spec, ports)
    originals = _Originals(ports.archive, read=read)
    if limit is None:
        listing.list_all()
    states = islice(_states_after(list(after), listing), limit)
    while batch := list(islice(states, READ_BATCH if read else BATCH)):
        if limit is not None:
            listing.list_records(batch)
        before = originals.unproven
        found = [
            difference
            for state in batch
            for difference in compare(state, listing, originals, ports)
        ]
        yield Batch(found, len(batch), place_of(batch[-1]), originals.unproven - before)
    if limit is None:
        yield Batch([_unknown(ref) for ref in listing.rest()])


def _unknown(ref: FileRef) -> Difference:
    """Return what a file is that the ledger does not know: new, or not even there."""
    if ref.is_missing:
        return Difference(
            DifferenceKind.FILE_MISSING, subject_of(ref), missing_sentence(ref), listed=ref
        )
    return Difference(DifferenceKind.NEW, subject_of(ref), listed=ref)


def place_of(state: FileState) -> list[str]:
    """Return what the ledger orders a source's files by."""
    ref = state.ref
    return [ref.container, ref.pk or ref.path or "", ref.field]


class _Originals:
    """Looks at the archived originals: at their bytes with `read`, else at what the store says."""

    def __init__(self, archive: Archive, *, read: bool) -> None:
        self._archive = archive
        self._read = read
        # Files with the same bytes have one original.
        self._hashed: dict[str, StoredObject] = {}
        self.unproven = 0

    def look(self, sha256: str) -> StoredObject | None:
        """Return an original with its digest, None where there is none."""
        key = original_key(sha256)
        if self._read:
            found = self._hashed.get(sha256) or self._archive.hash_bytes(key)
            if found is not None and len(self._hashed) < _MOST_REMEMBERED:
                self._hashed[sha256] = found
        else:
            found = self._archive.head(key)
        self.unproven += found is not None and not found.is_proven
        return found


class _Listing:
    """What the source shows now: its files by location key, and values that differ by record."""

    def __init__(self, spec: SourceSpec, ports: Ports) -> None:
        self.spec = spec
        self.ports = ports
        self._files: dict[str, FileRef] = {}
        self._values: dict[str, list[Difference]] = {}

    def list_all(self) -> None:
        for page in self.ports.source.pages(self.spec):
            self._add(page)

    def list_records(self, states: Sequence[FileState]) -> None:
        if self.spec.folder is not None:
            keys = [state.ref.path for state in states if state.ref.path is not None]
        else:
            keys = [state.ref.record.pk for state in states if state.ref.record is not None]
        # A record with several files is listed once.
        self._add(self.ports.source.records(self.spec, list(dict.fromkeys(keys))))

    def _add(self, works: Sequence[RecordWork]) -> None:
        for work in works:
            self._files.update((ref.location_key, ref) for ref in work.files)
            if work.record is not None:
                self._values[work.record.pk] = self._differing_values(work, work.record)

    def _differing_values(self, work: RecordWork, record: RecordRef) -> list[Difference]:
        columns = self.ports.target.columns(record.container, is_view=record.is_view)
        written = self.ports.ledger.effects.last_written(record.container, record.pk)
        found: list[Difference] = []
        # A column that was mapped once and is not listed any more cannot be compared.
        for name in sorted(written.keys() & work.values.keys() & columns.keys()):
            now, ours = work.values[name], written[name].value
            if not same(now, ours, columns[name]):
                subject = f"{record.container} record {record.pk} column {name}"
                detail = f"it holds {now!r}, we wrote {ours!r}"
                found.append(Difference(DifferenceKind.VALUE, subject, detail))
        return found

    def take_values(self, state: FileState) -> Sequence[Difference]:
        """Return, once, the values of a file's record that differ."""
        record = state.ref.record
        return self._values.pop(record.pk, ()) if record is not None else ()

    def take(self, state: FileState) -> FileRef | None:
        """Return, once, the file that is in a file's place now."""
        return self._files.pop(state.ref.location_key, None)

    def rest(self) -> Iterator[FileRef]:
        """Yield the files that were not matched: the ledger does not know them."""
        yield from self._files.values()


def _states_after(place: list[str], listing: _Listing) -> Iterator[FileState]:
    """Yield what the ledger has behind a place; what comes before it was compared earlier."""
    for state in listing.ports.ledger.files.states(source=listing.spec.name):
        if place_of(state) > place:
            yield state
        else:
            listing.take(state)


def compare(
    state: FileState, listing: _Listing, originals: _Originals, ports: Ports
) -> Iterator[Difference]:
    """Yield how a file's source and archive differ from what the ledger says."""
    listed = listing.take(state)
    subject = subject_of(state.ref)
    if listed is None:
        yield Difference(DifferenceKind.GONE, subject, state=state)
    elif listed.is_missing:
        # Also where a run has reported it already: it is missing until a user corrects it.
        detail = missing_sentence(listed)
        yield Difference(DifferenceKind.FILE_MISSING, subject, detail, state, listed)
    elif listed.version != state.version and not is_own_rename(listed, state):
        # The same size under another name is a user's rename; anything else is a new file.
        is_renamed = state.outcome is not None and not has_name(listed, state.ref.name)
        same_size = listed.size_bytes == state.ref.size_bytes
        kind = DifferenceKind.NAME if is_renamed and same_size else DifferenceKind.NEW
        yield Difference(kind, subject, f"it is {listed.name} now", state, listed)
    yield from listing.take_values(state)
    if state.sha256 is not None:
        yield from _compare_archive(state, state.sha256, listed, originals, ports)


def is_own_rename(listed: FileRef, state: FileState) -> bool:
    """Say whether a listing shows our own rename, which its run did not live to record."""
    outcome = state.outcome
    if outcome is None or outcome.planned_only or outcome.new_name is None:
        return False
    return has_name(listed, outcome.new_name) and listed.size_bytes == state.ref.size_bytes


def _compare_archive(
    state: FileState,
    sha256: str,
    listed: FileRef | None,
    originals: _Originals,
    ports: Ports,
) -> Iterator[Difference]:
    """Yield what the archive lacks of a file's original and of what was derived from it."""
    subject, key = subject_of(state.ref), original_key(sha256)
    stored = originals.look(sha256)
    prefix = document_folder(state, ports)
    # What was only planned may not be archived yet.
    outcome = state.outcome if state.outcome and not state.outcome.planned_only else None
    if stored is None:
        was_never = prefix is None and outcome is not None
        kind = DifferenceKind.NOT_ARCHIVED if was_never else DifferenceKind.ORIGINAL_MISSING
        yield Difference(kind, subject, key, state, listed)
        return
    if stored.sha256 not in {None, sha256} or state.size_bytes not in {None, stored.size_bytes}:
        detail = f"{key} has {stored.size_bytes:,} bytes and SHA-256 {stored.sha256}"
        yield Difference(DifferenceKind.ORIGINAL_DAMAGED, subject, detail, state, listed)
    # Only what was read has derived files; a rejected file has its original alone.
    missing = "its folder" if prefix is None else _missing(prefix, ports)
    if missing and outcome and outcome.sha256:
        yield Difference(DifferenceKind.DERIVED_MISSING, subject, missing, state, listed)


def _missing(prefix: str, ports: Ports) -> str:
    """Name what a document's folder lacks of what its manifest names; "" when it is complete."""
    try:
        names = manifest_names(ports.archive, prefix, folder=ports.work_dir)
    except (RejectFile, FileGone) as error:
        return str(error)
    stored = {one.key.removeprefix(f"{prefix}/") for one in ports.archive.list(f"{prefix}/")}
    return ", ".join(name for name in names if name not in stored)


def open_effects(run: SourceRun) -> Iterator[Difference]:
    """Yield a source's effects that are not settled, and that no living worker is carrying out."""
    ledger = run.ports.ledger
    living = ledger.leases.live_workers(asking=run.run_id)
    for effect in ledger.effects.open():
        state = ledger.files.state(effect.version)
        if effect.run_id not in living and state is not None and run.owns(state.ref):
            detail = f"{effect.kind} of run {effect.run_id} is {effect.state}"
            subject = subject_of(state.ref)
            yield Difference(DifferenceKind.OPEN, subject, detail, state, effect=effect)


def compare_archive(archive: Archive, ledger: Ledger, *, folder: Path) -> Iterator[Difference]:
    """Yield what the archive has and the ledger does not know.

    Originals that a manifest names are known by it: those of files inside of others, and those of
    documents that a ledger from a backup does not know, or knows from a listing only.
    """
    named: set[str] = set()
    for prefix in document_prefixes(archive):
        try:
            manifest = read_manifest(archive, prefix, folder=folder)
        except RejectFile as error:
            yield Difference(DifferenceKind.UNKNOWN_DOCUMENT, prefix, str(error))
            continue
        named.update(children_digests(manifest.findings))
        state = ledger.files.state(manifest.ref.version)
        if state is None or not state.sha256:
            named.add(manifest.sha256)
            yield Difference(DifferenceKind.UNKNOWN_DOCUMENT, prefix, subject_of(manifest.ref))
    # The only copy of what somebody replaced is no leftover, though no run has read it.
    named.update(replaced_digest(one.key) for one in archive.list(REPLACED))
    # In batches, so that one question to the ledger covers many originals.
    stored = archive.list("originals/sha256/")
    while keys := [one.key for one in islice(stored, BATCH)]:
        digests = {key.rpartition("/")[2]: key for key in keys}
        known = ledger.files.known_digests(list(digests)) | named
        for digest, key in digests.items():
            if digest not in known:
                yield Difference(DifferenceKind.UNKNOWN_ORIGINAL, key)
