"""Effects: what was about to change at Caspio, and what became of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from pipeline.adapters.sql_ledger.base import SqlPart, chunks
from pipeline.adapters.sql_ledger.lease_log import refuse_lost
from pipeline.adapters.sql_ledger.rows import dump_effect, load_effect
from pipeline.adapters.sql_ledger.tables import OPEN, effects, files
from pipeline.decide.ownership import owned
from pipeline.model import Effect, EffectKind, EffectState, FileRef, Stage, Value

_TAKEN = effects.c.state.in_([EffectState.APPLIED.value, EffectState.VERIFIED.value])
_CHANGES_RECORDS = effects.c.kind.in_(
    [EffectKind.UPDATE_COLUMNS.value, EffectKind.RENAME_ATTACHMENT.value]
)


def _of(container: str, pk: str) -> ColumnElement[bool]:
    return (effects.c.container == container) & (effects.c.pk == pk)


class EffectLog(SqlPart):
    """The part of the ledger that remembers effects."""

    def intend(self, effect: Effect, run_id: str) -> Effect:
        """Record an intent before its call and return it with its id.

        It is the fence as well: a worker that another one took for dead is refused here, in the same transaction.
        """
        intent = replace(effect, state=EffectState.INTENT, run_id=run_id, at=self._clock.now())
        with self._writing(
            f"record the intent to change {effect.container} {effect.pk}"
        ) as connection:
            refuse_lost(connection, run_id)
            known = connection.execute(
                insert(effects).values(dump_effect(intent))
            ).inserted_primary_key
        if known is None:
            raise AssertionError("an inserted row has a key")
        return replace(intent, id=int(known[0]))

    def settle(self, effect: Effect, state: EffectState, note: str = "") -> None:
        """Record what became of an effect; `pk` is taken over too, for a row that had none before it was inserted."""
        statement = update(effects).where(effects.c.id == effect.id)
        with self._writing(f"record what became of effect {effect.id}") as connection:
            met = connection.execute(
                statement.values(state=state.value, note=note, pk=effect.pk)
            ).rowcount
            if met != 1:
                raise KeyError(effect.id)

    def open_effects(self, versions: Sequence[str]) -> Sequence[Effect]:
        """Return effects of these versions still in state intent or applied, oldest first."""
        found: list[Effect] = []
        for chunk in chunks(dict.fromkeys(versions)):
            found.extend(self._effects(OPEN, effects.c.version.in_(chunk)))
        return sorted(found, key=lambda effect: effect.id)

    def changed_by_others(self, versions: Sequence[str], run_id: str) -> set[str]:
        """Return those unfinished versions on which another run's effects stand (applied or verified)."""
        found: set[str] = set()
        unfinished = (files.c.version == effects.c.version) & (
            files.c.stage != Stage.FINISHED.value
        )
        with self._reading("look up what other runs changed") as connection:
            for chunk in chunks(dict.fromkeys(versions)):
                others = (
                    effects.c.version.in_(chunk),
                    _TAKEN,
                    effects.c.run_id != run_id,
                    unfinished,
                )
                found.update(connection.execute(select(effects.c.version).where(*others)).scalars())
        return found

    def unsettled(self) -> Sequence[Effect]:
        """Return every effect still in state intent or applied, oldest first."""
        return self._effects(OPEN)

    def effects(
        self,
        *,
        version: str | None = None,
        run_id: str | None = None,
        record: tuple[str, str] | None = None,
    ) -> Sequence[Effect]:
        """Return effects, oldest first; `record` is a container and a PK_ID."""
        wanted: list[ColumnElement[bool]] = []
        if version is not None:
            wanted.append(effects.c.version == version)
        if run_id is not None:
            wanted.append(effects.c.run_id == run_id)
        if record is not None:
            wanted.append(_of(*record))
        return self._effects(*wanted)

    def last_written(self, container: str, pk: str) -> Mapping[str, Value]:
        """Return, by column, the value we last wrote to a record of ourselves."""
        return owned(self._effects(_TAKEN, _of(container, pk)))

    def undoing(self, ids: Sequence[int]) -> Sequence[Effect]:
        """Return the effects that take back these, those that take back them, and so on, oldest first."""
        found: list[Effect] = []
        wanted = list(ids)
        while wanted:
            further = [
                e for chunk in chunks(wanted) for e in self._effects(effects.c.undoes.in_(chunk))
            ]
            found += further
            wanted = [effect.id for effect in further]
        return sorted(found, key=lambda effect: effect.id)

    def names_given(self, refs: Sequence[FileRef]) -> Sequence[Effect]:
        """Return the effects that named these records' attachments or put files at these paths."""
        found: list[Effect] = []
        for places in _places_named(refs):
            found += self._effects(_TAKEN, places)
        return sorted(found, key=lambda effect: effect.id)

    def runs_that_wrote(self, container: str, pk: str, *, since: datetime) -> int:
        """Count the runs since a moment that changed a record or its files' names."""
        changed = (_TAKEN, _CHANGES_RECORDS, effects.c.at >= since, _of(container, pk))
        with self._reading(f"count the writes to {container} {pk}") as connection:
            counted = select(func.count(effects.c.run_id.distinct())).where(*changed)
            return int(connection.execute(counted).scalar_one())

    def _effects(self, *wanted: ColumnElement[bool]) -> list[Effect]:
        with self._reading("list effects") as connection:
            rows = connection.execute(
                select(effects).where(*wanted).order_by(effects.c.id)
            ).mappings()
            return [load_effect(row) for row in rows]

    def moved_to(self, path: str) -> str | None:
        """Return where our own rename moved a Files-area path to, following chains; None if it is where it was.

        A file has moved once a record points at its new path, or once its old path is deleted.
        """
        here, since = path, 0
        with self._reading(f"look up where {path} went") as connection:
            while move := _next_move(connection, here, since):
                here, since = move
        return None if here == path else here


def _places_named(refs: Sequence[FileRef]) -> Iterator[ColumnElement[bool]]:
    """Yield conditions, of one index each, for effects that named these records' attachments or put these files."""
    by_container: dict[str, list[str]] = {}
    for ref in refs:
        if ref.record and ref.path is None:
            by_container.setdefault(ref.record.container, []).append(ref.record.pk)
    for container, pks in by_container.items():
        for chunk in chunks(dict.fromkeys(pks)):
            here = (effects.c.container == container) & effects.c.pk.in_(chunk)
            yield here & (effects.c.kind == EffectKind.RENAME_ATTACHMENT.value)
    for chunk in chunks(dict.fromkeys(ref.path for ref in refs if ref.path is not None)):
        yield effects.c.path_to.in_(chunk) & (effects.c.kind == EffectKind.PUT_FILE.value)


def _next_move(connection: Connection, path: str, since: int) -> tuple[str, int] | None:
    """Return the latest move away from a path after the move `since`: later ids only, so a way back cannot loop."""
    departure = (
        select(effects.c.path_to, effects.c.id)
        .where(effects.c.path_from == path, effects.c.path_to != path, effects.c.id > since, _TAKEN)
        .where(effects.c.kind.in_([EffectKind.REPOINT.value, EffectKind.DELETE_FILE.value]))
        .order_by(effects.c.id.desc())
        .limit(1)
    )
    row = connection.execute(departure).one_or_none()
    return (row.path_to, row.id) if row else None
