from collections.abc import Sequence
from dataclasses import replace

from pipeline.model import EffectState
from pipeline.model.sync import RowState, SyncEffect, SyncProgress
from tests.fakes.ledger.memory import Memory, MemoryPart


class MemorySyncs(MemoryPart):
    """Records in sync, in dictionaries."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        self._known: dict[str, dict[str, RowState]] = {}
        self._effects: dict[int, SyncEffect] = {}
        self._progress: dict[str, SyncProgress] = {}

    def rows(self, sync: str, keys: Sequence[str]) -> Sequence[RowState]:
        """Return what is known of the rows with these keys."""
        known = self._known.get(sync, {})
        return [known[key] for key in keys if key in known]

    def rows_with_pks(self, sync: str, pks: Sequence[str]) -> Sequence[RowState]:
        """Return what is known of the rows of these PK_IDs."""
        return [row for row in self._known.get(sync, {}).values() if row.pk in pks]

    def page(self, sync: str, *, after: str = "", limit: int = 1000) -> Sequence[RowState]:
        """Return rows in order of their keys."""
        known = self._known.get(sync, {})
        return [known[key] for key in sorted(known) if key > after][:limit]

    def count(self, sync: str) -> int:
        """Count the rows that both sides had last."""
        return sum(row.base is not None for row in self._known.get(sync, {}).values())

    def save(self, sync: str, rows: Sequence[RowState], *, forget: Sequence[str] = ()) -> None:
        """Keep rows, and forget others."""
        known = self._known.setdefault(sync, {})
        known |= {row.key: row for row in rows}
        for key in forget:
            known.pop(key, None)

    def intend(self, effects: Sequence[SyncEffect], run_id: str) -> Sequence[SyncEffect]:
        """Record intents."""
        if run_id in self._memory.workers:
            self._memory.require_worker(run_id)
        intended = []
        for effect in effects:
            number = len(self._effects) + 1
            self._effects[number] = replace(
                effect,
                state=EffectState.INTENT,
                run_id=run_id,
                at=self._memory.clock.now(),
                id=number,
            )
            intended.append(self._effects[number])
        return intended

    def settle(
        self,
        effects: Sequence[SyncEffect],
        rows: Sequence[RowState] = (),
        *,
        forget: Sequence[str] = (),
    ) -> None:
        """Record what became of effects and rows."""
        if not effects:
            return
        for effect in effects:
            self._effects[effect.id] = replace(
                self._effects[effect.id], state=effect.state, note=effect.note, pk=effect.pk
            )
        known = self._known.setdefault(effects[0].sync, {})
        known |= {row.key: row for row in rows}
        for key in forget:
            known.pop(key, None)

    def open(self, sync: str) -> Sequence[SyncEffect]:
        """Return the effects in state intent."""
        return [
            effect
            for effect in self._effects.values()
            if effect.sync == sync and effect.state is EffectState.INTENT
        ]

    def of_run(self, run_id: str) -> Sequence[SyncEffect]:
        """Return a run's effects."""
        return [effect for effect in self._effects.values() if effect.run_id == run_id]

    def undone(self, ids: Sequence[int]) -> set[int]:
        """Return which of these effects were taken back."""
        in_force = {EffectState.INTENT, EffectState.VERIFIED}
        return {
            effect.undoes
            for effect in self._effects.values()
            if effect.undoes in ids and effect.state in in_force
        }

    def progress(self, sync: str) -> SyncProgress:
        """Return how far a sync has come."""
        return self._progress.get(sync, SyncProgress())

    def save_progress(self, sync: str, progress: SyncProgress) -> None:
        """Record how far a sync has come."""
        self._progress[sync] = progress
