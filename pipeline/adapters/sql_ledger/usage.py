"""What all workers of an account share: the calls of the month, and the rate of calls."""

from typing import Any

from sqlalchemy import Connection, select, update

from pipeline.adapters.sql_ledger.metrics import SqlMetrics
from pipeline.adapters.sql_ledger.runs import SqlRuns
from pipeline.adapters.sql_ledger.tables import permits, usage
from pipeline.ports import Usage

FARTHEST_S = 900.0
"""A call that is due later than this was reserved before a clock went back. It is due now."""


class SqlUsage(SqlRuns, SqlMetrics):
    """Remember runs, count calls, and pace the calls of all workers of an account."""

    def spend(self, account: str, priority: str, *, calls: int, size_bytes: int) -> Usage:
        """Add to the account's usage of the present month (UTC); return that of all priorities."""
        row = {
            "account": account,
            "month": self._month(),
            "priority": priority,
            "calls": calls,
            "size_bytes": size_bytes,
        }
        key = ["account", "month", "priority"]
        added = {"calls": usage.c.calls + calls, "size_bytes": usage.c.size_bytes + size_bytes}
        statement = self._session.insert(usage).values(row)
        with self._session.writing("count calls") as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=key, set_=added))
            return self._usage(connection, account)

    def this_month(self, account: str) -> Usage:
        """Return an account's usage of the present month (UTC)."""
        with self._session.reading("look up this month's calls") as connection:
            return self._usage(connection, account)

    def _usage(self, connection: Any, account: str) -> Usage:
        mine = select(usage).where(usage.c.account == account, usage.c.month == self._month())
        by_priority: dict[str, int] = {}
        size_bytes = 0
        for row in connection.execute(mine).mappings():
            by_priority[row["priority"]] = row["calls"]
            size_bytes += row["size_bytes"]
        return Usage(sum(by_priority.values()), size_bytes, by_priority)

    def _month(self) -> str:
        return f"{self._session.clock.now():%Y-%m}"

    def reserve_permits(self, account: str, permits: int, *, per_second: float) -> float:
        """Reserve calls behind those of all workers; return in how many seconds the first is due."""
        with self._session.writing("reserve calls") as connection:
            now_s, due_s = self._due(connection, account)
            _keep_due(connection, account, due_s + permits / per_second)
        return due_s - now_s

    def delay_permits(self, account: str, seconds: float) -> None:
        """Make no call that is reserved from now on due before so many seconds."""
        with self._session.writing("delay calls") as connection:
            now_s, due_s = self._due(connection, account)
            _keep_due(connection, account, max(due_s, now_s + seconds))

    def _due(self, connection: Connection, account: str) -> tuple[float, float]:
        """Lock the account's row; return the present and when the next call is due."""
        fresh = self._session.insert(permits).values(account=account, due_s=0.0)
        connection.execute(fresh.on_conflict_do_nothing())
        own = select(permits.c.due_s).where(permits.c.account == account).with_for_update()
        due_s = float(connection.execute(own).scalar_one())
        now_s = self._session.shared_time(connection).timestamp()
        if not now_s <= due_s <= now_s + FARTHEST_S:
            due_s = now_s
        return now_s, due_s


def _keep_due(connection: Connection, account: str, due_s: float) -> None:
    connection.execute(update(permits).where(permits.c.account == account).values(due_s=due_s))
