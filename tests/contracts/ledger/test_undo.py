from dataclasses import replace

from pipeline.model import (
    Effect,
    EffectKind,
    RecordRef,
    Suggestion,
)
from pipeline.model.review import ReviewItem, ReviewState
from pipeline.ports import Ledger
from tests.contracts.ledger.builders import last_values, settled, update
from tests.fakes.clock import FakeClock


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


def test_an_undo_that_was_undone_leaves_the_value_ours(ledger: Ledger):
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
    for kept in (item, other, replace(item, state=ReviewState.REJECTED, row="17")):
        ledger.effects.save_review_item(kept, "run-1")

    assert ledger.effects.review_items("receipts", ("Receipts", "1")) == [
        replace(item, state=ReviewState.REJECTED, row="17")
    ]
    assert {kept.record.pk for kept in ledger.effects.review_items("receipts")} == {"1", "2"}
    assert ledger.effects.review_items("other") == []


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
