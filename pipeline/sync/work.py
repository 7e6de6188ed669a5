"""Compare rows, decide about each, and write what was decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.model.sync import (
    UNDONE,
    ChangeKind,
    Row,
    RowState,
    Side,
    SyncEffect,
    left_mark,
)
from pipeline.sync.context import Pair, SyncContext
from pipeline.sync.conversions import Unfit
from pipeline.sync.merge import Merge, MergeOutcome, Seen, merge
from pipeline.sync.reviews import Reviews
from pipeline.sync.whole import SyncTask, with_whole_records
from pipeline.sync.write import Writer, base_with, kept_and_gone

Deletion = tuple[Pair, Merge]
"""A row that is gone on one side, and the decision to delete it from the other."""


@dataclass(slots=True)
class Worker:
    """Works on rows, batch by batch.

    Attributes:
        handled: The keys of the rows that were compared, with their PK_IDs, "" where unseen.
        deletions: Rows to be deleted, which wait until it is known how many there are.
        unsettled: How many rows have to be looked at again.
    """

    context: SyncContext
    reviews: Reviews
    handled: dict[str, str] = field(default_factory=dict)
    deletions: list[Deletion] = field(default_factory=list)
    unsettled: int = 0

    def work(self, pairs: Sequence[Pair]) -> None:
        """Compare rows and write what differs; deletions wait."""
        decided: list[tuple[Pair, Merge]] = []
        for pair in pairs:
            # Both sides list a row, and whoever lists it first compares it with the other.
            if pair.key in self.handled:
                continue
            self.handled[pair.key] = pair.record.pk if pair.record else ""
            found = self._decide(pair)
            if found is None:
                continue
            if ChangeKind.DELETE in found.kinds.values():
                self.deletions.append((pair, found))
            else:
                decided.append((pair, found))
        self.write(decided)

    def _decide(self, pair: Pair) -> Merge | None:
        """Return what to do with a row; None where it is left and not reported again."""
        context, counts = self.context, self.context.report.counts
        if pair.is_refused:
            return None
        decided = self.reviews.decided(pair)
        state = pair.state
        if not decided and is_left(state, pair, context):
            counts["conflict" if self.reviews.waits(pair) else "left"] += 1
            return None
        changed = context.layout.changed(pair.record, pair.stored)
        base = context.layout.known(state.base) if state else None
        seen = Seen(pair.caspio, pair.mirror, base, changed, decided, has_pk=bool(pair.pk))
        found = merge(seen, context.spec, writable=context.layout.writable)
        try:
            # Before anything of the row is written.
            for side, values in found.values.items():
                context.layout.require_fit(values, side)
        except Unfit as unfit:
            context.report.refuse(pair.key, str(unfit))
            return None
        if found.outcome is not MergeOutcome.GONE:
            counts[found.outcome] += 1
        return found

    def write(self, decided: Sequence[tuple[Pair, Merge]]) -> None:
        """Write what was decided about rows, and keep what is known of them."""
        wanted = [task for pair, found in decided for task in _tasks(pair, found, self.context)]
        tasks, changed = with_whole_records(wanted, self.context)
        # What somebody has changed since it was listed is compared again by the next run.
        self.overtaken(len(changed))
        if self.context.dry_run:
            for task in tasks:
                self.context.report.add(task.effect)
            return
        known = {pair.key: _state_before(pair, found, self.context) for pair, found in decided}
        self._keep_agreed([pair for pair, _ in decided], known)
        writer = Writer(self.context, known)
        writer.carry_out(tasks)
        self.unsettled += writer.unsettled
        self._keep_differences(decided, writer.known)

    def overtaken(self, rows: int) -> None:
        """Count rows that have to be looked at again, since they changed meanwhile."""
        if rows:
            self.unsettled += rows
            self.context.report.counts["overtaken"] += rows

    def _keep_agreed(self, pairs: Sequence[Pair], known: Mapping[str, RowState | None]) -> None:
        """Keep what both sides agree on already: that is known even if the writes fail."""
        states = {pair.key: known[pair.key] for pair in pairs if known[pair.key] != pair.state}
        if states:
            rows, gone = kept_and_gone(states)
            self.context.ledger.save(self.context.spec.identity, rows, forget=gone)

    def _keep_differences(
        self, decided: Sequence[tuple[Pair, Merge]], known: Mapping[str, RowState | None]
    ) -> None:
        left: list[RowState] = []
        for pair, found in decided:
            if found.conflicts or self.reviews.waits(pair):
                self.reviews.update(pair, found)
            # With this mark it is not decided on again until one of its sides changes.
            if found.outcome in {MergeOutcome.CONFLICT, MergeOutcome.LEFT}:
                state = known.get(pair.key) or RowState(pair.key, pair.pk)
                left.append(replace(state, left_as=_mark_after(pair, found, self.context)))
        if left:
            self.context.ledger.save(self.context.spec.identity, left)


def _tasks(pair: Pair, found: Merge, context: SyncContext) -> list[SyncTask]:
    return [
        SyncTask(
            SyncEffect(
                sync=context.spec.identity,
                key=pair.key,
                pk=pair.pk,
                side=side,
                kind=kind,
                before=pair.row(side) or {},
                after=found.values[side],
            ),
            pair,
        )
        for side, kind in found.kinds.items()
    ]


def _state_before(pair: Pair, found: Merge, context: SyncContext) -> RowState | None:
    """Return what is known of a row before its writes: what both sides agree on already."""
    if found.outcome is MergeOutcome.GONE:
        return None
    if pair.caspio is None or pair.mirror is None:
        return pair.state
    base = base_with(pair.state, context.layout.remembered(found.agreed))
    return RowState(pair.key, pair.pk, base)


def is_left(state: RowState | None, pair: Pair, context: SyncContext) -> bool:
    """Say whether a difference is known, and stays."""
    policies = (context.spec.policy, UNDONE)
    marks = {left_mark(policy, pair.caspio, pair.mirror) for policy in policies}
    return state is not None and state.left_as in marks


def _mark_after(pair: Pair, found: Merge, context: SyncContext) -> str:
    """Identify the two sides of a row as they are after its writes."""
    return left_mark(
        context.spec.policy,
        _after(pair.caspio, found.values.get(Side.CASPIO)),
        _after(pair.mirror, found.values.get(Side.MIRROR)),
    )


def _after(row: Row | None, written: Row | None) -> Row | None:
    return {**row, **(written or {})} if row is not None else None
