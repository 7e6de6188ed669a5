from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from pipeline.adapters.sql_ledger.rows import load_findings, without_text
from pipeline.model import FileRef, Findings, Outcome, RecordRef, Stage, Status
from pipeline.ports import FileState, Manifest, Suspect
from pipeline.ports.ledger import Acknowledgement, Attention
from pipeline.ports.metrics import SourceMetrics
from tests.fakes.ledger.memory import Memory, OpenReading
from tests.fakes.ledger.sources import MemorySources


class MemoryFiles(MemorySources):
    """File versions and readings in dictionaries."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        self._newest: dict[str, str] = {}
        self._seen_at: dict[str, datetime] = {}
        self._readings: dict[tuple[str, str], tuple[Findings, str]] = {}

    def seen(self, refs: Sequence[FileRef], run_id: str) -> None:
        """Record versions that a listing has shown."""
        files = self._memory.files
        for ref in {ref.version: ref for ref in refs}.values():
            state = files.get(ref.version) or self._new(ref, run_id)
            files[ref.version] = replace(state, listings=state.listings + 1)
            self._newest[ref.location_key] = ref.version

    def seen_once(self, versions: Sequence[str]) -> set[str]:
        """Return those versions that exactly one listing has shown."""
        return {state.version for state in self._known(versions) if state.listings == 1}

    def finished(self, versions: Sequence[str]) -> set[str]:
        """Return those versions that need no more work."""
        return {state.version for state in self._known(versions) if state.stage is Stage.FINISHED}

    def reading_began(
        self, version: str, run_id: str, *, fingerprint: str, suspect: Suspect | None = None
    ) -> None:
        """Record that a document is about to be read."""
        deaths = suspect.deaths_under(fingerprint) if suspect else 0
        self._memory.readings[version] = OpenReading(
            run_id, fingerprint, suspect is not None, deaths, self._memory.clock.now()
        )

    def reading_ended(self, version: str, run_id: str) -> None:
        """Record that a reading was survived."""
        self._memory.end_readings(run_id, version)

    def excuse_readings(self, run_id: str) -> None:
        """Treat all readings of a run as ended."""
        self._memory.end_readings(run_id)

    def suspects(self, versions: Sequence[str], run_id: str) -> Mapping[str, Suspect]:
        """Return those versions that were being read when a run died."""
        found = {}
        for version in versions:
            reading = self._memory.readings.get(version)
            if reading is None or reading.run_id in self._memory.live_workers(run_id) | {run_id}:
                continue
            deaths = reading.deaths + (reading.suspected and reading.run_id is not None)
            found[version] = Suspect(deaths, reading.fingerprint, reading.read_at)
        return found

    def clear_suspects(self, versions: Sequence[str]) -> None:
        """Forget what was suspected."""
        for version in versions:
            self._memory.readings.pop(version, None)

    def released_from_quarantine(self, versions: Sequence[str], fingerprint: str) -> set[str]:
        """Return quarantined versions that may be read again now."""
        now, released = self._memory.clock.now(), set()
        suspects = self.suspects(versions, "")
        for state in self._known(versions):
            suspect = suspects.get(state.version)
            blocked = suspect is not None and suspect.is_quarantined(fingerprint, now)
            if state.outcome and state.outcome.quarantined and not blocked:
                released.add(state.version)
        return released

    def archived(self, version: str, *, sha256: str, size_bytes: int, media_type: str) -> None:  # noqa: ARG002 - nothing reads it back
        """Record that the original's bytes are stored and confirmed."""
        state = self._memory.files[version]
        stage = Stage.ARCHIVED if state.stage is Stage.SEEN else state.stage
        self._keep(replace(state, stage=stage, sha256=sha256, size_bytes=size_bytes))

    def save_reading(self, sha256: str, findings: Findings, *, prefix: str) -> None:
        """Keep findings by content and fingerprint."""
        self._readings.pop((sha256, findings.fingerprint), None)
        self._readings[sha256, findings.fingerprint] = without_text(findings), prefix

    def reading_fingerprints(self, sha256: str) -> Sequence[str]:
        """Return the fingerprints of the readings of this content, the latest first."""
        return [fingerprint for digest, fingerprint in self._readings if digest == sha256][::-1]

    def reading(self, sha256: str, fingerprint: str) -> tuple[Findings, str] | None:
        """Return findings and the prefix of their derived files."""
        return self._readings.get((sha256, fingerprint))

    def planned(self, version: str, *, fingerprint: str, rules: str) -> None:
        """Record that what to write is decided."""
        state = self._memory.files[version]
        self._keep(replace(state, stage=Stage.PLANNED, fingerprint=fingerprint, rules=rules))

    def finish(self, outcome: Outcome, run_id: str) -> None:
        """Record a file's outcome."""
        version = outcome.ref.version
        if version not in self._memory.files:
            self._keep(self._new(outcome.ref, run_id))
            self._newest[outcome.ref.location_key] = version
        for state in list(self._memory.files.values()):
            waits = state.renamed_from == version and state.outcome is None
            if state.version == version or waits:
                self._keep(_with_outcome(state, outcome, run_id))

    def record_rename(self, version: str, ref: FileRef) -> None:
        """Record the version that our own write left."""
        before = self._memory.files[version]
        if ref.version == version:
            return
        if self._newest.get(before.ref.location_key) == version:
            del self._newest[before.ref.location_key]
        outcome = replace(before.outcome, ref=ref) if before.outcome else None
        renamed = replace(
            before, version=ref.version, ref=ref, outcome=outcome, renamed_from=version
        )
        self._keep(renamed)
        self._newest[ref.location_key] = ref.version

    def not_renamed(self, location_keys: Collection[str]) -> Sequence[FileState]:
        """Return the versions at these places for which no rename is recorded."""
        renamed = {state.renamed_from for state in self._memory.files.values()}
        return [
            state
            for state in self._memory.files.values()
            if state.ref.location_key in location_keys and state.version not in renamed
        ]

    def replaced(self, versions: Collection[str]) -> set[str]:
        """Return those versions in whose place another file is."""
        files = self._memory.files
        newest = set(self._newest.values())
        found: set[str] = set()
        for version in set(versions) & files.keys():
            same_file = {version}
            # As often as there are files: longer no chain of renames is.
            for _ in files:
                same_file |= {
                    state.version for state in files.values() if state.renamed_from in same_file
                }
            if not same_file & newest:
                found.add(version)
        return found

    def state(self, version: str) -> FileState | None:
        """Return one version's state."""
        return self._memory.files.get(version)

    def states_of(self, versions: Collection[str]) -> Mapping[str, FileState]:
        """Return the states of those versions that are known."""
        known = self._memory.files
        return {version: known[version] for version in versions if version in known}

    def states(
        self,
        *,
        source: str | None = None,
        pk: str | None = None,
        since: datetime | None = None,
        newest: bool = True,
    ) -> Iterator[FileState]:
        """Yield states in order of source, container, record."""
        found = []
        for state in self._ordered(newest=newest):
            record_pk = state.ref.record.pk if state.ref.record else None
            if (
                source in {None, state.ref.source}
                and pk in {None, state.ref.path, record_pk}
                and (since is None or state.updated_at >= since)
            ):
                found.append(state)
        return iter(found)

    def search(self, text: str, *, source: str = "", limit: int = 50) -> Sequence[FileState]:
        """Return the latest versions of a record, or with all words of a text in their names."""
        words = text.casefold().split()
        newest = [s for s in self.states() if words and source in {"", s.ref.source}]
        its_record = [s for s in newest if s.ref.holder == text]
        named = [s for s in newest if all(word in _names(s) for word in words)]
        named.sort(key=lambda state: (state.ref.source, _names(state)))
        return list({state.version: state for state in [*its_record, *named]}.values())[:limit]

    def containers(
        self, source: str, shown: Sequence[tuple[RecordRef, Collection[int]]]
    ) -> Sequence[set[str]]:
        """Return the tables and views in which the files of each record were shown."""
        return [self._containers(source, record, sizes) for record, sizes in shown]

    def _containers(self, source: str, record: RecordRef, sizes: Collection[int]) -> set[str]:
        refs = [state.ref for state in self._memory.files.values() if state.ref.pk == record.pk]
        own = [ref for ref in refs if ref.source == source]
        known = {ref.size_bytes for ref in own if ref.size_bytes is not None}.union(sizes)
        return {ref.container for ref in own} | {
            ref.container for ref in refs if ref.shows_record_of(record, known)
        }

    def seen_at(self, source: str, pk: str) -> Sequence[datetime | None]:
        """Return when each version of a record's files was first listed by a source."""
        return [
            state.seen_at
            for state in self._memory.files.values()
            if state.ref.source == source and state.ref.record and state.ref.record.pk == pk
        ]

    def stale(
        self, is_current: Callable[[str], bool], rules: str, *, source: str
    ) -> Iterator[FileState]:
        """Yield the latest versions that would be read or planned differently, or were planned."""
        states = list(self.states(source=source))
        used = {state.fingerprint for state in states if state.fingerprint is not None}
        current = {None, *(fingerprint for fingerprint in used if is_current(fingerprint))}
        return iter(
            [
                state
                for state in states
                if state.fingerprint not in current
                or state.rules not in {None, rules}
                or (state.outcome is not None and state.outcome.planned_only)
            ]
        )

    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """Return files by source and status or stage."""
        result: dict[str, Counter[str]] = {}
        for state in self.states():
            result.setdefault(state.ref.source, Counter())[_label(state)] += 1
        return {source: dict(counts) for source, counts in result.items()}

    def attention(
        self, statuses: Collection[Status], *, source: str | None = None
    ) -> Iterator[FileState]:
        """Yield the latest versions with one of these outcomes."""
        states = self.states(source=source)
        return iter([one for one in states if one.outcome and one.outcome.status in statuses])

    def count_attention(
        self, statuses: Collection[Status], *, source: str, keys: Collection[str] = ()
    ) -> Attention:
        """Count what `attention` yields."""
        found = [
            state.acknowledged is not None
            for state in self.attention(statuses, source=source)
            if not keys or {state.ref.holder, state.ref.path} & set(keys)
        ]
        return Attention(found.count(False), found.count(True))

    def acknowledge(self, versions: Collection[str], by: Acknowledgement | None) -> None:
        """Record that a user knows what became of these versions."""
        for state in self._known(list(versions)):
            self._memory.files[state.version] = replace(state, acknowledged=by)

    def gone(self, versions: Collection[str]) -> None:
        """Record that no file is at the place of these versions."""
        for place, version in list(self._newest.items()):
            if version in versions:
                del self._newest[place]
                self._keep(replace(self._memory.files[version], stage=Stage.SEEN))

    def source_metrics(self) -> list[SourceMetrics]:
        """Return what the ledger's metrics say of each source."""
        metrics = []
        for source, documents in sorted(self.counts().items()):
            newest = list(self.states(source=source))
            outcomes = [state.outcome for state in newest if state.outcome]
            waiting = [
                self._seen_at.get(state.version, state.updated_at)
                for state in newest
                if state.stage is not Stage.FINISHED
            ]
            metrics.append(
                SourceMetrics(
                    source=source,
                    documents=documents,
                    pages=sum(outcome.pages for outcome in outcomes),
                    waiting=len(waiting),
                    oldest_at=min(waiting, default=None),
                    quarantined=sum(outcome.quarantined for outcome in outcomes),
                )
            )
        return metrics

    def restore(self, manifest: Manifest) -> bool:
        """Restore what a manifest says."""
        restored = self._restore(manifest, manifest.ref, renamed_from=None)
        for before, ref in pairwise((manifest.ref, *manifest.renamed_to)):
            restored |= self._restore(manifest, ref, renamed_from=before.version)
        findings = load_findings(manifest.findings)
        if restored:
            key = (manifest.sha256, findings.fingerprint)
            self._readings.setdefault(key, (findings, manifest.prefix))
        return restored

    def _restore(self, manifest: Manifest, ref: FileRef, *, renamed_from: str | None) -> bool:
        files = self._memory.files
        known = files.get(ref.version)
        if known is not None and known.updated_at >= manifest.at:
            return False
        failed = manifest.outcome.status is Status.FAILED
        files[ref.version] = FileState(
            version=ref.version,
            ref=ref,
            stage=Stage.PLANNED if failed else Stage.FINISHED,
            sha256=manifest.sha256,
            size_bytes=manifest.size_bytes,
            fingerprint=manifest.findings["fingerprint"],
            outcome=replace(manifest.outcome, ref=ref),
            listings=1,
            run_id=manifest.run_id,
            updated_at=manifest.at,
            original_name=manifest.original_name,
            renamed_from=renamed_from,
            rules=manifest.rules,
            seen_at=manifest.at,
        )
        newest = files.get(self._newest.get(ref.location_key, ""))
        if newest is None or newest.updated_at <= manifest.at:
            if self._newest.get(manifest.ref.location_key) == manifest.ref.version:
                del self._newest[manifest.ref.location_key]
            self._newest[ref.location_key] = ref.version
        return True

    def known_digests(self, digests: Sequence[str]) -> set[str]:
        """Return those digests that some file version has."""
        known = {state.sha256 for state in self._memory.files.values() if state.sha256}
        return known & set(digests)

    def _known(self, versions: Sequence[str]) -> list[FileState]:
        files = self._memory.files
        return [files[version] for version in versions if version in files]

    def _new(self, ref: FileRef, run_id: str) -> FileState:
        now = self._memory.clock.now()
        self._seen_at.setdefault(ref.version, now)
        return FileState(
            version=ref.version,
            ref=ref,
            stage=Stage.SEEN,
            sha256=None,
            fingerprint=None,
            outcome=None,
            listings=0,
            run_id=run_id,
            updated_at=now,
            original_name=ref.name,
            seen_at=now,
        )

    def _keep(self, state: FileState) -> None:
        now = self._memory.clock.now()
        self._memory.files[state.version] = replace(state, updated_at=now)

    def _ordered(self, *, newest: bool) -> list[FileState]:
        among = set(self._newest.values()) if newest else set(self._memory.files)
        states = [state for version, state in self._memory.files.items() if version in among]
        return sorted(states, key=_order)


def _names(state: FileState) -> str:
    return "\n".join(dict.fromkeys((state.ref.name, state.original_name))).casefold()


def _order(state: FileState) -> tuple[str, str, str, str]:
    ref = state.ref
    return ref.source, ref.container, ref.record.pk if ref.record else ref.path or "", ref.field


def _with_outcome(state: FileState, outcome: Outcome, run_id: str) -> FileState:
    stage: Stage = Stage.PLANNED if state.stage is Stage.FINISHED else state.stage
    if outcome.status is not Status.FAILED and not outcome.planned_only:
        stage = Stage.FINISHED
    return replace(
        state,
        stage=stage,
        outcome=replace(outcome, ref=state.ref),
        run_id=run_id,
        sha256=outcome.sha256 or state.sha256,
    )


def _label(state: FileState) -> str:
    if state.outcome is None:
        return state.stage.value
    return Stage.PLANNED.value if state.outcome.planned_only else state.outcome.status.value
