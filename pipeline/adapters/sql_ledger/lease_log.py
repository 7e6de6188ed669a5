"""Leases: which worker holds which record or file, so that no two hold one and a dead one's return."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from os import getpid

from sqlalchemy import Connection, delete, func, or_, select, update

from pipeline.adapters.sql_ledger.base import SqlPart, chunks
from pipeline.adapters.sql_ledger.here import is_gone, process_space
from pipeline.adapters.sql_ledger.tables import leases, workers
from pipeline.errors import LeaseLost

_FORGOTTEN_AFTER = timedelta(days=7)


class LeaseLog(SqlPart):
    """The part of the ledger that several workers share files by."""

    def join(self, worker: str, *, ttl_s: float) -> None:
        """Begin to be a worker; unless renewed, what it holds is free again after so many seconds."""
        with self._writing(f"let {worker} join") as connection:
            now = database_time(connection, self._clock.now())
            connection.execute(
                delete(workers).where(workers.c.lost, workers.c.expires_at < now - _FORGOTTEN_AFTER)
            )
            row = {
                "host": process_space(),
                "pid": getpid(),
                "joined_at": now,
                "expires_at": now + timedelta(seconds=ttl_s),
                "lost": False,
            }
            statement = self._insert()(workers).values(id=worker, **row)
            connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=row))

    def renew(self, worker: str, *, ttl_s: float) -> None:
        """Go on being a worker; LeaseLost when another one has taken over."""
        with self._writing(f"renew the leases of {worker}") as connection:
            require_worker(connection, worker)
            expires_at = database_time(connection, self._clock.now()) + timedelta(seconds=ttl_s)
            connection.execute(
                update(workers).where(workers.c.id == worker).values(expires_at=expires_at)
            )

    def leave(self, worker: str) -> None:
        """Stop being a worker: all it holds is free, unless another one has taken it over already."""
        with self._writing(f"let {worker} leave") as connection:
            connection.execute(delete(leases).where(leases.c.worker == worker))
            connection.execute(
                delete(workers).where(workers.c.id == worker, workers.c.lost.is_(False))
            )

    def living(self, *, asking: str = "") -> set[str]:
        """Return the workers that are neither lost nor expired nor known to have ended."""
        with self._writing("look for dead workers") as connection:
            self._bury(connection, asking)
            return set(
                connection.execute(select(workers.c.id).where(workers.c.lost.is_(False))).scalars()
            )

    def claim(
        self, worker: str, wanted: Sequence[Sequence[str]], *, release: Iterable[str] = ()
    ) -> Sequence[bool]:
        """Free some keys, then take groups of keys, each whole or not at all; say which were had.

        What a dead worker holds is taken from it, and it is lost from then on. Raises LeaseLost as `renew` does.
        """
        with self._writing(f"claim files for {worker}") as connection:
            require_worker(connection, worker)
            for chunk in chunks(sorted(release)):
                connection.execute(
                    delete(leases).where(leases.c.worker == worker, leases.c.key.in_(chunk))
                )
            self._bury(connection, worker)
            free = self._free(
                connection, worker, sorted({key for group in wanted for key in group})
            )
            had: list[bool] = []
            taken: set[str] = set()
            for group in wanted:
                had.append(free.issuperset(group))
                taken |= set(group) if had[-1] else set()
            for chunk in chunks(sorted(taken)):
                connection.execute(
                    update(leases).where(leases.c.key.in_(chunk)).values(worker=worker)
                )
            for chunk in chunks(sorted(free - taken)):
                connection.execute(
                    delete(leases).where(leases.c.key.in_(chunk), leases.c.worker.is_(None))
                )
            return had

    def _free(self, connection: Connection, worker: str, keys: Sequence[str]) -> set[str]:
        """Lock the keys that are free, this worker's or a lost one's; those another one is just taking are skipped."""
        lost = select(workers.c.id).where(workers.c.lost)
        free: set[str] = set()
        for chunk in chunks(keys):
            rows = [{"key": key, "worker": None} for key in chunk]
            connection.execute(self._insert()(leases).on_conflict_do_nothing(), rows)
            to_be_had = or_(
                leases.c.worker.is_(None), leases.c.worker == worker, leases.c.worker.in_(lost)
            )
            wanted = select(leases.c.key).where(leases.c.key.in_(chunk), to_be_had)
            free.update(
                connection.execute(wanted.with_for_update(skip_locked=True, of=leases)).scalars()
            )
        return free

    def _bury(self, connection: Connection, asking: str) -> None:
        """Mark workers lost that have expired or are known to have ended; not the one that asks, which is alive."""
        now = database_time(connection, self._clock.now())
        rows = connection.execute(select(workers).where(workers.c.lost.is_(False))).mappings()
        dead = {
            row["id"]
            for row in rows
            if row["expires_at"] <= now or is_gone(row["host"], row["pid"])
        } - {asking}
        if dead:
            connection.execute(
                update(workers).where(workers.c.id.in_(sorted(dead))).values(lost=True)
            )


def require_worker(connection: Connection, worker: str) -> None:
    """Refuse a worker that is lost, and keep others from taking over before this transaction ends.

    Raises:
        LeaseLost: it joined no more or was taken for dead.
    """
    row = connection.execute(
        select(workers.c.lost).where(workers.c.id == worker).with_for_update(read=True)
    ).first()
    if row is None or row.lost:
        raise LeaseLost(
            f"Run {worker} was taken for dead, as after a long sleep of its machine, and another worker has its files. "
            "It has stopped before changing anything more; run again."
        )


def refuse_lost(connection: Connection, run_id: str) -> None:
    """Refuse a run that was a worker and is lost; runs that never joined are not concerned."""
    known = connection.execute(select(workers.c.id).where(workers.c.id == run_id)).first()
    if known is not None:
        require_worker(connection, run_id)


def database_time(connection: Connection, now: datetime) -> datetime:
    """Return the time leases are compared by: the server's, since machines disagree; with SQLite the machine's."""
    if connection.dialect.name != "postgresql":
        return now
    return connection.execute(select(func.clock_timestamp())).scalar_one()  # type: ignore[no-any-return]  # a function's type is not known
