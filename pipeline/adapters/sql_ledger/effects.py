"""Effects: what was about to change at Caspio, and what became of it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    func,
    insert,
    select,
    update,
)

from pipeline.adapters.sql_ledger.blocks import SqlBlocks, SqlPlanKey
from pipeline.adapters.sql_ledger.leases import refuse_lost
from pipeline.adapters.sql_ledger.rows import dump_effect, load_effect
from pipeline.adapters.sql_ledger.session import chunks, rows_in, values_in
from pipeline.adapters.sql_ledger.tables import OPEN, effects, files
from pipeline.adapters.sql_ledger.users.review_items import SqlReviewItems
from pipeline.decide.ownership import PERHAPS_IN_EFFECT, owned
from pipeline.model import Effect, EffectKind, EffectState, FileRef, OwnValue, Stage
from pipeline.ports.ledger import EffectPage

_TOOK_EFFECT = effects.c.state.in_([EffectState.APPLIED.value, EffectState.VERIFIED.value])
_CHANGES_RECORDS = effects.c.kind.in_(
    [EffectKind.UPDATE_COLUMNS.value, EffectKind.RENAME_ATTACHMENT.value]
)
_MOVES_FILES = effects.c.kind.in_([EffectKind.REPOINT.value, EffectKind.DELETE_FILE.value])

# Built once: SQLAlchemy compiles a statement once, but to build it again takes longer than to run.
_INTEND = insert(effects).returning(effects.c.id)
_SETTLE = update(effects).where(effects.c.id == bindparam("of_id"))
_OF_RUN_SINCE = (
    select(effects.c.id)
    .where(effects.c.run_id == bindparam("of_run"), effects.c.id > bindparam("after"))
    .limit(1)
)
_ALL_OF_RUN = (
    effects.c.run_id == bindparam("of_run"),
    effects.c.kind.in_(bindparam("kinds", expanding=True)),
    effects.c.state.in_([state.value for state in PERHAPS_IN_EFFECT]),
)
_CHANGED_IN_RUN = (
    select(effects.c.id, effects.c.container, effects.c.pk, effects.c.version)
    .where(*_ALL_OF_RUN, effects.c.id > bindparam("after"))
    .order_by(effects.c.id)
    .limit(bindparam("most"))
)
_FILES_CHANGED = select(func.count(effects.c.version.distinct())).where(*_ALL_OF_RUN)
_ORIGIN = select(effects.c.run_id, effects.c.undoes)
_UNDONE_SINCE = select(effects.c.undoes).where(
    effects.c.id > bindparam("since"), effects.c.undoes.is_not(None), _TOOK_EFFECT
)
_RUNS_THAT_WROTE = select(func.count(effects.c.run_id.distinct())).where(
    _TOOK_EFFECT,
    _CHANGES_RECORDS,
    effects.c.at >= bindparam("since"),
    effects.c.container == bindparam("container"),
    effects.c.pk == bindparam("pk"),
)


class SqlEffects(SqlBlocks, SqlPlanKey, SqlReviewItems):
    """Remember every change at Caspio, from before it is made."""

    def intend(self, effect: Effect, run_id: str) -> Effect:
        """Record an intent before its call and return it with its id.

        A worker that another one marked lost is refused here, in the same transaction: it cannot
        change anything after its files were given to somebody else.
        """
        at = self._session.clock.now()
        intent = replace(effect, state=EffectState.INTENT, run_id=run_id, at=at)
        doing = f"record the intent to change {effect.container} {effect.pk}"
        with self._session.writing(doing) as connection:
            refuse_lost(connection, run_id)
            new_id = connection.execute(_INTEND, dump_effect(intent)).scalar_one()
        return replace(intent, id=new_id)

    def settle(
        self, effect: Effect, state: EffectState, note: str = "", *, at: datetime | None = None
    ) -> None:
        """Record what became of an effect, and its `pk`: a row has none before it is inserted."""
        values: dict[str, object] = {"state": state.value, "note": note, "pk": effect.pk}
        if at is None and state is EffectState.APPLIED:
            at = self._session.clock.now()
        if at is not None:
            values["applied_at"] = at
        # Its intent is on the disk: after a power cut the next run looks what became of it.
        doing = f"record what became of effect {effect.id}"
        with self._session.writing_unflushed(doing) as connection:
            if connection.execute(_SETTLE, {"of_id": effect.id, **values}).rowcount != 1:
                raise KeyError(effect.id)

    def open(self, versions: Sequence[str] | None = None) -> Sequence[Effect]:
        """Return the effects in state intent or applied, oldest first."""
        if versions is None:
            return self._listed(OPEN)
        return self._listed_in(effects.c.version, dict.fromkeys(versions), OPEN)

    def find(
        self,
        *,
        version: str | None = None,
        run_id: str | None = None,
        record: tuple[str, str] | None = None,
    ) -> Sequence[Effect]:
        """Return effects, oldest first; `record` is a container and a PK_ID."""
        container, pk = record or (None, None)
        given = {"version": version, "run_id": run_id, "container": container, "pk": pk}
        which = {name: value for name, value in given.items() if value is not None}
        with self._session.reading("list effects") as connection:
            found = connection.execute(_listed_by(tuple(which)), which).mappings()
            return [load_effect(row) for row in found]

    def on_records(self, records: Collection[tuple[str, str]]) -> Sequence[Effect]:
        """Return the effects on these containers and PK_IDs, oldest first."""
        found = [effect for wanted in _on_records(records) for effect in self._listed(wanted)]
        return sorted(found, key=lambda effect: effect.id)

    def of_run(
        self, run_id: str, *, kinds: Collection[EffectKind], after: int = 0, limit: int
    ) -> EffectPage:
        """Return what a run changed in its next records, in the order in which it came to them."""
        # One more than asked for says whether there is a next page.
        which = {**_changed_in(run_id, kinds), "after": after, "most": limit + 1}
        with self._session.reading("list what a run changed") as connection:
            found_places = connection.execute(_CHANGED_IN_RUN, which).all()
        places = found_places[:limit]
        found = [effect for wanted in _at_places(places) for effect in self._listed(wanted)]
        # Not asked of the database: it would look through all of a long run instead.
        found = [effect for effect in found if effect.run_id == run_id]
        # What the pages before this one have shown.
        known = {
            _place(effect)
            for effect in found
            if effect.id <= after and effect.kind in kinds and effect.state in PERHAPS_IN_EFFECT
        }
        shown = [effect for effect in found if _place(effect) not in known]
        shown.sort(key=lambda effect: effect.id)
        return EffectPage(shown, places[-1][0] if len(found_places) > limit else 0)

    def files_changed(self, run_id: str, *, kinds: Collection[EffectKind]) -> int:
        """Count the files for which a run has effects of these kinds that are perhaps there."""
        with self._session.reading("count the files that a run changed") as connection:
            return connection.execute(_FILES_CHANGED, _changed_in(run_id, kinds)).scalar_one()

    def is_changed_since(self, run_id: str, last_id: int) -> bool:
        """Say whether effects behind an id are a run's, or have undone it, or its undo."""
        which = {"of_run": run_id, "after": last_id}
        with self._session.reading("look up what was undone since") as connection:
            if connection.execute(_OF_RUN_SINCE, which).first():
                return True
            wanted = set(connection.execute(_UNDONE_SINCE, {"since": last_id}).scalars())
            # Each round asks what one level of undos was of.
            while wanted:
                rows = list(rows_in(connection, _ORIGIN, effects.c.id, sorted(wanted)))
                if any(row["run_id"] == run_id for row in rows):
                    return True
                wanted = {row["undoes"] for row in rows if row["undoes"]}
        return False

    def last_id(self) -> int:
        """Return the id of the latest effect, 0 without any."""
        with self._session.reading("look up the latest effect") as connection:
            return connection.execute(select(func.max(effects.c.id))).scalar_one() or 0

    def changed_by_others(
        self, refs: Sequence[FileRef], run_id: str, *, since: int, beside: Collection[str]
    ) -> set[str]:
        """Return the versions that another run changed: unfinished ones, or lately."""
        lately = (effects.c.id > since) | effects.c.run_id.in_(sorted(beside))
        is_unfinished = (files.c.version == effects.c.version) & (
            files.c.stage != Stage.FINISHED.value
        )
        unfinished = select(files.c.version).where(is_unfinished).exists()
        by_others = _TOOK_EFFECT & (effects.c.run_id != run_id)
        by_record: dict[tuple[str, str], list[str]] = {}
        for ref in refs:
            if ref.record is not None:
                key = (ref.record.container, ref.record.pk)
                by_record.setdefault(key, []).append(ref.version)

        in_doubt = select(effects.c.version).where(by_others, lately | unfinished)
        changed = select(effects.c.pk).where(by_others, lately)
        with self._session.reading("look up what other runs changed") as connection:
            versions = dict.fromkeys(ref.version for ref in refs)
            found = values_in(connection, in_doubt, effects.c.version, versions)
            for container in sorted({container for container, _ in by_record}):
                pks = sorted({pk for named, pk in by_record if named == container})
                there = changed.where(effects.c.container == container)
                for pk in values_in(connection, there, effects.c.pk, pks):
                    found.update(by_record[container, pk])
        return found

    def undoing(self, ids: Sequence[int]) -> Sequence[Effect]:
        """Return the effects that undo these, those that undo them, and so on, oldest first."""
        found: list[Effect] = []
        wanted = list(ids)
        # An undo may have been undone, and so on; each round asks for one level.
        while wanted:
            next_ones = self._listed_in(effects.c.undoes, wanted)
            found += next_ones
            wanted = [effect.id for effect in next_ones]
        return sorted(found, key=lambda effect: effect.id)

    def names_given(self, refs: Sequence[FileRef]) -> Sequence[Effect]:
        """Return the effects that named these records' attachments or put files at these paths."""
        found: list[Effect] = []
        for named in _effects_that_named(refs):
            found += self._listed(_TOOK_EFFECT, named)
        return sorted(found, key=lambda effect: effect.id)

    def last_written(self, container: str, pk: str) -> Mapping[str, OwnValue]:
        """Return, by column, the value that we last wrote to a record."""
        of_record = (effects.c.container == container) & (effects.c.pk == pk)
        return owned(self._listed(_TOOK_EFFECT, of_record))

    def runs_that_wrote(self, container: str, pk: str, *, since: datetime) -> int:
        """Count the runs since a moment that changed a record or its files' names."""
        which = {"since": since, "container": container, "pk": pk}
        with self._session.reading(f"count the writes to {container} {pk}") as connection:
            return int(connection.execute(_RUNS_THAT_WROTE, which).scalar_one())

    def moved_to(self, path: str) -> str | None:
        """Return where our own rename moved a Files-area path to, following chains.

        A file has moved once a record points to its new path, or once its old path is deleted. None
        if it is where it was.
        """
        now, since = path, 0
        with self._session.reading(f"look up where {path} went") as connection:
            # A file may have been renamed several times, also back to a name that it had.
            while move := _next_move(connection, now, since):
                now, since = move
        return None if now == path else now

    def restore(self, restored: Iterable[Effect]) -> None:
        """Restore effects in the order given, which becomes the order they happened in.

        They get new ids, so what an effect undoes is written again by its new id. An effect that is
        not among those restored is written as a negative id, which no effect has.
        """
        new_ids: dict[int, int] = {}
        added = insert(effects).returning(effects.c.id, sort_by_parameter_order=True)
        for chunk in chunks(restored):
            rows = []
            for effect in chunk:
                undoes = new_ids.get(effect.undoes, -effect.undoes) if effect.undoes else None
                rows.append({**dump_effect(effect), "undoes": undoes})

            with self._session.writing("restore effects") as connection:
                ids = connection.execute(added, rows).scalars().all()
                in_chunk = {effect.id: new_id for effect, new_id in zip(chunk, ids, strict=True)}
                # An effect may undo one of the same chunk, whose new id was not known before the
                # insert.
                for effect in chunk:
                    if effect.undoes in in_chunk:
                        own = update(effects).where(effects.c.id == in_chunk[effect.id])
                        connection.execute(own.values(undoes=in_chunk[effect.undoes]))
            new_ids |= in_chunk

    def _listed_in(
        self, column: ColumnElement[Any], values: Iterable[object], *wanted: ColumnElement[bool]
    ) -> list[Effect]:
        """Return the effects whose column has one of these values, oldest first."""
        with self._session.reading("list effects") as connection:
            rows = rows_in(connection, select(effects).where(*wanted), column, values)
            return sorted(map(load_effect, rows), key=lambda effect: effect.id)

    def _listed(self, *wanted: ColumnElement[bool]) -> list[Effect]:
        ordered = select(effects).where(*wanted).order_by(effects.c.id)
        with self._session.reading("list effects") as connection:
            return [load_effect(row) for row in connection.execute(ordered).mappings()]


@cache
def _listed_by(names: tuple[str, ...]) -> Select[Any]:
    """Return the statement that lists the effects with certain values in these columns."""
    wanted = [effects.c[name] == bindparam(name) for name in names]
    return select(effects).where(*wanted).order_by(effects.c.id)


def _at_places(places: Sequence[Row[int, str, str, str]]) -> Iterator[ColumnElement[bool]]:
    """Yield conditions for all effects on these records and files; each has an index."""
    yield from _on_records([(place.container, place.pk) for place in places if place.pk])
    # A file of a folder has no record; its version is the same in all that was done to it.
    for chunk in chunks(dict.fromkeys(place.version for place in places if not place.pk)):
        yield (effects.c.pk == "") & effects.c.version.in_(chunk)


def _on_records(records: Collection[tuple[str, str]]) -> Iterator[ColumnElement[bool]]:
    """Yield conditions for all effects on these containers and PK_IDs; each has an index."""
    by_container: dict[str, list[str]] = {}
    for container, pk in records:
        by_container.setdefault(container, []).append(pk)
    for container, pks in by_container.items():
        for chunk in chunks(dict.fromkeys(pks)):
            yield (effects.c.container == container) & effects.c.pk.in_(chunk)


def _changed_in(run_id: str, kinds: Collection[EffectKind]) -> dict[str, object]:
    return {"of_run": run_id, "kinds": [kind.value for kind in kinds]}


def _place(effect: Effect) -> tuple[str, str]:
    return effect.container, effect.pk or effect.version


def _effects_that_named(refs: Sequence[FileRef]) -> Iterator[ColumnElement[bool]]:
    """Yield conditions for the effects that named these attachments or put these files.

    Each condition uses one index only: neither database combines two for an OR of this size.
    """
    attached = [
        (ref.record.container, ref.record.pk) for ref in refs if ref.record and ref.path is None
    ]
    for records in _on_records(attached):
        yield records & (effects.c.kind == EffectKind.RENAME_ATTACHMENT.value)

    paths = [ref.path for ref in refs if ref.path is not None]
    for chunk in chunks(dict.fromkeys(paths)):
        yield effects.c.path_to.in_(chunk) & (effects.c.kind == EffectKind.PUT_FILE.value)


def _next_move(connection: Connection, path: str, since: int) -> tuple[str, int] | None:
    """Return the latest move away from a path after the move `since`.

    Only later ids are looked at, so that a file that was moved back does not lead round in a
    circle.
    """
    departure = (
        select(effects.c.path_to, effects.c.id)
        .where(effects.c.path_from == path, effects.c.path_to != path, effects.c.id > since)
        .where(_TOOK_EFFECT, _MOVES_FILES)
        .order_by(effects.c.id.desc())
        .limit(1)
    )
    row = connection.execute(departure).one_or_none()
    return None if row is None else (row.path_to, row.id)
