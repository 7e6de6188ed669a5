"""List the files of a Files-area folder, each with the row that has its path."""

import posixpath
from collections.abc import Iterator, Sequence
from itertools import chain

from pipeline.adapters.caspio.client import CaspioClient, Clause, Misconfigured, where
from pipeline.adapters.caspio.file_lookup import FileLookup, FolderTree
from pipeline.adapters.caspio.schema_cache import SchemaCache
from pipeline.adapters.caspio.scratch_store import ListedFile, PathRow, ScratchStore
from pipeline.model import FileRef, Place, RecordRef, RecordWork, SourceSpec

# A row with the path in a FILE field comes before the index table's.
_BY_FILE_FIELD = 0
_BY_INDEX = 1

_HEAD_ROOM = 60
"""Characters of an address that a condition beside the list of paths may take."""


class FolderListing:
    """One folder source: its files, and the rows of all tables that may have their paths.

    A row qualifies if its table has a FILE field and every mapped column. Where no such row has a
    path, the source's index table is asked.

    Args:
        client: Talks to the account.
        spec: A folder source.
        schema: Says which tables there are.
        scratch: Keeps files and rows while they are listed.
    """

    def __init__(
        self, client: CaspioClient, spec: SourceSpec, *, schema: SchemaCache, scratch: ScratchStore
    ) -> None:
        self._client = client
        self._spec = spec
        self._schema = schema
        self._scratch = scratch
        self._folder = posixpath.join("/", (spec.folder or "").strip("/"))

    def pages(self, *, tree: FolderTree, files: FileLookup) -> Iterator[Sequence[RecordWork]]:
        """Yield every file below the folder, in order of path, after all of them were listed.

        They are listed first because the pipeline renames files: in a numbered listing, the files
        behind a renamed one would move to other pages.
        """
        key = tree.key(self._folder)
        problems = []
        if key is None:
            choices = [f"/{child.name}" for child in tree.children("")]
            place = f"source {self._spec.name!r}: the Files area"
            problems.append(where.unknown_name(self._folder, choices, container=place))
        tables = self._columns_with_paths(problems)
        assert key is not None  # else there are problems

        for table, fields in tables.items():
            if self._folder == "/":
                below = where.either([f"{where.name(field)} <> ''" for field in fields])
            else:
                below = where.either(
                    [where.starts_with(field, self._folder + "/") for field in fields]
                )
            self._load(table, fields, [below])
        for path, folder_key in tree.walk(self._folder, key):
            files.list_folder(path, folder_key)
        for page in self._scratch.pages():
            yield [self._work(file) for file in page]

    def named(
        self, paths: Sequence[str], *, files: FileLookup, matching: bool = False
    ) -> Sequence[RecordWork]:
        """Return the files at these paths that exist, with their rows as they are now.

        With `matching`, only those below the folder.
        """
        if matching:
            below = self._folder.rstrip("/") + "/"
            paths = [path for path in paths if path.casefold().startswith(below.casefold())]
        # What was deleted since it was reported is left out.
        listed = files.find(paths)
        existing = [path for path in paths if listed[path] is not None]
        if not existing:
            return []
        for table, fields in self._columns_with_paths([]).items():
            room = self._client.tables.records_room(table, self._select(fields)) - _HEAD_ROOM
            for field in fields:
                clauses = [clause for clause, _ in where.in_lists(field, existing, room=room)]
                self._load(table, fields, clauses)
        return [self._work(file) for file in map(listed.get, existing) if file is not None]

    def _columns_with_paths(self, problems: list[str]) -> dict[str, tuple[str, ...]]:
        """Return the columns that have paths, by table; check the source against the account.

        Raises:
            Misconfigured: with `problems` and those found here.
        """
        spec = self._spec
        mapped = set(spec.columns)
        # A row must have every mapped column, or its values could not be written.
        tables = {
            table: fields
            for table, fields in self._schema.tables_with_files().items()
            if mapped <= self._schema.columns(table, is_view=False).keys()
        }

        if spec.index is not None:
            columns = self._schema.columns(spec.index.table, is_view=False)
            container = f"source {spec.name!r}: index table {spec.index.table}"
            problems += [
                where.unknown_name(name, columns, container=container)
                for name in (spec.index.path_column, *spec.columns)
                if name not in columns
            ]
            tables.setdefault(spec.index.table, (spec.index.path_column,))
        elif mapped and not tables:
            problems.append(
                f"source {spec.name!r}: no table with a FILE field has all of "
                f"{', '.join(sorted(mapped))}; correct the names, add the columns, or give the "
                "source an index table"
            )
        if problems:
            raise Misconfigured(problems)
        return tables

    def _load(self, table: str, fields: Sequence[str], conditions: Sequence[Clause]) -> None:
        """Add the rows of a table by the paths they have."""
        index = self._spec.index
        index_field = (index.table, index.path_column) if index is not None else None
        select = self._select(fields)
        listed = (
            self._client.tables.record_pages(table, select=select, condition=condition)
            for condition in conditions
        )
        for page in chain.from_iterable(listed):
            for field in fields:
                rows: list[tuple[str, PathRow]] = []
                for record in page:
                    path = record.values.get(field)
                    if isinstance(path, str) and path.strip():
                        values = {name: record.values.get(name) for name in self._spec.columns}
                        rows.append((path, PathRow(table, field, record.pk or "", values)))
                is_index = (table, field) == index_field
                self._scratch.add_rows(rows, rank=_BY_INDEX if is_index else _BY_FILE_FIELD)

    def _select(self, fields: Sequence[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys((where.PK, *self._spec.columns, *fields)))

    def _work(self, file: ListedFile) -> RecordWork:
        row = self._scratch.row(file.path)
        record = RecordRef(row.container, row.pk) if row else None
        ref = FileRef(
            source=self._spec.name,
            place=Place.FOLDER,
            container=row.container if row else self._folder,
            field=row.field if row else "",
            record=record,
            name=posixpath.basename(file.path),
            size_bytes=file.size_bytes,
            listed_date=file.date,
            path=file.path,
        )
        values = dict(row.values) if row else {}
        return RecordWork(self._spec.name, record, values, (ref,))
