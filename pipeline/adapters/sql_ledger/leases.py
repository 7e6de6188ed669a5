"""Leases: which worker has which record or file, so that no two have the same."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import chain, compress
from os import getpid

from sqlalchemy import Connection, bindparam, delete, or_, select, update

from pipeline.adapters.sql_ledger.process_identity import is_gone, process_space
from pipeline.adapters.sql_ledger.readings import end_readings
from pipeline.adapters.sql_ledger.session import Session, SqlPart, change_in, chunks
from pipeline.adapters.sql_ledger.tables import leases, workers
from pipeline.errors import LeaseLost

# A worker that is marked lost must be refused for as long as it may still be running somewhere. A
# week covers a machine that was suspended over the weekend.
_KEEP_LOST = timedelta(days=7)
_OWN_ROW = (
    select(workers.c.lost).where(workers.c.id == bindparam("of_worker")).with_for_update(read=True)
)


class SqlLeases(SqlPart):
    """Give each record or file to one worker at a time."""

    def join(self, worker: str, *, ttl_s: float) -> None:
        """Register a worker; unless it renews within so many seconds, its leases expire."""
        with self._session.writing(f"let {worker} join") as connection:
            now = self._session.shared_time(connection)
            old = workers.c.lost & (workers.c.expires_at < now - _KEEP_LOST)
            connection.execute(delete(workers).where(old))

            row = {
                "id": worker,
                "host": process_space(),
                "pid": getpid(),
                "joined_at": now,
                "expires_at": now + timedelta(seconds=ttl_s),
                "lost": False,
            }
            self._session.keep(connection, workers, row, key="id")

    def renew(self, worker: str, *, ttl_s: float) -> None:
        """Extend a worker's leases; LeaseLost when they expired and another worker noticed."""
        with self._session.writing(f"renew the leases of {worker}") as connection:
            require_worker(connection, worker)
            expires_at = self._session.shared_time(connection) + timedelta(seconds=ttl_s)
            own = update(workers).where(workers.c.id == worker)
            connection.execute(own.values(expires_at=expires_at))

    def leave(self, worker: str) -> None:
        """Remove a worker and release all its leases; its readings are excused.

        The row of a worker that is marked lost is kept, so that what it still tries is refused.
        """
        with self._session.writing(f"let {worker} leave") as connection:
            end_readings(connection, worker)
            connection.execute(delete(leases).where(leases.c.worker == worker))
            connection.execute(
                delete(workers).where(workers.c.id == worker, workers.c.lost.is_(False))
            )

    def live_workers(self, *, asking: str = "") -> set[str]:
        """Return the workers that are neither lost nor expired nor known to have ended."""
        live = select(workers.c.id).where(workers.c.lost.is_(False))
        with self._session.writing("look for dead workers") as connection:
            mark_expired(self._session, connection, asking)
            return set(connection.execute(live).scalars())

    def claim(
        self, worker: str, wanted: Sequence[Sequence[str]], *, release: Iterable[str] = ()
    ) -> Sequence[bool]:
        """Release some keys, then acquire groups of keys, each whole or not at all.

        Returns which groups were acquired. The keys of a dead worker are taken from it, and it is
        marked lost. Raises LeaseLost as `renew` does.
        """
        with self._session.writing(f"claim files for {worker}") as connection:
            require_worker(connection, worker)
            # Sorted here and below: two workers that lock rows in the same order cannot wait for
            # each other.
            own = delete(leases).where(leases.c.worker == worker)
            change_in(connection, own, leases.c.key, sorted(release))

            mark_expired(self._session, connection, worker)
            keys = sorted({key for group in wanted for key in group})
            free = self._lock_free(connection, worker, keys)

            acquired = [free.issuperset(group) for group in wanted]
            taken = set(chain.from_iterable(compress(wanted, acquired)))
            mine = update(leases).values(worker=worker)
            change_in(connection, mine, leases.c.key, sorted(taken))
            unused = delete(leases).where(leases.c.worker.is_(None))
            change_in(connection, unused, leases.c.key, sorted(free - taken))
            return acquired

    def _lock_free(self, connection: Connection, worker: str, keys: Sequence[str]) -> set[str]:
        """Lock and return the keys that are free, this worker's or a lost worker's.

        Keys that another transaction is acquiring at this moment are skipped: PostgreSQL would wait
        for it, and then find them taken.
        """
        lost = select(workers.c.id).where(workers.c.lost)
        free: set[str] = set()
        for chunk in chunks(keys):
            rows = [{"key": key, "worker": None} for key in chunk]
            connection.execute(self._session.insert(leases).on_conflict_do_nothing(), rows)

            available = or_(
                leases.c.worker.is_(None), leases.c.worker == worker, leases.c.worker.in_(lost)
            )
            wanted = select(leases.c.key).where(leases.c.key.in_(chunk), available)
            locked = wanted.with_for_update(skip_locked=True, of=leases)
            free.update(connection.execute(locked).scalars())
        return free


def mark_expired(session: Session, connection: Connection, asking: str) -> None:
    """Mark the workers lost that have expired or are known to have ended.

    The worker that asks is alive, even if it is late.
    """
    known = connection.execute(select(workers.c.id).where(workers.c.lost.is_(False))).scalars()
    dead = set(known) - living(session, connection) - {asking}
    if dead:
        these = update(workers).where(workers.c.id.in_(sorted(dead)))
        connection.execute(these.values(lost=True))


def living(session: Session, connection: Connection) -> set[str]:
    """Return the workers that are neither lost nor expired nor known to have ended."""
    now = session.shared_time(connection)
    rows = connection.execute(select(workers).where(workers.c.lost.is_(False))).mappings()
    return {
        row["id"]
        for row in rows
        if row["expires_at"] > now and not is_gone(row["host"], row["pid"])
    }


def require_worker(connection: Connection, worker: str) -> None:
    """Refuse a worker that is lost.

    The row is locked for share: no other worker can mark this one lost before this transaction
    ends.

    Raises:
        LeaseLost: It never joined, or it is marked lost.
    """
    row = connection.execute(_OWN_ROW, {"of_worker": worker}).first()
    if row is None or row.lost:
        raise _lost(worker)


def refuse_lost(connection: Connection, run_id: str) -> None:
    """Refuse a run that was a worker and is lost; runs that never joined are not concerned."""
    row = connection.execute(_OWN_ROW, {"of_worker": run_id}).first()
    if row is not None and row.lost:
        raise _lost(run_id)


def _lost(worker: str) -> LeaseLost:
    return LeaseLost(
        f"The leases of run {worker} expired, as after a long sleep of its machine, and "
        "another worker has its files. It has stopped before changing anything more; "
        "run again."
    )
