"""Read and change records and files, one at a time and guarded: an account's RecordTarget."""

import hashlib
import posixpath
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.adapters.caspio import client as caspio
from pipeline.adapters.caspio.client import (
    Affected,
    CaspioClient,
    CaspioError,
    FileInfo,
    FileMissing,
    IncompleteDownload,
    InDoubt,
    ItemError,
    Refused,
    where,
)
from pipeline.adapters.caspio.client.areas.containers import Containers
from pipeline.adapters.caspio.client.areas.files import split_path
from pipeline.adapters.caspio.client.wire.records import pks_of
from pipeline.adapters.caspio.errors import translated
from pipeline.adapters.caspio.file_lookup import FolderTree
from pipeline.adapters.caspio.referrers import ReferrerLookup
from pipeline.adapters.caspio.schema_cache import SchemaCache, as_column
from pipeline.decide.naming import join_name
from pipeline.model import Column, RecordRef, Value
from pipeline.ports import Referrer, ShownFile, Updated

_MISSING = 404


@dataclass(frozen=True, slots=True)
class _FirstName:
    """The first name that is given in an attachment field."""

    record: RecordRef
    field: str
    base_name: str
    extension: str | None

    def has_lost_extension(self, before: FileInfo) -> bool:
        """Say whether a killed run has given this name, and it took the place of the extension."""
        return (
            bool(self.extension)
            and before.extension != self.extension
            and before.full_name.casefold() == self.base_name.casefold()
        )


class CaspioRecordTarget:
    """Each write names one PK_ID and the state it was planned against.

    None is repeated once it was sent.
    The folders are asked for once in the life of this object, and so is the schema, unless `schema`
    is given.
    """

    def __init__(self, client: CaspioClient, *, schema: SchemaCache | None = None) -> None:
        self._client = client
        self._schema = schema or SchemaCache(client)
        self._referrers = ReferrerLookup(client, self._schema)
        self._tree = FolderTree(client.files)
        # Whether an attachment field takes names with their extension, by container and field.
        self._takes_extension: dict[tuple[str, str], bool] = {}
        self._first_name = threading.Lock()

    @translated()
    def columns(self, container: str, *, is_view: bool) -> Mapping[str, Column]:
        """Return the schema of a table or view by column name, without PK_ID."""
        found = self._schema.columns(container, is_view=is_view)
        return {name: as_column(column) for name, column in found.items()}

    @translated()
    def read(self, record: RecordRef, columns: Sequence[str]) -> Mapping[str, Value] | None:
        """Return the named columns as they are now, None if the record is gone."""
        where.require_known(self._columns(record), columns, container=record.container)
        rows = self._operations(record).records(
            record.container,
            select=(where.PK, *dict.fromkeys(columns)),
            condition=where.pk_equals(record.pk, is_view=record.is_view),
        )
        if not rows:
            return None
        return {column: rows[0].values.get(column) for column in columns}

    @translated()
    def update(
        self,
        record: RecordRef,
        *,
        guard: Mapping[str, Value],
        values: Mapping[str, Value],
        columns: Sequence[str] = (),
    ) -> Updated:
        """Write values where PK_ID matches and every guard column still has its value.

        A LIST column in the guard is left out of it: Caspio compares none. `row` in the answer has
        the columns named and those written; it is None where Caspio's answer did not show the
        record.
        """
        # Caspio refuses a body with one unknown member as a whole (caspio-api.md, section 8); here
        # the message has the nearest name.
        where.require_known(self._columns(record), values, container=record.container)
        operations = self._operations(record)
        condition = self._guard(record, guard, room=operations.room(record.container))
        answer = operations.update(
            record.container, values, condition=condition, about=f"record {record.pk}"
        )
        return _updated(answer, record, [*columns, *values])

    @translated()
    def attachment(self, record: RecordRef, field: str) -> ShownFile | None:
        """Return the attachment as it is now, None without one."""
        info = self._attachment(record, field)
        return None if info is None else _as_shown(info)

    @translated()
    def attachments_of(
        self, records: Sequence[RecordRef], field: str
    ) -> Mapping[RecordRef, ShownFile]:
        """Return the attachments of a few records of one table or view, in one call."""
        container, is_view = records[0].container, records[0].is_view
        operations = self._operations(records[0])
        room = operations.file_infos_room(container, field)
        wanted = {record.pk: record for record in records}
        # PK_IDs that are too long for one address are left out, not asked for in further calls.
        condition, _ = next(where.pk_clauses(list(wanted), is_view=is_view, room=room, span=0))
        infos = operations.file_infos(container, field, condition=condition)
        found = (info for info in infos if info.pk in wanted and not info.is_empty)
        return {wanted[info.pk]: _as_shown(info) for info in found}

    @translated()
    def rename_attachment(
        self,
        record: RecordRef,
        field: str,
        *,
        base_name: str,
        extension: str | None = None,
        guard: Mapping[str, Value],
        until_s: float | None = None,
    ) -> Updated:
        """Set the base name of one record's attachment, under the same guard as `update`.

        Whether FileName is to be sent with or without the extension does not follow from how it is
        listed (caspio-api.md, section 3.3). So the first name in a field is sent as names are
        listed, and then looked at: if the extension is lost or doubled, the name is sent once more
        the other way, and so from then on. If the process dies between these two calls, the same
        rename, made again, finishes what it left.
        """
        place = (record.container, field)
        if place not in self._takes_extension:
            with self._first_name:  # one thread finds out, the others wait and know it then
                if place not in self._takes_extension:
                    first = _FirstName(record, field, base_name, extension)
                    return self._rename_first(first, guard, until_s)
        name = base_name
        if self._takes_extension[place]:
            if extension is None:
                before = self._attachment(record, field)
                if before is None:
                    return Updated(0, None)
                extension = before.extension
            name = join_name(base_name, extension)
        return self._rename(record, field, name, guard, until_s)

    def _rename_first(
        self, first: "_FirstName", guard: Mapping[str, Value], until_s: float | None
    ) -> Updated:
        """Give the first name in a field, and learn whether it takes names with extension."""
        record, field, base_name = first.record, first.field, first.base_name
        place = (record.container, field)
        before = self._attachment(record, field)
        if before is None:
            return Updated(0, None)
        extension = before.extension if first.extension is None else first.extension
        full_name = join_name(base_name, extension)
        if first.has_lost_extension(before):
            self._takes_extension[place] = True
            return self._rename(record, field, full_name, guard, until_s)

        sends_extension = before.name_has_type
        first_name, other = (full_name, base_name) if sends_extension else (base_name, full_name)
        answer = self._rename(record, field, first_name, guard, until_s)
        if full_name == base_name or answer.affected != 1:
            return answer
        try:
            after = self._attachment(record, field)
            name = after.full_name.casefold() if after else ""
            if name == full_name.casefold():
                self._takes_extension[place] = sends_extension
            elif name in {base_name.casefold(), f"{full_name}.{extension}".casefold()}:
                self._takes_extension[place] = not sends_extension
                answer = self._rename(record, field, other, guard)
        except CaspioError as error:  # it is renamed already, whatever comes after that
            raise InDoubt(
                f"renamed, but what {base_name!r} is called now is unknown: {error}"
            ) from error
        return answer

    def _rename(
        self,
        record: RecordRef,
        field: str,
        name: str,
        guard: Mapping[str, Value],
        until_s: float | None = None,
    ) -> Updated:
        operations = self._operations(record)
        room = operations.file_infos_room(record.container, field)
        answer = operations.rename_attachments(
            record.container,
            field,
            name,
            condition=self._guard(record, guard, room=room),
            about=f"record {record.pk} field {field}",
            until_s=until_s,
        )
        return _updated(answer, record, list(guard))

    @translated()
    def file(self, path: str) -> ShownFile | None:
        """Return the Files-area file at a path as it is now, None without one."""
        info = self._client.files.info(path)
        if info is None:
            return None
        return ShownFile(info.name, info.size_bytes, info.listed_date)

    @translated()
    def file_sha256(self, path: str) -> str:
        """Return the SHA-256 of a Files-area file by reading it; FileGone without one."""
        digest = hashlib.sha256()
        size_bytes = 0
        try:
            with self._client.files.download(path) as download:
                for chunk in download.chunks:
                    digest.update(chunk)
                    size_bytes += len(chunk)
                declared = download.declared_bytes
        except Refused as error:
            if error.status != _MISSING:
                raise
            raise FileMissing(f"The Files area has no {path} any more.") from error
        if declared is not None and declared != size_bytes:
            raise IncompleteDownload(
                f"reading {path}: {size_bytes:,} bytes arrived, {declared:,} were declared. "
                "Run again."
            )
        return digest.hexdigest()

    @translated()
    def put_file(self, path: str, source: Path, *, media_type: str) -> bool:
        """Add a new file to an existing Files-area folder; False when the name is taken."""
        folder, name = split_path(path)
        key = self._tree.key(folder)
        if key is None:
            self._tree = FolderTree(self._client.files)  # it may have been created since
            key = self._tree.key(folder)
        if key is None:
            raise ItemError(
                f"adding {path}: there is no folder {folder}. Create it in Caspio, under Files."
            )
        stored = self._client.files.add(key, source=source, name=name, media_type=media_type)
        return stored is not None

    @translated()
    def folder_files(self, folder: str) -> Mapping[str, ShownFile] | None:
        """Return the files of a folder as they are now, None where one call does not show all."""
        key = self._tree.key(folder)
        page = None if key is None else self._client.files.page(key)
        if page is None or page.total is None or page.total != len(page.items):
            return None
        return {
            posixpath.join(folder, item.name).casefold(): ShownFile(
                item.name, item.size_bytes, item.listed_date
            )
            for item in page.items
        }

    @translated()
    def referrers(
        self, paths: Sequence[str], index: tuple[str, str] | None = None
    ) -> Mapping[str, Sequence[Referrer]]:
        """Return, by path, every row that names one, by table and PK_ID."""
        return self._referrers.find(paths, index)

    @translated()
    def referrer_calls(self, paths: Sequence[str], index: tuple[str, str] | None = None) -> int:
        """Return how many calls `referrers` takes, where no path has a thousand rows."""
        return self._referrers.calls(paths, index)

    @translated()
    def delete_file(self, path: str) -> None:
        """Delete a Files-area file; FileGone without one."""
        self._client.files.delete(path)

    @translated()
    def find(self, table: str, column: str, value: Value) -> Sequence[str]:
        """Return the PK_IDs of rows whose column equals the value, lowest first, 1,000 at most."""
        columns = self._schema.columns(table, is_view=False)
        where.require_known(columns, [column], container=table)
        rows = self._client.tables.records(
            table, select=(where.PK,), condition=where.equals(column, value)
        )
        return pks_of(rows)

    @translated()
    def rows(
        self, table: str, columns: Sequence[str], *, equal: Mapping[str, Value], filled: str
    ) -> Mapping[str, Mapping[str, Value]]:
        """Return, by PK_ID, columns of the rows with these values and `filled` not empty."""
        schema = self._schema.columns(table, is_view=False)
        where.require_known(schema, [*columns, *equal, filled], container=table)
        equals = [where.equals(column, value) for column, value in equal.items()]
        # <> leaves out NULL as well.
        condition = where.both(*equals, f"{where.name(filled)} <> ''")
        found: dict[str, Mapping[str, Value]] = {}
        for page in self._client.tables.record_pages(
            table, select=(where.PK, *columns), condition=condition
        ):
            for record in page:
                found[record.pk or ""] = {column: record.values.get(column) for column in columns}
        return found

    @translated()
    def insert(self, table: str, values: Mapping[str, Value]) -> str:
        """Insert a row and return its PK_ID.

        Raises:
            EffectInDoubt: the row was inserted, but the answer does not say which it is.
        """
        columns = self._schema.columns(table, is_view=False)
        where.require_known(columns, values, container=table)
        record = self._client.tables.insert(table, values)
        if record is None or record.pk is None:
            raise InDoubt(
                f"a row was added to {table}, but the answer lacks its PK_ID; the next run looks "
                "it up."
            )
        return record.pk

    @translated()
    def delete(self, record: RecordRef, *, guard: Mapping[str, Value]) -> Updated:
        """Delete one row of a table under the same guard as `update`."""
        operations = self._operations(record)
        condition = self._guard(record, guard, room=operations.room(record.container))
        return Updated(operations.delete(record.container, condition=condition), None)

    @translated()
    def tables_with_files(self) -> Sequence[str]:
        """Return the tables that have a FILE field, in order of name."""
        return list(self._referrers.tables_with_files())

    def _attachment(self, record: RecordRef, field: str) -> FileInfo | None:
        condition = where.pk_equals(record.pk, is_view=record.is_view)
        infos = self._operations(record).file_infos(record.container, field, condition=condition)
        for info in infos:
            if info.pk == record.pk and not info.is_empty:
                return info
        return None

    def _guard(self, record: RecordRef, guard: Mapping[str, Value], *, room: int) -> where.Clause:
        columns = self._columns(record)
        where.require_known(columns, guard, container=record.container)
        return where.guard(record.pk, columns, guard, is_view=record.is_view, room=room)

    def _columns(self, record: RecordRef) -> Mapping[str, caspio.Column]:
        return self._schema.columns(record.container, is_view=record.is_view)

    def _operations(self, record: RecordRef) -> Containers:
        return self._client.container(is_view=record.is_view)


def _as_shown(info: FileInfo) -> ShownFile:
    return ShownFile(info.full_name, info.size_bytes, info.listed_date, info.extension)


def _updated(answer: Affected, record: RecordRef, columns: Sequence[str]) -> Updated:
    """Return what matched, with the row if the answer shows it whole.

    A good answer without rows was seen after a match (caspio-api.md, section 9).
    """
    rows = [row for row in answer.rows if row.pk in {None, record.pk}]
    if answer.count != 1 or len(rows) != 1 or not set(columns) <= rows[0].values.keys():
        return Updated(answer.count, None)
    return Updated(1, {column: rows[0].values[column] for column in columns})
