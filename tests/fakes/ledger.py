import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import wraps
from itertools import pairwise
from typing import Any

from pipeline.adapters.sql_ledger.rows import load_findings
from pipeline.decide.ownership import owned
from pipeline.errors import LeaseLost, LedgerUnavailable
from pipeline.model import (
    Effect,
    EffectKind,
    EffectState,
    FileRef,
    Findings,
    Outcome,
    Stage,
    Status,
    Value,
)
from pipeline.model.review import ReviewItem
from pipeline.ports import MOST_STARTS, Clock, FileState, Manifest, Repair, RunState, Usage
from pipeline.ports.metrics import Counted, Figures, SourceFigures, Tallies
from tests.fakes.clock import FakeClock
from tests.fakes.messages import MemoryMessages

_OPEN = {EffectState.INTENT, EffectState.APPLIED}
_TAKEN = {EffectState.APPLIED, EffectState.VERIFIED}


@dataclass(frozen=True)
class _File:
    state: FileState
    location_key: str
    succeeds: str | None = None

    @property
    def order(self) -> tuple[str, str, str, str]:
        ref = self.state.ref
        return ref.source, ref.container, ref.record.pk if ref.record else ref.path or "", ref.field


def _locked(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def call(self: "MemoryLedger", *args: Any, **kwargs: Any) -> Any:
        with self._lock:
            if self.down:
                raise LedgerUnavailable(self.down)
            return method(self, *args, **kwargs)

    return call


class MemoryLedger(MemoryMessages):
    """A ledger in dictionaries. Set `down` to a sentence to make it unavailable."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.down = ""
        self._lock = threading.RLock()
        self._runs: dict[str, RunState] = {}
        self._files: dict[str, _File] = {}
        self._newest: dict[str, str] = {}
        self._readings: dict[tuple[str, str], tuple[Findings, str]] = {}
        self._effects: dict[int, Effect] = {}
        self._starts: dict[str, tuple[int, str]] = {}
        self._sources: set[tuple[str, str]] = set()
        self._workers: dict[str, datetime] = {}
        self._lost: set[str] = set()
        self._leases: dict[str, str] = {}
        self._usage: Counter[tuple[str, str, str]] = Counter()
        self._bytes: Counter[tuple[str, str]] = Counter()
        self._due: dict[str, float] = {}
        self._cursors: dict[str, dict[str, Any]] = {}
        self._repairs: list[tuple[str, Repair]] = []
        self._review: dict[str, ReviewItem] = {}
        self._tallies: dict[tuple[str, str], Counted] = {}
        self._seen_at: dict[str, datetime] = {}
        super().__init__()

    @_locked
    def start_run(self, run_id: str, kind: str) -> None:
        """Record that a run began."""
        fresh = RunState(run_id, kind, self.clock.now(), None, "running", {}, {})
        known = self._runs.get(run_id)
        self._runs[run_id] = replace(known, status="running", finished_at=None) if known else fresh

    @_locked
    def finish_run(
        self, run_id: str, status: str, *, counts: Mapping[str, int], calls: Mapping[str, int]
    ) -> None:
        """Record how a run ended."""
        run = self._runs[run_id]
        total = dict(Counter(run.calls) + Counter(calls))
        self._runs[run_id] = replace(
            run, status=status, finished_at=self.clock.now(), counts=dict(counts), calls=total
        )

    @_locked
    def runs(self, limit: int = 10) -> Sequence[RunState]:
        """Return the latest runs, newest first."""
        oldest_first = sorted(self._runs.values(), key=lambda run: run.started_at)
        return oldest_first[::-1][:limit]

    @_locked
    def finished(self, versions: Sequence[str]) -> set[str]:
        """Return those versions that need no more work."""
        return {
            version
            for version in versions
            if version in self._files and self._files[version].state.stage is Stage.FINISHED
        }

    @_locked
    def released(self, versions: Sequence[str], fingerprint: str) -> set[str]:
        """Return quarantined versions that another fingerprint gives a new chance."""
        return {
            version
            for version in versions
            if self._starts.get(version, (0, ""))[0] >= MOST_STARTS
            and self._starts[version][1] != fingerprint
        }

    @_locked
    def started(self, version: str, *, fingerprint: str) -> int:
        """Count a start."""
        count, under = self._starts.get(version, (0, ""))
        before = count if under == fingerprint else 0
        self._starts[version] = before + 1, fingerprint
        return before

    @_locked
    def put_off(self, versions: Sequence[str]) -> None:
        """Set the count of starts back."""
        for version in versions:
            self._starts.pop(version, None)

    @_locked
    def seen(self, refs: Sequence[FileRef], run_id: str) -> None:
        """Record versions found by a listing."""
        for ref in {ref.version: ref for ref in refs}.values():
            state = (
                self._files[ref.version].state
                if ref.version in self._files
                else self._fresh(ref, run_id)
            )
            self._keep(replace(state, attempts=state.attempts + 1), touch=False)
            self._newest[ref.location_key] = ref.version

    @_locked
    def seen_once(self, versions: Sequence[str]) -> set[str]:
        """Return those versions that one listing alone has found so far."""
        return {
            version
            for version in versions
            if version in self._files and self._files[version].state.attempts == 1
        }

    def _fresh(self, ref: FileRef, run_id: str) -> FileState:
        self._seen_at.setdefault(ref.version, self.clock.now())
        return FileState(
            version=ref.version,
            ref=ref,
            stage=Stage.SEEN,
            sha256=None,
            fingerprint=None,
            outcome=None,
            attempts=0,
            run_id=run_id,
            updated_at=self.clock.now(),
            original_name=ref.name,
        )

    def _keep(self, state: FileState, *, succeeds: str | None = None, touch: bool = True) -> None:
        known = self._files.get(state.version)
        state = replace(state, updated_at=self.clock.now()) if touch else state
        self._files[state.version] = _File(
            state, state.ref.location_key, succeeds or (known.succeeds if known else None)
        )

    @_locked
    def archived(self, version: str, *, sha256: str, size_bytes: int, media_type: str) -> None:  # noqa: ARG002 - nothing reads them back
        """Record that the original's bytes are stored and confirmed."""
        state = self._files[version].state
        stage = Stage.ARCHIVED if state.stage is Stage.SEEN else state.stage
        self._keep(replace(state, stage=stage, sha256=sha256, size_bytes=size_bytes))

    @_locked
    def save_reading(self, sha256: str, findings: Findings, *, prefix: str) -> None:
        """Keep findings by content and fingerprint."""
        self._readings.pop((sha256, findings.fingerprint), None)
        self._readings[sha256, findings.fingerprint] = _without_text(findings), prefix

    @_locked
    def reading_fingerprints(self, sha256: str) -> Sequence[str]:
        """Return the fingerprints of the readings of this content, the latest first."""
        return [fingerprint for digest, fingerprint in self._readings if digest == sha256][::-1]

    @_locked
    def reading(self, sha256: str, fingerprint: str) -> tuple[Findings, str] | None:
        """Return findings and the prefix of their derived files."""
        return self._readings.get((sha256, fingerprint))

    @_locked
    def planned(self, version: str, *, fingerprint: str, rules: str) -> None:
        """Record that what to write is decided."""
        self._keep(
            replace(
                self._files[version].state,
                stage=Stage.PLANNED,
                fingerprint=fingerprint,
                rules=rules,
            )
        )

    @_locked
    def finish(self, outcome: Outcome, run_id: str) -> None:
        """Record a file's outcome."""
        version = outcome.ref.version
        if not outcome.quarantined:
            self._starts.pop(version, None)
        if version not in self._files:
            self._keep(self._fresh(outcome.ref, run_id))
            self._newest[outcome.ref.location_key] = version
        for file in list(self._files.values()):
            if file.state.version == version or (
                file.succeeds == version and file.state.outcome is None
            ):
                self._keep(_with_outcome(file.state, outcome, run_id))

    @_locked
    def succeeded_by(self, version: str, ref: FileRef) -> None:
        """Record the version that our own write left."""
        before = self._files[version]
        if ref.version == version:
            return
        if self._newest.get(before.location_key) == version:
            del self._newest[before.location_key]
        outcome = replace(before.state.outcome, ref=ref) if before.state.outcome else None
        state = replace(
            before.state, version=ref.version, ref=ref, outcome=outcome, succeeds=version
        )
        self._keep(state, succeeds=version)
        self._newest[ref.location_key] = ref.version

    @_locked
    def state(self, version: str) -> FileState | None:
        """Return one version's state."""
        return self._files[version].state if version in self._files else None

    @_locked
    def states(
        self,
        *,
        source: str | None = None,
        pk: str | None = None,
        since: datetime | None = None,
        newest: bool = True,
    ) -> Iterator[FileState]:
        """Yield states in order of source, container, record."""
        chosen = (file.state for file in self._ordered(newest=newest))
        return iter(
            [
                state
                for state in chosen
                if source in {None, state.ref.source}
                and pk in {None, state.ref.path, state.ref.record.pk if state.ref.record else None}
                and (since is None or state.updated_at >= since)
            ]
        )

    def _ordered(self, *, newest: bool) -> list[_File]:
        among = set(self._newest.values()) if newest else set(self._files)
        files = [file for version, file in self._files.items() if version in among]
        return sorted(files, key=lambda file: file.order)

    @_locked
    def stale(
        self, is_current: Callable[[str], bool], rules: str, *, source: str
    ) -> Iterator[FileState]:
        """Yield the latest version of each location_key that would be read or planned differently now."""
        states = list(self.states(source=source))
        used = {state.fingerprint for state in states if state.fingerprint is not None}
        current = {None, *(fingerprint for fingerprint in used if is_current(fingerprint))}
        return iter(
            [
                state
                for state in states
                if state.fingerprint not in current or state.rules not in {None, rules}
            ]
        )

    @_locked
    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """Return files by source and status or stage."""
        result: dict[str, Counter[str]] = {}
        for state in self.states():
            result.setdefault(state.ref.source, Counter())[_label(state)] += 1
        return {source: dict(counts) for source, counts in result.items()}

    @_locked
    def tally(self, counted: Tallies) -> None:
        """Add up."""
        for key, more in counted.items():
            self._tallies[key] = self._tallies.get(key, Counted()) + more

    @_locked
    def figures(self) -> Figures:
        """Add up what is known."""
        sizes: Counter[str] = Counter()
        for (account, _month), size_bytes in self._bytes.items():
            sizes[account] += size_bytes
        return Figures(
            sources=[self._source_figures(source) for source in sorted(self.counts())],
            workers=len(self.living()),
            leases=len(self._leases),
            open_effects=len(self.unsettled()),
            size_bytes=dict(sizes),
            tallies=dict(self._tallies),
        )

    def _source_figures(self, source: str) -> SourceFigures:
        newest = [
            file.state for file in self._ordered(newest=True) if file.state.ref.source == source
        ]
        waiting = [
            self._seen_at.get(state.version, state.updated_at)
            for state in newest
            if state.stage is not Stage.FINISHED
        ]
        return SourceFigures(
            source,
            self.counts()[source],
            sum(state.outcome.pages for state in newest if state.outcome),
            len(waiting),
            min(waiting, default=None),
            sum(bool(state.outcome and state.outcome.quarantined) for state in newest),
        )

    @_locked
    def intend(self, effect: Effect, run_id: str) -> Effect:
        """Record an intent before its call."""
        if run_id in self._workers:
            self._require(run_id)
        known = replace(
            effect,
            state=EffectState.INTENT,
            id=len(self._effects) + 1,
            run_id=run_id,
            at=self.clock.now(),
        )
        self._effects[known.id] = known
        return known

    @_locked
    def settle(self, effect: Effect, state: EffectState, note: str = "") -> None:
        """Record what became of an effect."""
        self._effects[effect.id] = replace(
            self._effects[effect.id], state=state, note=note, pk=effect.pk
        )

    @_locked
    def open_effects(self, versions: Sequence[str]) -> Sequence[Effect]:
        """Return effects of these versions still open, oldest first."""
        return [effect for effect in self.unsettled() if effect.version in versions]

    @_locked
    def changed_by_others(self, versions: Sequence[str], run_id: str) -> set[str]:
        """Return those unfinished versions that other runs changed."""
        return {
            effect.version
            for effect in self._effects.values()
            if effect.version in versions and effect.run_id != run_id and effect.state in _TAKEN
            if self._files[effect.version].state.stage is not Stage.FINISHED
        }

    @_locked
    def unsettled(self) -> Sequence[Effect]:
        """Return every open effect, oldest first."""
        return [effect for effect in self._effects.values() if effect.state in _OPEN]

    @_locked
    def effects(
        self,
        *,
        version: str | None = None,
        run_id: str | None = None,
        record: tuple[str, str] | None = None,
    ) -> Sequence[Effect]:
        """Return effects, oldest first."""
        return [
            effect
            for effect in self._effects.values()
            if version in {None, effect.version}
            and run_id in {None, effect.run_id}
            and record in {None, (effect.container, effect.pk)}
        ]

    @_locked
    def last_written(self, container: str, pk: str) -> Mapping[str, Value]:
        """Return, by column, the value we last wrote to a record."""
        return owned(self.effects(record=(container, pk)))

    @_locked
    def undoing(self, ids: Sequence[int]) -> Sequence[Effect]:
        """Return what takes back these effects, directly or not."""
        found: set[int] = set()
        for effect in sorted(
            self._effects.values(), key=lambda effect: effect.id
        ):  # an undo is always younger
            if effect.undoes in {*ids, *found} - {0}:
                found.add(effect.id)
        return [self._effects[number] for number in sorted(found)]

    @_locked
    def names_given(self, refs: Sequence[FileRef]) -> Sequence[Effect]:
        """Return the effects that gave names to these records' attachments, or put files at these paths."""
        records = {
            (ref.record.container, ref.record.pk) for ref in refs if ref.record and ref.path is None
        }
        paths = {ref.path for ref in refs if ref.path is not None}
        return [
            effect
            for effect in self._effects.values()
            if effect.state in _TAKEN
            and (
                (
                    effect.kind is EffectKind.RENAME_ATTACHMENT
                    and (effect.container, effect.pk) in records
                )
                or (effect.kind is EffectKind.PUT_FILE and effect.after["path"] in paths)
            )
        ]

    @_locked
    def unsucceeded(self, slots: Collection[str]) -> Sequence[FileState]:
        """Return the versions in these slots that have no successor."""
        seen = {file.succeeds for file in self._files.values()}
        return [
            f.state
            for f in self._files.values()
            if f.location_key in slots and f.state.version not in seen
        ]

    @_locked
    def runs_that_wrote(self, container: str, pk: str, *, since: datetime) -> int:
        """Count the runs since a moment that changed a record."""
        kinds = {EffectKind.UPDATE_COLUMNS, EffectKind.RENAME_ATTACHMENT}
        among = [
            e for e in self.effects(record=(container, pk)) if e.kind in kinds and e.state in _TAKEN
        ]
        return len({effect.run_id for effect in among if effect.at and effect.at >= since})

    @_locked
    def keep_review_item(self, item: ReviewItem, run_id: str) -> None:  # noqa: ARG002 - the port's signature
        """Keep a suggestion."""
        self._review[item.key] = item

    @_locked
    def review_items(
        self, source: str, record: tuple[str, str] | None = None
    ) -> Sequence[ReviewItem]:
        """Return suggestions in order of key."""
        items = [item for _, item in sorted(self._review.items()) if item.source == source]
        return [item for item in items if record in {None, (item.record.container, item.record.pk)}]

    @_locked
    def moved_to(self, path: str) -> str | None:
        """Return where our own rename moved a path to."""
        here, since = path, 0
        while move := next(self._moves(here, since), None):
            here, since = move
        return None if here == path else here

    def _moves(self, path: str, since: int) -> Iterator[tuple[str, int]]:
        for effect in reversed(self._effects.values()):
            moves = (
                effect.kind in {EffectKind.REPOINT, EffectKind.DELETE_FILE}
                and effect.state in _TAKEN
            )
            name = effect.field if effect.kind is EffectKind.REPOINT else "path"
            target = effect.after.get(name)
            if (
                moves
                and effect.id > since
                and effect.before.get(name) == path
                and target not in {None, path}
            ):
                yield str(target), effect.id

    @_locked
    def source_confirmed(self, name: str, settings_hash: str) -> bool:
        """Say whether this source was planned or run before with these settings."""
        return (name, settings_hash) in self._sources

    @_locked
    def confirm_source(self, name: str, settings_hash: str) -> None:
        """Record that this source was planned or run with these settings."""
        self._sources.add((name, settings_hash))

    @_locked
    def restore(self, manifest: Manifest) -> bool:
        """Take over what a manifest says."""
        new = self._restore(manifest, manifest.ref, succeeds=None)
        for before, ref in pairwise((manifest.ref, *manifest.became)):
            new |= self._restore(manifest, ref, succeeds=before.version)
        findings = load_findings(manifest.findings)
        if new:
            self._readings.setdefault(
                (manifest.sha256, findings.fingerprint), (findings, manifest.prefix)
            )
        return new

    def _restore(self, manifest: Manifest, ref: FileRef, *, succeeds: str | None) -> bool:
        known = self._files.get(ref.version)
        if known is not None and known.state.updated_at >= manifest.at:
            return False
        stage = Stage.PLANNED if manifest.outcome.status is Status.FAILED else Stage.FINISHED
        state = FileState(
            version=ref.version,
            ref=ref,
            stage=stage,
            sha256=manifest.sha256,
            size_bytes=manifest.size_bytes,
            fingerprint=manifest.findings["fingerprint"],
            outcome=replace(manifest.outcome, ref=ref),
            attempts=1,
            run_id=manifest.run_id,
            updated_at=manifest.at,
            original_name=manifest.original_name,
            succeeds=succeeds,
            rules=manifest.rules,
        )
        self._files[ref.version] = _File(state, ref.location_key, succeeds)
        newest = self._files.get(self._newest.get(ref.location_key, ""))
        if newest is None or newest.state.updated_at <= manifest.at:
            if self._newest.get(manifest.ref.location_key) == manifest.ref.version:
                del self._newest[manifest.ref.location_key]
            self._newest[ref.location_key] = ref.version
        return True

    @_locked
    def restore_effects(self, effects: Iterable[Effect]) -> None:
        """Take over effects."""
        ids: dict[int, int] = {}
        for effect in effects:
            ids[effect.id] = len(self._effects) + 1
            undoes = ids.get(effect.undoes, -effect.undoes) if effect.undoes else 0
            known = replace(effect, id=ids[effect.id], undoes=undoes)
            self._effects[known.id] = known

    @_locked
    def known_digests(self, digests: Sequence[str]) -> set[str]:
        """Return those digests that some file version has."""
        return {file.state.sha256 for file in self._files.values() if file.state.sha256} & set(
            digests
        )

    @_locked
    def join(self, worker: str, *, ttl_s: float) -> None:
        """Begin to be a worker."""
        self._workers[worker] = self.clock.now() + timedelta(seconds=ttl_s)
        self._lost.discard(worker)

    @_locked
    def renew(self, worker: str, *, ttl_s: float) -> None:
        """Go on being a worker."""
        self._require(worker)
        self._workers[worker] = self.clock.now() + timedelta(seconds=ttl_s)

    def _require(self, worker: str) -> None:
        if worker not in self._workers or worker in self._lost:
            raise LeaseLost(f"{worker} was taken for dead; run again.")

    @_locked
    def leave(self, worker: str) -> None:
        """Stop being a worker."""
        self._leases = {key: holder for key, holder in self._leases.items() if holder != worker}
        if worker not in self._lost:
            self._workers.pop(worker, None)

    @_locked
    def living(self, *, asking: str = "") -> set[str]:
        """Return the workers that are alive."""
        expired = {
            worker for worker, expires_at in self._workers.items() if expires_at <= self.clock.now()
        }
        self._lost |= expired - {asking}
        return set(self._workers) - self._lost

    @_locked
    def claim(
        self, worker: str, wanted: Sequence[Sequence[str]], *, release: Iterable[str] = ()
    ) -> Sequence[bool]:
        """Free some keys, then take groups of keys."""
        self._require(worker)
        for key in release:
            if self._leases.get(key) == worker:
                del self._leases[key]
        others = self.living(asking=worker) - {worker}
        had = [not any(self._leases.get(key) in others for key in group) for group in wanted]
        self._leases.update(
            {key: worker for group, ok in zip(wanted, had, strict=True) if ok for key in group}
        )
        return had

    @_locked
    def spend(self, account: str, priority: str, *, calls: int, size_bytes: int) -> Usage:
        """Add to the month's usage."""
        self._usage[account, f"{self.clock.now():%Y-%m}", priority] += calls
        self._bytes[account, f"{self.clock.now():%Y-%m}"] += size_bytes
        return self.usage(account)

    @_locked
    def usage(self, account: str) -> Usage:
        """Return the month's usage."""
        month = f"{self.clock.now():%Y-%m}"
        by_priority = {
            priority: n
            for (whose, when, priority), n in self._usage.items()
            if (whose, when) == (account, month)
        }
        return Usage(sum(by_priority.values()), self._bytes[account, month], by_priority)

    @_locked
    def book_permits(self, account: str, permits: int, *, per_second: float) -> float:
        """Book calls."""
        now_s = self.clock.now().timestamp()
        due_s = self._due.get(account, now_s)
        due_s = due_s if now_s <= due_s <= now_s + 900 else now_s
        self._due[account] = due_s + permits / per_second
        return due_s - now_s

    @_locked
    def hold_permits(self, account: str, seconds: float) -> None:
        """Let nothing booked from now on be due before so many seconds."""
        now_s = self.clock.now().timestamp()
        self._due[account] = max(self._due.get(account, now_s), now_s + seconds)

    @_locked
    def cursor(self, name: str) -> Mapping[str, Any] | None:
        """Return what was kept under a name."""
        return self._cursors.get(name)

    @_locked
    def keep_cursor(self, name: str, value: Mapping[str, Any] | None) -> None:
        """Keep how far a walk has come."""
        self._cursors.pop(name, None)
        if value is not None:
            self._cursors[name] = dict(value)

    @_locked
    def repaired(self, kind: str, subject: str, done: str, *, run_id: str) -> None:
        """Record a repair."""
        self._repairs.append((run_id, Repair(kind, subject, done, self.clock.now())))

    @_locked
    def repairs(self, run_id: str) -> Sequence[Repair]:
        """Return a run's repairs."""
        return [repair for whose, repair in self._repairs if whose == run_id]


for _name in (
    name
    for name in vars(MemoryMessages)
    if not name.startswith("_") and name not in {"living", "clock"}
):
    setattr(MemoryLedger, _name, _locked(getattr(MemoryMessages, _name)))


def _without_text(findings: Findings) -> Findings:
    return replace(
        findings,
        text="",
        pages=tuple(replace(page, text="") for page in findings.pages),
        derived={},
        children=tuple(
            replace(child, path=None, findings=_without_text(child.findings))
            for child in findings.children
        ),
    )


def _with_outcome(state: FileState, outcome: Outcome, run_id: str) -> FileState:
    stage: Stage = Stage.PLANNED if state.stage is Stage.FINISHED else state.stage
    if outcome.status is not Status.FAILED and not outcome.planned_only:
        stage = Stage.FINISHED
    own = replace(outcome, ref=state.ref)
    return replace(
        state, stage=stage, outcome=own, run_id=run_id, sha256=outcome.sha256 or state.sha256
    )


def _label(state: FileState) -> str:
    if state.outcome is None:
        return state.stage.value
    return Stage.PLANNED.value if state.outcome.planned_only else state.outcome.status.value
