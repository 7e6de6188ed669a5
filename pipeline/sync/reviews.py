"""Conflicts that wait for a user: review items of the ledger, and what was decided about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.model import RecordRef, Suggestion
from pipeline.model.review import Decider, ReviewItem, ReviewState
from pipeline.model.sync import Side, row_digest
from pipeline.ports.ledger import EffectLedger
from pipeline.sync.context import Pair, SyncContext
from pipeline.sync.merge import Conflict, Merge

WHOLE_ROW = "(row)"
"""In place of a column, where a row was changed on one side and deleted on the other."""

_WINNERS = {ReviewState.ACCEPTED: Side.MIRROR, ReviewState.REJECTED: Side.CASPIO}


@dataclass(slots=True)
class Reviews:
    """The conflicts of one sync.

    Attributes:
        items: The review items, by PK_ID or key of the row and by column.
    """

    context: SyncContext
    items: dict[str, dict[str, ReviewItem]] = field(default_factory=dict)

    @classmethod
    def load(cls, context: SyncContext) -> "Reviews":
        """Read what waits, and what was decided."""
        reviews = cls(context)
        for item in context.reviews.review_items(context.spec.source):
            reviews.items.setdefault(item.record.pk, {})[item.suggestion.column] = item
        return reviews

    def decided(self, pair: Pair) -> Mapping[str, Side]:
        """Return what users decided about a row that still is as they saw it, by column."""
        found: dict[str, Side] = {}
        for column, item in self.items.get(pair.key, {}).items():
            winner = _WINNERS.get(item.state)
            if winner is not None and _is_as_shown(item, pair):
                found["" if column == WHOLE_ROW else column] = winner
        return found

    def decided_keys(self) -> list[str]:
        """Return the keys of the rows about which users have decided at any time."""
        return [
            key
            for key, items in self.items.items()
            if any(item.state in _WINNERS for item in items.values())
        ]

    def waits(self, pair: Pair) -> bool:
        """Say whether a conflict of this row waits for a decision."""
        items = self.items.get(pair.key, {}).values()
        return any(item.state is ReviewState.OPEN for item in items)

    def update(self, pair: Pair, merge: Merge) -> None:
        """Keep the conflicts of a row, and withdraw those that it does not have any more."""
        kept = self.items.setdefault(pair.key, {})
        shown = {conflict.column or WHOLE_ROW: conflict for conflict in merge.conflicts}
        for column, conflict in shown.items():
            item = _item(self.context, pair, column, conflict)
            known = kept.get(column)
            waiting = known if known and known.state is ReviewState.OPEN else None
            # What waits with the same two values is not asked about a second time.
            if waiting is None or _shown(waiting) != _shown(item):
                self._save(item, kept)
        self._withdraw([item for column, item in kept.items() if column not in shown], kept)

    def _withdraw(self, items: Sequence[ReviewItem], kept: dict[str, ReviewItem]) -> None:
        """Withdraw the items that still wait for a user."""
        for item in items:
            if item.state is ReviewState.OPEN:
                self._save(replace(item, state=ReviewState.WITHDRAWN), kept)

    def _save(self, item: ReviewItem, kept: dict[str, ReviewItem]) -> None:
        self.context.reviews.save_review_item(item, self.context.run_id)
        kept[item.suggestion.column] = item


def decide(
    ledger: EffectLedger, item: ReviewItem, winner: Side, *, decider: Decider, run_id: str
) -> ReviewItem:
    """Record what somebody decided; the next run of the sync carries it out."""
    state = next(state for state, side in _WINNERS.items() if side is winner)
    decided = replace(item, state=state, decided_by=decider)
    ledger.save_review_item(decided, run_id)
    return decided


def _item(context: SyncContext, pair: Pair, column: str, conflict: Conflict) -> ReviewItem:
    spec = context.spec
    # By key, not by PK_ID: a row of the mirror has no PK_ID before it is at Caspio.
    record = RecordRef(spec.container, pair.key, spec.is_view)
    suggestion = Suggestion(
        column=column,
        current=conflict.caspio,
        suggested=conflict.mirror,
        reason=(
            f"both sides changed it: {conflict.caspio!r} at Caspio, {conflict.mirror!r} in "
            f"{spec.mirror_table}"
        ),
    )
    # What was decided about a whole row is about that row as it was shown.
    version = _rows_of(pair) if column == WHOLE_ROW else ""
    return ReviewItem(spec.source, record, version=version, suggestion=suggestion)


def _rows_of(pair: Pair) -> str:
    return f"{row_digest(pair.caspio)} {row_digest(pair.mirror)}"


def _shown(item: ReviewItem) -> tuple[Suggestion, str]:
    return item.suggestion, item.version


def _is_as_shown(item: ReviewItem, pair: Pair) -> bool:
    """Say whether a row still has the two values that a user decided about."""
    column, suggestion = item.suggestion.column, item.suggestion
    if column == WHOLE_ROW:
        return item.version == _rows_of(pair)
    if pair.caspio is None or pair.mirror is None:
        return False
    now = (pair.caspio.get(column), pair.mirror.get(column))
    return now == (suggestion.current, suggestion.suggested)
