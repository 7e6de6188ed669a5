import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from pipeline.adapters.sql_ledger import SqlLedger
from pipeline.ports import Ledger
from tests.fakes.clock import FakeClock
from tests.support.forked import CONTEXT


def test_the_key_stays_the_same(ledger: Ledger):
    """Whoever asks gets one key, of the length that the seal's digest has."""
    keys = {ledger.effects.plan_key() for _ in range(3)}

    (key,) = keys
    assert len(key) == 32


def test_two_ledgers_have_two_keys(empty_url: str, clock: FakeClock):
    """A key belongs to one ledger: it is drawn, not made of anything that another one has, too; it outlives the process."""
    with SqlLedger(empty_url, clock=clock) as ledger:
        key = ledger.effects.plan_key()

    with SqlLedger(empty_url, clock=clock) as ledger:
        again = ledger.effects.plan_key()
        with ledger._session.writing("forget") as connection:
            connection.exec_driver_sql("DELETE FROM secret_keys")
        other = ledger.effects.plan_key()

    assert key == again
    assert key != other


def test_threads_that_ask_first_agree(empty_url: str, clock: FakeClock):
    """Threads that find no key at the same moment all get the one that is kept."""
    start = threading.Barrier(8)

    def ask(ledger: SqlLedger) -> bytes:
        start.wait()
        return ledger.effects.plan_key()

    with SqlLedger(empty_url, clock=clock) as ledger, ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(ask, [ledger] * 8))
        kept = ledger.effects.plan_key()

    assert keys == {kept}


def _key(url: str, _number: int) -> bytes:
    with SqlLedger(url, clock=FakeClock()) as ledger:
        return ledger.effects.plan_key()


def test_processes_that_ask_first_agree(empty_url: str, clock: FakeClock):
    """Processes that open a new ledger at once seal with one key."""
    with ProcessPoolExecutor(3, mp_context=CONTEXT) as pool:
        keys = set(pool.map(_key, [empty_url] * 6, range(6)))

    with SqlLedger(empty_url, clock=clock) as ledger:
        assert keys == {ledger.effects.plan_key()}
