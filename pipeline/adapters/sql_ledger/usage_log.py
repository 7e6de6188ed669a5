"""What all workers of an account share: the calls of the month, the rate, and cursors of long walks."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select

from pipeline.adapters.sql_ledger.base import SqlPart
from pipeline.adapters.sql_ledger.lease_log import database_time
from pipeline.adapters.sql_ledger.tables import cursors, pace, repairs, usage
from pipeline.ports import Repair, Usage

FARTHEST_S = 900.0
"""A call that is due later than this is so because a clock went back, and is due now."""


class UsageLog(SqlPart):
    """The part of the ledger that counts and paces calls, and remembers how far a walk has come."""

    def spend(self, account: str, priority: str, *, calls: int, size_bytes: int) -> Usage:
        """Add to the account's usage of the present month (UTC); return that of all priorities together."""
        row = {
            "account": account,
            "month": self._month(),
            "priority": priority,
            "calls": calls,
            "size_bytes": size_bytes,
        }
        statement = self._insert()(usage).values(row)
        added = {"calls": usage.c.calls + calls, "size_bytes": usage.c.size_bytes + size_bytes}
        with self._writing("count calls") as connection:
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["account", "month", "priority"], set_=added
                )
            )
            return self._usage(connection, account)

    def usage(self, account: str) -> Usage:
        """Return an account's usage of the present month (UTC)."""
        with self._reading("look up this month's calls") as connection:
            return self._usage(connection, account)

    def _usage(self, connection: Any, account: str) -> Usage:
        # Calls counted before accounts were told apart have none.
        rows = connection.execute(
            select(usage).where(usage.c.account.in_([account, ""]), usage.c.month == self._month())
        ).mappings()
        by_priority: dict[str, int] = {}
        size_bytes = 0
        for row in rows:
            by_priority[row["priority"]] = by_priority.get(row["priority"], 0) + row["calls"]
            size_bytes += row["size_bytes"]
        return Usage(sum(by_priority.values()), size_bytes, by_priority)

    def _month(self) -> str:
        return f"{self._clock.now():%Y-%m}"

    def book_permits(self, account: str, permits: int, *, per_second: float) -> float:
        """Book calls of all workers one after the other; return in how many seconds the first is due."""
        with self._writing("book calls") as connection:
            now_s, due_s = self._due(connection, account)
            self._keep_due(connection, account, due_s + permits / per_second)
        return due_s - now_s

    def hold_permits(self, account: str, seconds: float) -> None:
        """Let nothing booked from now on be due before so many seconds."""
        with self._writing("hold calls") as connection:
            now_s, due_s = self._due(connection, account)
            self._keep_due(connection, account, max(due_s, now_s + seconds))

    def _due(self, connection: Any, account: str) -> tuple[float, float]:
        """Return the present and when the next call is due, its row locked."""
        fresh = self._insert()(pace).values(account=account, due_s=0.0).on_conflict_do_nothing()
        connection.execute(fresh)
        row = select(pace.c.due_s).where(pace.c.account == account).with_for_update()
        due_s = float(connection.execute(row).scalar_one())
        now_s = database_time(connection, self._clock.now()).timestamp()
        return now_s, due_s if now_s <= due_s <= now_s + FARTHEST_S else now_s

    def _keep_due(self, connection: Any, account: str, due_s: float) -> None:
        connection.execute(pace.update().where(pace.c.account == account).values(due_s=due_s))

    def cursor(self, name: str) -> Mapping[str, Any] | None:
        """Return what was kept under a name, None when nothing is."""
        with self._reading(f"look up {name}") as connection:
            kept = connection.execute(
                select(cursors.c.value).where(cursors.c.name == name)
            ).scalar_one_or_none()
            return kept if kept is None else dict(kept)

    def keep_cursor(self, name: str, value: Mapping[str, Any] | None) -> None:
        """Keep how far a walk has come; None forgets it."""
        with self._writing(f"keep {name}") as connection:
            if value is None:
                connection.execute(cursors.delete().where(cursors.c.name == name))
                return
            statement = self._insert()(cursors).values(name=name, value=dict(value))
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["name"], set_={"value": dict(value)}
                )
            )

    def repaired(self, kind: str, subject: str, done: str, *, run_id: str) -> None:
        """Record a repair."""
        row = {
            "kind": kind,
            "subject": subject,
            "done": done,
            "run_id": run_id,
            "at": self._clock.now(),
        }
        with self._writing(f"record the repair of {subject}") as connection:
            connection.execute(insert(repairs).values(row))

    def repairs(self, run_id: str) -> Sequence[Repair]:
        """Return a run's repairs, oldest first."""
        wanted = select(repairs).where(repairs.c.run_id == run_id).order_by(repairs.c.id)
        with self._reading("list repairs") as connection:
            rows = connection.execute(wanted).mappings()
            return [Repair(row["kind"], row["subject"], row["done"], row["at"]) for row in rows]
