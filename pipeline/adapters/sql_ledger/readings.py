"""Readings: what was found in a content, under which fingerprint."""

from collections.abc import Sequence

from sqlalchemy import select

from pipeline.adapters.sql_ledger.rows import dump_findings, load_findings
from pipeline.adapters.sql_ledger.session import SqlPart
from pipeline.adapters.sql_ledger.tables import readings
from pipeline.model import Findings


class SqlReadings(SqlPart):
    """Remember readings by content and fingerprint."""

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
