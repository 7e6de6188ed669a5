"""Carry out changes of rows: archive what is replaced, record intents, write, record the results.

If the answer is lost, looking decides. A killed run leaves effects open; `settle_open` looks, and
the next comparison does what is missing.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from pipeline.errors import EffectInDoubt, RefusedByCaspio, RejectFile, StopRun
from pipeline.model import EffectState
from pipeline.model.sync import (
    UNDONE,
    ChangeKind,
    MirrorChange,
    RecordRow,
    Row,
    RowState,
    Side,
    SyncEffect,
    left_mark,
)
from pipeline.ports.mirror import Written
from pipeline.steps.write_back.effects import IN_FLIGHT_S, LONGEST_CALL, looked_until
from pipeline.sync.context import Pair, SyncContext, pair_states
from pipeline.sync.layout import Layout
from pipeline.sync.whole import SyncTask, with_whole_rows
from pipeline.wording import counted

_HIDDEN = (
    "its answer never came, and the view does not show the record; its table may have it. If it "
    "does not, delete the row of the mirror, run, and add it again"
)

_AT_ONCE = 50
"""Changes at Caspio whose intents are recorded together; a killed run leaves as many open."""


Advance = Callable[[SyncEffect, RowState | None, Layout], RowState | None]
"""Return what is known of a row once an effect is in force; None if it is to be forgotten."""


def advanced(effect: SyncEffect, state: RowState | None, layout: Layout) -> RowState | None:
    """Return what is known of a row after an effect: what was written is on both sides now."""
    if effect.kind is ChangeKind.DELETE:
        return None
    base = base_with(state, layout.remembered(effect.after))
    return RowState(effect.key, _pk_after(effect, state), base)


def base_with(state: RowState | None, values: Row) -> Row:
    """Return what both sides have, once these values are on both, too."""
    before = state.base if state else None
    return {**(before or {}), **values}


def kept_and_gone(states: Mapping[str, RowState | None]) -> tuple[list[RowState], list[str]]:
    """Return the rows to keep, and the keys of those to forget."""
    kept = [state for state in states.values() if state is not None]
    return kept, [key for key, state in states.items() if state is None]


def taken_back(
    effect: SyncEffect, state: RowState | None, layout: Layout, *, mark: str
) -> RowState:
    """Return what is known of a row after an effect that takes another back: it is to stay so."""
    base = _base_before(effect, state, layout)
    return RowState(effect.key, _pk_after(effect, state), base, mark)


def _base_before(effect: SyncEffect, state: RowState | None, layout: Layout) -> Row | None:
    """Return what both sides had before the effect that was taken back."""
    match effect.kind:
        case ChangeKind.DELETE:  # of an inserted row, which one side alone had
            return None
        case ChangeKind.INSERT:  # of a deleted row
            return layout.remembered(effect.after)
    return base_with(state, layout.remembered(effect.after))


def _pk_after(effect: SyncEffect, state: RowState | None) -> str:
    # An inserted record is another one than that which was known.
    if effect.pk or state is None or effect.kind is ChangeKind.INSERT:
        return effect.pk
    return state.pk


@dataclass(slots=True)
class Writer:
    """Carries out tasks, and knows what they leave behind.

    Attributes:
        known: What is known of each row, by key; moves on with every effect.
        unsettled: How many rows have to be looked at again.
    """

    context: SyncContext
    known: dict[str, RowState | None]
    advance: Advance = advanced
    unsettled: int = 0

    def carry_out(self, tasks: Sequence[SyncTask]) -> None:
        """Carry out tasks of different rows; one row may have a task for each side."""
        if not tasks:
            return
        mirrored = [task for task in tasks if task.effect.side is Side.MIRROR]
        mirrored = with_whole_rows(mirrored, self.context)
        there = [task for task in tasks if task.effect.side is Side.CASPIO]
        _archive([*mirrored, *there], self.context)
        self._write_mirror(mirrored)
        for start in range(0, len(there), _AT_ONCE):
            self._write_caspio(there[start : start + _AT_ONCE])

    def _write_mirror(self, tasks: Sequence[SyncTask]) -> None:
        if not tasks:
            return
        self.context.before_each()
        effects = self._intend(tasks)
        changes = [
            _mirror_change(effect, task.pair, self.context)
            for effect, task in zip(effects, tasks, strict=True)
        ]
        # An error here leaves the intents open, and the next run looks: the commit may have come
        # through.
        answers = self.context.mirror.write(changes)
        settled = []
        for effect, answer in zip(effects, answers, strict=True):
            if answer.met:
                settled.append(replace(effect, state=EffectState.VERIFIED))
            elif answer.refusal:
                settled.append(self._refused(effect, answer.refusal))
            else:
                settled.append(self._overtaken(effect))
        self._settle(settled)

    def _write_caspio(self, tasks: Sequence[SyncTask]) -> None:
        effects = self._intend(tasks)
        with self._giving_up_the_rest(effects) as sent:
            for effect, task in zip(effects, tasks, strict=True):
                self.context.before_each()
                sent.add(effect.id)
                self._settle([self._written(effect, task.pair)])

    def _written(self, effect: SyncEffect, pair: Pair) -> SyncEffect:
        """Make one call at Caspio; return the effect as it is then."""
        try:
            answer = _call(effect, pair, self.context)
        except EffectInDoubt:
            found, _ = _look([effect], self.context)[0]
            if found.state is not EffectState.VERIFIED:
                self.unsettled += 1
            return found
        except (RefusedByCaspio, RejectFile) as error:
            return self._refused(effect, str(error))
        if answer.affected > 1:
            raise StopRun(
                f"{effect.kind} in {self.context.spec.container} matched "
                f"{counted(answer.affected, 'record')} where PK_ID {effect.pk} should match one. "
                "Nothing more is written. Make each PK_ID unique, then run again."
            )
        if not answer.affected:
            return self._overtaken(effect)
        # A view does not show each record that is inserted through it.
        pk = "" if effect.kind is ChangeKind.INSERT else effect.pk
        pk = answer.record.pk if answer.record else pk
        return replace(effect, state=EffectState.VERIFIED, pk=pk)

    def _intend(self, tasks: Sequence[SyncTask]) -> Sequence[SyncEffect]:
        effects = [task.effect for task in tasks]
        return self.context.ledger.intend(effects, self.context.run_id)

    def _overtaken(self, effect: SyncEffect) -> SyncEffect:
        self.unsettled += 1
        self.context.report.counts["overtaken"] += 1
        note = "the row has changed since it was planned"
        return replace(effect, state=EffectState.CONFLICT, note=note)

    def _refused(self, effect: SyncEffect, reason: str) -> SyncEffect:
        self.context.report.refuse(effect.key, reason)
        return replace(effect, state=EffectState.ABANDONED, note=f"refused: {reason}")

    def _settle(self, effects: Sequence[SyncEffect]) -> None:
        states: dict[str, RowState | None] = {}
        for effect in filter(_is_kept, effects):
            if effect.state is EffectState.VERIFIED:
                self.context.report.add(effect)
            state = self.advance(effect, self.known.get(effect.key), self.context.layout)
            states[effect.key] = self.known[effect.key] = state
        rows, gone = kept_and_gone(states)
        self.context.ledger.settle(effects, rows, forget=gone)

    @contextmanager
    def _giving_up_the_rest(self, effects: Sequence[SyncEffect]) -> Iterator[set[int]]:
        """Give up those intents whose calls were not made when an error ends the run."""
        sent: set[int] = set()
        try:
            yield sent
        except Exception:
            rest = [
                replace(effect, state=EffectState.ABANDONED, note="the run ended before its call")
                for effect in effects
                if effect.id not in sent
            ]
            self.context.ledger.settle(rest)
            raise


def settle_open(context: SyncContext) -> int:
    """Find out what became of the effects that earlier runs left open; return how many."""
    effects = context.ledger.open(context.spec.identity)
    for start in range(0, len(effects), 500):
        some = effects[start : start + 500]
        states = {s.key: s for s in context.ledger.rows(some[0].sync, [e.key for e in some])}
        found = _look(some, context)
        changed: dict[str, RowState | None] = {}
        for effect, pair in found:
            if not _is_kept(effect):
                continue
            state = changed.get(effect.key, states.get(effect.key))
            if effect.undoes:
                mark = left_mark(UNDONE, pair.caspio, pair.mirror)
                changed[effect.key] = taken_back(effect, state, context.layout, mark=mark)
            else:
                changed[effect.key] = advanced(effect, state, context.layout)
        rows, gone = kept_and_gone(changed)
        context.ledger.settle([effect for effect, _ in found], rows, forget=gone)
    return len(effects)


def _is_kept(effect: SyncEffect) -> bool:
    """Say whether what is known of the row moves on, as it does after an unseen insert."""
    is_unseen = effect.state is EffectState.CONFLICT and effect.kind is ChangeKind.INSERT
    return effect.state is EffectState.VERIFIED or (is_unseen and effect.side is Side.CASPIO)


def _look(effects: Sequence[SyncEffect], context: SyncContext) -> list[tuple[SyncEffect, Pair]]:
    """Say by looking which effects are in force; return each with its row as it is now.

    What is not there may still come while its call can be under way, so it is looked for again
    until then: it would be written twice, or be nobody's.
    """
    found = looked_until(
        lambda: _looked(effects, context),
        is_there=lambda found: not any(_may_come(effect, context) for effect, _ in found),
        clock=context.clock,
        end_s=context.clock.monotonic() + IN_FLIGHT_S,
    )
    for effect, _ in found:
        if effect.note == _HIDDEN:
            context.report.refuse(effect.key, _HIDDEN)
    return found


def _may_come(effect: SyncEffect, context: SyncContext) -> bool:
    """Say whether the call of an effect that is not there can still be under way."""
    is_old = effect.at is not None and context.clock.now() - effect.at > LONGEST_CALL
    # What a database has not committed when its client is gone, it never commits.
    return effect.state is EffectState.ABANDONED and effect.side is Side.CASPIO and not is_old


def _looked(effects: Sequence[SyncEffect], context: SyncContext) -> list[tuple[SyncEffect, Pair]]:
    known = {effect.key: RowState(effect.key, effect.pk) for effect in effects}
    pairs = {pair.key: pair for pair in pair_states(context, list(known.values()))}
    found = []
    for effect in effects:
        pair = pairs[effect.key]
        is_inserted = effect.kind is ChangeKind.INSERT and effect.side is Side.CASPIO
        if _is_in_force(effect, pair):
            state, note = EffectState.VERIFIED, "found by looking after its answer was lost"
        elif is_inserted and context.spec.is_view:
            # It may be where the view does not show it. It counts as inserted: a second insert
            # could make a duplicate.
            state, note = EffectState.CONFLICT, _HIDDEN
        else:
            state, note = EffectState.ABANDONED, "its answer never came, and it is not in force"
        settled = replace(effect, state=state, note=note, pk=pair.pk or effect.pk)
        found.append((settled, pair))
    return found


def _is_in_force(effect: SyncEffect, pair: Pair) -> bool:
    if pair.is_refused:
        return False
    row = pair.row(effect.side)
    if effect.kind is ChangeKind.DELETE:
        return row is None
    return row is not None and all(row[n] == value for n, value in effect.after.items() if n in row)


def _call(effect: SyncEffect, pair: Pair, context: SyncContext) -> Written:
    values = context.layout.to_caspio(effect.after)
    if effect.kind is ChangeKind.INSERT:
        return context.table.insert(values)
    assert pair.record is not None
    if effect.kind is ChangeKind.UPDATE:
        return context.table.update(pair.record.pk, guard=_guard(pair.record), values=values)
    return context.table.delete(pair.record.pk, guard=_guard(pair.record))


def _guard(record: RecordRow) -> Row:
    return record.values


def _mirror_change(effect: SyncEffect, pair: Pair, context: SyncContext) -> MirrorChange:
    key = context.layout.mirror_key(effect.key)
    guard: Mapping[str, object] = {}
    if effect.kind is not ChangeKind.INSERT:
        assert pair.stored is not None
        guard = pair.stored
    values = context.layout.to_mirror(effect.after)
    return MirrorChange(effect.kind, key, guard, values)


def _replaced(task: SyncTask) -> Mapping[str, object]:
    one = task.effect
    row: dict[str, object] = {
        "key": one.key,
        "pk": one.pk,
        "side": one.side,
        "row": dict(one.before),
    }
    if one.side is Side.MIRROR and one.kind is ChangeKind.DELETE:
        row["stored"] = dict(task.pair.stored or {})
    return row


def _archive(tasks: Sequence[SyncTask], context: SyncContext) -> None:
    """Keep the rows that are about to be overwritten or deleted, before any intent is recorded."""
    lines = [
        json.dumps(
            _replaced(task),
            ensure_ascii=False,
            sort_keys=True,
            # A column of the mirror that is not in sync may have any type.
            default=str,
        )
        for task in tasks
        if task.effect.before
    ]
    if not lines:
        return
    data = ("\n".join(lines) + "\n").encode("utf-8", "surrogatepass")
    sha256 = hashlib.sha256(data).hexdigest()
    file = context.work_dir / f"replaced-{sha256}.jsonl"
    file.write_bytes(data)
    # By content: rows that are replaced again in the same state are kept once.
    key = f"syncs/{context.spec.name}/{context.run_id}/{sha256}.jsonl"
    context.archive.put(key, file, sha256=sha256, media_type="application/jsonl")
    file.unlink()
