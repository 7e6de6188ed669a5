"""What several workers share: leases, the month's calls, one rate, cursors."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

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
        ledger.leases.join(worker, ttl_s=600)
    return ledger


def test_no_two_workers_hold_one_record(shared: Ledger):
    """What one worker has, another one does not get."""
    assert shared.leases.claim("ann", [["a"], ["b"]]) == [True, True]

    assert shared.leases.claim("bob", [["b"], ["c"]]) == [False, True]


def test_a_group_is_had_whole_or_not_at_all(shared: Ledger):
    """Of a record and its file both are had, or neither is kept from others."""
    shared.leases.claim("ann", [["file"]])

    assert shared.leases.claim("bob", [["record", "file"]]) == [False]
    assert shared.leases.claim("ann", [["record"]]) == [True]


def test_a_worker_may_claim_again_what_it_has(shared: Ledger):
    """A lease is no obstacle to its own holder."""
    shared.leases.claim("ann", [["a"]])

    assert shared.leases.claim("ann", [["a"]]) == [True]


def test_what_is_released_is_free(shared: Ledger):
    """A released key goes to whoever asks next; others' keys cannot be released."""
    shared.leases.claim("ann", [["a"], ["b"]])
    shared.leases.claim("bob", [], release=["b"])
    shared.leases.claim("ann", [], release=["a"])

    assert shared.leases.claim("bob", [["a"], ["b"]]) == [True, False]


def test_leaving_frees_everything(shared: Ledger):
    """A run that ends holds nothing and is no worker any more."""
    shared.leases.claim("ann", [["a"]])

    shared.leases.leave("ann")

    assert shared.leases.live_workers() == {"bob"}
    assert shared.leases.claim("bob", [["a"]]) == [True]


def test_an_expired_workers_files_return(ledger: Ledger):
    """A worker that does not renew loses what it holds to whoever asks."""
    ledger.leases.join("slow", ttl_s=0)
    ledger.leases.claim("slow", [["a"]])
    ledger.leases.join("bob", ttl_s=600)

    assert ledger.leases.claim("bob", [["a"]]) == [True]
    assert ledger.leases.live_workers() == {"bob"}


def test_a_worker_treated_as_dead_may_write_nothing(ledger: Ledger):
    """After another one took over, intents, renewals and claims are refused, also a while later."""
    ledger.leases.join("slow", ttl_s=0)
    ledger.leases.join("bob", ttl_s=600)
    ledger.leases.claim("bob", [["a"]])

    for attempt in (
        lambda: ledger.effects.intend(EFFECT, "slow"),
        lambda: ledger.leases.renew("slow", ttl_s=600),
        lambda: ledger.leases.claim("slow", [["b"]]),
    ):
        with pytest.raises(LeaseLost, match="run again"):
            attempt()
    assert ledger.effects.find() == []


def test_a_worker_nobody_took_over_goes_on(ledger: Ledger):
    """A clock that jumps harms nobody.

    An expired worker whose files nobody wanted claims, renews and writes.
    """
    ledger.leases.join("slow", ttl_s=0)

    assert ledger.leases.claim("slow", [["a"]]) == [True]
    assert ledger.leases.live_workers(asking="slow") == {"slow"}
    ledger.leases.renew("slow", ttl_s=600)

    assert ledger.effects.intend(EFFECT, "slow").id
    assert ledger.leases.live_workers() == {"slow"}


def test_a_run_that_is_no_worker_is_not_fenced(ledger: Ledger):
    """What runs alone needs no lease."""
    assert ledger.effects.intend(EFFECT, "alone").id


def test_many_workers_share_without_doubling(ledger: Ledger):
    """Of many that claim the same records at once, each record is had by one."""
    workers = [f"w{number}" for number in range(6)]
    for worker in workers:
        ledger.leases.join(worker, ttl_s=600)
    keys = [[f"r{number}", f"f{number % 7}"] for number in range(40)]
    barrier = threading.Barrier(len(workers))

    def grab(worker: str) -> list[str]:
        barrier.wait()
        order = keys if worker > "w2" else keys[::-1]
        had = ledger.leases.claim(worker, order)
        return [group[1] for group, ok in zip(order, had, strict=True) if ok]

    with ThreadPoolExecutor(len(workers)) as pool:
        taken = list(pool.map(grab, workers))

    holders = [set(files) for files in taken]
    assert sum(len(files) for files in holders) == len(set().union(*holders))


def test_a_killed_processs_files_return_at_once(tmp_path: Path):
    """Nobody waits for a lease of a process of the same machine that is gone."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    program = (
        "import sys; from pipeline.adapters.sql_ledger import SqlLedger\n"
        "from tests.fakes.clock import FakeClock\n"
        f"ledger = SqlLedger({url!r}, clock=FakeClock())\n"
        "ledger.leases.join('killed', ttl_s=9999)\n"
        "ledger.leases.claim('killed', [['a']]); print('leased', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with other, SqlLedger(url, clock=FakeClock()) as ledger:
        assert other.stdout is not None
        assert other.stdout.readline() == "leased\n"
        ledger.leases.join("bob", ttl_s=600)
        while_it_lives = ledger.leases.claim("bob", [["a"]])
        os.kill(other.pid, signal.SIGKILL)
        other.wait()

        assert (while_it_lives, ledger.leases.claim("bob", [["a"]])) == ([False], [True])
