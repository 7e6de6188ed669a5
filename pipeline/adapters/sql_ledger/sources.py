"""What is known of the sources."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, select

from pipeline.adapters.sql_ledger.session import SqlPart
from pipeline.adapters.sql_ledger.tables import confirmed_sources, source_states, verify_progress
from pipeline.ports.ledger import ColumnTypes, VerifyProgress


class SqlSources(SqlPart):
    """Remember which settings were confirmed, and how far each source has come."""

    def source_confirmed(self, name: str, settings_hash: str) -> bool:
        """Say whether this source was planned or run before with these settings."""
        known = select(confirmed_sources.c.name).where(
            confirmed_sources.c.name == name, confirmed_sources.c.settings_hash == settings_hash
        )
        with self._session.reading(f"look up source {name}") as connection:
            return connection.execute(known).first() is not None

    def confirm_source(self, name: str, settings_hash: str) -> None:
        """Record that this source was planned or run with these settings."""
        row = {
            "name": name,
            "settings_hash": settings_hash,
            "confirmed_at": self._session.clock.now(),
        }
        statement = self._session.insert(confirmed_sources).values(row).on_conflict_do_nothing()
        with self._session.writing(f"confirm source {name}") as connection:
            connection.execute(statement)

    def column_types(self, source: str) -> ColumnTypes | None:
        """Return the column types of a source as they were last, None before the first time."""
        row = self._state(source)
        if row is None or row.settings_hash is None:
            return None
        return ColumnTypes(row.settings_hash, row.column_types)

    def save_column_types(self, source: str, types: ColumnTypes) -> None:
        """Keep the column types of a source."""
        self._keep(source, settings_hash=types.settings_hash, column_types=dict(types.types))

    def is_caught_up(self, source: str) -> bool:
        """Say whether a run has worked through a whole source once."""
        row = self._state(source)
        return row is not None and row.caught_up_at is not None

    def record_caught_up(self, source: str, run_id: str) -> None:
        """Record that a run has worked through a whole source; the first one is kept."""
        if not self.is_caught_up(source):
            now = self._session.clock.now()
            self._keep(source, caught_up_at=now, caught_up_run_id=run_id)

    def stopped(self) -> Mapping[str, Sequence[str]]:
        """Return by source why it did not run when it was last to be worked on."""
        known = select(source_states.c.source, source_states.c.stopped)
        with self._session.reading("look up stopped sources") as connection:
            rows = connection.execute(known.order_by(source_states.c.source)).all()
        return {source: problems for source, problems in rows if problems}

    def save_stopped(self, source: str, problems: Sequence[str]) -> None:
        """Keep why a source did not run; nothing if it did."""
        row = self._state(source)
        # Most sources run, run after run: what has not changed is not written.
        if list(problems) != ((row.stopped if row else None) or []):
            self._keep(source, stopped=list(problems))

    def last_alarm(self, source: str, name: str) -> str:
        """Return what an alarm of a source was last about, "" before the first."""
        row = self._state(source)
        alarms = (row.alarms if row else None) or {}
        return str(alarms.get(name, ""))

    def keep_alarm(self, source: str, name: str, cause: str) -> None:
        """Keep what an alarm of a source is about."""
        row = self._state(source)
        alarms = (row.alarms if row else None) or {}
        if alarms.get(name, "") != cause:
            self._keep(source, alarms={**alarms, name: cause})

    def verify_progress(
        self, sources: Sequence[str], *, reads: bool = False
    ) -> VerifyProgress | None:
        """Return how far an unfinished verification of these sources has come."""
        key = _key(sources, reads=reads)
        wanted = select(verify_progress).where(verify_progress.c.sources == key)
        with self._session.reading(f"look up the verification of {key}") as connection:
            row = connection.execute(wanted).one_or_none()
        return (
            None if row is None else VerifyProgress(tuple(row.done), row.source, tuple(row.after))
        )

    def save_verify_progress(
        self, sources: Sequence[str], progress: VerifyProgress | None, *, reads: bool = False
    ) -> None:
        """Keep how far a verification of these sources has come; None when it has ended."""
        key = _key(sources, reads=reads)
        with self._session.writing(f"keep the verification of {key}") as connection:
            if progress is None:
                self._session.remove(connection, verify_progress, key="sources", value=key)
                return
            row = {
                "sources": key,
                "done": list(progress.done),
                "source": progress.source,
                "after": list(progress.after),
                "updated_at": self._session.clock.now(),
            }
            self._session.keep(connection, verify_progress, row, key="sources")

    def _state(self, source: str) -> Row[Any] | None:
        wanted = select(source_states).where(source_states.c.source == source)
        with self._session.reading(f"look up source {source}") as connection:
            return connection.execute(wanted).one_or_none()

    # Only the columns given are written: the others of the row stay as they are.
    def _keep(self, source: str, **columns: object) -> None:
        with self._session.writing(f"keep what is known of source {source}") as connection:
            row = {"source": source, **columns}
            self._session.keep(connection, source_states, row, key="source")


def _key(sources: Sequence[str], *, reads: bool) -> str:
    # A source's name has no colon.
    return " ".join(["read:", *sources] if reads else sources)
