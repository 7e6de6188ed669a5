"""Readings: what was found in a content, and what is being read or was, when its run died."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, delete, or_, select, update

from pipeline.adapters.sql_ledger.rows import dump_findings, load_findings, load_suspect
from pipeline.adapters.sql_ledger.session import SqlPart, change_in, rows_in
from pipeline.adapters.sql_ledger.tables import open_readings, readings, workers
from pipeline.model import Findings
from pipeline.ports import Suspect

# Built once: SQLAlchemy compiles a statement once, but to build it again takes longer than to run.
_ITS_READINGS = (
    select(readings.c.fingerprint)
    .where(readings.c.sha256 == bindparam("of_sha256"))
    .order_by(readings.c.saved_at.desc())
)
_ITS_READING = select(readings).where(
    readings.c.sha256 == bindparam("of_sha256"),
    readings.c.fingerprint == bindparam("by_fingerprint"),
)
_OF_RUN = open_readings.c.run_id == bindparam("of_run")
_OF_VERSION = open_readings.c.version == bindparam("of_version")
# What was a suspect before stays one.
_END_ALL = (
    delete(open_readings).where(_OF_RUN, open_readings.c.suspected.is_(False)),
    update(open_readings).where(_OF_RUN).values(run_id=None),
)
_END_ONE = tuple(statement.where(_OF_VERSION) for statement in _END_ALL)


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
        these = select(open_readings).where(died)
        with self._session.reading("look up suspects") as connection:
            found = rows_in(connection, these, open_readings.c.version, versions)
            return {row["version"]: load_suspect(row) for row in found}

    def clear_suspects(self, versions: Sequence[str]) -> None:
        """Forget what was suspected of these versions."""
        with self._session.writing("clear suspects") as connection:
            these = delete(open_readings)
            change_in(connection, these, open_readings.c.version, sorted(versions))

    def save_reading(self, sha256: str, findings: Findings, *, prefix: str) -> None:
        """Keep findings (without text and derived paths) by content and fingerprint."""
        row = {
            "sha256": sha256,
            "fingerprint": findings.fingerprint,
            "prefix": prefix,
            "findings": dump_findings(findings),
            "saved_at": self._session.clock.now(),
        }
        with self._session.writing_unflushed(f"keep the reading of {sha256}") as connection:
            self._session.keep(connection, readings, row, key=("sha256", "fingerprint"))

    def reading_fingerprints(self, sha256: str) -> Sequence[str]:
        """Return the fingerprints under which this content was read, the latest reading first."""
        with self._session.reading(f"look up the readings of {sha256}") as connection:
            return list(connection.scalars(_ITS_READINGS, {"of_sha256": sha256}))

    def reading(self, sha256: str, fingerprint: str) -> tuple[Findings, str] | None:
        """Return the findings of this content under this fingerprint, and their archive prefix."""
        which = {"of_sha256": sha256, "by_fingerprint": fingerprint}
        with self._session.reading(f"look up the reading of {sha256}") as connection:
            row = connection.execute(_ITS_READING, which).mappings().one_or_none()
            return None if row is None else (load_findings(row["findings"]), row["prefix"])


def end_readings(connection: Connection, run_id: str, version: str | None = None) -> None:
    """End all readings of a run, or one."""
    which = {"of_run": run_id} if version is None else {"of_run": run_id, "of_version": version}
    for statement in _END_ALL if version is None else _END_ONE:
        connection.execute(statement, which)
