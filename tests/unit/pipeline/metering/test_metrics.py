import pytest

from pipeline.metering.metrics import FLUSH_S, MetricsRecorder, bucket_label
from pipeline.ports.metrics import CounterValue
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import MemoryLedger


@pytest.fixture
def clock() -> FakeClock:
    """A clock that does not advance until it is set."""
    return FakeClock()


@pytest.fixture
def ledger(clock: FakeClock) -> MemoryLedger:
    """A ledger in memory."""
    return MemoryLedger(clock)


def test_what_is_counted_reaches_the_ledger_every_ten_seconds(
    ledger: MemoryLedger, clock: FakeClock
):
    """One entry for all that was counted meanwhile, not one each."""
    book = MetricsRecorder(ledger, clock=clock)
    book.count("documents", "receipts done")
    before = dict(ledger.usage.metrics().counters)
    clock.advance(FLUSH_S)
    book.count("documents", "receipts done", 2)

    assert before == {}
    assert dict(ledger.usage.metrics().counters) == {
        ("documents", "receipts done"): CounterValue(3)
    }


def test_a_stage_is_counted_in_the_bucket_of_its_seconds(ledger: MemoryLedger, clock: FakeClock):
    """Seconds are added up, and counted where they belong; a bound belongs to the bucket below it."""
    book = MetricsRecorder(ledger, clock=clock)
    for seconds in (0.005, 0.2, 1000.0):
        with book.stage("read"):
            clock.advance(seconds)
    book.close()

    assert {
        label: counted.number for (_, label), counted in ledger.usage.metrics().counters.items()
    } == {
        "read 00": 1,
        "read 05": 1,
        "read 15": 1,
    }
    assert bucket_label("read", 0.0051) == "read 01"


def test_threads_that_wait_at_the_same_time_count_once(ledger: MemoryLedger, clock: FakeClock):
    """The seconds of a stage are those in which any thread was in it, also while one still is."""
    book = MetricsRecorder(ledger, clock=clock)
    with book.stage("fetch"):
        clock.advance(1.0)
        with book.stage("fetch"):
            clock.advance(2.0)
    clock.advance(10.0)
    with book.stage("fetch"):
        clock.advance(4.0)
        meanwhile = book.seconds()

    assert meanwhile == {"fetch": 7.0}
    assert book.seconds() == {"fetch": 7.0}


def test_a_stage_that_fails_is_timed_and_its_error_goes_on(ledger: MemoryLedger, clock: FakeClock):
    """Telemetry swallows nothing."""
    book = MetricsRecorder(ledger, clock=clock)

    with pytest.raises(ValueError, match="broken"), book.stage("read"):
        raise ValueError("broken")

    book.close()
    assert [label for _, label in ledger.usage.metrics().counters] == ["read 00"]


def test_calls_are_reported_as_they_grow(ledger: MemoryLedger, clock: FakeClock):
    """Calls since the last time are added, not the whole number again."""
    calls = {"GET /a": 3}
    book = MetricsRecorder(ledger, clock=clock, calls=lambda: calls)
    book.flush()
    calls["GET /a"] = 5
    book.close()
    book.close()

    assert dict(ledger.usage.metrics().counters) == {("calls", "GET /a"): CounterValue(5)}


def test_a_ledger_that_does_not_answer_stops_nothing(ledger: MemoryLedger, clock: FakeClock):
    """What could not be entered is entered the next time."""
    book = MetricsRecorder(ledger, clock=clock, calls=lambda: {"GET /a": 1})
    book.count("pages", "receipts", 4)
    ledger.down = "The disk is full."
    book.flush()
    ledger.down = ""
    book.close()

    assert dict(ledger.usage.metrics().counters) == {
        ("calls", "GET /a"): CounterValue(1),
        ("pages", "receipts"): CounterValue(4),
    }
