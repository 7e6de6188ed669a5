"""Read and change records and files, one at a time and guarded: the RecordTarget of a Caspio account."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.adapters.caspio.client import where
from pipeline.adapters.caspio.client.areas.containers import Containers
from pipeline.adapters.caspio.client.areas.files import split_path
from pipeline.adapters.caspio.client.client import CaspioClient
from pipeline.adapters.caspio.client.schema_cache import Schema
from pipeline.adapters.caspio.client.wire import Affected, FileInfo
from pipeline.adapters.caspio.file_lookup import FolderTree
from pipeline.adapters.caspio.scratch_store import path_key
from pipeline.errors import (
    CutShort,
    EffectInDoubt,
    FileGone,
    RefusedByCaspio,
    RejectFile,
    Unauthorized,
)
from pipeline.model import Column, RecordRef, Value
from pipeline.ports import Referrer, Updated

_MISSING = 404


class CaspioRecordTarget:
    """Each write names one PK_ID and the state it was planned against; none is repeated once it was sent.

    The schema and the folders are asked for once in the life of this object.
    """

    def __init__(self, client: CaspioClient) -> None:
        self._client = client
        self._schema = Schema(client)
        self._tree = FolderTree(client.files)
        self._takes_whole: dict[
            tuple[str, str], bool
        ] = {}  # whether a field takes names with their extension

    def columns(self, container: str, *, is_view: bool) -> Mapping[str, Column]:
        """Return the schema of a table or view by column name, without PK_ID."""
        return self._schema.columns(container, is_view=is_view)

    def read(self, record: RecordRef, columns: Sequence[str]) -> Mapping[str, Value] | None:
        """Return the named columns as they are now, None if the record is gone."""
        where.known(self._columns(record), columns, container=record.container)
        rows = self._operations(record).records(
            record.container,
            select=(where.PK, *dict.fromkeys(columns)),
            condition=where.pk_equals(record.pk, is_view=record.is_view),
        )
        return {column: rows[0].values.get(column) for column in columns} if rows else None

    def update(
        self,
        record: RecordRef,
        *,
        guard: Mapping[str, Value],
        values: Mapping[str, Value],
        columns: Sequence[str] = (),
    ) -> Updated:
        """Write values where PK_ID matches and every guard column still holds its value, NULL and blank told apart.

        A LIST column in the guard is left out of it: Caspio compares none. `row` has the named columns and those
        written; it is None where the answer did not show the record.
        """
        where.known(self._columns(record), values, container=record.container)
        operations = self._operations(record)
        condition = self._condition(record, guard, room=operations.room(record.container))
        answer = operations.update(
            record.container, values, condition=condition, about=_about(record)
        )
        return _updated(answer, record, [*columns, *values])

    def attachment_name(self, record: RecordRef, field: str) -> str | None:
        """Return the full name of the attachment as it is now, None without one."""
        info = self._attachment(record, field)
        return info.full_name if info else None

    def rename_attachment(
        self, record: RecordRef, field: str, *, base_name: str, guard: Mapping[str, Value]
    ) -> Updated:
        """Set the base name of one record's attachment, under the same guard as `update`.

        Whether FileName is taken with or without the extension does not follow from how it is listed. So the first
        name in a field goes as names are listed, and what became of it is looked at: where the extension is lost or
        stands twice, the name is sent once more the other way, and so from then on.
        """
        takes_whole = self._takes_whole.get(
            (record.container, field)
        )  # looked up once: other threads rename, too
        if takes_whole is False:
            return self._rename(record, field, base_name, guard)
        before = self._attachment(record, field)
        if before is None:
            return Updated(0, None)
        whole = f"{base_name}.{before.extension}" if before.extension else base_name
        sends_whole = before.name_has_type if takes_whole is None else takes_whole
        answer = self._rename(record, field, whole if sends_whole else base_name, guard)
        if takes_whole is not None or whole == base_name or answer.affected != 1:
            return answer
        now = (self.attachment_name(record, field) or "").casefold()
        if now == whole.casefold():
            self._takes_whole[record.container, field] = sends_whole
        elif now in {base_name.casefold(), f"{whole}.{before.extension}".casefold()}:
            self._takes_whole[record.container, field] = not sends_whole
            answer = self._rename(record, field, base_name if sends_whole else whole, guard)
        return answer

    def _rename(
        self, record: RecordRef, field: str, name: str, guard: Mapping[str, Value]
    ) -> Updated:
        operations = self._operations(record)
        condition = self._condition(
            record, guard, room=operations.file_infos_room(record.container, field)
        )
        about = f"{_about(record)} field {field}"
        answer = operations.rename_attachments(
            record.container, field, name, condition=condition, about=about
        )
        return _updated(answer, record, list(guard))

    def file_exists(self, path: str) -> bool:
        """Say whether the Files area has a file at the path."""
        return self._client.files.info(path) is not None

    def file_sha256(self, path: str) -> str:
        """Return the SHA-256 of a Files-area file by reading it; FileGone when there is none."""
        digest = hashlib.sha256()
        size_bytes = 0
        try:
            with self._client.files.download(path) as download:
                for chunk in download.chunks:
                    digest.update(chunk)
                    size_bytes += len(chunk)
                declared = download.declared_bytes
        except RefusedByCaspio as error:
            if error.status == _MISSING:
                raise FileGone(f"{path} is no longer there: {error}") from error
            raise
        if declared is not None and declared != size_bytes:
            raise CutShort(
                f"reading {path}: {size_bytes:,} bytes arrived, {declared:,} were declared. Run again."
            )
        return digest.hexdigest()

    def put_file(self, path: str, source: Path, *, media_type: str) -> bool:
        """Add a new file to an existing Files-area folder, never overwriting: False when the name is taken."""
        folder, name = split_path(path)
        key = self._tree.key(folder)
        if key is None:
            self._tree = FolderTree(self._client.files)  # it may have been made since
            key = self._tree.key(folder)
        if key is None:
            raise RejectFile(
                f"adding {path}: there is no folder {folder}. Make it in Caspio, under Files."
            )
        return (
            self._client.files.add(key, source=source, name=name, media_type=media_type) is not None
        )

    def referrers(self, path: str) -> Sequence[Referrer]:
        """Return every row of every table whose FILE field holds the path, in order of table and PK_ID."""
        found: list[Referrer] = []
        for table, fields in self._tables_with_files().items():
            condition = where.either([where.equals(field, path) for field in fields])
            for page in self._client.tables.record_pages(
                table, select=(where.PK, *fields), condition=condition
            ):
                found += [
                    Referrer(table, field, record.pk or "")
                    for record in page
                    for field in fields
                    if path_key(str(record.values.get(field) or "")) == path_key(path)
                ]
        return found

    def delete_file(self, path: str) -> None:
        """Delete a Files-area file; FileGone when there is none."""
        self._client.files.delete(path)

    def find(self, table: str, column: str, value: Value) -> Sequence[str]:
        """Return the PK_IDs of the rows whose column equals the value, lowest first, at most 1,000."""
        where.known(self._schema.columns(table, is_view=False), [column], container=table)
        rows = self._client.tables.records(
            table, select=(where.PK,), condition=where.equals(column, value)
        )
        return [record.pk for record in rows if record.pk is not None]

    def rows(
        self, table: str, columns: Sequence[str], *, equal: Mapping[str, Value], filled: str
    ) -> Mapping[str, Mapping[str, Value]]:
        """Return, by PK_ID, the named columns of every row that has these values and where `filled` is not empty."""
        schema = self._schema.columns(table, is_view=False)
        where.known(schema, [*columns, *equal, filled], container=table)
        condition = where.both(
            *(where.equals(c, value) for c, value in equal.items()), f"{where.name(filled)} <> ''"
        )
        pages = self._client.tables.record_pages(
            table, select=(where.PK, *columns), condition=condition
        )
        return {
            record.pk or "": {c: record.values.get(c) for c in columns}
            for page in pages
            for record in page
        }

    def insert(self, table: str, values: Mapping[str, Value]) -> str:
        """Insert a row and return its PK_ID.

        Raises:
            EffectInDoubt: the row was inserted, but the answer does not say which it is.
        """
        where.known(self._schema.columns(table, is_view=False), values, container=table)
        record = self._client.tables.insert(table, values)
        if record is None or record.pk is None:
            raise EffectInDoubt(
                f"a row was added to {table}, but the answer lacks its PK_ID; the next run looks it up."
            )
        return record.pk

    def delete(self, record: RecordRef, *, guard: Mapping[str, Value]) -> Updated:
        """Delete one row of a table under the same guard as `update`."""
        operations = self._operations(record)
        condition = self._condition(record, guard, room=operations.room(record.container))
        return Updated(operations.delete(record.container, condition=condition), None)

    def tables_with_files(self) -> Sequence[str]:
        """Return the tables that have a FILE field, in order of name."""
        return list(self._tables_with_files())

    def _tables_with_files(self) -> Mapping[str, tuple[str, ...]]:
        try:
            return self._schema.tables_with_files()
        except Unauthorized as error:
            raise Unauthorized(
                f"looking for every row that names a file: {error} Without it a row could be left pointing nowhere."
            ) from error

    def _attachment(self, record: RecordRef, field: str) -> FileInfo | None:
        condition = where.pk_equals(record.pk, is_view=record.is_view)
        infos = self._operations(record).file_infos(record.container, field, condition=condition)
        present = [info for info in infos if info.pk == record.pk and not info.is_empty]
        return present[0] if present else None

    def _condition(
        self, record: RecordRef, guard: Mapping[str, Value], *, room: int
    ) -> where.Clause:
        columns = self._columns(record)
        where.known(columns, guard, container=record.container)
        return where.guard(record.pk, columns, guard, is_view=record.is_view, room=room)

    def _columns(self, record: RecordRef) -> Mapping[str, Column]:
        return self._schema.columns(record.container, is_view=record.is_view)

    def _operations(self, record: RecordRef) -> Containers:
        return self._client.container(is_view=record.is_view)


def _updated(answer: Affected, record: RecordRef, columns: Sequence[str]) -> Updated:
    """Return what was met, with the row where the answer shows it whole: 200 without rows was seen after a match."""
    rows = [row for row in answer.rows if row.pk in {None, record.pk}]
    if answer.count != 1 or len(rows) != 1 or not set(columns) <= rows[0].values.keys():
        return Updated(answer.count, None)
    return Updated(1, {column: rows[0].values[column] for column in columns})


def _about(record: RecordRef) -> str:
    return f"record {record.pk}"
