import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import column, insert, table

from pipeline.adapters import sql_ledger
from pipeline.adapters.sql_ledger import SqlLedger
from pipeline.adapters.sql_ledger.database import open_engine, writing
from pipeline.adapters.sql_ledger.rows import dump_outcome, file_row
from pipeline.adapters.sql_ledger.tables import files
from pipeline.model import EffectState, Outcome, Status
from pipeline.ports import Ledger
from pipeline.ports.metrics import Counted, Figures
from tests.contracts.test_ledger import a_ref, done, settled, update
from tests.fakes.clock import FakeClock


def test_an_empty_ledger_adds_up_to_nothing(ledger: Ledger):
    """Figures of a new ledger are there and nought."""
    assert ledger.figures() == Figures(sources=[])


def test_files_are_counted_by_source_and_what_became_of_them(ledger: Ledger):
    """Each location_key's latest version counts, with its pages; what has no outcome counts by its stage."""
    first, second, waits = a_ref("1"), a_ref("2"), a_ref("3")
    other = replace(a_ref("4"), source="other")
    ledger.seen([first, second, waits, other], "r")
    ledger.finish(done(first, pages=3), "r")
    ledger.finish(done(second, pages=4, planned_only=True), "r")
    ledger.finish(Outcome(other, Status.FAILED, "no network"), "r")

    found = {one.source: (dict(one.documents), one.pages) for one in ledger.figures().sources}

    assert found == {
        "receipts": ({"done": 1, "planned": 1, "seen": 1}, 7),
        "other": ({"failed": 1}, 0),
    }
    assert {name: dict(counts) for name, counts in ledger.counts().items()} == {
        s: c for s, (c, _) in found.items()
    }


def test_the_oldest_work_is_as_old_as_its_first_listing(ledger: Ledger, clock: FakeClock):
    """A file that fails over and over waits since it was first listed; a finished one does not wait."""
    ledger.seen([a_ref("1")], "r")
    ledger.finish(done(a_ref("1")), "r")
    clock.advance(60)
    began = clock.now()
    ledger.seen([a_ref("2")], "r")
    clock.advance(60)
    ledger.seen([a_ref("2"), a_ref("3")], "r")
    ledger.finish(Outcome(a_ref("2"), Status.FAILED), "r")

    (figures,) = ledger.figures().sources

    assert (figures.waiting, figures.oldest_at) == (2, began)


def test_what_a_later_version_replaced_waits_no_more(ledger: Ledger):
    """Only what a listing showed last in its location_key is work, and counts."""
    ledger.seen([a_ref("1", name="old.pdf")], "r")
    ledger.seen([a_ref("1", name="new.pdf")], "r")

    (figures,) = ledger.figures().sources

    assert (figures.documents, figures.waiting) == ({"seen": 1}, 1)


def test_quarantine_is_counted(ledger: Ledger):
    """A file that was started thrice to no outcome counts once it was set aside."""
    ledger.seen([a_ref("1"), a_ref("2")], "r")
    for _ in range(3):
        ledger.started(a_ref("1").version, fingerprint="f")
    before = ledger.figures().sources[0].quarantined
    ledger.finish(Outcome(a_ref("1"), Status.REJECTED, "thrice", quarantined=True), "r")

    assert (before, ledger.figures().sources[0].quarantined) == (0, 1)


def test_workers_leases_and_open_effects_are_counted(ledger: Ledger):
    """Those at work, what they hold, and what is not known to stand."""
    ledger.join("one", ttl_s=60)
    ledger.join("two", ttl_s=3600)
    ledger.claim("two", [["a"], ["b", "c"]])
    ledger.intend(update("1", A="1"), "two")
    settled(ledger, update("2", A="1"), EffectState.VERIFIED)

    figures = ledger.figures()
    assert (figures.workers, figures.leases, figures.open_effects) == (2, 3, 1)


def test_bytes_are_added_up_by_account_over_all_months(ledger: Ledger, clock: FakeClock):
    """What was moved is a total that never falls."""
    ledger.spend("a", "new", calls=1, size_bytes=10)
    clock.advance(timedelta(days=40).total_seconds())
    ledger.spend("a", "backfill", calls=1, size_bytes=5)
    ledger.spend("b", "new", calls=1, size_bytes=7)

    assert dict(ledger.figures().size_bytes) == {"a": 15, "b": 7}


def test_tallies_of_all_processes_are_added_up(ledger: Ledger):
    """Times and amounts are added to what is there, by many threads at once."""
    barrier = threading.Barrier(4)

    def add(number: int) -> None:
        barrier.wait()
        for _ in range(5):
            ledger.tally(
                {("stage", "read 01"): Counted(1, 0.5), ("calls", f"GET /{number}"): Counted(2)}
            )

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(4)))

    expected = {("calls", f"GET /{n}"): Counted(10) for n in range(4)} | {
        ("stage", "read 01"): Counted(20, 10.0)
    }
    assert dict(ledger.figures().tallies) == expected


def test_a_ledger_from_before_is_brought_up_to_its_figures(empty_url: str, clock: FakeClock):
    """Pages and the time a file waits since are taken from what an older ledger has."""
    engine, url = open_engine(empty_url)
    older = Config()
    older.set_main_option("script_location", str(Path(sql_ledger.__file__).parent / "migrations"))
    row = {
        **file_row(a_ref("1")),
        "original_name": "a",
        "attempts": 1,
        "run_id": "r",
        "is_newest": True,
    }
    row |= {
        "stage": "finished",
        "status": "done",
        "outcome": dump_outcome(done(a_ref("1"), pages=3)),
    }
    waits = {**row, **file_row(a_ref("2")), "stage": "seen", "status": None, "outcome": None}
    before = table("files", *(column(name, files.c[name].type) for name in (*row, "updated_at")))
    with writing(engine) as connection:
        older.attributes["connection"] = connection
        command.upgrade(older, "r0004")
        connection.execute(
            insert(before), [one | {"updated_at": clock.now()} for one in (row, waits)]
        )
    engine.dispose()
    began = clock.now()
    clock.advance(60)

    with SqlLedger(url.render_as_string(hide_password=False), clock=clock) as ledger:
        (figures,) = ledger.figures().sources

    assert (figures.pages, figures.waiting, figures.oldest_at) == (3, 1, began)
