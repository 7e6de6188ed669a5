"""One table or view of Caspio as a side of a sync: a `RecordTable`."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pipeline.adapters.caspio import client as caspio
from pipeline.adapters.caspio.client import (
    CaspioClient,
    IncompleteDownload,
    Record,
    UnusableValue,
    where,
)
from pipeline.adapters.caspio.errors import translated
from pipeline.adapters.caspio.export_file import exported_records
from pipeline.adapters.caspio.schema_cache import SchemaCache, as_column
from pipeline.model import Column
from pipeline.model.sync import PK, RecordRow, Row, pk_column
from pipeline.ports.mirror import Written


class CaspioRecordTable:
    """Reads pages, and writes one record at a time under a guard."""

    def __init__(self, client: CaspioClient, container: str, *, is_view: bool) -> None:
        self._client = client
        self._container = container
        self._is_view = is_view
        self._operations = client.container(is_view=is_view)
        self._schema = SchemaCache(client)

    @translated()
    def columns(self) -> Mapping[str, Column]:
        """Return the columns by name, PK_ID among them."""
        found = {name: as_column(column) for name, column in self._known().items()}
        return {PK: pk_column(is_view=self._is_view), **found}

    def pages(
        self, columns: Sequence[str], *, since: tuple[str, str] | None = None
    ) -> Iterator[Sequence[RecordRow]]:
        """Yield all records in order of PK_ID, 1,000 at a time; one call each."""
        condition = ""
        if since is not None:
            column, date = since
            condition = f"{where.name(column)} >= {where.text_literal(date)}"
        with translated():
            for page in self._operations.record_pages(
                self._container, select=_select(columns), condition=condition
            ):
                yield [self._row(record) for record in page]

    def exported(
        self, task: str, path: str, columns: Sequence[str]
    ) -> Iterator[Sequence[RecordRow]]:
        """Run an export task, and yield the records of its file, which do not have their PK_ID."""
        with translated(), tempfile.TemporaryDirectory() as folder:
            self._client.tasks.run_and_wait(task)
            file = Path(folder) / "export.csv"
            with self._client.files.download(path) as download, file.open("wb") as copy:
                for chunk in download.chunks:
                    copy.write(chunk)
                if download.declared_bytes not in {None, copy.tell()}:
                    raise IncompleteDownload(f"reading {path}: it was cut short. Run again.")
            yield from exported_records(file, self.columns(), columns)

    @translated()
    def by_pk(self, pks: Sequence[str], columns: Sequence[str]) -> Sequence[RecordRow]:
        """Return those of these records that exist, in as few calls as addresses have room for."""
        wanted, select = set(pks), _select(columns)
        room = self._operations.records_room(self._container, select)
        found: list[RecordRow] = []
        for start in range(0, len(pks), _MOST):
            some = pks[start : start + _MOST]
            for clause, _ in where.pk_clauses(some, is_view=self._is_view, room=room):
                records = self._operations.records(self._container, select=select, condition=clause)
                found += [self._row(record) for record in records if record.pk in wanted]
        return found

    @translated()
    def by_key(self, keys: Sequence[Row], columns: Sequence[str]) -> Sequence[RecordRow]:
        """Return the records that have one of these keys; case makes no difference to Caspio."""
        select = _select(columns)
        room = self._operations.records_room(self._container, select)
        clauses = [
            where.both(*(where.equals(name, value) for name, value in key.items())) for key in keys
        ]
        found: dict[str, RecordRow] = {}
        while clauses:
            some = 1
            while some < min(len(clauses), _MOST) and (
                where.size(where.either(clauses[: some + 1])) <= room
            ):
                some += 1
            records = self._operations.records(
                self._container, select=select, condition=where.either(clauses[:some])
            )
            found |= {row.pk: row for row in map(self._row, records)}
            clauses = clauses[some:]
        return list(found.values())

    def can_find(self, key: Row, columns: Sequence[str]) -> bool:
        """Say, without a call, whether `by_key` can ask for a key."""
        room = self._operations.records_room(self._container, _select(columns))
        try:
            clause = where.both(*(where.equals(name, value) for name, value in key.items()))
        except UnusableValue:
            return False
        return where.size(clause) <= room

    @translated()
    def update(self, pk: str, *, guard: Row, values: Row) -> Written:
        """Write values to the record if every guard column still has its value."""
        answer = self._operations.update(
            self._container, values, condition=self._guard(pk, guard), about=f"record {pk}"
        )
        shown = [self._row(record) for record in answer.rows if record.pk is not None]
        return Written(answer.count, shown[0] if len(shown) == 1 else None)

    @translated()
    def insert(self, values: Row) -> Written:
        """Insert a record."""
        record = self._operations.insert(self._container, values)
        return Written(1, None if record is None or record.pk is None else self._row(record))

    @translated()
    def delete(self, pk: str, *, guard: Row) -> Written:
        """Delete the record if every guard column still has its value."""
        condition = self._guard(pk, guard)
        return Written(self._operations.delete(self._container, condition=condition))

    def _guard(self, pk: str, guard: Row) -> where.Clause:
        columns = self._known()
        known = {name: value for name, value in guard.items() if name in columns}
        return where.guard(
            pk,
            columns,
            known,
            is_view=self._is_view,
            room=self._operations.room(self._container),
        )

    def _known(self) -> Mapping[str, caspio.Column]:
        return self._schema.columns(self._container, is_view=self._is_view)

    def _row(self, record: Record) -> RecordRow:
        pk = record.pk or ""
        shown = pk if self._is_view else int(pk)
        lists = {name: list(items.values()) for name, items in record.lists.items()}
        return RecordRow(pk, {PK: shown, **record.values}, lists)


_MOST = 500
"""Records to ask for in one call at most; an answer has room for 1,000."""


def _select(columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((PK, *columns)))
