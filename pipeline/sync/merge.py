"""Decide what is done with one row: a three-way comparison, column by column. Pure.

`base` is what both sides had last. A side with something else was changed by a user (or by another
program); what both changed to different values is a conflict.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pipeline.model.sync import (
    ChangeKind,
    Common,
    ConflictRule,
    Row,
    Side,
    SyncSpec,
)

_EMPTY = (None, "")


class MergeOutcome(StrEnum):
    """What a comparison of one row comes to."""

    SAME = "same"  # both sides hold the same
    WRITE = "write"  # something is written to one side or to both
    CONFLICT = "conflict"  # a user has to decide; what is beside the conflict is written
    LEFT = "left"  # the sides differ, and the settings let it be
    GONE = "gone"  # neither side has the row any more


@dataclass(frozen=True, slots=True)
class Conflict:
    """One column, or the whole row (`column` ""), that both sides have changed."""

    column: str
    caspio: Common
    mirror: Common


@dataclass(frozen=True, slots=True)
class Seen:
    """One row as both sides show it, None where a side does not have it.

    Attributes:
        changed: When each side says that it was changed last.
        decided: What users decided, by column ("" for the row): the side that wins.
        has_pk: Whether Caspio has ever shown the record, and so its PK_ID is known.
    """

    caspio: Row | None
    mirror: Row | None
    base: Row | None
    changed: Mapping[Side, datetime] = field(default_factory=dict)
    decided: Mapping[str, Side] = field(default_factory=dict)
    has_pk: bool = True


@dataclass(frozen=True, slots=True)
class Merge:
    """What is done with one row.

    Attributes:
        kinds: What is done on each side.
        values: The values to write, by side.
        agreed: Values that both sides hold already; they become the base.
        note: Why something is left.
    """

    outcome: MergeOutcome
    kinds: Mapping[Side, ChangeKind] = field(default_factory=dict)
    values: Mapping[Side, Row] = field(default_factory=dict)
    agreed: Row = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()
    note: str = ""


def merge(seen: Seen, spec: SyncSpec, *, writable: frozenset[str]) -> Merge:
    """Return what to do with a row; `writable` are the columns that Caspio lets be written."""
    if seen.caspio is not None and seen.mirror is not None:
        return _merge_columns(seen.caspio, seen.mirror, seen, spec, writable)
    if seen.caspio is not None:
        return _one_sided(Side.CASPIO, seen.caspio, seen, spec, writable)
    if seen.mirror is not None:
        return _one_sided(Side.MIRROR, seen.mirror, seen, spec, writable)
    return Merge(MergeOutcome.GONE)


def _merge_columns(
    caspio: Row, mirror: Row, seen: Seen, spec: SyncSpec, writable: frozenset[str]
) -> Merge:
    winners = {
        name: _winner(name, caspio[name], mirror[name], seen, spec)
        for name in spec.columns
        if caspio[name] != mirror[name]
    }
    written: dict[Side, Row] = {}
    for side, row, columns in (
        (Side.MIRROR, caspio, frozenset(winners)),
        (Side.CASPIO, mirror, writable),
    ):
        if carried := _carried(row, side, winners, spec, columns):
            written[side] = carried
    undecided = [name for name, winner in winners.items() if winner is None]
    conflicts = tuple(Conflict(name, caspio[name], mirror[name]) for name in undecided)
    left = winners.keys() - set().union(undecided, *written.values())
    return Merge(
        _outcome(conflicts, written, left),
        dict.fromkeys(written, ChangeKind.UPDATE),
        written,
        {name: caspio[name] for name in spec.columns if name not in winners},
        conflicts,
        f"left as they are: {', '.join(sorted(left))}" if left else "",
    )


def _outcome(
    conflicts: Sequence[Conflict], written: Mapping[Side, Row], left: Collection[str]
) -> MergeOutcome:
    found = (
        (MergeOutcome.CONFLICT, conflicts),
        (MergeOutcome.WRITE, written),
        (MergeOutcome.LEFT, left),
    )
    return next((outcome for outcome, what in found if what), MergeOutcome.SAME)


def _carried(
    row: Row,
    side: Side,
    winners: Mapping[str, Side | None],
    spec: SyncSpec,
    writable: frozenset[str],
) -> Row:
    """Return the values of the winning side that are written to the other one."""
    if not spec.direction.writes(side):
        return {}
    won = (name for name, winner in winners.items() if winner is side.other)
    return {name: row[name] for name in won if name in writable}


def _winner(column: str, there: Common, here: Common, seen: Seen, spec: SyncSpec) -> Side | None:
    """Return the side whose value counts in a column that differs, None if a user must say."""
    if seen.base is not None and column in seen.base:
        if here == seen.base[column]:
            return Side.CASPIO
        if there == seen.base[column]:
            return Side.MIRROR
    # Nobody's value is lost where one side has none.
    elif here in _EMPTY or there in _EMPTY:
        return Side.CASPIO if here in _EMPTY else Side.MIRROR
    return seen.decided.get(column) or _by_rule(seen, spec)


def _by_rule(seen: Seen, spec: SyncSpec) -> Side | None:
    match spec.conflict:
        case ConflictRule.CASPIO:
            return Side.CASPIO
        case ConflictRule.MIRROR:
            return Side.MIRROR
        case ConflictRule.NEWEST:
            there, here = seen.changed.get(Side.CASPIO), seen.changed.get(Side.MIRROR)
            # Without two times, or with equal ones, nobody knows which was later.
            if there is None or here is None or there == here:
                return None
            return Side.CASPIO if there > here else Side.MIRROR
    return None


def _one_sided(side: Side, row: Row, seen: Seen, spec: SyncSpec, writable: frozenset[str]) -> Merge:
    """Decide on a row that one side has: it is new there, or was deleted on the other."""
    other = side.other
    if seen.base is None:
        return _inserted(other, row, spec, writable)
    is_open = row != seen.base or not seen.has_pk
    # It may be where a view shows it no more: a new record would be a second one.
    if spec.is_view and side is Side.MIRROR and is_open:
        note = "the view does not show it; it may still be in its table"
        return Merge(MergeOutcome.LEFT, note=note)
    if row == seen.base:
        return _deleted(side, spec, f"it was deleted from {other.in_words}")
    return _changed_and_deleted(side, row, seen, spec, writable)


def _changed_and_deleted(
    side: Side, row: Row, seen: Seen, spec: SyncSpec, writable: frozenset[str]
) -> Merge:
    """Decide on a row that was changed on this side and deleted on the other."""
    other = side.other
    winner = seen.decided.get("")
    # A row that is gone has no time, so that the newest of the two cannot be found.
    if winner is None and spec.conflict is not ConflictRule.NEWEST:
        winner = _by_rule(seen, spec)
    if winner is None and side in spec.delete_from and spec.direction.writes(side):
        shown = {other: "deleted", side: "changed"}
        whole_row = Conflict("", shown[Side.CASPIO], shown[Side.MIRROR])
        return Merge(MergeOutcome.CONFLICT, conflicts=(whole_row,))
    if winner is other:
        return _deleted(side, spec, f"it was deleted from {other.in_words} and changed since")
    # Nobody's deletion is carried over, so the change is: the row comes back.
    return _inserted(other, row, spec, writable)


def _inserted(side: Side, row: Row, spec: SyncSpec, writable: frozenset[str]) -> Merge:
    if not spec.direction.writes(side):
        return Merge(MergeOutcome.LEFT, note=f"nothing is added to {side.in_words}")
    if side is Side.MIRROR:
        return Merge(MergeOutcome.WRITE, {side: ChangeKind.INSERT}, {side: row})
    generated = [name for name in spec.keys if name not in writable]
    if generated:
        note = f"Caspio itself sets the key {', '.join(generated)}: add the record there"
        return Merge(MergeOutcome.LEFT, note=note)
    values = {name: value for name, value in row.items() if name in writable}
    return Merge(MergeOutcome.WRITE, {side: ChangeKind.INSERT}, {side: values})


def _deleted(side: Side, spec: SyncSpec, note: str) -> Merge:
    if side in spec.delete_from and spec.direction.writes(side):
        return Merge(MergeOutcome.WRITE, {side: ChangeKind.DELETE}, {side: {}}, note=note)
    return Merge(MergeOutcome.LEFT, note=note)
