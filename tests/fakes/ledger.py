import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from typing import Any

from pipeline.errors import LedgerUnavailable
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
from pipeline.ports import Clock, FileState, RunState
from tests.fakes.clock import FakeClock

_OPEN = {EffectState.INTENT, EffectState.APPLIED}
_TAKEN = {EffectState.APPLIED, EffectState.VERIFIED}
_FILE_KINDS = {EffectKind.PUT_FILE, EffectKind.DELETE_FILE}


@dataclass(frozen=True)
class _File:
    state: FileState
    slot: str
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


class MemoryLedger:
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
        self._sources: set[tuple[str, str]] = set()

    @_locked
    def start_run(self, run_id: str, kind: str) -> None:
        """Record that a run began."""
        fresh = RunState(run_id, kind, self.clock.now(), None, "running", {}, {})
        known = self._runs.get(run_id)
        self._runs[run_id] = replace(known, status="running", finished_at=None) if known else fresh

    @_locked
    def finish_run(self, run_id: str, status: str, *, counts: Mapping[str, int], calls: Mapping[str, int]) -> None:
        """Record how a run ended."""
        run = self._runs[run_id]
        total = dict(Counter(run.calls) + Counter(calls))
        self._runs[run_id] = replace(run, status=status, finished_at=self.clock.now(), counts=dict(counts), calls=total)

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
    def seen(self, refs: Sequence[FileRef], run_id: str) -> None:
        """Record versions found by a listing."""
        for ref in {ref.version: ref for ref in refs}.values():
            state = self._files[ref.version].state if ref.version in self._files else self._fresh(ref, run_id)
            self._keep(replace(state, attempts=state.attempts + 1), touch=False)
            self._newest[ref.slot] = ref.version

    def _fresh(self, ref: FileRef, run_id: str) -> FileState:
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
        self._files[state.version] = _File(state, state.ref.slot, succeeds or (known.succeeds if known else None))

    @_locked
    def archived(self, version: str, *, sha256: str, size_bytes: int, media_type: str) -> None:  # noqa: ARG002 - nothing reads them back
        """Record that the original's bytes are stored and confirmed."""
        state = self._files[version].state
        stage = Stage.ARCHIVED if state.stage is Stage.SEEN else state.stage
        self._keep(replace(state, stage=stage, sha256=sha256))

    @_locked
    def save_reading(self, sha256: str, findings: Findings, *, prefix: str) -> None:
        """Keep findings by content and fingerprint."""
        self._readings[sha256, findings.fingerprint] = _without_text(findings), prefix

    @_locked
    def reading(self, sha256: str, fingerprint: str) -> tuple[Findings, str] | None:
        """Return findings and the prefix of their derived files."""
        return self._readings.get((sha256, fingerprint))

    @_locked
    def planned(self, version: str, *, fingerprint: str) -> None:
        """Record that what to write is decided."""
        self._keep(replace(self._files[version].state, stage=Stage.PLANNED, fingerprint=fingerprint))

    @_locked
    def finish(self, outcome: Outcome, run_id: str) -> None:
        """Record a file's outcome."""
        version = outcome.ref.version
        if version not in self._files:
            self._keep(self._fresh(outcome.ref, run_id))
            self._newest[outcome.ref.slot] = version
        for file in list(self._files.values()):
            if file.state.version == version or (file.succeeds == version and file.state.outcome is None):
                self._keep(_with_outcome(file.state, outcome, run_id))

    @_locked
    def succeeded_by(self, version: str, ref: FileRef) -> None:
        """Record the version that our own write left."""
        before = self._files[version]
        if ref.version == version:
            return
        if self._newest.get(before.slot) == version:
            del self._newest[before.slot]
        outcome = replace(before.state.outcome, ref=ref) if before.state.outcome else None
        self._keep(replace(before.state, version=ref.version, ref=ref, outcome=outcome), succeeds=version)
        self._newest[ref.slot] = ref.version

    @_locked
    def state(self, version: str) -> FileState | None:
        """Return one version's state."""
        return self._files[version].state if version in self._files else None

    @_locked
    def states(
        self, *, source: str | None = None, pk: str | None = None, since: datetime | None = None, newest: bool = True
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
    def stale(self, fingerprint: str, *, source: str | None = None) -> Iterator[FileState]:
        """Yield each slot's latest version where it was read under another fingerprint."""
        states = self.states(source=source)
        return iter([state for state in states if state.fingerprint not in {None, fingerprint}])

    @_locked
    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """Return files by source and status or stage."""
        result: dict[str, Counter[str]] = {}
        for state in self.states():
            result.setdefault(state.ref.source, Counter())[_label(state)] += 1
        return {source: dict(counts) for source, counts in result.items()}

    @_locked
    def intend(self, effect: Effect, run_id: str) -> Effect:
        """Record an intent before its call."""
        known = replace(effect, state=EffectState.INTENT, id=len(self._effects) + 1, run_id=run_id, at=self.clock.now())
        self._effects[known.id] = known
        return known

    @_locked
    def settle(self, effect: Effect, state: EffectState, note: str = "") -> None:
        """Record what became of an effect."""
        self._effects[effect.id] = replace(self._effects[effect.id], state=state, note=note, pk=effect.pk)

    @_locked
    def open_effects(self, versions: Sequence[str]) -> Sequence[Effect]:
        """Return effects of these versions still open, oldest first."""
        return [effect for effect in self.unsettled() if effect.version in versions]

    @_locked
    def unsettled(self) -> Sequence[Effect]:
        """Return every open effect, oldest first."""
        return [effect for effect in self._effects.values() if effect.state in _OPEN]

    @_locked
    def effects(self, *, version: str | None = None, run_id: str | None = None) -> Sequence[Effect]:
        """Return effects, oldest first."""
        return [
            effect
            for effect in self._effects.values()
            if version in {None, effect.version} and run_id in {None, effect.run_id}
        ]

    @_locked
    def last_written(self, container: str, pk: str) -> Mapping[str, Value]:
        """Return, by column, the value we last wrote to a record."""
        return {
            column: value
            for effect in self._effects.values()
            if (effect.container, effect.pk) == (container, pk)
            and effect.state in _TAKEN
            and effect.kind not in _FILE_KINDS
            for column, value in effect.after.items()
        }

    @_locked
    def moved_to(self, path: str) -> str | None:
        """Return where our own rename moved a path to."""
        here, since = path, 0
        while move := next(self._moves(here, since), None):
            here, since = move
        return None if here == path else here

    def _moves(self, path: str, since: int) -> Iterator[tuple[str, int]]:
        for effect in reversed(self._effects.values()):
            moves = effect.kind in {EffectKind.REPOINT, EffectKind.DELETE_FILE} and effect.state in _TAKEN
            name = effect.field if effect.kind is EffectKind.REPOINT else "path"
            target = effect.after.get(name)
            if moves and effect.id > since and effect.before.get(name) == path and target not in {None, path}:
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
    def calls_this_month(self) -> int:
        """Return the calls of the runs that ended this month."""
        now = self.clock.now()
        ended = [run for run in self._runs.values() if run.finished_at]
        return sum(
            sum(run.calls.values())
            for run in ended
            if run.finished_at and (run.finished_at.year, run.finished_at.month) == (now.year, now.month)
        )


def _without_text(findings: Findings) -> Findings:
    return replace(
        findings,
        text="",
        pages=tuple(replace(page, text="") for page in findings.pages),
        derived={},
        children=tuple(
            replace(child, path=None, findings=_without_text(child.findings)) for child in findings.children
        ),
    )


def _with_outcome(state: FileState, outcome: Outcome, run_id: str) -> FileState:
    stage: Stage = Stage.PLANNED if state.stage is Stage.FINISHED else state.stage
    if outcome.status is not Status.FAILED and not outcome.planned_only:
        stage = Stage.FINISHED
    own = replace(outcome, ref=state.ref)
    return replace(state, stage=stage, outcome=own, run_id=run_id, sha256=outcome.sha256 or state.sha256)


def _label(state: FileState) -> str:
    if state.outcome is None:
        return state.stage.value
    return Stage.PLANNED.value if state.outcome.planned_only else state.outcome.status.value
