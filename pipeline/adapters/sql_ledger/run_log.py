"""Runs, the calls they made, and the sources people have confirmed."""

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy import select, update

from pipeline.adapters.sql_ledger.base import SqlPart
from pipeline.adapters.sql_ledger.rows import load_run
from pipeline.adapters.sql_ledger.tables import runs, sources
from pipeline.ports import RunState


class RunLog(SqlPart):
    """The part of the ledger that remembers runs and confirmed sources."""

    def start_run(self, run_id: str, kind: str) -> None:
        """Record that a run began; one that is started again keeps its beginning and its calls."""
        row = {
            "id": run_id,
            "kind": kind,
            "started_at": self._clock.now(),
            "finished_at": None,
            "status": "running",
            "counts": {},
            "calls": {},
            "calls_total": 0,
        }
        again = {"status": "running", "finished_at": None}
        with self._writing("record that a run began") as connection:
            connection.execute(
                self._insert()(runs)
                .values(row)
                .on_conflict_do_update(index_elements=["id"], set_=again)
            )

    def finish_run(
        self, run_id: str, status: str, *, counts: Mapping[str, int], calls: Mapping[str, int]
    ) -> None:
        """Record how a run ended; its calls are added to those it has."""
        with self._writing(f"record the end of run {run_id}") as connection:
            known = connection.execute(
                select(runs.c.calls).where(runs.c.id == run_id).with_for_update()
            ).one_or_none()
            if known is None:
                raise KeyError(run_id)
            total = Counter(known.calls) + Counter(calls)
            connection.execute(
                update(runs)
                .where(runs.c.id == run_id)
                .values(
                    status=status,
                    finished_at=self._clock.now(),
                    counts=dict(counts),
                    calls=dict(total),
                    calls_total=total.total(),
                )
            )

    def runs(self, limit: int = 10) -> Sequence[RunState]:
        """Return the latest runs, newest first."""
        newest = select(runs).order_by(runs.c.started_at.desc(), runs.c.seq.desc()).limit(limit)
        with self._reading("list runs") as connection:
            return [load_run(row) for row in connection.execute(newest).mappings()]

    def source_confirmed(self, name: str, settings_hash: str) -> bool:
        """Say whether this source was planned or run before with these settings."""
        known = select(sources.c.name).where(
            sources.c.name == name, sources.c.settings_hash == settings_hash
        )
        with self._reading(f"look up source {name}") as connection:
            return connection.execute(known).first() is not None

    def confirm_source(self, name: str, settings_hash: str) -> None:
        """Record that this source was planned or run with these settings."""
        row = {"name": name, "settings_hash": settings_hash, "confirmed_at": self._clock.now()}
        with self._writing(f"confirm source {name}") as connection:
            connection.execute(self._insert()(sources).values(row).on_conflict_do_nothing())
