from dataclasses import replace

import pytest

from pipeline.model import (
    Effect,
    EffectKind,
    EffectState,
    RecordRef,
    Suggestion,
)
from pipeline.model.review import Decider, ReviewItem, ReviewState
from pipeline.ports import Ledger
from tests.contracts.ledger.builders import last_values, settled, update
from tests.fakes.clock import FakeClock

ALL = frozenset(EffectKind)


def _undo(effect: Effect, **after: str | float | None) -> Effect:
    return replace(
        effect, before=dict(effect.after), after=after or dict(effect.before), undoes=effect.id
    )


def test_an_effect_comes_back_with_what_it_takes_back(ledger: Ledger):
    """An effect remembers which other it undoes."""
    first = settled(ledger, update(Total=1.0))

    settled(ledger, _undo(first))

    assert [effect.undoes for effect in ledger.effects.find(record=("Receipts", "1"))] == [
        0,
        first.id,
    ]


def test_a_value_put_back_is_not_ours(ledger: Ledger):
    """What an undo restores belongs to whoever put it there; an earlier value of ours is ours."""
    typed = replace(update(Total=2.0), before={"Total": 7.0})
    first = settled(ledger, typed)
    settled(ledger, _undo(first))
    kept = settled(ledger, update("2", Total=1.0))
    second = settled(ledger, replace(update("2", Total=2.0), before={"Total": 1.0}))
    settled(ledger, _undo(second))

    assert last_values(ledger, "1") == {}
    assert last_values(ledger, "2") == kept.after


def test_an_undo_that_changed_leaves_the_value_ours(ledger: Ledger):
    """Undone twice, an effect is as if nothing had happened."""
    first = settled(ledger, update(Total=2.0))
    back = settled(ledger, _undo(first))

    settled(ledger, _undo(back))

    assert last_values(ledger, "1") == {"Total": 2.0}


def test_only_the_columns_put_back_are_undone(ledger: Ledger):
    """Where an undo left a column alone, the value there is still ours."""
    first = settled(ledger, update(Total=2.0, Kind="receipt"))

    settled(ledger, replace(_undo(first, Total=None), before={"Total": 2.0}))

    assert last_values(ledger, "1") == {"Kind": "receipt"}


def test_a_decision_is_the_users_value(ledger: Ledger):
    """What a user decided in the review table is not ours to write over."""
    settled(ledger, update(Total=2.0))

    settled(ledger, replace(update(Total=3.0), kind=EffectKind.APPLY_DECISION))

    assert last_values(ledger, "1") == {}


def test_what_takes_back_an_effect_is_found_to_the_end(ledger: Ledger):
    """An undo, the undo of the undo and so on are found from the first effect, and nothing else."""
    first = settled(ledger, update(Total=2.0))
    back = settled(ledger, _undo(first))
    again = settled(ledger, _undo(back))
    settled(ledger, update(Total=3.0))

    assert [effect.id for effect in ledger.effects.undoing([first.id])] == [back.id, again.id]
    assert ledger.effects.undoing([]) == []


def test_a_suggestion_comes_back_whole_and_once(ledger: Ledger):
    """A suggestion kept again takes the place of the one before.

    Another column's stays beside it.
    """
    suggestion = Suggestion("Total", 7.0, 2.0, "the column already holds a value", 0.75)
    item = ReviewItem("receipts", RecordRef("Receipts", "1"), "v1", suggestion)
    other = replace(item, record=RecordRef("Receipts", "2"))
    rejected = replace(item, state=ReviewState.REJECTED, row="17", decided_by=Decider.AGENT)
    for kept in (item, other, rejected):
        ledger.effects.save_review_item(kept, "run-1")

    assert ledger.effects.review_items("receipts", ("Receipts", "1")) == [rejected]
    assert {kept.record.pk for kept in ledger.effects.review_items("receipts")} == {"1", "2"}
    assert ledger.effects.review_items("other") == []


def test_suggestions_are_walked_by_state(ledger: Ledger):
    """All that wait, in order of record, also when more wait than one statement returns."""
    suggestion = Suggestion("Total", 7.0, 2.0, "the column already holds a value", 0.75)
    waiting = [
        ReviewItem("receipts", RecordRef("Receipts", f"{number:03}"), "v1", suggestion)
        for number in range(502)
    ]
    others = [
        replace(waiting[0], source="other"),
        replace(waiting[7], state=ReviewState.REJECTED),
    ]
    for item in [*reversed(waiting), *others]:
        ledger.effects.save_review_item(item, "run-1")

    found = [
        one.record.pk for one in ledger.effects.walk_review_items("receipts", ReviewState.OPEN)
    ]
    (rejected,) = ledger.effects.walk_review_items("receipts", ReviewState.REJECTED)

    assert found == [one.record.pk for one in waiting if one is not waiting[7]]
    assert rejected.record.pk == "007"


def test_repairs_are_remembered_by_run(ledger: Ledger, clock: FakeClock):
    """Each repair is there with its kind, subject and time."""
    ledger.effects.record_repair(
        "original missing", "receipts 1 Scan", "fetched again", run_id="verify-1"
    )
    ledger.effects.record_repair(
        "derived missing", "receipts 2 Scan", "read again", run_id="verify-2"
    )

    (repair,) = ledger.effects.repairs("verify-1")
    assert (repair.kind, repair.subject, repair.done) == (
        "original missing",
        "receipts 1 Scan",
        "fetched again",
    )
    assert repair.at == clock.now()


def _shown(ledger: Ledger, limit: int) -> list[list[int]]:
    """Return the ids of a run's effects page by page."""
    pages, after = [], 0
    while True:
        page = ledger.effects.of_run("run-1", kinds=ALL, after=after, limit=limit)
        pages.append([effect.id for effect in page.effects])
        if not page.after:
            return pages
        after = page.after


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_a_run_is_listed_record_by_record(ledger: Ledger, limit: int):
    """Each record comes once, where the run came to it first, with all that the run did to it."""
    moved = replace(update(version="v9"), kind=EffectKind.PUT_FILE, container="/In", pk="")
    made = [update("1", A=1.0), update("2", A=1.0), moved, update("1", B=2.0), update("3", A=1.0)]
    ids = [settled(ledger, effect).id for effect in [*made, replace(moved, after={"B": 1.0})]]
    one, _, file, again, _, file_again = ids

    pages = _shown(ledger, limit)
    listed = [number for page in pages for number in page]

    assert sorted(listed) == ids
    assert [page for page in pages if {one, again} & set(page)] == [pages[0]]
    assert sum({file, file_again} <= set(page) for page in pages) == 1
    assert ledger.effects.of_run("run-2", kinds=ALL, limit=9).effects == []


def test_a_run_is_listed_by_what_can_be_undone(ledger: Ledger):
    """What is of another kind, or never took effect, takes no place on a page, and comes with its record only."""
    kinds = {EffectKind.UPDATE_COLUMNS}
    row = replace(update("1", A=1.0), kind=EffectKind.INSERT_REVIEW_ROW)
    ids = [settled(ledger, one).id for one in [row, row, update("1", A=1.0)]]
    given_up = ledger.effects.intend(update("2", A=1.0), "run-1")
    ledger.effects.settle(given_up, EffectState.ABANDONED)
    last = settled(ledger, update("3", version="v3", A=1.0))

    first = ledger.effects.of_run("run-1", kinds=kinds, limit=1)
    second = ledger.effects.of_run("run-1", kinds=kinds, after=first.after, limit=1)

    assert [one.id for one in first.effects] == ids
    assert ([one.id for one in second.effects], second.after) == ([last.id], 0)
    assert ledger.effects.files_changed("run-1", kinds=kinds) == 2
    assert ledger.effects.files_changed("run-2", kinds=kinds) == 0


def test_what_changed_since_a_moment_is_known(ledger: Ledger):
    """A change of the run counts, its undo, and the undo of that; not what met a conflict, or is of another run."""

    def settled_in(run: str, effect: Effect, state: EffectState = EffectState.VERIFIED) -> Effect:
        known = ledger.effects.intend(effect, run)
        ledger.effects.settle(known, state)
        return known

    first = settled(ledger, update(Total=1.0))
    elsewhere = settled_in("run-2", update("2", Total=1.0))
    before = ledger.effects.last_id()
    settled_in("run-3", _undo(elsewhere))
    settled_in("run-3", _undo(first), EffectState.CONFLICT)
    changed = [ledger.effects.is_changed_since("run-1", before)]
    back = settled_in("run-3", _undo(first))
    changed.append(ledger.effects.is_changed_since("run-1", before))
    since = ledger.effects.last_id()
    changed.append(ledger.effects.is_changed_since("run-1", since))
    settled_in("run-4", _undo(back))
    changed.append(ledger.effects.is_changed_since("run-1", since))

    since = ledger.effects.last_id()
    settled(ledger, update("3", Total=1.0))
    changed.append(ledger.effects.is_changed_since("run-1", since))

    assert changed == [False, True, False, True, True]
