"""File versions: what was seen, how far it has come and what became of it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, case, select, update

from pipeline.adapters.sql_ledger.base import SqlPart, chunks
from pipeline.adapters.sql_ledger.rows import (
    dump_findings,
    dump_outcome,
    file_row,
    is_finished,
    load_file,
    load_findings,
)
from pipeline.adapters.sql_ledger.tables import files, readings
from pipeline.model import FileRef, Findings, Outcome, Stage
from pipeline.ports import MOST_STARTS, FileState

_INHERITED = (
    "original_name",
    "stage",
    "sha256",
    "size_bytes",
    "pages",
    "media_type",
    "fingerprint",
    "rules",
    "status",
    "planned_only",
    "outcome",
    "attempts",
    "run_id",
)


class FileLog(SqlPart):
    """The part of the ledger that remembers file versions and readings."""

    def finished(self, versions: Sequence[str]) -> set[str]:
        """Return those versions that need no more work."""
        done: set[str] = set()
        with self._reading("look up finished files") as connection:
            for chunk in chunks(versions):
                among = files.c.version.in_(chunk) & (files.c.stage == Stage.FINISHED.value)
                done.update(connection.execute(select(files.c.version).where(among)).scalars())
        return done

    def released(self, versions: Sequence[str], fingerprint: str) -> set[str]:
        """Return those quarantined versions that another fingerprint gives a new chance."""
        freed: set[str] = set()
        with self._reading("look up quarantined files") as connection:
            for chunk in chunks(versions):
                among = files.c.version.in_(chunk) & (files.c.starts >= MOST_STARTS)
                among &= files.c.started_under != fingerprint
                freed.update(connection.execute(select(files.c.version).where(among)).scalars())
        return freed

    def started(self, version: str, *, fingerprint: str) -> int:
        """Count a start and return how many before it, under the same fingerprint, came to no outcome."""
        mine = files.c.version == version
        same = files.c.started_under == fingerprint
        values = {"starts": case((same, files.c.starts + 1), else_=1), "started_under": fingerprint}
        with self._writing(f"record the start of file version {version}") as connection:
            connection.execute(update(files).where(mine).values(values))
            now = connection.execute(select(files.c.starts).where(mine)).scalar_one_or_none()
        return (now or 1) - 1

    def put_off(self, versions: Sequence[str]) -> None:
        """Set the count of starts back."""
        with self._writing_files("put files off") as connection:
            for chunk in chunks(versions):
                connection.execute(update(files).where(files.c.version.in_(chunk)).values(starts=0))

    def seen(self, refs: Sequence[FileRef], run_id: str) -> None:
        """Record versions found by a listing; known ones only have their attempts counted.

        Each becomes the newest of its location_key, because a listing shows what is there now.
        """
        once = {ref.version: ref for ref in refs}
        with self._writing_files("record files seen") as connection:
            for chunk in chunks(once.values()):
                self._see(connection, chunk, run_id)

    def _see(self, connection: Connection, refs: Sequence[FileRef], run_id: str) -> None:
        newest = {ref.location_key: ref.version for ref in refs}
        _lower(connection, list(newest))
        rows = [
            {
                **self._fresh(ref, run_id),
                "is_newest": newest[ref.location_key] == ref.version,
                "attempts": 1,
            }
            for ref in refs
        ]
        statement = self._insert()(files)
        again = {"attempts": files.c.attempts + 1, "is_newest": statement.excluded.is_newest}
        connection.execute(
            statement.on_conflict_do_update(index_elements=["version"], set_=again), rows
        )

    def seen_once(self, versions: Sequence[str]) -> set[str]:
        """Return those versions that one listing alone has found so far."""
        new: set[str] = set()
        with self._reading("look up files seen once") as connection:
            for chunk in chunks(versions):
                among = files.c.version.in_(chunk) & (files.c.attempts == 1)
                new.update(connection.execute(select(files.c.version).where(among)).scalars())
        return new

    def _fresh(self, ref: FileRef, run_id: str) -> dict[str, Any]:
        return {
            **file_row(ref),
            "is_newest": True,
            "original_name": ref.name,
            "stage": Stage.SEEN.value,
            "planned_only": False,
            "attempts": 0,
            "run_id": run_id,
            "seen_at": (now := self._clock.now()),
            "updated_at": now,
        }

    def archived(self, version: str, *, sha256: str, size_bytes: int, media_type: str) -> None:
        """Record that the original's bytes are stored and confirmed; a version that has come further stays there."""
        stage = case((files.c.stage == Stage.SEEN.value, Stage.ARCHIVED.value), else_=files.c.stage)
        self._advance(
            version, stage=stage, sha256=sha256, size_bytes=size_bytes, media_type=media_type
        )

    def planned(self, version: str, *, fingerprint: str, rules: str) -> None:
        """Record that findings are archived and what to write is decided, under which settings (`rules`).

        A finished version is open again until its outcome is recorded, so that work cut short here is noticed.
        """
        self._advance(version, stage=Stage.PLANNED.value, fingerprint=fingerprint, rules=rules)

    def _advance(self, version: str, **values: Any) -> None:
        statement = update(files).where(files.c.version == version)
        with self._writing(f"record the progress of file version {version}") as connection:
            met = connection.execute(
                statement.values(**values, updated_at=self._clock.now())
            ).rowcount
            if met != 1:
                raise KeyError(version)

    def finish(self, outcome: Outcome, run_id: str) -> None:
        """Record a file's outcome, and with it that of the version our own write left."""
        version = outcome.ref.version
        fresh = (
            self._insert()(files).values(self._fresh(outcome.ref, run_id)).on_conflict_do_nothing()
        )
        followers = (files.c.succeeds == version) & files.c.outcome.is_(None)
        with self._writing_files(f"record the outcome of {outcome.ref.name}") as connection:
            connection.execute(fresh)
            values = {
                **_outcome_columns(outcome),
                "run_id": run_id,
                "updated_at": self._clock.now(),
            }
            for whose in (
                files.c.version == version,
                followers,
            ):  # together, they would be found by no index
                connection.execute(update(files).where(whose).values(values))

    def succeeded_by(self, version: str, ref: FileRef) -> None:
        """Record the version that a listing shows after our own write, as finished with the same outcome."""
        with self._writing_files(f"record what {ref.name} became") as connection:
            before = (
                connection.execute(select(files).where(files.c.version == version))
                .mappings()
                .one_or_none()
            )
            if before is None:
                raise KeyError(version)
            if ref.version == version:
                return
            _lower(connection, [before["location_key"], ref.location_key])
            row = {
                **self._fresh(ref, before["run_id"]),
                **{name: before[name] for name in _INHERITED},
            }
            row["succeeds"] = version
            changed = {
                name: row[name] for name in (*_INHERITED, "is_newest", "succeeds", "updated_at")
            }
            statement = self._insert()(files).values(row)
            connection.execute(
                statement.on_conflict_do_update(index_elements=["version"], set_=changed)
            )

    def state(self, version: str) -> FileState | None:
        """Return one version's state."""
        with self._reading(f"look up file version {version}") as connection:
            row = (
                connection.execute(select(files).where(files.c.version == version))
                .mappings()
                .one_or_none()
            )
            return load_file(row) if row else None

    def save_reading(self, sha256: str, findings: Findings, *, prefix: str) -> None:
        """Keep findings (without text and derived paths) by content and fingerprint."""
        values = {
            "prefix": prefix,
            "findings": dump_findings(findings),
            "saved_at": self._clock.now(),
        }
        row = {"sha256": sha256, "fingerprint": findings.fingerprint, **values}
        statement = self._insert()(readings).values(row)
        with self._writing(f"keep the reading of {sha256}") as connection:
            keys = ["sha256", "fingerprint"]
            connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=values))

    def reading_fingerprints(self, sha256: str) -> Sequence[str]:
        """Return the fingerprints under which this content was read, the latest reading first."""
        wanted = (
            select(readings.c.fingerprint)
            .where(readings.c.sha256 == sha256)
            .order_by(readings.c.saved_at.desc())
        )
        with self._reading(f"look up the readings of {sha256}") as connection:
            return list(connection.scalars(wanted))

    def reading(self, sha256: str, fingerprint: str) -> tuple[Findings, str] | None:
        """Return the findings of this content under this fingerprint and the archive prefix of its derived files."""
        wanted = select(readings).where(
            readings.c.sha256 == sha256, readings.c.fingerprint == fingerprint
        )
        with self._reading(f"look up the reading of {sha256}") as connection:
            row = connection.execute(wanted).mappings().one_or_none()
            return (load_findings(row["findings"]), row["prefix"]) if row else None


def _lower(connection: Connection, slots: Sequence[str]) -> None:
    """Let no version of these slots be the newest."""
    connection.execute(
        update(files)
        .where(files.c.location_key.in_(slots) & files.c.is_newest)
        .values(is_newest=False)
    )


def _outcome_columns(outcome: Outcome) -> dict[str, Any]:
    reopened = case(
        (files.c.stage == Stage.FINISHED.value, Stage.PLANNED.value), else_=files.c.stage
    )
    columns: dict[str, Any] = {
        "stage": Stage.FINISHED.value if is_finished(outcome) else reopened,
        "status": outcome.status.value,
        "planned_only": outcome.planned_only,
        "outcome": dump_outcome(outcome),
        "pages": outcome.pages,
    }
    if not outcome.quarantined:
        columns["starts"] = 0
    return columns | ({"sha256": outcome.sha256} if outcome.sha256 else {})
