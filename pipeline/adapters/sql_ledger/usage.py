"""Runs, and what all workers of an account share: the calls of the month, the rate of calls."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Select, Table, bindparam, delete, func, select, update

from pipeline.adapters.sql_ledger.agents.tables import agent_tokens
from pipeline.adapters.sql_ledger.leases import living, mark_expired
from pipeline.adapters.sql_ledger.metrics import SqlMetrics
from pipeline.adapters.sql_ledger.rows import load_run
from pipeline.adapters.sql_ledger.tables import permits, runs, usage, webhook_messages, webhooks
from pipeline.ports import RunState, Usage


def _of(account: str, table: Table) -> Select[Any]:
    """Return the statement for the rows of an account, whatever the case of its name."""
    return select(table).where(func.lower(table.c.account) == account)


FARTHEST_S = 900.0
"""A call that is due later than this was reserved before a clock went back. It is due now."""

# Every few calls to Caspio execute these, so that they are made once.
_DUE = select(permits.c.due_s).where(permits.c.account == bindparam("own")).with_for_update()
_DUE_FROM_NOW_ON = (
    update(permits).where(permits.c.account == bindparam("own")).values(due_s=bindparam("due"))
)


class SqlUsage(SqlMetrics):
    """Remember runs, count calls, and pace the calls of all workers of an account."""

    def start_run(self, run_id: str, kind: str, sources: Sequence[str] = ()) -> None:
        """Record that a run began; one that is started again keeps its beginning and its calls."""
        row = {
            "id": run_id,
            "kind": kind,
            "started_at": self._session.clock.now(),
            "finished_at": None,
            "status": "running",
            "counts": {},
            "value_counts": {},
            "calls": {},
            "calls_total": 0,
            "sources": list(sources),
        }
        again = {"status": "running", "finished_at": None}
        statement = self._session.insert(runs).values(row)
        with self._session.writing("record that a run began") as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=again))

    def record_lost_runs(self) -> Sequence[str]:
        """Record as lost the runs whose worker died; return those not recorded before."""
        running = runs.c.finished_at.is_(None) & (runs.c.status == "running")
        with self._session.writing("record lost runs") as connection:
            # A worker that is late must not go on under a run that is recorded as lost.
            mark_expired(self._session, connection, "")
            lost = running & runs.c.id.not_in(living(self._session, connection))
            recorded = update(runs).where(lost).values(status="lost").returning(runs.c.id)
            return sorted(connection.execute(recorded).scalars())

    def finish_run(
        self,
        run_id: str,
        status: str,
        *,
        counts: Mapping[str, int],
        calls: Mapping[str, int],
        values: Mapping[str, int],
    ) -> None:
        """Record how a run ended; its calls are added to those it has."""
        with self._session.writing(f"record the end of run {run_id}") as connection:
            # The row is locked, so that calls added by two processes are both kept.
            known = select(runs.c.calls).where(runs.c.id == run_id).with_for_update()
            row = connection.execute(known).one_or_none()
            if row is None:
                raise KeyError(run_id)
            # A run that was interrupted and started again has made all these calls.
            total = Counter(row.calls) + Counter(calls)
            end = {
                "status": status,
                "finished_at": self._session.clock.now(),
                "counts": dict(counts),
                "value_counts": dict(values),
                "calls": dict(total),
                "calls_total": total.total(),
            }
            connection.execute(update(runs).where(runs.c.id == run_id).values(end))

    def runs(self, limit: int = 10) -> Sequence[RunState]:
        """Return the latest runs, newest first."""
        newest = select(runs).order_by(runs.c.started_at.desc(), runs.c.seq.desc()).limit(limit)
        with self._session.reading("list runs") as connection:
            workers = living(self._session, connection)
            found = [load_run(row) for row in connection.execute(newest).mappings()]
        # Nobody may have looked since the process died.
        return [
            replace(run, status="lost")
            if run.status == "running" and run.id not in workers
            else run
            for run in found
        ]

    def kind_of(self, run_id: str) -> str:
        """Return of what kind a run is, "" for one that is not known."""
        named = select(runs.c.kind).where(runs.c.id == run_id)
        with self._session.reading("look up a run") as connection:
            return connection.execute(named).scalar() or ""

    def spend(self, account: str, priority: str, *, calls: int, size_bytes: int) -> Usage:
        """Add to the account's usage of the present month (UTC); return that of all priorities."""
        row = {
            "account": account,
            "day": f"{self._session.clock.now():%Y-%m-%d}",
            "priority": priority,
            "calls": calls,
            "size_bytes": size_bytes,
        }
        key = ["account", "day", "priority"]
        added = {"calls": usage.c.calls + calls, "size_bytes": usage.c.size_bytes + size_bytes}
        statement = self._session.insert(usage).values(row)
        with self._session.writing("count calls") as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=key, set_=added))
            return self._usage(connection, account)

    def this_month(self, account: str) -> Usage:
        """Return an account's usage of the present month (UTC)."""
        with self._session.reading("look up this month's calls") as connection:
            return self._usage(connection, account)

    def today(self, account: str) -> Usage:
        """Return an account's usage of the present day (UTC)."""
        with self._session.reading("look up today's calls") as connection:
            return self._usage(connection, account, since=f"{self._session.clock.now():%Y-%m-%d}")

    def _usage(self, connection: Any, account: str, *, since: str = "") -> Usage:
        """Return the usage since a day; by default since the first one of the month."""
        since = since or f"{self._session.clock.now():%Y-%m-01}"
        by_priority: Counter[str] = Counter()
        size_bytes = 0
        mine = select(usage).where(usage.c.account == account, usage.c.day >= since)
        for row in connection.execute(mine).mappings():
            by_priority[row["priority"]] += row["calls"]
            size_bytes += row["size_bytes"]
        return Usage(by_priority.total(), size_bytes, dict(by_priority))

    def move_account(self, former: str, account: str) -> None:
        """Give an account what was kept under its former name; see `UsageLedger`."""
        if former == account:
            return
        tables = (usage, webhooks, permits, webhook_messages, agent_tokens)
        with self._session.reading(f"look up what is kept for {former}") as connection:
            kept = [_of(former, table).limit(1) for table in tables]
            if not any(connection.execute(one).first() for one in kept):
                return
        with self._session.writing(f"move {former} to {account}") as connection:
            for row in connection.execute(_of(former, usage)).mappings().all():
                added = self._session.insert(usage).values({**row, "account": account})
                both = {
                    name: usage.c[name] + added.excluded[name] for name in ("calls", "size_bytes")
                }
                connection.execute(
                    added.on_conflict_do_update(
                        index_elements=["account", "day", "priority"], set_=both
                    )
                )
            for row in connection.execute(_of(former, webhooks)).mappings().all():
                made = self._session.insert(webhooks).values({**row, "account": account})
                connection.execute(made.on_conflict_do_nothing())
            for table in (usage, webhooks, permits):
                connection.execute(delete(table).where(func.lower(table.c.account) == former))
            for table in (webhook_messages, agent_tokens):
                of_former = func.lower(table.c.account) == former
                connection.execute(update(table).where(of_former).values(account=account))

    def reserve_permits(self, account: str, permits: int, *, per_second: float) -> float:
        """Reserve calls behind those of all workers; return when the first is due, in seconds."""
        # A power cut forgets what was reserved last: at worst a few calls then leave too early.
        with self._session.writing_unflushed("reserve calls") as connection:
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
        found = connection.execute(_DUE, {"own": account}).scalar_one_or_none()
        if found is None:
            fresh = self._session.insert(permits).values(account=account, due_s=0.0)
            connection.execute(fresh.on_conflict_do_nothing())
            # Another worker may have inserted it, and reserved since.
            found = connection.execute(_DUE, {"own": account}).scalar_one()
        due_s = float(found)
        now_s = self._session.shared_time(connection).timestamp()
        # A machine's clock went back, or the entry is older than any wait.
        if not now_s <= due_s <= now_s + FARTHEST_S:
            due_s = now_s
        return now_s, due_s


def _keep_due(connection: Connection, account: str, due_s: float) -> None:
    connection.execute(_DUE_FROM_NOW_ON, {"own": account, "due": due_s})
