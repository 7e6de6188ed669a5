"""List records with their files, and open the files: the FileSource of a Caspio account."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from pipeline.adapters.caspio.client import where
from pipeline.adapters.caspio.client.attachment_lookup import AttachmentLookup
from pipeline.adapters.caspio.client.client import CaspioClient
from pipeline.adapters.caspio.client.schema_cache import Layout, Schema, layout
from pipeline.adapters.caspio.client.wire import FileInfo, Record
from pipeline.adapters.caspio.file_lookup import FileLookup, FolderTree
from pipeline.adapters.caspio.folder_source import FolderListing
from pipeline.adapters.caspio.reprocess_requests import reprocess_requests
from pipeline.adapters.caspio.scratch_store import ListedFile, scratch
from pipeline.errors import FileGone, RefusedByCaspio
from pipeline.model import FileRef, Place, RecordRef, RecordWork, SourceSpec, Value
from pipeline.ports import Clock, Download

_NO_FILE = {400, 404}  # a missing attachment is answered with 404, before release 73.0 with 400
_NOT_ABOUT_THE_FILE = {"FieldNotFound", "IncorrectQueryParameter", "SqlServerError"}


class CaspioFileSource:
    """List tables, views and folders page by page, with the fewest calls; safe to share between threads.

    Args:
        client: Talks to the account; closed by whoever made it.
        scratch_dir: Folder for listings that are too long for memory; made if missing.
        clock: Says when what is known of the schema is too old.
    """

    def __init__(self, client: CaspioClient, scratch_dir: Path, clock: Clock) -> None:
        self._client = client
        self._scratch_dir = scratch_dir
        self._schema = Schema(client, clock=clock)

    def pages(self, spec: SourceSpec) -> Iterator[Sequence[RecordWork]]:
        """Yield every record that has at least one file, in order of PK_ID (of path for a folder), lazily.

        Raises:
            BadSettings: the source contradicts the account; lists all problems.
            ListingChanged: a folder kept changing while it was listed.
        """
        with scratch(self._scratch_dir) as store:
            tree = FolderTree(self._client.files)
            files = FileLookup(self._client.files, tree=tree, scratch=store)
            if spec.folder is not None:
                listing = FolderListing(self._client, spec, schema=self._schema, scratch=store)
                yield from listing.pages(tree=tree, files=files)
                return
            yield from self._records_of(spec, files).pages()

    def records(
        self, spec: SourceSpec, pks: Sequence[str], *, matching: bool = False
    ) -> Sequence[RecordWork]:
        """Return the named records with their files as they are now; missing ones are left out.

        For a folder `pks` are paths. With `matching` what does not belong to the source is left out, too.
        """
        if not pks:
            return []
        with scratch(self._scratch_dir) as store:
            files = FileLookup(
                self._client.files, tree=FolderTree(self._client.files), scratch=store
            )
            if spec.folder is not None:
                listing = FolderListing(self._client, spec, schema=self._schema, scratch=store)
                return listing.named(list(dict.fromkeys(pks)), files=files, matching=matching)
            return self._records_of(spec, files).named(list(dict.fromkeys(pks)), matching=matching)

    def reprocess_requests(self, spec: SourceSpec) -> Mapping[str, RecordRef]:
        """Return the rows whose `reprocess_column` is Yes, by PK_ID.

        For a folder source these are rows of its index table, by path.
        """
        return reprocess_requests(self._client, spec)

    def open(self, ref: FileRef) -> AbstractContextManager[Download]:
        """Open a file's bytes; FileGone when there is no such file any more."""
        return self._open(ref)

    @contextmanager
    def _open(self, ref: FileRef) -> Iterator[Download]:
        opened = False
        try:
            with self._download(ref) as download:
                opened = True
                yield download
        except RefusedByCaspio as error:
            if opened or error.status not in _NO_FILE or error.code in _NOT_ABOUT_THE_FILE:
                raise
            raise FileGone(f"{ref.name!r} is no longer there: {error}") from error

    def _download(self, ref: FileRef) -> AbstractContextManager[Download]:
        if ref.place is not Place.ATTACHMENT:
            return self._client.files.download(ref.path or "")
        assert ref.record is not None
        operations = self._client.container(is_view=ref.record.is_view)
        return operations.download(ref.record.container, ref.field, ref.record.pk)

    def _records_of(self, spec: SourceSpec, files: FileLookup) -> "_RecordListing":
        columns = self._schema.columns(spec.container, is_view=spec.view is not None)
        return _RecordListing(self._client, spec, layout(spec, columns), files)


class _RecordListing:
    """The records of one table or view, with their files."""

    def __init__(
        self, client: CaspioClient, spec: SourceSpec, shape: Layout, files: FileLookup
    ) -> None:
        self._spec = spec
        self._shape = shape
        self._files = files
        self._operations = client.container(is_view=shape.is_view)
        self._attachments = {
            field: AttachmentLookup(self._operations, container=shape.container, field=field)
            for field in shape.attachments
        }

    def pages(self) -> Iterator[Sequence[RecordWork]]:
        shape, condition = self._shape, self._spec.where
        for page in self._operations.record_pages(
            shape.container, select=shape.select, condition=f"({condition})" if condition else ""
        ):
            pks = [record.pk for record in page if record.pk is not None]
            infos = {
                field: lookup.of_page(pks, condition=condition)
                for field, lookup in self._attachments.items()
            }
            works = self._works(page, infos)
            if works:
                yield works

    def named(self, pks: Sequence[str], *, matching: bool) -> Sequence[RecordWork]:
        shape = self._shape
        condition = self._spec.where if matching else None
        room = self._operations.records_room(shape.container, shape.select) - where.size(
            f"({condition}) AND ()"
        )
        wanted = frozenset(pks)
        found: list[Record] = []
        for clause, _ in where.pk_clauses(pks, is_view=shape.is_view, room=room):
            rows = self._operations.records(
                shape.container, select=shape.select, condition=where.both(condition, clause)
            )
            found += [record for record in rows if record.pk in wanted]
        here = [record.pk for record in found if record.pk is not None]
        infos = {field: lookup.of_records(here) for field, lookup in self._attachments.items()}
        return self._works(found, infos)

    def _works(
        self, page: Sequence[Record], infos: Mapping[str, Mapping[str, FileInfo]]
    ) -> list[RecordWork]:
        paths = [path for record in page for path in self._paths(record).values()]
        listed = self._files.find(paths) if paths else {}
        works = []
        for record in page:
            assert record.pk is not None
            ref = RecordRef(self._shape.container, record.pk, self._shape.is_view)
            files = [self._attachment(ref, field, infos[field].get(ref.pk)) for field in infos]
            files += [
                self._file(ref, field, path, listed.get(path))
                for field, path in self._paths(record).items()
            ]
            present = tuple(file for file in files if file is not None)
            if present:
                works.append(RecordWork(self._spec.name, ref, self._values(record), present))
        return works

    def _paths(self, record: Record) -> Mapping[str, str]:
        values = {field: record.values.get(field) for field in self._shape.files}
        return {
            field: path for field, path in values.items() if isinstance(path, str) and path.strip()
        }

    def _values(self, record: Record) -> Mapping[str, Value]:
        return {column: record.values.get(column) for column in self._shape.columns}

    def _attachment(self, record: RecordRef, field: str, info: FileInfo | None) -> FileRef | None:
        if info is None:
            return None
        return FileRef(
            source=self._spec.name,
            place=Place.ATTACHMENT,
            container=record.container,
            field=field,
            record=record,
            name=info.full_name,
            size_bytes=info.size_bytes,
            listed_date=info.listed_date,
        )

    def _file(self, record: RecordRef, field: str, path: str, listed: ListedFile | None) -> FileRef:
        """Refer to a file by the path in the record; one that is not there is listed without size, and found gone."""
        return FileRef(
            source=self._spec.name,
            place=Place.FILE,
            container=record.container,
            field=field,
            record=record,
            name=posixpath.basename(path),
            size_bytes=listed.size_bytes if listed else None,
            listed_date=listed.date if listed else "",
            path=path,
        )
