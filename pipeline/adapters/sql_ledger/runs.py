"""Runs and the calls they made."""

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy import select, update

from pipeline.adapters.sql_ledger.rows import load_run
from pipeline.adapters.sql_ledger.session import SqlPart
from pipeline.adapters.sql_ledger.tables import runs
from pipeline.ports import RunState


class SqlRuns(SqlPart):
    """Remember runs."""

    def start_run(self, run_id: str, kind: str) -> None:
        """Record that a run began; one that is started again keeps its beginning and its calls."""
        row = {
            "id": run_id,
            "kind": kind,
            "started_at": self._session.clock.now(),
            "finished_at": None,
            "status": "running",
            "counts": {},
            "calls": {},
            "calls_total": 0,
        }
        again = {"status": "running", "finished_at": None}
        statement = self._session.insert(runs).values(row)
        with self._session.writing("record that a run began") as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=again))

    def finish_run(
        self, run_id: str, status: str, *, counts: Mapping[str, int], calls: Mapping[str, int]
    ) -> None:
        """Record how a run ended; its calls are added to those it has."""
        with self._session.writing(f"record the end of run {run_id}") as connection:
            # The row is locked, so that calls added by two processes are both kept.
            known = select(runs.c.calls).where(runs.c.id == run_id).with_for_update()
            row = connection.execute(known).one_or_none()
            if row is None:
                raise KeyError(run_id)
            total = Counter(row.calls) + Counter(calls)
            values = {
                "status": status,
                "finished_at": self._session.clock.now(),
                "counts": dict(counts),
                "calls": dict(total),
                "calls_total": total.total(),
            }
            connection.execute(update(runs).where(runs.c.id == run_id).values(values))

    def runs(self, limit: int = 10) -> Sequence[RunState]:
        """Return the latest runs, newest first."""
        newest = select(runs).order_by(runs.c.started_at.desc(), runs.c.seq.desc()).limit(limit)
        with self._session.reading("list runs") as connection:
            return [load_run(row) for row in connection.execute(newest).mappings()]
