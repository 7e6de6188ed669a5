"""What several workers share: leases, the month's calls, one rate, cursors."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline.adapters.sql_ledger import SqlLedger
from pipeline.errors import LeaseLost
from pipeline.model import Effect, EffectKind
from pipeline.ports import Ledger
from tests.fakes.clock import FakeClock

EFFECT = Effect(EffectKind.UPDATE_COLUMNS, "v", "T", "1", before={}, after={"A": "1"})
ROOT = Path(__file__).parents[2]


@pytest.fixture
def shared(ledger: Ledger) -> Ledger:
    """A ledger with two workers that live long."""
    for worker in ("ann", "bob"):
        ledger.join(worker, ttl_s=600)
    return ledger


def test_no_two_workers_hold_one_record(shared: Ledger):
    """What one worker has, another one does not get."""
    assert shared.claim("ann", [["a"], ["b"]]) == [True, True]

    assert shared.claim("bob", [["b"], ["c"]]) == [False, True]


def test_a_group_is_had_whole_or_not_at_all(shared: Ledger):
    """Of a record and its file both are had, or neither is kept from others."""
    shared.claim("ann", [["file"]])

    assert shared.claim("bob", [["record", "file"]]) == [False]
    assert shared.claim("ann", [["record"]]) == [True]


def test_a_worker_may_claim_again_what_it_has(shared: Ledger):
    """A lease is no obstacle to its own holder."""
    shared.claim("ann", [["a"]])

    assert shared.claim("ann", [["a"]]) == [True]


def test_what_is_given_back_is_free(shared: Ledger):
    """A released key goes to whoever asks next; others' keys cannot be released."""
    shared.claim("ann", [["a"], ["b"]])
    shared.claim("bob", [], release=["b"])
    shared.claim("ann", [], release=["a"])

    assert shared.claim("bob", [["a"], ["b"]]) == [True, False]


def test_leaving_frees_everything(shared: Ledger):
    """A run that ends holds nothing and is no worker any more."""
    shared.claim("ann", [["a"]])

    shared.leave("ann")

    assert shared.living() == {"bob"}
    assert shared.claim("bob", [["a"]]) == [True]


def test_an_expired_workers_files_return(ledger: Ledger):
    """A worker that does not renew loses what it holds to whoever asks."""
    ledger.join("slow", ttl_s=0)
    ledger.claim("slow", [["a"]])
    ledger.join("bob", ttl_s=600)

    assert ledger.claim("bob", [["a"]]) == [True]
    assert ledger.living() == {"bob"}


def test_a_worker_taken_for_dead_may_write_nothing(ledger: Ledger):
    """The fence: after another one took over, intents, renewals and claims are refused, also a while later."""
    ledger.join("slow", ttl_s=0)
    ledger.join("bob", ttl_s=600)
    ledger.claim("bob", [["a"]])

    for attempt in (
        lambda: ledger.intend(EFFECT, "slow"),
        lambda: ledger.renew("slow", ttl_s=600),
        lambda: ledger.claim("slow", [["b"]]),
    ):
        with pytest.raises(LeaseLost, match="run again"):
            attempt()
    assert ledger.effects() == []


def test_a_worker_nobody_took_over_goes_on(ledger: Ledger):
    """A clock that jumps harms nobody: an expired worker whose files nobody wanted claims, renews and writes."""
    ledger.join("slow", ttl_s=0)

    assert ledger.claim("slow", [["a"]]) == [True]
    assert ledger.living(asking="slow") == {"slow"}
    ledger.renew("slow", ttl_s=600)

    assert ledger.intend(EFFECT, "slow").id
    assert ledger.living() == {"slow"}


def test_a_run_that_is_no_worker_is_not_fenced(ledger: Ledger):
    """What runs alone needs no lease."""
    assert ledger.intend(EFFECT, "alone").id


def test_many_workers_share_without_doubling(ledger: Ledger):
    """Of many that claim the same records at once, each record is had by one."""
    workers = [f"w{number}" for number in range(6)]
    for worker in workers:
        ledger.join(worker, ttl_s=600)
    keys = [[f"r{number}", f"f{number % 7}"] for number in range(40)]
    barrier = threading.Barrier(len(workers))

    def grab(worker: str) -> list[str]:
        barrier.wait()
        order = keys if worker > "w2" else keys[::-1]
        had = ledger.claim(worker, order)
        return [group[1] for group, ok in zip(order, had, strict=True) if ok]

    with ThreadPoolExecutor(len(workers)) as pool:
        taken = list(pool.map(grab, workers))

    holders = [set(files) for files in taken]
    assert sum(len(files) for files in holders) == len(set().union(*holders))


def test_a_killed_processs_files_return_at_once(tmp_path: Path):
    """Nobody waits for a lease of a process of the same machine that is gone."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    program = (
        "import sys; from pipeline.adapters.sql_ledger import SqlLedger; from tests.fakes.clock import FakeClock\n"
        f"ledger = SqlLedger({url!r}, clock=FakeClock()); ledger.join('killed', ttl_s=9999)\n"
        "ledger.claim('killed', [['a']]); print('held', flush=True); sys.stdin.read()"
    )
    held = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with held, SqlLedger(url, clock=FakeClock()) as ledger:
        assert held.stdout is not None
        assert held.stdout.readline() == "held\n"
        ledger.join("bob", ttl_s=600)
        while_it_lives = ledger.claim("bob", [["a"]])
        os.kill(held.pid, signal.SIGKILL)
        held.wait()

        assert (while_it_lives, ledger.claim("bob", [["a"]])) == ([False], [True])


# Usage


def test_calls_and_bytes_are_added_up_over_all_workers(ledger: Ledger):
    """The month's usage is one sum for the account, split by priority."""
    ledger.spend("acme", "new", calls=50, size_bytes=1_000)
    ledger.spend("other", "new", calls=7, size_bytes=1)

    used = ledger.spend("acme", "reprocess", calls=-2, size_bytes=500)

    assert (used.calls, used.size_bytes, used.by_priority) == (
        48,
        1_500,
        {"new": 50, "reprocess": -2},
    )
    assert ledger.usage("acme") == used


def test_usage_begins_anew_with_the_month(ledger: Ledger, clock: FakeClock):
    """Usage is counted by calendar month, UTC."""
    clock.set(datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC))
    ledger.spend("acme", "new", calls=100, size_bytes=0)
    clock.set(datetime(2026, 3, 1, tzinfo=UTC))

    assert ledger.spend("acme", "new", calls=7, size_bytes=0).calls == 7


def test_many_threads_count_exactly(ledger: Ledger):
    """No call is lost between workers that count at once."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: ledger.spend("acme", "new", calls=5, size_bytes=1), range(40)))

    assert ledger.usage("acme").calls == 200


# Rate


def test_bookings_queue_up(ledger: Ledger):
    """Calls of all workers are due one after the other."""
    first = ledger.book_permits("acme", 10, per_second=0.1)
    second = ledger.book_permits("acme", 10, per_second=0.1)

    assert first == 0
    assert second == pytest.approx(100, abs=5)
    assert ledger.book_permits("other", 1, per_second=0.1) == 0


def test_a_refusal_holds_all_workers(ledger: Ledger):
    """What Caspio asks one worker to wait, all of them wait."""
    ledger.book_permits("acme", 1, per_second=100)

    ledger.hold_permits("acme", 60)

    assert ledger.book_permits("acme", 1, per_second=100) == pytest.approx(60, abs=5)


def test_a_clock_that_went_back_does_not_stall_the_account(ledger: Ledger, clock: FakeClock):
    """Calls that seem due in an hour, because the clock was set back, are due now."""
    clock.advance(3600)
    ledger.book_permits("acme", 1, per_second=1)
    clock.advance(-3600)

    assert ledger.book_permits("acme", 1, per_second=1) <= 1


# Cursors and repairs


def test_a_cursor_is_kept_and_forgotten(ledger: Ledger):
    """How far a walk has come survives, until it is done."""
    ledger.keep_cursor("verify", {"source": "a", "after": "12"})
    ledger.keep_cursor("verify", {"source": "b", "after": "3"})
    kept = ledger.cursor("verify")
    ledger.keep_cursor("verify", None)

    assert (kept, ledger.cursor("verify")) == ({"source": "b", "after": "3"}, None)


def test_repairs_are_remembered_by_run(ledger: Ledger, clock: FakeClock):
    """Each repair is there with its kind, subject and time."""
    ledger.repaired("original missing", "receipts 1 Scan", "fetched again", run_id="verify-1")
    ledger.repaired("derived missing", "receipts 2 Scan", "read again", run_id="verify-2")

    (repair,) = ledger.repairs("verify-1")
    assert (repair.kind, repair.subject, repair.done) == (
        "original missing",
        "receipts 1 Scan",
        "fetched again",
    )
    assert repair.at == clock.now()


# Ledgers of earlier versions


def test_a_ledger_of_the_first_version_keeps_its_calls(empty_url: str, clock: FakeClock):
    """The calls that runs had counted become the month's usage."""
    from alembic import command
    from alembic.config import Config

    engine = sa.create_engine(empty_url)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option(
            "script_location", str(ROOT / "pipeline/adapters/sql_ledger/migrations")
        )
        config.attributes["connection"] = connection
        command.upgrade(config, "r0001")
        statement = sa.text(
            "INSERT INTO runs (id, kind, started_at, finished_at, status, counts, calls, calls_total) "
            "VALUES ('r', 'ingest', :at, :at, 'done', '{}', '{}', 41)"
        )
        connection.execute(statement, {"at": clock.now().strftime("%Y-%m-%d %H:%M:%S.000000")})
    engine.dispose()

    with SqlLedger(empty_url, clock=clock) as ledger:
        assert ledger.usage("acme").calls == 41
