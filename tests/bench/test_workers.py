"""What eight workers of one PostgreSQL ledger do to each other: statements and waits for locks, printed."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event

from pipeline.adapters.sql_ledger import SqlLedger
from pipeline.adapters.system_clock import SystemClock
from pipeline.model import (
    Effect,
    EffectKind,
    EffectState,
    FileRef,
    Outcome,
    Place,
    RecordRef,
    Status,
)
from tests.servers.postgres import Postgres

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

WORKERS = 8
CLAIMED = 12
"""Records claimed at once: twice the threads of a machine with two cores."""
ROUNDS = 8
LOOK_S = 0.005

_WAITS = """SELECT wait_event FROM pg_stat_activity
WHERE datname = %s AND wait_event_type = 'Lock' AND state = 'active'"""
_ACTIVE = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND state = 'active'"


def test_what_eight_workers_wait_for(postgres: Postgres) -> None:
    """Every record is done by one worker. Prints how often a look at the database found one waiting for a lock."""
    name = postgres.create_database()
    SqlLedger(postgres.url(name), clock=SystemClock()).close()
    refs = [_ref(number) for number in range(WORKERS * CLAIMED * ROUNDS)]
    statements, waits, ended = Counter[str](), Counter[str](), threading.Event()
    looks = active = 0

    with ThreadPoolExecutor(WORKERS) as pool, postgres.connected() as connection:
        working = [
            pool.submit(_work, postgres.url(name), f"worker {number}", refs, statements)
            for number in range(WORKERS)
        ]
        while not all(future.done() for future in working):
            looks += 1
            active += connection.execute(_ACTIVE, [name]).fetchone()[0]
            waits.update(event for (event,) in connection.execute(_WAITS, [name]))
            ended.wait(LOOK_S)
        done = Counter(version for future in working for version in future.result())

    print(
        f"\n{WORKERS} workers, {len(refs)} records, {looks} looks with {active / looks:.1f} active connections: "
        f"waiting for a lock {sum(waits.values()) / looks:.2f} connections a look, {dict(waits)}"
    )
    for doing, number in statements.most_common():
        print(f"{number / len(refs):6.2f} statements a record: {doing}")
    assert set(done.values()) == {1}
    assert len(done) == len(refs)


def _work(url: str, worker: str, refs: list[FileRef], statements: Counter[str]) -> list[str]:
    """Claim records, and record for each what a document's run records; return the versions that were done."""
    done: list[str] = []
    with SqlLedger(url, clock=SystemClock()) as ledger:
        event.listen(
            ledger._session.engine,
            "before_cursor_execute",
            lambda _c, _cursor, text, *_: statements.update([" ".join(text.split()[:3])]),
        )
        ledger.leases.join(worker, ttl_s=600)
        for first in range(0, len(refs), CLAIMED):
            page = refs[first : first + CLAIMED]
            wanted = [[f"record {ref.version}"] for ref in page]
            claimed = ledger.leases.claim(worker, wanted)
            mine = [ref for ref, is_mine in zip(page, claimed, strict=True) if is_mine]
            finished = ledger.files.finished([ref.version for ref in mine])
            ledger.files.seen([ref for ref in mine if ref.version not in finished], worker)
            for ref in mine:
                if ref.version not in finished:
                    _record(ref, ledger, worker)
                    done.append(ref.version)
            ledger.leases.claim(worker, [], release=[f"record {ref.version}" for ref in mine])
    return done


def _record(ref: FileRef, ledger: SqlLedger, worker: str) -> None:
    files = ledger.files
    files.archived(ref.version, sha256="0" * 64, size_bytes=1, media_type="text/plain")
    files.planned(ref.version, fingerprint="f", rules="r")
    effect = Effect(
        EffectKind.UPDATE_COLUMNS, ref.version, "T", ref.holder, before={}, after={"A": "1"}
    )
    ledger.effects.settle(ledger.effects.intend(effect, worker), EffectState.VERIFIED)
    files.finish(Outcome(ref, Status.DONE), worker)


def _ref(number: int) -> FileRef:
    record = RecordRef("T", str(number))
    return FileRef("s", Place.ATTACHMENT, "T", "Scan", record, f"{number}.pdf", 1, "2026-01-01")
