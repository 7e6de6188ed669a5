"""Restore file versions and readings of a lost ledger from the archive's manifests."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, select, update

from pipeline.adapters.sql_ledger.rows import (
    dump_findings,
    dump_outcome,
    file_row,
    is_finished,
    load_findings,
    searched_names,
)
from pipeline.adapters.sql_ledger.session import SqlPart, values_in
from pipeline.adapters.sql_ledger.tables import files, readings
from pipeline.model import FileRef, Stage
from pipeline.ports import Manifest


class SqlFileRestore(SqlPart):
    """Restore file versions and readings."""

    def restore(self, manifest: Manifest) -> bool:
        """Restore what a manifest says of a version and its renames, unless newer is known."""
        with self._session.writing_files(f"restore {manifest.ref.name}") as connection:
            restored = self._version(connection, manifest, manifest.ref, renamed_from=None)
            for before, ref in pairwise((manifest.ref, *manifest.renamed_to)):
                restored |= self._version(connection, manifest, ref, renamed_from=before.version)
            if restored:
                self._reading(connection, manifest)
        return restored

    def _version(
        self, connection: Connection, manifest: Manifest, ref: FileRef, *, renamed_from: str | None
    ) -> bool:
        known = select(files.c.updated_at).where(files.c.version == ref.version)
        updated_at = connection.execute(known).scalar_one_or_none()
        # The ledger knows something newer than the manifest, or the same.
        if updated_at is not None and updated_at >= manifest.at:
            return False

        # A later version at the same place, restored before this one, stays the newest.
        newer = (
            (files.c.location_key == ref.location_key)
            & files.c.is_newest
            & (files.c.updated_at > manifest.at)
        )
        is_newest = connection.execute(select(files.c.id).where(newer).limit(1)).first() is None
        if is_newest:
            places = {version.location_key for version in (ref, manifest.ref, *manifest.renamed_to)}
            replaced = files.c.location_key.in_(places) & files.c.is_newest
            connection.execute(update(files).where(replaced).values(is_newest=False))

        row = {
            **file_row(ref),
            **_columns(manifest),
            "names": searched_names(ref.name, manifest.original_name),
            "is_newest": is_newest,
            "renamed_from": renamed_from,
        }
        self._session.keep(connection, files, row, key="version")
        return True

    def _reading(self, connection: Connection, manifest: Manifest) -> None:
        findings = load_findings(manifest.findings)
        row = {
            "sha256": manifest.sha256,
            "fingerprint": findings.fingerprint,
            "prefix": manifest.prefix,
            "findings": dump_findings(findings),
            "saved_at": manifest.at,
        }
        statement = self._session.insert(readings).values(row)
        connection.execute(statement.on_conflict_do_nothing())

    def known_digests(self, digests: Sequence[str]) -> set[str]:
        """Return those digests that some file version has."""
        with self._session.reading("look up digests") as connection:
            return values_in(connection, select(files.c.sha256), files.c.sha256, digests)


def _columns(manifest: Manifest) -> dict[str, Any]:
    outcome = manifest.outcome
    return {
        "original_name": manifest.original_name,
        "stage": Stage.FINISHED.value if is_finished(outcome) else Stage.PLANNED.value,
        "sha256": manifest.sha256,
        "size_bytes": manifest.size_bytes,
        "media_type": manifest.findings["media_type"],
        "fingerprint": manifest.findings["fingerprint"],
        "rules": manifest.rules,
        "status": outcome.status.value,
        "planned_only": outcome.planned_only,
        "outcome": dump_outcome(outcome),
        "pages": outcome.pages,
        "listings": 1,
        "run_id": manifest.run_id,
        "seen_at": manifest.at,
        "updated_at": manifest.at,
    }
