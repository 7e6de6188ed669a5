"""Take back what a run of a sync wrote, where that is still as the run left it."""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.errors import BadSettings
from pipeline.model import EffectState
from pipeline.model.sync import (
    UNDONE,
    ChangeKind,
    Row,
    RowState,
    Side,
    SyncEffect,
    left_mark,
)
from pipeline.sync.context import Pair, SyncContext, pair_states
from pipeline.sync.conversions import Unfit
from pipeline.sync.layout import Layout, unreadable
from pipeline.sync.whole import (
    SyncTask,
    deletes_record,
    filled_since,
    restorable,
    with_whole_records,
)
from pipeline.sync.write import Writer, settle_open, taken_back

_BATCH = 500


def undo_sync(context: SyncContext, run_id: str) -> None:
    """Take back the effects of one run, newest first; report what was left alone and why.

    The next run does not repeat what was taken back, unless one side changes.

    Raises:
        BadSettings: this sync has made no such run.
    """
    settle_open(context)
    found = [one for one in context.ledger.of_run(run_id) if one.sync == context.spec.identity]
    if not found:
        raise BadSettings([f"Run {run_id} has changed nothing in sync {context.spec.name!r}."])
    done = context.ledger.undone([effect.id for effect in found])
    due = [
        effect
        for effect in reversed(found)
        if effect.state is EffectState.VERIFIED and effect.id not in done
    ]
    for side in Side:
        of_side = [effect for effect in due if effect.side is side]
        for start in range(0, len(of_side), _BATCH):
            context.before_each()
            _undo(context, of_side[start : start + _BATCH])


def _undo(context: SyncContext, effects: Sequence[SyncEffect]) -> None:
    keys = [effect.key for effect in effects]
    known = {state.key: state for state in context.ledger.rows(context.spec.identity, keys)}
    states = [known.get(e.key) or RowState(e.key, e.pk) for e in effects]
    pairs = {pair.key: pair for pair in pair_states(context, states)}
    tasks = []
    for effect in effects:
        pair = pairs[effect.key]
        undoing = _undoing(effect, pair, context)
        if undoing is not None:
            tasks.append(SyncTask(undoing, pair))
    tasks = _without_others_values(tasks, context)
    # Both sides as they are once everything is taken back.
    rows = {task.effect.key: _rows_after(task, context.layout) for task in tasks}

    def undone(effect: SyncEffect, state: RowState | None, layout: Layout) -> RowState | None:
        return taken_back(effect, state, layout, mark=left_mark(UNDONE, *rows[effect.key]))

    Writer(context, dict(known), undone).carry_out(tasks)


def _without_others_values(tasks: Sequence[SyncTask], context: SyncContext) -> list[SyncTask]:
    """Leave out inserted records in which users have filled in more than was inserted."""
    lost = unreadable(context.table.columns())
    whole, changed = with_whole_records(tasks, context)
    for task in changed:
        context.report.refuse(_where(task.effect), "it has changed since the run")
    kept = []
    for task in whole:
        if lost and deletes_record(task):
            reason = f"nobody could put back what is in {', '.join(lost)}"
            context.report.refuse(_where(task.effect), reason)
        elif filled := filled_since(task, context):
            context.report.refuse(_where(task.effect), f"{', '.join(filled)} has a value since")
        else:
            kept.append(task)
    return kept


def _where(effect: SyncEffect) -> str:
    return f"{effect.key} in {effect.side.in_words}"


def _undoing(effect: SyncEffect, pair: Pair, context: SyncContext) -> SyncEffect | None:
    """Return the effect that takes one back, None where there is nothing to take back."""
    now = pair.row(effect.side)
    # What was inserted and is gone already needs no deletion.
    is_gone = effect.kind is ChangeKind.INSERT and now is None
    if pair.is_refused or is_gone:
        return None
    where = _where(effect)
    kind, values = _reverse(effect, context)
    # What is inserted again has no row now; any other row still has the values that were written.
    is_as_left = now is None
    if kind is not ChangeKind.INSERT:
        after = effect.after.items()
        is_as_left = now is not None and all(now.get(name) == value for name, value in after)
    if not is_as_left:
        context.report.refuse(where, "it has changed since the run")
        return None
    try:
        context.layout.require_fit(values, effect.side)
    except Unfit as unfit:
        context.report.refuse(where, str(unfit))
        return None
    return replace(
        effect,
        kind=kind,
        before=now or {},
        after=values,
        undoes=effect.id,
        pk=pair.pk,
        id=0,
        note="",
    )


def _reverse(effect: SyncEffect, context: SyncContext) -> tuple[ChangeKind, Row]:
    """Return what takes an effect back, and the values that it writes."""
    if effect.kind is ChangeKind.INSERT:
        return ChangeKind.DELETE, {}
    if effect.kind is ChangeKind.UPDATE:
        return ChangeKind.UPDATE, {name: effect.before[name] for name in effect.after}
    if effect.side is Side.MIRROR:
        return ChangeKind.INSERT, effect.before
    return ChangeKind.INSERT, restorable(effect.before, context)


def _rows_after(task: SyncTask, layout: Layout) -> tuple[Row | None, Row | None]:
    effect, pair = task.effect, task.pair
    now = pair.row(effect.side)
    after: Row | None = None
    if effect.kind is not ChangeKind.DELETE:
        written = {name: value for name, value in effect.after.items() if name in layout.pairs}
        after = {**(now or {}), **written}
    return (after, pair.mirror) if effect.side is Side.CASPIO else (pair.caspio, after)
