import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from pipeline.model import EffectState, Outcome, Status
from pipeline.ports import Ledger
from pipeline.ports.metrics import CounterValue, LedgerMetrics
from tests.contracts.ledger.builders import a_ref, done, settled, update
from tests.fakes.clock import FakeClock


def test_an_empty_ledger_adds_up_to_nothing(ledger: Ledger):
    """Metrics of a new ledger are there and zero."""
    assert ledger.usage.metrics() == LedgerMetrics(sources=[])


def test_files_are_counted_by_source_and_what_became_of_them(ledger: Ledger):
    """Each location_key's latest version counts, with its pages.

    What has no outcome counts by its stage.
    """
    first, second, waits = a_ref("1"), a_ref("2"), a_ref("3")
    other = replace(a_ref("4"), source="other")
    ledger.files.seen([first, second, waits, other], "r")
    ledger.files.finish(done(first, pages=3), "r")
    ledger.files.finish(done(second, pages=4, planned_only=True), "r")
    ledger.files.finish(Outcome(other, Status.FAILED, "no network"), "r")

    found = {one.source: (dict(one.documents), one.pages) for one in ledger.usage.metrics().sources}

    assert found == {
        "receipts": ({"done": 1, "planned": 1, "seen": 1}, 7),
        "other": ({"failed": 1}, 0),
    }
    assert {name: dict(counts) for name, counts in ledger.files.counts().items()} == {
        s: c for s, (c, _) in found.items()
    }


def test_the_oldest_work_is_as_old_as_its_first_listing(ledger: Ledger, clock: FakeClock):
    """A file that fails over and over waits since it was first listed.

    A finished one does not wait.
    """
    ledger.files.seen([a_ref("1")], "r")
    ledger.files.finish(done(a_ref("1")), "r")
    clock.advance(60)
    began = clock.now()
    ledger.files.seen([a_ref("2")], "r")
    clock.advance(60)
    ledger.files.seen([a_ref("2"), a_ref("3")], "r")
    ledger.files.finish(Outcome(a_ref("2"), Status.FAILED), "r")

    (figures,) = ledger.usage.metrics().sources

    assert (figures.waiting, figures.oldest_at) == (2, began)


def test_what_a_later_version_replaced_waits_no_more(ledger: Ledger):
    """Only what a listing showed last in its location_key is work, and counts."""
    ledger.files.seen([a_ref("1", name="old.pdf")], "r")
    ledger.files.seen([a_ref("1", name="new.pdf")], "r")

    (figures,) = ledger.usage.metrics().sources

    assert (figures.documents, figures.waiting) == ({"seen": 1}, 1)


def test_quarantine_is_counted(ledger: Ledger):
    """A file that was quarantined counts until it has another outcome; other rejected ones do not."""
    ledger.files.seen([a_ref("1"), a_ref("2")], "r")
    ledger.files.finish(Outcome(a_ref("2"), Status.REJECTED, "damaged"), "r")
    found = [ledger.usage.metrics().sources[0].quarantined]
    ledger.files.finish(Outcome(a_ref("1"), Status.REJECTED, "thrice", quarantined=True), "r")
    found.append(ledger.usage.metrics().sources[0].quarantined)
    ledger.files.finish(done(a_ref("1")), "r")

    assert [*found, ledger.usage.metrics().sources[0].quarantined] == [0, 1, 0]


def test_what_a_dead_worker_had_is_not_counted(ledger: Ledger):
    """A worker whose leases expired is none, and has none, also before anybody has noticed."""
    ledger.leases.join("dead", ttl_s=60)
    ledger.leases.claim("dead", [["a"]])
    ledger.leases.join("dead", ttl_s=0)
    ledger.leases.join("alive", ttl_s=60)
    ledger.leases.claim("alive", [["b"]])

    figures = ledger.usage.metrics()

    assert (figures.workers, figures.leases) == (1, 1)


def test_workers_leases_and_open_effects_are_counted(ledger: Ledger):
    """Those at work, what they hold, and what is not known to stand."""
    ledger.leases.join("one", ttl_s=60)
    ledger.leases.join("two", ttl_s=3600)
    ledger.leases.claim("two", [["a"], ["b", "c"]])
    ledger.effects.intend(update("1", A="1"), "two")
    settled(ledger, update("2", A="1"), EffectState.VERIFIED)

    figures = ledger.usage.metrics()
    assert (figures.workers, figures.leases, figures.open_effects) == (2, 3, 1)


def test_bytes_are_added_up_by_account_over_all_months(ledger: Ledger, clock: FakeClock):
    """What was moved is a total that never falls."""
    ledger.usage.spend("a", "new", calls=1, size_bytes=10)
    clock.advance(timedelta(days=40).total_seconds())
    ledger.usage.spend("a", "backfill", calls=1, size_bytes=5)
    ledger.usage.spend("b", "new", calls=1, size_bytes=7)

    assert dict(ledger.usage.metrics().size_bytes) == {"a": 15, "b": 7}


def test_counters_of_all_processes_are_added_up(ledger: Ledger):
    """Times and amounts are added to what is there, by many threads at once."""
    barrier = threading.Barrier(4)

    def add(number: int) -> None:
        barrier.wait()
        for _ in range(5):
            ledger.usage.add_counters(
                {
                    ("stage", "read 01"): CounterValue(1, 0.5),
                    ("calls", f"GET /{number}"): CounterValue(2),
                }
            )

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(4)))

    expected = {("calls", f"GET /{n}"): CounterValue(10) for n in range(4)} | {
        ("stage", "read 01"): CounterValue(20, 10.0)
    }
    assert dict(ledger.usage.metrics().counters) == expected
