"""File versions: what was seen, how far it has come and what became of it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    String,
    Update,
    bindparam,
    case,
    func,
    select,
    update,
)

from pipeline.adapters.sql_ledger.file_restore import SqlFileRestore
from pipeline.adapters.sql_ledger.file_walks import SqlFileWalks
from pipeline.adapters.sql_ledger.readings import SqlReadings
from pipeline.adapters.sql_ledger.rows import (
    dump_outcome,
    file_row,
    is_finished,
    load_file,
    searched_names,
)
from pipeline.adapters.sql_ledger.session import change_in, chunks
from pipeline.adapters.sql_ledger.sources import SqlSources
from pipeline.adapters.sql_ledger.tables import files
from pipeline.model import FileRef, Outcome, Stage
from pipeline.ports import FileState
from pipeline.ports.ledger import Acknowledgement

# What a version that our own rename made takes over from the one before it.
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
    "listings",
    "acknowledged_at",
    "acknowledgement",
    "run_id",
)

# Built once: SQLAlchemy compiles a statement once, but to build it again takes longer than to run.
# What is not named here is set to the parameters of the call.
_ONE = files.c.version == bindparam("of_version")
_STATE = select(files).where(_ONE)
_STATES_OF = select(files).where(files.c.version.in_(bindparam("of_versions", expanding=True)))
# An outcome that is recorded at this moment is waited for.
_TAKEN = _STATE.with_for_update(read=True)
_PLANNED = update(files).where(_ONE).values(stage=Stage.PLANNED.value)
# A version that has come further keeps its stage.
_ARCHIVED = (
    update(files)
    .where(_ONE)
    .values(
        stage=case((files.c.stage == Stage.SEEN.value, Stage.ARCHIVED.value), else_=files.c.stage)
    )
)
_OUTCOME = {
    "stage": case(
        (bindparam("is_finished", type_=Boolean), Stage.FINISHED.value),
        (files.c.stage == Stage.FINISHED.value, Stage.PLANNED.value),
        else_=files.c.stage,
    ),
    "sha256": func.coalesce(bindparam("new_sha256", type_=String), files.c.sha256),
}
_FINISHED = update(files).where(_ONE).values(_OUTCOME)
_RENAMED = files.c.renamed_from == bindparam("of_version")
_WITHOUT_OUTCOME = _RENAMED & files.c.outcome.is_(None)
_OPEN_RENAME = select(files.c.id).where(_WITHOUT_OUTCOME).limit(1)
_FINISHED_TOO = update(files).where(_WITHOUT_OUTCOME).values(_OUTCOME)


class SqlFiles(SqlSources, SqlReadings, SqlFileWalks, SqlFileRestore):
    """Remember every file version, every reading, and what is known of the sources."""

    def seen(self, refs: Sequence[FileRef], run_id: str) -> None:
        """Record versions that a listing has shown; of known ones only the listings are counted.

        Each becomes the newest at its place, because a listing shows what is there now.
        """
        once = {ref.version: ref for ref in refs}
        if not once:  # most pages of a listing have nothing new
            return
        with self._session.writing_files("record files seen") as connection:
            for chunk in chunks(once.values()):
                # If a listing has two versions at one place, the last one is there now.
                newest = {ref.location_key: ref.version for ref in chunk}
                _replace_newest(connection, list(newest))
                rows = [
                    {
                        **self._new_row(ref, run_id),
                        "is_newest": newest[ref.location_key] == ref.version,
                        "listings": 1,
                    }
                    for ref in chunk
                ]
                statement = self._session.insert(files)
                again = {
                    "listings": files.c.listings + 1,
                    "is_newest": statement.excluded.is_newest,
                }
                connection.execute(
                    statement.on_conflict_do_update(index_elements=["version"], set_=again), rows
                )

    def seen_once(self, versions: Sequence[str]) -> set[str]:
        """Return those versions that exactly one listing has shown."""
        return self._among(versions, files.c.listings == 1, "look up files seen once")

    def finished(self, versions: Sequence[str]) -> set[str]:
        """Return those versions that need no more work."""
        done = files.c.stage == Stage.FINISHED.value
        return self._among(versions, done, "look up finished files")

    def released_from_quarantine(self, versions: Sequence[str], fingerprint: str) -> set[str]:
        """Return those quarantined versions that may be read again now."""
        quarantined = self._among(versions, files.c.quarantined, "look up quarantined files")
        if not quarantined:
            return quarantined
        suspects, now = self.suspects(list(quarantined), ""), self._session.clock.now()
        return {
            version
            for version in quarantined
            if version not in suspects or not suspects[version].is_quarantined(fingerprint, now)
        }

    def _among(self, versions: Sequence[str], wanted: ColumnElement[bool], doing: str) -> set[str]:
        found: set[str] = set()
        if not versions:
            return found
        these = select(files.c.version).where(self._session.among(files.c.version), wanted)
        with self._session.reading(doing) as connection:
            for chunk in chunks(versions):
                found.update(connection.scalars(these, {"these": chunk}).all())
        return found

    def archived(self, version: str, *, sha256: str, size_bytes: int, media_type: str) -> None:
        """Record that the original's bytes are stored and confirmed."""
        self._advance(
            _ARCHIVED, version, sha256=sha256, size_bytes=size_bytes, media_type=media_type
        )

    def planned(self, version: str, *, fingerprint: str, rules: str) -> None:
        """Record that findings are archived and what to write is decided, under which settings.

        A finished version is open again until its outcome is recorded, so that work cut short here
        is noticed.
        """
        self._advance(_PLANNED, version, fingerprint=fingerprint, rules=rules)

    def _advance(self, statement: Update, version: str, **values: str | int) -> None:
        # A power cut before the next intent leaves a file to be worked on again, and no effect.
        doing = f"record the progress of file version {version}"
        with self._session.writing_unflushed(doing) as connection:
            values_now = {**values, "updated_at": self._session.clock.now()}
            if connection.execute(statement, {"of_version": version, **values_now}).rowcount != 1:
                raise KeyError(version)

    def finish(self, outcome: Outcome, run_id: str) -> None:
        """Record a file's outcome, and with it that of the version that our own rename made."""
        values = {
            **_outcome_columns(outcome),
            "of_version": outcome.ref.version,
            "run_id": run_id,
            "updated_at": self._session.clock.now(),
        }
        doing = f"record the outcome of {outcome.ref.name}"
        if self._session.engine.dialect.name == "postgresql" and self._finish_alone(values, doing):
            return
        with self._session.writing_files(doing) as connection:
            if connection.execute(_FINISHED, values).rowcount == 0:
                new = self._session.insert(files).values(self._new_row(outcome.ref, run_id))
                connection.execute(new.on_conflict_do_nothing())
                connection.execute(_FINISHED, values)
            # Another statement: either condition has an index, and an OR of both would use neither.
            connection.execute(_FINISHED_TOO, values)

    def _finish_alone(self, values: dict[str, Any], doing: str) -> bool:
        """Record an outcome without waiting for a turn, if one row is all there is to write.

        A transaction that has one row waits for no other one, so that none waits for it in turn.
        The row is taken first: a rename that is recorded later waits for it and takes over the
        outcome, and one that was recorded before is seen.
        """
        with self._session.writing(doing) as connection:
            is_known = connection.execute(_FINISHED, values).rowcount == 1
            which = {"of_version": values["of_version"]}
            if is_known and connection.execute(_OPEN_RENAME, which).first() is None:
                return True
            connection.rollback()
        return False

    def record_rename(self, version: str, ref: FileRef) -> None:
        """Record the version that a listing shows after our own write, with the same outcome."""
        with self._session.writing_files(f"record what {ref.name} was renamed to") as connection:
            before = connection.execute(_TAKEN, {"of_version": version}).mappings().one_or_none()
            if before is None:
                raise KeyError(version)
            # A rename to the same name, size and date leaves the same version.
            if ref.version == version:
                return

            _replace_newest(connection, [before["location_key"], ref.location_key])
            row = self._new_row(ref, before["run_id"])
            row |= {name: before[name] for name in _INHERITED}
            row["names"] = searched_names(ref.name, before["original_name"])
            row["renamed_from"] = version
            changed = (*_INHERITED, "names", "is_newest", "renamed_from", "updated_at")
            statement = self._session.insert(files).values(row)
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["version"], set_={name: row[name] for name in changed}
                )
            )

    def acknowledge(self, versions: Collection[str], by: Acknowledgement | None) -> None:
        """Record that a user knows what became of these versions; None withdraws it."""
        values = {
            "acknowledged_at": by.at if by else None,
            "acknowledgement": {"by": by.by, "note": by.note} if by else None,
        }
        self._update(versions, values, "acknowledge outcomes")

    def gone(self, versions: Collection[str]) -> None:
        """Record that a whole listing did not show these versions.

        If one is listed again, it is worked on again.
        """
        values = {"is_newest": False, "stage": Stage.SEEN.value}
        self._update(versions, values, "record files that are gone")

    def _update(self, versions: Collection[str], values: dict[str, Any], doing: str) -> None:
        with self._session.writing_files(doing) as connection:
            changed = update(files).values(values)
            change_in(connection, changed, files.c.version, sorted(versions))

    def state(self, version: str) -> FileState | None:
        """Return one version's state."""
        with self._session.reading(f"look up file version {version}") as connection:
            row = connection.execute(_STATE, {"of_version": version}).mappings().one_or_none()
            return load_file(row) if row else None

    def states_of(self, versions: Collection[str]) -> Mapping[str, FileState]:
        """Return the states of those versions that are known, by version."""
        found: dict[str, FileState] = {}
        with self._session.reading("look up file versions") as connection:
            for chunk in chunks(dict.fromkeys(versions)):
                these = connection.execute(_STATES_OF, {"of_versions": chunk}).mappings()
                found.update((row["version"], load_file(row)) for row in these)
        return found

    def _new_row(self, ref: FileRef, run_id: str) -> dict[str, Any]:
        now = self._session.clock.now()
        return {
            **file_row(ref),
            "is_newest": True,
            "original_name": ref.name,
            "names": searched_names(ref.name),
            "stage": Stage.SEEN.value,
            "planned_only": False,
            "listings": 0,
            "run_id": run_id,
            "seen_at": now,
            "updated_at": now,
        }


def _replace_newest(connection: Connection, location_keys: Sequence[str]) -> None:
    """Make no version at these places the newest; the caller inserts the one that is."""
    replaced = files.c.location_key.in_(location_keys) & files.c.is_newest
    connection.execute(update(files).where(replaced).values(is_newest=False))


def _outcome_columns(outcome: Outcome) -> dict[str, Any]:
    """Return the parameters of `_FINISHED`; a digest that is not known leaves the one there is."""
    return {
        "is_finished": is_finished(outcome),
        "new_sha256": outcome.sha256 or None,
        "status": outcome.status.value,
        "planned_only": outcome.planned_only,
        "outcome": dump_outcome(outcome),
        "pages": outcome.pages,
        "quarantined": outcome.quarantined,
    }
