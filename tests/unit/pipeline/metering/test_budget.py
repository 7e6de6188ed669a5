from datetime import UTC, datetime

import pytest

from pipeline.errors import BudgetExhausted
from pipeline.metering.budget import (
    Allowance,
    Priority,
    Spending,
    calls_to_fetch,
    calls_to_list,
    calls_to_write,
)
from pipeline.metering.prices import shared_by_moves
from pipeline.model import FileRef, Place, Plan, RecordRef, RecordWork
from pipeline.steps.write_back import Cost, cost_of
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import MemoryLedger

ALLOWANCE = Allowance(
    1_000,
    0.1,
    {Priority.NEW: 0.1, Priority.BACKFILL: 0.3, Priority.REPROCESS: 0.5, Priority.LEARN: 0.6},
)


def spending(
    ledger: MemoryLedger, priority: Priority = Priority.NEW, *, block: int = 10
) -> Spending:
    """Return what one worker spends through."""
    made = Spending(ledger, "acme", ALLOWANCE, block=block)
    made.priority = priority
    return made


def test_lower_priorities_stop_earlier():
    """A webhook may use what new files leave, these what a backfill leaves, that what reprocessing leaves."""
    assert [ALLOWANCE.limit(priority) for priority in Priority] == [900, 800, 600, 400, 300]
    assert ALLOWANCE.left(Priority.REPROCESS, 390) == 10
    assert ALLOWANCE.left(Priority.REPROCESS, 700) == 0


def test_a_share_is_not_cut_by_a_call():
    """1 - 0.05 - 0.05 is 0.8999… in binary; it is 90 percent of the calls all the same."""
    allowance = Allowance(500_000, 0.05, {Priority.NEW: 0.05})

    assert allowance.left(Priority.NEW, 0) == 450_000


def test_without_a_budget_nothing_stops():
    """No monthly number is no limit."""
    free = Spending(MemoryLedger(), "acme", Allowance())
    free.call()
    free.require()

    assert Allowance().left(Priority.NEW, 10**9) is None


def test_calls_are_counted_exactly_in_the_end():
    """What was booked ahead and not used is returned."""
    ledger = MemoryLedger()
    worker = spending(ledger)
    for _ in range(23):
        worker.call()
    worker.moved(500)
    ahead = ledger.usage.this_month("acme").calls

    worker.close()

    assert (
        ahead,
        ledger.usage.this_month("acme").calls,
        ledger.usage.this_month("acme").size_bytes,
    ) == (30, 23, 500)


def test_what_a_priority_left_is_returned_to_it():
    """A worker that changes to other work counts each call where it was made; no priority has less than none."""
    ledger = MemoryLedger()
    worker = spending(ledger, Priority.NEW)
    for _ in range(3):
        worker.call()
    worker.priority = Priority.BACKFILL
    worker.call()

    worker.close()

    assert ledger.usage.this_month("acme").by_priority == {"new": 3, "backfill": 1}


def test_the_ledger_is_written_once_a_block():
    """Counting costs one entry for a block of calls, not one for each."""
    ledger = MemoryLedger()
    worker = spending(ledger, block=50)
    booked = []
    for _ in range(100):
        worker.call()
        booked.append(ledger.usage.this_month("acme").calls)

    assert sorted(set(booked)) == [50, 100]


def test_all_workers_spend_one_budget():
    """What one worker has used is not there for another; the priority says when it stops, and what to do."""
    ledger = MemoryLedger()
    one, other = spending(ledger), spending(ledger, Priority.BACKFILL)
    for _ in range(600):
        one.call()
    other.call()

    one.require()
    with pytest.raises(BudgetExhausted, match=r"backfill work stops at 600.*caspio\.priorities"):
        other.require()


def test_the_next_month_goes_on():
    """A budget that was used up is whole again in the next month."""
    clock = FakeClock(datetime(2026, 3, 31, 23, tzinfo=UTC))
    ledger = MemoryLedger(clock)
    ledger.usage.spend("acme", "new", calls=1_000, size_bytes=0)
    with pytest.raises(BudgetExhausted):
        spending(ledger).require()

    clock.set(datetime(2026, 4, 1, tzinfo=UTC))

    spending(ledger).require()


def test_a_forecast_adds_up():
    """Listing, fetching and writing have each their price; reprocessing has none for fetching."""
    assert calls_to_list(2_500, attachment_fields=2) == 9
    assert calls_to_fetch(7) == 7
    assert calls_to_write(updated=10, renamed=4) == 15
    assert calls_to_write(inserted=1) == 2
    assert calls_to_write(moved=1, tables_with_files=2) == 13


@pytest.mark.parametrize("moved", [1, 2, 12, 13])
def test_an_estimate_has_the_prices_of_a_plan(moved: int):
    """What `calls_to_write` says of moved files is what a plan of these files says."""
    record = RecordRef("Papers", "1")
    total = Cost()
    paths = []
    for number in range(moved):
        path = f"/In/{number}.pdf"
        ref = FileRef("s", Place.FILE, "Papers", "File", record, path, 1, "", path)
        work = RecordWork("s", record, {}, (ref,))
        plan = Plan(work, before={"T": None}, after={"T": 1.0}, new_names={ref.version: "n.pdf"})
        total += cost_of(plan, {}, review_calls=0)
        paths.append(path)
    shared = shared_by_moves(paths, referrer_calls=lambda _: 3)

    assert calls_to_write(updated=moved, moved=moved, tables_with_files=3) == total.calls + shared
