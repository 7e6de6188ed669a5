"""What the ledger adds up to: a few statements, each answered by an index that was made for it."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from pipeline.adapters.sql_ledger.base import SqlPart
from pipeline.adapters.sql_ledger.lease_log import database_time
from pipeline.adapters.sql_ledger.tables import (
    OPEN,
    QUARANTINED,
    WAITING,
    effects,
    files,
    leases,
    tallies,
    usage,
    workers,
)
from pipeline.model import Stage
from pipeline.ports.metrics import Counted, Figures, SourceFigures, Tallies


class FigureLog(SqlPart):
    """The part of the ledger that is watched."""

    def tally(self, counted: Tallies) -> None:
        """Add to what all processes have counted, in an order that no two processes meet each other in."""
        rows = [
            {"name": name, "label": label, "number": more.number, "amount": more.amount}
            for (name, label), more in sorted(counted.items())
        ]
        statement = self._insert()(tallies)
        added = {
            "number": tallies.c.number + statement.excluded.number,
            "amount": tallies.c.amount + statement.excluded.amount,
        }
        with self._writing("add up what was counted") as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=["name", "label"], set_=added), rows
            )

    def figures(self) -> Figures:
        """Return what the ledger adds up to."""
        with self._reading("add up the ledger") as connection:
            now = database_time(connection, self._clock.now())
            moved = select(usage.c.account, func.sum(usage.c.size_bytes)).group_by(usage.c.account)
            return Figures(
                sources=_sources(connection),
                workers=_count(
                    connection, workers, workers.c.lost.is_(False), workers.c.expires_at > now
                ),
                leases=_count(connection, leases, leases.c.worker.is_not(None)),
                open_effects=_count(connection, effects, OPEN),
                size_bytes={account: int(size) for account, size in connection.execute(moved)},
                tallies={
                    (row.name, row.label): Counted(row.number, row.amount)
                    for row in connection.execute(select(tallies))
                },
            )


def _count(connection: Connection, table: Any, *wanted: Any) -> int:
    return int(
        connection.execute(select(func.count()).select_from(table).where(*wanted)).scalar_one()
    )


def counted(connection: Connection) -> Iterator[tuple[str, str, int, int]]:
    """Yield source, status, files and pages of the latest versions, in the order of the index that has all of it.

    Where there is no outcome yet the stage stands in for the status; one that was only planned counts as planned.
    """
    keys = (files.c.source, files.c.planned_only, files.c.status, files.c.stage)
    grouped = (
        select(*keys, func.count(), func.sum(files.c.pages))
        .where(files.c.is_newest)
        .group_by(*keys)
    )
    for source, planned_only, status, stage, number, pages in connection.execute(
        grouped.order_by(*keys)
    ):
        yield (
            source,
            Stage.PLANNED.value if planned_only else status or stage,
            number,
            int(pages or 0),
        )


def _sources(connection: Connection) -> list[SourceFigures]:
    documents: dict[str, Counter[str]] = defaultdict(Counter)
    pages: Counter[str] = Counter()
    for source, status, number, of_these in counted(connection):
        documents[source][status] += number
        pages[source] += of_these
    waiting = _waiting(connection)
    quarantined = dict(_by_source(connection, QUARANTINED))
    return [
        SourceFigures(
            source,
            documents[source],
            pages[source],
            *waiting.get(source, (0, None)),
            quarantined.get(source, 0),
        )
        for source in sorted(documents)
    ]


def _waiting(connection: Connection) -> dict[str, tuple[int, datetime | None]]:
    grouped = (
        select(files.c.source, func.count(), func.min(files.c.seen_at))
        .where(WAITING)
        .group_by(files.c.source)
    )
    return {source: (number, oldest) for source, number, oldest in connection.execute(grouped)}


def _by_source(connection: Connection, wanted: Any) -> list[tuple[str, int]]:
    grouped = select(files.c.source, func.count()).where(wanted).group_by(files.c.source)
    return [(source, number) for source, number in connection.execute(grouped)]
