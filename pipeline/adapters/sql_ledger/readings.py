"""Readings: what was found in a content, and what is being read or was, when its run died."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, or_, select, update

from pipeline.adapters.sql_ledger.rows import dump_findings, load_findings, load_suspect
from pipeline.adapters.sql_ledger.session import SqlPart, chunks
from pipeline.adapters.sql_ledger.tables import open_readings, readings, workers
from pipeline.model import Findings
from pipeline.ports import Suspect


class SqlReadings(SqlPart):
    """Remember readings by content and fingerprint, and those that have not ended."""

    def reading_began(
        self, version: str, run_id: str, *, fingerprint: str, suspect: Suspect | None = None
    ) -> None:
        """Record that a child process is about to read a document."""
        row = {
            "version": version,
            "run_id": run_id,
            "fingerprint": fingerprint,
            "suspected": suspect is not None,
            "deaths": suspect.deaths_under(fingerprint) if suspect else 0,
            "read_at": self._session.clock.now(),
        }
        with self._session.writing_unflushed(f"record that {version} is read") as connection:
            self._session.keep(connection, open_readings, row, key="version")

    def reading_ended(self, version: str, run_id: str) -> None:
        """Record that this run has survived a reading."""
        with self._session.writing_unflushed(f"record that {version} was read") as connection:
            end_readings(connection, run_id, version)

    def excuse_readings(self, run_id: str) -> None:
        """Treat all readings of a run as ended."""
        with self._session.writing("excuse the readings of a run") as connection:
            end_readings(connection, run_id)

    def suspects(self, versions: Sequence[str], run_id: str) -> Mapping[str, Suspect]:
        """Return those versions that a run other than this one was reading when it died."""
        lives = select(workers.c.id).where(workers.c.lost.is_(False))
        others = open_readings.c.run_id.not_in(lives) & (open_readings.c.run_id != run_id)
        died = or_(open_readings.c.run_id.is_(None), others)
        found: dict[str, Suspect] = {}
        with self._session.reading("look up suspects") as connection:
            for chunk in chunks(versions):
                these = select(open_readings).where(open_readings.c.version.in_(chunk), died)
                for row in connection.execute(these).mappings():
                    found[row["version"]] = load_suspect(row)
        return found

    def clear_suspects(self, versions: Sequence[str]) -> None:
        """Forget what was suspected of these versions."""
        with self._session.writing("clear suspects") as connection:
            for chunk in chunks(sorted(versions)):
                these = delete(open_readings).where(open_readings.c.version.in_(chunk))
                connection.execute(these)

    def save_reading(self, sha256: str, findings: Findings, *, prefix: str) -> None:
        """Keep findings (without text and derived paths) by content and fingerprint."""
        values = {
            "prefix": prefix,
            "findings": dump_findings(findings),
            "saved_at": self._session.clock.now(),
        }
        row = {"sha256": sha256, "fingerprint": findings.fingerprint, **values}
        key = ["sha256", "fingerprint"]
        statement = self._session.insert(readings).values(row)
        with self._session.writing(f"keep the reading of {sha256}") as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=key, set_=values))

    def reading_fingerprints(self, sha256: str) -> Sequence[str]:
        """Return the fingerprints under which this content was read, the latest reading first."""
        wanted = (
            select(readings.c.fingerprint)
            .where(readings.c.sha256 == sha256)
            .order_by(readings.c.saved_at.desc())
        )
        with self._session.reading(f"look up the readings of {sha256}") as connection:
            return list(connection.scalars(wanted))

    def reading(self, sha256: str, fingerprint: str) -> tuple[Findings, str] | None:
        """Return the findings of this content under this fingerprint, and their archive prefix."""
        wanted = select(readings).where(
            readings.c.sha256 == sha256, readings.c.fingerprint == fingerprint
        )
        with self._session.reading(f"look up the reading of {sha256}") as connection:
            row = connection.execute(wanted).mappings().one_or_none()
            return None if row is None else (load_findings(row["findings"]), row["prefix"])


def end_readings(connection: Connection, run_id: str, version: str | None = None) -> None:
    """End all readings of a run, or one. What was a suspect before stays one."""
    these = open_readings.c.run_id == run_id
    if version is not None:
        these &= open_readings.c.version == version
    connection.execute(delete(open_readings).where(these, open_readings.c.suspected.is_(False)))
    connection.execute(update(open_readings).where(these).values(run_id=None))
