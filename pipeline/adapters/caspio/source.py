"""List records with their files, and open the files: the FileSource of a Caspio account."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from pipeline.adapters.caspio.client import (
    CaspioClient,
    FileInfo,
    FileMissing,
    Record,
    Refused,
    where,
)
from pipeline.adapters.caspio.client.bulk.attachment_lookup import AttachmentLookup
from pipeline.adapters.caspio.client.wire.records import pks_of
from pipeline.adapters.caspio.errors import translated
from pipeline.adapters.caspio.file_lookup import FileLookup, FolderTree
from pipeline.adapters.caspio.folder_source import FolderListing
from pipeline.adapters.caspio.reprocess_requests import reprocess_requests
from pipeline.adapters.caspio.schema_cache import ContainerLayout, SchemaCache, layout
from pipeline.adapters.caspio.scratch_store import ListedFile, ScratchStore, scratch
from pipeline.errors import FileGone
from pipeline.model import FileRef, Place, RecordRef, RecordWork, SourceSpec
from pipeline.model.missing import missing_sentence
from pipeline.ports import Clock, Download

# A missing attachment is answered with 404, before Caspio's release 73.0 with 400 (caspio-api.md,
# section 3.2).
_NO_FILE = {400, 404}
_NOT_ABOUT_THE_FILE = {"FieldNotFound", "IncorrectQueryParameter", "SqlServerError"}


class CaspioFileSource:
    """List tables, views and folders page by page, with the fewest calls.

    Safe to share between threads.

    Args:
        client: Talks to the account; closed by whoever made it.
        scratch_dir: Folder for listings that are too long for memory; created if missing.
        clock: Says when what is known of the schema is too old.
        schema: What is known of the schema, where others share it.
    """

    def __init__(
        self,
        client: CaspioClient,
        scratch_dir: Path,
        clock: Clock,
        *,
        schema: SchemaCache | None = None,
    ) -> None:
        self._client = client
        self._scratch_dir = scratch_dir
        self._clock = clock
        self._schema = schema or SchemaCache(client, clock=clock)

    def pages(self, spec: SourceSpec) -> Iterator[Sequence[RecordWork]]:
        """Yield every record that has a file, in order of PK_ID (of path for a folder), lazily.

        Raises:
            BadSettings: the source contradicts the account; lists all problems.
            ServiceUnavailable: retries are used up, or a folder kept changing while it was listed.
        """
        with translated(), scratch(self._scratch_dir) as store:
            tree = FolderTree(self._client.files)
            files = self._lookup(tree, store)
            if spec.folder is not None:
                listing = FolderListing(self._client, spec, schema=self._schema, scratch=store)
                yield from listing.pages(tree=tree, files=files)
            else:
                yield from self._record_listing(spec, files).pages()

    @translated()
    def records(
        self, spec: SourceSpec, pks: Sequence[str], *, matching: bool = False
    ) -> Sequence[RecordWork]:
        """Return the named records with their files as they are now; missing ones are left out.

        For a folder `pks` are paths. With `matching`, what does not belong to the source is left
        out, too.
        """
        if not pks:
            return []
        # A record that is named twice is one record.
        once = list(dict.fromkeys(pks))
        with scratch(self._scratch_dir) as store:
            files = self._lookup(FolderTree(self._client.files), store)
            if spec.folder is not None:
                listing = FolderListing(self._client, spec, schema=self._schema, scratch=store)
                return listing.named(once, files=files, matching=matching)
            return self._record_listing(spec, files).named(once, matching=matching)

    @translated()
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
        if ref.place is Place.ATTACHMENT:
            assert ref.record is not None
            operations = self._client.container(is_view=ref.record.is_view)
            opened = operations.download(ref.record.container, ref.field, ref.record.pk)
        else:
            opened = self._client.files.download(ref.path or "")
        with translated():
            try:
                with opened as download:
                    yield Download(_translated_chunks(download.chunks), download.declared_bytes)
            except FileMissing as error:
                raise FileGone(missing_sentence(ref)) from error
            except Refused as error:
                if error.status not in _NO_FILE or error.code in _NOT_ABOUT_THE_FILE:
                    raise
                raise FileGone(missing_sentence(ref)) from error

    def _lookup(self, tree: FolderTree, store: ScratchStore) -> FileLookup:
        return FileLookup(self._client.files, tree=tree, scratch=store, clock=self._clock)

    def _record_listing(self, spec: SourceSpec, files: FileLookup) -> "_RecordListing":
        columns = self._schema.columns(spec.container, is_view=spec.view is not None)
        types = {name: column.type for name, column in columns.items()}
        return _RecordListing(self._client, spec, layout(spec, types), files)


def _translated_chunks(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the bytes of a download.

    A body that breaks off is the pipeline's error where it is read.
    """
    with translated():
        yield from chunks


class _RecordListing:
    """The records of one table or view, with their files."""

    def __init__(
        self, client: CaspioClient, spec: SourceSpec, shape: ContainerLayout, files: FileLookup
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
        in_brackets = f"({condition})" if condition else ""
        for page in self._operations.record_pages(
            shape.container, select=shape.select, condition=in_brackets
        ):
            pks = pks_of(page)
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
        # Room for the brackets and the word AND between the two conditions.
        around = where.size(f"({condition}) AND ()")
        room = self._operations.records_room(shape.container, shape.select) - around
        wanted = frozenset(pks)
        found: list[Record] = []
        for clause, _ in where.pk_clauses(pks, is_view=shape.is_view, room=room):
            rows = self._operations.records(
                shape.container, select=shape.select, condition=where.both(condition, clause)
            )
            found += [record for record in rows if record.pk in wanted]
        existing = pks_of(found)
        infos = {field: lookup.of_records(existing) for field, lookup in self._attachments.items()}
        return self._works(found, infos)

    def _works(
        self, page: Sequence[Record], infos: Mapping[str, Mapping[str, FileInfo]]
    ) -> Sequence[RecordWork]:
        """Return the records of a page that have a file, each with its files."""
        paths_of = [self._paths(record) for record in page]
        paths = [path for of_record in paths_of for path in of_record.values()]
        # All paths of a page at once: where many are in one folder, it is listed instead.
        listed = self._files.find(paths) if paths else {}
        works = []
        for record, of_record in zip(page, paths_of, strict=True):
            assert record.pk is not None
            ref = RecordRef(self._shape.container, record.pk, self._shape.is_view)
            files: list[FileRef] = []
            for field, by_pk in infos.items():
                if record.pk in by_pk:
                    files.append(self._attachment(ref, field, by_pk[record.pk]))
            for field, path in of_record.items():
                files.append(self._file(ref, field, path, listed.get(path)))
            # A record without a file is none of this pipeline's.
            if files:
                values = {column: record.values.get(column) for column in self._shape.columns}
                works.append(RecordWork(self._spec.name, ref, values, tuple(files)))
        return works

    def _paths(self, record: Record) -> Mapping[str, str]:
        """Return the paths in a record's FILE fields, by field."""
        paths: dict[str, str] = {}
        for field in self._shape.files:
            path = record.values.get(field)
            if isinstance(path, str) and path.strip():
                paths[field] = path
        return paths

    def _attachment(self, record: RecordRef, field: str, info: FileInfo) -> FileRef:
        return FileRef(
            source=self._spec.name,
            place=Place.ATTACHMENT,
            container=record.container,
            field=field,
            record=record,
            name=info.full_name,
            size_bytes=info.size_bytes,
            listed_date=info.listed_date,
            extension=info.extension,
            created=info.created,
        )

    def _file(self, record: RecordRef, field: str, path: str, listed: ListedFile | None) -> FileRef:
        """Refer to a file by the path in the record.

        One that does not exist is listed without size, and found gone when it is opened.
        """
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
