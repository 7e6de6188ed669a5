"""What is known of the rows of every sync, and what changed them."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from pipeline.adapters.sql_ledger.leases import refuse_lost
from pipeline.adapters.sql_ledger.session import SqlPart, change_in, rows_in, values_in
from pipeline.adapters.sql_ledger.syncs.tables import OPEN, sync_effects, sync_progress, sync_rows
from pipeline.model import EffectState
from pipeline.model.sync import ChangeKind, RowState, Side, SyncEffect, SyncProgress

_IN_FORCE = sync_effects.c.state.in_([EffectState.INTENT.value, EffectState.VERIFIED.value])


class SqlSyncs(SqlPart):
    """Remember the rows of every sync, and every change of one from before it is made."""

    def rows(self, sync: str, keys: Sequence[str]) -> Sequence[RowState]:
        """Return what is known of the rows with these keys, in any order."""
        return self._rows(sync, sync_rows.c.key, keys)

    def rows_with_pks(self, sync: str, pks: Sequence[str]) -> Sequence[RowState]:
        """Return what is known of the rows of these PK_IDs, in any order."""
        return self._rows(sync, sync_rows.c.pk, pks)

    def _rows(
        self, sync: str, column: ColumnElement[str], values: Sequence[str]
    ) -> Sequence[RowState]:
        wanted = select(sync_rows).where(sync_rows.c.sync == sync)
        with self._session.reading(f"look up rows of {sync}") as connection:
            return list(map(_row_state, rows_in(connection, wanted, column, values)))

    def page(self, sync: str, *, after: str = "", limit: int = 1000) -> Sequence[RowState]:
        """Return rows in order of their keys, behind a key."""
        ordered = (
            select(sync_rows)
            .where(sync_rows.c.sync == sync, sync_rows.c.key > after)
            .order_by(sync_rows.c.key)
            .limit(limit)
        )
        with self._session.reading(f"list rows of {sync}") as connection:
            return [_row_state(row) for row in connection.execute(ordered).mappings()]

    def count(self, sync: str) -> int:
        """Count the rows that both sides had last."""
        counted = select(func.count()).where(
            sync_rows.c.sync == sync, sync_rows.c.base.is_not(None)
        )
        with self._session.reading(f"count rows of {sync}") as connection:
            return int(connection.execute(counted).scalar_one())

    def save(self, sync: str, rows: Sequence[RowState], *, forget: Sequence[str] = ()) -> None:
        """Keep what is known of rows, and forget those with other keys, in one transaction."""
        with self._session.writing(f"keep rows of {sync}") as connection:
            self._save(connection, sync, rows, forget)

    def _save(
        self, connection: Connection, sync: str, rows: Sequence[RowState], forget: Sequence[str]
    ) -> None:
        if rows:
            added = self._session.insert(sync_rows)
            changed = {name: added.excluded[name] for name in ("pk", "base", "left_as")}
            kept = added.on_conflict_do_update(index_elements=["sync", "key"], set_=changed)
            connection.execute(kept, [_row(sync, row) for row in rows])
        gone = delete(sync_rows).where(sync_rows.c.sync == sync)
        change_in(connection, gone, sync_rows.c.key, forget)

    def intend(self, effects: Sequence[SyncEffect], run_id: str) -> Sequence[SyncEffect]:
        """Record intents before the first of their calls; return them with their ids."""
        if not effects:
            return []
        at = self._session.clock.now()
        intents = [
            replace(effect, state=EffectState.INTENT, run_id=run_id, at=at) for effect in effects
        ]
        added = insert(sync_effects).returning(sync_effects.c.id, sort_by_parameter_order=True)
        with self._session.writing(f"record intents of {effects[0].sync}") as connection:
            refuse_lost(connection, run_id)
            ids = connection.execute(added, [_dump(intent) for intent in intents]).scalars().all()
        return [replace(intent, id=id_) for intent, id_ in zip(intents, ids, strict=True)]

    def settle(
        self,
        effects: Sequence[SyncEffect],
        rows: Sequence[RowState] = (),
        *,
        forget: Sequence[str] = (),
    ) -> None:
        """Record what became of effects of one sync, and of their rows, in one transaction."""
        if not effects:
            return
        settled = update(sync_effects).where(sync_effects.c.id == bindparam("settled_id"))
        values = [
            {
                "settled_id": effect.id,
                "state": effect.state.value,
                "note": effect.note,
                "pk": effect.pk,
            }
            for effect in effects
        ]
        with self._session.writing(f"record effects of {effects[0].sync}") as connection:
            connection.execute(settled, values)
            self._save(connection, effects[0].sync, rows, forget)

    def open(self, sync: str) -> Sequence[SyncEffect]:
        """Return the effects in state intent, oldest first."""
        return self._effects(OPEN, sync_effects.c.sync == sync)

    def of_run(self, run_id: str) -> Sequence[SyncEffect]:
        """Return a run's effects, oldest first."""
        return self._effects(sync_effects.c.run_id == run_id)

    def _effects(self, *wanted: ColumnElement[bool]) -> Sequence[SyncEffect]:
        ordered = select(sync_effects).where(*wanted).order_by(sync_effects.c.id)
        with self._session.reading("list effects of a sync") as connection:
            return [_load(row) for row in connection.execute(ordered).mappings()]

    def undone(self, ids: Sequence[int]) -> set[int]:
        """Return those of these effects that an effect which is in force takes back."""
        undoing = select(sync_effects.c.undoes).where(_IN_FORCE)
        with self._session.reading("look up what was undone") as connection:
            return values_in(connection, undoing, sync_effects.c.undoes, ids)

    def progress(self, sync: str) -> SyncProgress:
        """Return how far a sync has come."""
        wanted = select(sync_progress).where(sync_progress.c.sync == sync)
        with self._session.reading(f"look up how far {sync} has come") as connection:
            row = connection.execute(wanted).one_or_none()
        if row is None:
            return SyncProgress()
        return SyncProgress(row.caspio_mark, row.mirror_mark, row.swept_at, row.deleted)

    def save_progress(self, sync: str, progress: SyncProgress) -> None:
        """Record how far a sync has come."""
        row = {
            "sync": sync,
            "caspio_mark": progress.caspio_mark,
            "mirror_mark": progress.mirror_mark,
            "swept_at": progress.swept_at,
            "deleted": progress.deleted,
        }
        with self._session.writing(f"record how far {sync} has come") as connection:
            self._session.keep(connection, sync_progress, row, key="sync")


def _row(sync: str, row: RowState) -> dict[str, object]:
    return {
        "sync": sync,
        "key": row.key,
        "pk": row.pk,
        "base": None if row.base is None else dict(row.base),
        "left_as": row.left_as,
    }


def _row_state(row: RowMapping) -> RowState:
    return RowState(row["key"], row["pk"], row["base"], row["left_as"])


def _dump(effect: SyncEffect) -> dict[str, object]:
    return {
        "sync": effect.sync,
        "key": effect.key,
        "pk": effect.pk,
        "side": effect.side.value,
        "kind": effect.kind.value,
        "before": dict(effect.before),
        "after": dict(effect.after),
        "state": effect.state.value,
        "note": effect.note,
        "run_id": effect.run_id,
        "at": effect.at,
        "undoes": effect.undoes or None,
    }


def _load(row: RowMapping) -> SyncEffect:
    return SyncEffect(
        sync=row["sync"],
        key=row["key"],
        pk=row["pk"],
        side=Side(row["side"]),
        kind=ChangeKind(row["kind"]),
        before=row["before"],
        after=row["after"],
        state=EffectState(row["state"]),
        note=row["note"],
        id=row["id"],
        run_id=row["run_id"],
        at=row["at"],
        undoes=row["undoes"] or 0,
    )
