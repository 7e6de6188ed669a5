from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.model.sync import ChangeKind, ConflictRule, Direction, Row, Side, SyncSpec
from pipeline.sync.merge import Conflict, Merge, MergeOutcome, Seen, merge

SPEC = SyncSpec(
    name="s",
    container="T",
    mirror_table="t",
    columns={"Key": "key", "A": "a", "B": "b"},
    keys=("Key",),
    direction=Direction.BOTH,
)
ALL = frozenset(SPEC.columns)
EARLY, LATE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)


def row(a: Any = "a", b: Any = "b") -> Row:
    """A row with one key."""
    return {"Key": "k", "A": a, "B": b}


def merged(seen: Seen, *, writable: frozenset[str] = ALL, **options: Any) -> Merge:
    """Merge under the settings above, but for these."""
    spec = replace(SPEC, **options)
    return merge(seen, spec, writable=writable)


def test_equal_rows_are_the_same():
    """Rows that agree need nothing, whatever was in them before."""
    result = merged(Seen(row(), row(), row(a="old")))

    assert result == Merge(MergeOutcome.SAME, agreed=row())


def test_changes_of_different_columns_are_both_carried_over():
    """Two users who change one row in different columns both keep what they typed."""
    result = merged(Seen(row(a="there"), row(b="here"), row()))

    assert result.outcome is MergeOutcome.WRITE
    assert result.values == {Side.MIRROR: {"A": "there"}, Side.CASPIO: {"B": "here"}}


@pytest.mark.parametrize(
    ("rule", "winner"),
    [
        (ConflictRule.CASPIO, Side.MIRROR),
        (ConflictRule.MIRROR, Side.CASPIO),
        (ConflictRule.NEWEST, Side.CASPIO),
    ],
)
def test_a_rule_decides_a_conflict(rule: ConflictRule, winner: Side):
    """Where both sides changed one column, the rule says which value is overwritten."""
    seen = Seen(row(a="there"), row(a="here"), row(), {Side.CASPIO: EARLY, Side.MIRROR: LATE})

    result = merged(seen, conflict=rule)

    assert list(result.values) == [winner]
    assert result.conflicts == ()


@pytest.mark.parametrize(
    "changed", [{}, {Side.CASPIO: EARLY}, {Side.CASPIO: EARLY, Side.MIRROR: EARLY}]
)
def test_without_a_later_change_a_user_decides(changed: dict[Side, datetime]):
    """`newest` asks where one of the times is missing or both are equal."""
    seen = Seen(row(a="there"), row(a="here"), row(), changed)

    result = merged(seen, conflict=ConflictRule.NEWEST)

    assert result.outcome is MergeOutcome.CONFLICT
    assert result.values == {}


def test_asking_writes_what_is_beside_the_conflict():
    """A conflict in one column keeps no other column waiting."""
    result = merged(Seen(row(a="there", b="new"), row(a="here"), row()))

    assert result.conflicts == (Conflict("A", "there", "here"),)
    assert result.values == {Side.MIRROR: {"B": "new"}}


def test_a_decision_ends_a_conflict():
    """What a user decided counts before the rule."""
    seen = Seen(row(a="there"), row(a="here"), row(), decided={"A": Side.MIRROR})

    assert merged(seen).values == {Side.CASPIO: {"A": "here"}}


def test_a_decision_is_about_conflicts_only():
    """A decision that is still known takes back no later change of one side."""
    seen = Seen(row(a="newer"), row(a="a"), row(), decided={"A": Side.MIRROR})

    assert merged(seen).values == {Side.MIRROR: {"A": "newer"}}


def test_at_first_an_empty_value_loses():
    """Rows that meet for the first time fill each other's blanks; two values are a conflict."""
    result = merged(Seen(row(a="", b="there"), row(a="here", b="other"), None))

    assert result.values == {Side.CASPIO: {"A": "here"}}
    assert result.conflicts == (Conflict("B", "there", "other"),)


def test_a_change_in_a_column_that_cannot_be_written_is_left():
    """What Caspio computes itself is not written there; the mirror's value stays and is reported."""
    result = merged(Seen(row(), row(a="typed"), row()), writable=ALL - {"A"})

    assert result.outcome is MergeOutcome.LEFT
    assert "A" in result.note


@pytest.mark.parametrize(
    ("direction", "seen"),
    [
        (Direction.PULL, Seen(row(), row(a="typed"), row())),
        (Direction.PUSH, Seen(row(a="typed"), row(), row())),
        (Direction.PULL, Seen(None, row(), None)),
        (Direction.PUSH, Seen(row(), None, None)),
    ],
)
def test_nothing_is_written_against_the_direction(direction: Direction, seen: Seen):
    """A side that the direction does not write to stays as it is, and so does what was typed."""
    result = merged(seen, direction=direction)

    assert (result.outcome, result.kinds) == (MergeOutcome.LEFT, {})


def test_a_new_row_is_inserted_on_the_other_side():
    """A row that one side has and the ledger does not know is new."""
    there, here = merged(Seen(row(), None, None)), merged(Seen(None, row(), None))

    assert there.kinds == {Side.MIRROR: ChangeKind.INSERT}
    assert here.kinds == {Side.CASPIO: ChangeKind.INSERT}
    assert here.values == {Side.CASPIO: row()}


def test_a_key_that_caspio_sets_keeps_the_mirrors_row_where_it_is():
    """A row with a generated key cannot be added to Caspio under that key."""
    result = merged(Seen(None, row(), None), writable=ALL - {"Key"})

    assert result.outcome is MergeOutcome.LEFT
    assert "Key" in result.note


@pytest.mark.parametrize("side", Side)
def test_a_deletion_is_carried_over_only_where_the_settings_say_so(side: Side):
    """A row that is gone on one side is deleted from the other only with the setting for it."""
    seen = Seen(row(), None, row()) if side is Side.CASPIO else Seen(None, row(), row())

    assert merged(seen).outcome is MergeOutcome.LEFT
    assert merged(seen, delete_from=frozenset({side})).kinds == {side: ChangeKind.DELETE}
    assert merged(seen, delete_from=frozenset({side.other})).outcome is MergeOutcome.LEFT


@pytest.mark.parametrize("side", Side)
def test_a_changed_row_outlives_its_deletion(side: Side):
    """What a user typed into a row that was deleted on the other side is never deleted unasked."""
    typed = row(a="typed")
    seen = Seen(typed, None, row()) if side is Side.CASPIO else Seen(None, typed, row())

    back = merged(seen)
    asked = merged(seen, delete_from=frozenset(Side))
    by_rule = merged(
        seen,
        delete_from=frozenset(Side),
        conflict=ConflictRule.MIRROR if side is Side.CASPIO else ConflictRule.CASPIO,
    )

    assert back.kinds == {side.other: ChangeKind.INSERT}
    assert (asked.outcome, asked.kinds) == (MergeOutcome.CONFLICT, {})
    assert by_rule.kinds == {side: ChangeKind.DELETE}


def test_a_row_that_both_sides_deleted_is_gone():
    """Nothing is left to do but to forget it."""
    assert merged(Seen(None, None, row())).outcome is MergeOutcome.GONE
