"""Take over from the archive's manifests what a lost ledger knew."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, insert, select, update

from pipeline.adapters.sql_ledger.base import SqlPart, chunks
from pipeline.adapters.sql_ledger.rows import (
    dump_effect,
    dump_findings,
    dump_outcome,
    file_row,
    is_finished,
    load_findings,
)
from pipeline.adapters.sql_ledger.tables import effects as effect_table, files, readings
from pipeline.model import Effect, FileRef, Stage
from pipeline.ports import Manifest


class RestoreLog(SqlPart):
    """The part of the ledger that is rebuilt from manifests."""

    def restore(self, manifest: Manifest) -> bool:
        """Take over what a manifest says of a version, and of what it became, unless more recent things are known."""
        with self._writing_files(f"restore {manifest.ref.name}") as connection:
            new = self._restore(connection, manifest, manifest.ref, succeeds=None)
            for before, ref in pairwise((manifest.ref, *manifest.became)):
                new |= self._restore(connection, manifest, ref, succeeds=before.version)
            if new:
                self._restore_reading(connection, manifest)
        return new

    def _restore(
        self, connection: Connection, manifest: Manifest, ref: FileRef, *, succeeds: str | None
    ) -> bool:
        known = select(files.c.updated_at).where(files.c.version == ref.version)
        at = connection.execute(known).scalar_one_or_none()
        if at is not None and at >= manifest.at:
            return False
        slots = {
            ref.location_key,
            manifest.ref.location_key,
            *(heir.location_key for heir in manifest.became),
        }
        later = select(files.c.id).where(
            files.c.location_key == ref.location_key,
            files.c.is_newest,
            files.c.updated_at > manifest.at,
        )
        is_newest = connection.execute(later.limit(1)).first() is None
        if is_newest:
            connection.execute(
                update(files)
                .where(files.c.location_key.in_(slots), files.c.is_newest)
                .values(is_newest=False)
            )
        row = {**file_row(ref), **_columns(manifest), "is_newest": is_newest, "succeeds": succeeds}
        statement = self._insert()(files).values(row)
        connection.execute(statement.on_conflict_do_update(index_elements=["version"], set_=row))
        return True

    def _restore_reading(self, connection: Connection, manifest: Manifest) -> None:
        findings = load_findings(manifest.findings)
        row = {
            "sha256": manifest.sha256,
            "fingerprint": findings.fingerprint,
            "prefix": manifest.prefix,
            "findings": dump_findings(findings),
            "saved_at": manifest.at,
        }
        connection.execute(self._insert()(readings).values(row).on_conflict_do_nothing())

    def restore_effects(self, effects: Iterable[Effect]) -> None:
        """Take over effects of a lost ledger in the order given, which becomes the order they happened in.

        Their ids become others, so what an effect takes back is named anew, or by no id where it is not among them.
        """
        ids: dict[int, int] = {}
        for chunk in chunks(effects):
            rows = [{**dump_effect(e), "undoes": _renamed(e.undoes, ids)} for e in chunk]
            added = insert(effect_table).returning(effect_table.c.id, sort_by_parameter_order=True)
            with self._writing("restore effects") as connection:
                new = connection.execute(added, rows).scalars().all()
                here = dict(zip((effect.id for effect in chunk), new, strict=True))
                for effect, known in zip(chunk, new, strict=True):
                    if effect.undoes and effect.undoes in here:
                        again = update(effect_table).where(effect_table.c.id == known)
                        connection.execute(again.values(undoes=here[effect.undoes]))
            ids |= here

    def known_digests(self, digests: Sequence[str]) -> set[str]:
        """Return those digests that some file version has."""
        known: set[str] = set()
        with self._reading("look up digests") as connection:
            for chunk in chunks(digests):
                found = connection.execute(
                    select(files.c.sha256).where(files.c.sha256.in_(chunk))
                ).scalars()
                known.update(digest for digest in found if digest)
        return known


def _renamed(undoes: int, ids: Mapping[int, int]) -> int | None:
    """Return the id an effect is known by now; a negative one, which nothing has, where it is not known."""
    return ids.get(undoes, -undoes) if undoes else None


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
        "attempts": 1,
        "run_id": manifest.run_id,
        "seen_at": manifest.at,
        "updated_at": manifest.at,
    }
