import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from pipeline.decide.ownership import PERHAPS_IN_EFFECT, owned
from pipeline.model import Effect, EffectKind, EffectState, FileRef, OwnValue, RecordRef, Stage
from pipeline.model.review import Review, ReviewItem, ReviewState
from pipeline.ports.ledger import Block, EffectPage, Repair
from tests.fakes.ledger.memory import Memory, MemoryPart

_OPEN = {EffectState.INTENT, EffectState.APPLIED}
_TOOK_EFFECT = {EffectState.APPLIED, EffectState.VERIFIED}
_CHANGES_RECORDS = {EffectKind.UPDATE_COLUMNS, EffectKind.RENAME_ATTACHMENT}
_MOVES_FILES = {EffectKind.REPOINT, EffectKind.DELETE_FILE}


class MemoryEffects(MemoryPart):
    """Effects in dictionaries."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        self._blocks: dict[str, Block] = {}
        self._repairs: list[tuple[str, Repair]] = []
        self._plan_key = secrets.token_bytes(32)
        self._account = ""

    def plan_key(self) -> bytes:
        """Return the key that seals plans."""
        return self._plan_key

    def account(self) -> str:
        """Return whose ledger it is."""
        return self._account if self._memory.files or self._memory.effects else ""

    def record_account(self, account: str) -> None:
        """Record whose ledger it is."""
        self._account = account

    def intend(self, effect: Effect, run_id: str) -> Effect:
        """Record an intent before its call."""
        if run_id in self._memory.workers:
            self._memory.require_worker(run_id)
        known = replace(
            effect,
            state=EffectState.INTENT,
            id=len(self._memory.effects) + 1,
            run_id=run_id,
            at=self._memory.clock.now(),
        )
        self._memory.effects[known.id] = known
        return known

    def settle(
        self, effect: Effect, state: EffectState, note: str = "", *, at: datetime | None = None
    ) -> None:
        """Record what became of an effect."""
        known = self._memory.effects[effect.id]
        applied_at = at or known.applied_at
        if at is None and state is EffectState.APPLIED:
            applied_at = self._memory.clock.now()
        self._memory.effects[effect.id] = replace(
            known, state=state, note=note, pk=effect.pk, applied_at=applied_at
        )

    def open(self, versions: Sequence[str] | None = None) -> Sequence[Effect]:
        """Return open effects, oldest first."""
        unsettled = [effect for effect in self._all() if effect.state in _OPEN]
        if versions is None:
            return unsettled
        return [effect for effect in unsettled if effect.version in versions]

    def find(
        self,
        *,
        version: str | None = None,
        run_id: str | None = None,
        record: tuple[str, str] | None = None,
    ) -> Sequence[Effect]:
        """Return effects, oldest first."""
        return [
            effect
            for effect in self._all()
            if version in {None, effect.version}
            and run_id in {None, effect.run_id}
            and record in {None, (effect.container, effect.pk)}
        ]

    def on_records(self, records: Collection[tuple[str, str]]) -> Sequence[Effect]:
        """Return the effects on these containers and PK_IDs, oldest first."""
        return [effect for effect in self._all() if (effect.container, effect.pk) in records]

    def of_run(
        self, run_id: str, *, kinds: Collection[EffectKind], after: int = 0, limit: int
    ) -> EffectPage:
        """Return what a run changed in its next records."""
        chosen = self._changed_in(run_id, kinds)
        behind = [effect for effect in chosen if effect.id > after]
        known = {_place(effect) for effect in chosen if effect.id <= after}
        wanted = {_place(effect) for effect in behind[:limit]} - known
        found = [effect for effect in self.find(run_id=run_id) if _place(effect) in wanted]
        return EffectPage(found, behind[limit - 1].id if len(behind) > limit else 0)

    def files_changed(self, run_id: str, *, kinds: Collection[EffectKind]) -> int:
        """Count the files that a run changed."""
        return len({effect.version for effect in self._changed_in(run_id, kinds)})

    def _changed_in(self, run_id: str, kinds: Collection[EffectKind]) -> list[Effect]:
        of_run = self.find(run_id=run_id)
        return [one for one in of_run if one.kind in kinds and one.state in PERHAPS_IN_EFFECT]

    def is_changed_since(self, run_id: str, last_id: int) -> bool:
        """Say whether a run has changed more since, or was undone, or its undo was."""
        ids = [effect.id for effect in self.find(run_id=run_id)]
        undos = [one.id for one in self.undoing(ids) if one.state in _TOOK_EFFECT]
        return max([*ids, *undos], default=0) > last_id

    def last_id(self) -> int:
        """Return the latest id."""
        return max(self._memory.effects, default=0)

    def changed_by_others(
        self, refs: Sequence[FileRef], run_id: str, *, since: int, beside: Collection[str]
    ) -> set[str]:
        """Return the versions that other runs changed: unfinished ones, or lately."""
        others = self._of_others(run_id)
        lately = [effect for effect in others if effect.id > since or effect.run_id in beside]
        versions = {effect.version for effect in lately}
        versions |= {one.version for one in others if self._is_unfinished(one.version)}
        records = {RecordRef(effect.container, effect.pk) for effect in lately}
        return {ref.version for ref in refs if ref.version in versions or ref.record in records}

    def _of_others(self, run_id: str) -> list[Effect]:
        return [effect for effect in self._took_effect() if effect.run_id != run_id]

    def _is_unfinished(self, version: str) -> bool:
        known = self._memory.files.get(version)
        return known is not None and known.stage is not Stage.FINISHED

    def undoing(self, ids: Sequence[int]) -> Sequence[Effect]:
        """Return what undoes these effects, directly or not. An undo always has a higher id."""
        found: set[int] = set()
        for effect in self._all():
            if effect.undoes in {*ids, *found} - {0}:
                found.add(effect.id)
        return [self._memory.effects[number] for number in sorted(found)]

    def names_given(self, refs: Sequence[FileRef]) -> Sequence[Effect]:
        """Return the effects that named these records' attachments or put files at these paths."""
        records = {
            (ref.record.container, ref.record.pk) for ref in refs if ref.record and ref.path is None
        }
        paths = {ref.path for ref in refs if ref.path is not None}
        found = []
        for effect in self._took_effect():
            if effect.kind is EffectKind.RENAME_ATTACHMENT:
                named = (effect.container, effect.pk) in records
            else:
                named = effect.kind is EffectKind.PUT_FILE and effect.after["path"] in paths
            if named:
                found.append(effect)
        return found

    def last_written(self, container: str, pk: str) -> Mapping[str, OwnValue]:
        """Return, by column, the value that we last wrote to a record."""
        return owned(self.find(record=(container, pk)))

    def runs_that_wrote(self, container: str, pk: str, *, since: datetime) -> int:
        """Count the runs since a moment that changed a record."""
        runs = {
            effect.run_id
            for effect in self._took_effect()
            if effect.kind in _CHANGES_RECORDS
            and (effect.container, effect.pk) == (container, pk)
            and effect.at
            and effect.at >= since
        }
        return len(runs)

    def moved_to(self, path: str) -> str | None:
        """Return where our own rename moved a path to."""
        now, since = path, 0
        while move := next(self._moves(now, since), None):
            now, since = move
        return None if now == path else now

    def _moves(self, path: str, since: int) -> Iterator[tuple[str, int]]:
        for effect in reversed(self._took_effect()):
            name = effect.field if effect.kind is EffectKind.REPOINT else "path"
            target = effect.after.get(name)
            if effect.kind not in _MOVES_FILES or effect.id <= since:
                continue
            if effect.before.get(name) == path and target not in {None, path}:
                yield str(target), effect.id

    def restore(self, restored: Iterable[Effect]) -> None:
        """Restore effects."""
        ids: dict[int, int] = {}
        for effect in restored:
            ids[effect.id] = len(self._memory.effects) + 1
            undoes = ids.get(effect.undoes, -effect.undoes) if effect.undoes else 0
            known = replace(effect, id=ids[effect.id], undoes=undoes)
            self._memory.effects[known.id] = known

    def block(self, container: str, block: Block) -> None:
        """Record that nothing may be written to a table or view."""
        self._blocks[container] = block

    def blocked(self, container: str) -> Block | None:
        """Return why nothing may be written to a table or view."""
        return self._blocks.get(container)

    def unblock(self, container: str) -> None:
        """Allow writing again."""
        self._blocks.pop(container, None)

    def save_review_item(self, item: ReviewItem, run_id: str) -> None:  # noqa: ARG002 - the port's signature
        """Keep a suggestion."""
        memory = self._memory
        memory.review_items[item.key] = item
        open_items = [
            one
            for one in memory.review_items.values()
            if one.review_id == item.review_id and one.state is ReviewState.OPEN
        ]
        known = memory.reviews.get(item.review_id)
        if known is None:
            known = Review(item.review_id, item.source, item.record, 0, item.risk)
        if not known.open_items:
            known = replace(known, since=memory.clock.now())
        if open_items:
            place = known.risk if item.is_decided else 0.0
            risk = max([*(one.risk for one in open_items), place])
            amounts = [one.amount for one in open_items if one.amount is not None]
            amount = max(amounts, default=None)
            known = replace(known, open_items=len(open_items), risk=risk, amount=amount)
        else:
            known = replace(known, open_items=0, amount=None, claimed_by="", claimed_until=None)
        memory.reviews[item.review_id] = known

    def review_items(
        self, source: str, record: tuple[str, str] | None = None
    ) -> Sequence[ReviewItem]:
        """Return suggestions in order of key."""
        items = [
            item for _, item in sorted(self._memory.review_items.items()) if item.source == source
        ]
        return [item for item in items if record in {None, (item.record.container, item.record.pk)}]

    def walk_review_items(self, source: str, state: ReviewState) -> Iterator[ReviewItem]:
        """Yield the suggestions in a state, as they are at the beginning."""
        found = [one for one in self.review_items(source) if one.state is state]
        found.sort(key=lambda one: (one.record.container, one.record.pk, one.key))
        return iter(found)

    def record_repair(self, kind: str, subject: str, done: str, *, run_id: str) -> None:
        """Record a repair."""
        repair = Repair(kind, subject, done, self._memory.clock.now())
        self._repairs.append((run_id, repair))

    def repairs(self, run_id: str) -> Sequence[Repair]:
        """Return a run's repairs."""
        return [repair for whose, repair in self._repairs if whose == run_id]

    def _all(self) -> list[Effect]:
        return [effect for _, effect in sorted(self._memory.effects.items())]

    def _took_effect(self) -> list[Effect]:
        return [effect for effect in self._all() if effect.state in _TOOK_EFFECT]


def _place(effect: Effect) -> tuple[str, str]:
    return effect.container, effect.pk or effect.version
