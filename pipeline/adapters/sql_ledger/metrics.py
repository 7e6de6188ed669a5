"""What the ledger adds up to: a few statements, each answered by an index that was made for it."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from pipeline.adapters.sql_ledger.leases import living
from pipeline.adapters.sql_ledger.session import SqlPart
from pipeline.adapters.sql_ledger.tables import (
    OPEN,
    QUARANTINED,
    WAITING,
    counters,
    effects,
    files,
    leases,
    usage,
)
from pipeline.model import Stage
from pipeline.ports.metrics import Counters, CounterValue, LedgerMetrics, SourceMetrics


class SqlMetrics(SqlPart):
    """Keep counters, and say what the ledger adds up to."""

    def add_counters(self, counters_: Counters) -> None:
        """Add to what all processes have counted.

        The rows are sorted: two processes that lock them in the same order cannot wait for each
        other.
        """
        rows = [
            {"name": name, "label": label, "number": value.number, "amount": value.amount}
            for (name, label), value in sorted(counters_.items())
        ]
        statement = self._session.insert(counters)
        added = {
            "number": counters.c.number + statement.excluded.number,
            "amount": counters.c.amount + statement.excluded.amount,
        }
        upsert = statement.on_conflict_do_update(index_elements=["name", "label"], set_=added)
        with self._session.writing("add up what was counted") as connection:
            connection.execute(upsert, rows)

    def metrics(self) -> LedgerMetrics:
        """Return what the ledger adds up to."""
        with self._session.reading("add up the ledger") as connection:
            workers = living(self._session, connection)
            # Over all months: a counter must never fall, or Prometheus takes it for a restart.
            moved = select(usage.c.account, func.sum(usage.c.size_bytes)).group_by(usage.c.account)
            return LedgerMetrics(
                sources=_sources(connection),
                workers=len(workers),
                leases=_count(connection, leases, leases.c.worker.in_(workers)),
                open_effects=_count(connection, effects, OPEN),
                size_bytes={account: int(size) for account, size in connection.execute(moved)},
                counters={
                    (row.name, row.label): CounterValue(row.number, row.amount)
                    for row in connection.execute(select(counters))
                },
            )


def _count(connection: Connection, table: Any, *wanted: Any) -> int:
    counted = select(func.count()).select_from(table).where(*wanted)
    return int(connection.execute(counted).scalar_one())


def latest_versions(connection: Connection) -> Iterator[tuple[str, str, int, int]]:
    """Yield source, status, files and pages of the latest versions.

    Where there is no outcome yet, the stage is used instead of the status; what was only planned
    counts as planned. The order is that of the index `ix_files_metrics`, which has all of these
    columns: no row is read.
    """
    keys = (files.c.source, files.c.planned_only, files.c.status, files.c.stage)
    grouped = (
        select(*keys, func.count(), func.sum(files.c.pages))
        .where(files.c.is_newest)
        .group_by(*keys)
        .order_by(*keys)
    )
    for source, planned_only, status, stage, number, pages in connection.execute(grouped):
        label = Stage.PLANNED.value if planned_only else status or stage
        yield source, label, number, int(pages or 0)


def _sources(connection: Connection) -> list[SourceMetrics]:
    documents: dict[str, Counter[str]] = defaultdict(Counter)
    pages: Counter[str] = Counter()
    for source, status, number, of_these in latest_versions(connection):
        documents[source][status] += number
        pages[source] += of_these

    # Each of these is answered by a partial index that has only the rows that are counted.
    by_source = select(files.c.source, func.count().label("documents")).group_by(files.c.source)
    waiting = select(files.c.source, func.count(), func.min(files.c.seen_at))
    waiting = waiting.where(WAITING).group_by(files.c.source)
    oldest: dict[str, datetime] = {}
    backlog: dict[str, int] = {}
    for source, number, seen_at in connection.execute(waiting):
        backlog[source] = number
        oldest[source] = seen_at
    quarantined = {
        row.source: row.documents for row in connection.execute(by_source.where(QUARANTINED))
    }
    return [
        SourceMetrics(
            source=source,
            documents=documents[source],
            pages=pages[source],
            waiting=backlog.get(source, 0),
            oldest_at=oldest.get(source),
            quarantined=quarantined.get(source, 0),
        )
        for source in sorted(documents)
    ]
