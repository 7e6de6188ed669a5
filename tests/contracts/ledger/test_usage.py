"""What several workers share: leases, the month's calls, one rate, cursors."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.ports import Ledger
from tests.fakes.clock import FakeClock

ROOT = Path(__file__).parents[2]


def test_calls_and_bytes_are_added_up_over_all_workers(ledger: Ledger):
    """The month's usage is one sum for the account, split by priority."""
    ledger.usage.spend("acme", "new", calls=50, size_bytes=1_000)
    ledger.usage.spend("other", "new", calls=7, size_bytes=1)

    used = ledger.usage.spend("acme", "reprocess", calls=-2, size_bytes=500)

    assert (used.calls, used.size_bytes, used.by_priority) == (
        48,
        1_500,
        {"new": 50, "reprocess": -2},
    )
    assert ledger.usage.this_month("acme") == used


def test_usage_starts_again_with_the_month(ledger: Ledger, clock: FakeClock):
    """Usage is counted by calendar month, UTC."""
    clock.set(datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC))
    ledger.usage.spend("acme", "new", calls=100, size_bytes=0)
    clock.set(datetime(2026, 3, 1, tzinfo=UTC))

    assert ledger.usage.spend("acme", "new", calls=7, size_bytes=0).calls == 7


def test_today_is_a_part_of_the_month(ledger: Ledger, clock: FakeClock):
    """Usage of the day is what was used since midnight, UTC; the month has all its days."""
    for day, calls in ((1, 3), (9, 20), (10, 5)):
        clock.set(datetime(2026, 3, day, 12, tzinfo=UTC))
        ledger.usage.spend("acme", "new", calls=calls, size_bytes=calls)

    today, month = ledger.usage.today("acme"), ledger.usage.this_month("acme")

    assert (today.calls, today.size_bytes, today.by_priority) == (5, 5, {"new": 5})
    assert (month.calls, month.size_bytes, month.by_priority) == (28, 28, {"new": 28})


def test_many_threads_count_exactly(ledger: Ledger):
    """No call is lost between workers that count at once."""
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(lambda _: ledger.usage.spend("acme", "new", calls=5, size_bytes=1), range(40))
        )

    assert ledger.usage.this_month("acme").calls == 200


def test_bookings_queue_up(ledger: Ledger):
    """Calls of all workers are due one after the other."""
    first = ledger.usage.reserve_permits("acme", 10, per_second=0.1)
    second = ledger.usage.reserve_permits("acme", 10, per_second=0.1)

    assert first == 0
    assert second == pytest.approx(100, abs=5)
    assert ledger.usage.reserve_permits("other", 1, per_second=0.1) == 0


def test_a_refusal_holds_all_workers(ledger: Ledger):
    """What Caspio asks one worker to wait, all of them wait."""
    ledger.usage.reserve_permits("acme", 1, per_second=100)

    ledger.usage.delay_permits("acme", 60)

    assert ledger.usage.reserve_permits("acme", 1, per_second=100) == pytest.approx(60, abs=5)


def test_a_clock_that_went_back_does_not_stall_the_account(ledger: Ledger, clock: FakeClock):
    """Calls that seem due in an hour, because the clock was set back, are due now."""
    clock.advance(3600)
    ledger.usage.reserve_permits("acme", 1, per_second=1)
    clock.advance(-3600)

    assert ledger.usage.reserve_permits("acme", 1, per_second=1) <= 1
