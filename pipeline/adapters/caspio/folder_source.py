"""List the files of a Files-area folder, each with the row that holds its path."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence

from pipeline.adapters.caspio.client import where
from pipeline.adapters.caspio.client.client import CaspioClient
from pipeline.adapters.caspio.client.schema_cache import Schema
from pipeline.adapters.caspio.client.where import Clause
from pipeline.adapters.caspio.file_lookup import FileLookup, FolderTree
from pipeline.adapters.caspio.scratch_store import Holder, ListedFile, Scratch
from pipeline.errors import BadSettings
from pipeline.model import FileRef, Place, RecordRef, RecordWork, SourceSpec, Value

_BY_FILE_FIELD, _BY_INDEX = (
    0,
    1,
)  # a row that holds the path in a FILE field comes before the index table's


class FolderListing:
    """One folder source: its files, and the rows of all tables that may hold their paths.

    A row qualifies where its table has a FILE field and every mapped column. Where none holds a path, the source's
    index table is asked.
    """

    def __init__(
        self, client: CaspioClient, spec: SourceSpec, *, schema: Schema, scratch: Scratch
    ) -> None:
        self._client = client
        self._spec = spec
        self._schema = schema
        self._scratch = scratch
        self._folder = posixpath.join("/", (spec.folder or "").strip("/"))

    def pages(self, *, tree: FolderTree, files: FileLookup) -> Iterator[Sequence[RecordWork]]:
        """Yield every file below the folder, in order of path, after all of them were listed.

        They are listed first because the line renames files: a page of a folder that loses a name slides.
        """
        key = tree.key(self._folder)
        tables = self._holders_by_table(folder_is_missing=key is None, tree=tree)
        assert key is not None
        for table, fields in tables.items():
            self._load(table, fields, [self._below(fields)])
        for path, its_key in tree.walk(self._folder, key):
            files.list_folder(path, its_key)
        for page in self._scratch.pages():
            yield [self._work(file) for file in page]

    def named(
        self, paths: Sequence[str], *, files: FileLookup, matching: bool = False
    ) -> Sequence[RecordWork]:
        """Return the files at these paths that are there, with their rows as they are now.

        With `matching` only those below the folder.
        """
        if matching:
            below = self._folder.rstrip("/").casefold() + "/"
            paths = [path for path in paths if path.casefold().startswith(below)]
        listed = files.find(paths)
        here = [path for path in paths if listed[path] is not None]
        for table, fields in self._holders_by_table().items() if here else ():
            for field in fields:
                room = self._client.tables.records_room(table, self._select(fields))
                clauses = [clause for clause, _ in where.in_lists(field, here, room=room - 60)]
                self._load(table, fields, clauses)
        return [self._work(file) for file in (listed[path] for path in here) if file is not None]

    def _holders_by_table(
        self, *, folder_is_missing: bool = False, tree: FolderTree | None = None
    ) -> dict[str, tuple[str, ...]]:
        """Return the columns that hold paths, by table, after checking the source against the account."""
        spec = self._spec
        problems = []
        if folder_is_missing and tree is not None:
            choices = [f"/{child.name}" for child in tree.children("")]
            problems.append(
                where.unknown_name(
                    self._folder, choices, container=f"source {spec.name!r}: the Files area"
                )
            )
        mapped = set(spec.columns)
        with_files = self._schema.tables_with_files()
        tables = {
            table: fields
            for table, fields in with_files.items()
            if mapped <= self._schema.columns(table, is_view=False).keys()
        }
        if spec.index is not None:
            columns = self._schema.columns(spec.index.table, is_view=False)
            wanted = [spec.index.path_column, *spec.columns]
            container = f"source {spec.name!r}: index table {spec.index.table}"
            problems += [
                where.unknown_name(n, columns, container=container)
                for n in wanted
                if n not in columns
            ]
            tables.setdefault(spec.index.table, (spec.index.path_column,))
        elif mapped and not tables:
            problems.append(
                f"source {spec.name!r}: no table with a FILE field has all of {', '.join(sorted(mapped))}; "
                "correct the names, add the columns, or give the source an index table"
            )
        if problems:
            raise BadSettings(problems)
        return tables

    def _load(self, table: str, fields: Sequence[str], conditions: Sequence[Clause]) -> None:
        """Remember the rows of a table by the paths they hold."""
        index = self._spec.index
        for condition in conditions:
            for page in self._client.tables.record_pages(
                table, select=self._select(fields), condition=condition
            ):
                for field in fields:
                    is_index = index is not None and (table, field) == (
                        index.table,
                        index.path_column,
                    )
                    self._scratch.add_holders(
                        (
                            (
                                path,
                                Holder(table, field, record.pk or "", self._mapped(record.values)),
                            )
                            for record in page
                            if isinstance(path := record.values.get(field), str) and path.strip()
                        ),
                        rank=_BY_INDEX if is_index else _BY_FILE_FIELD,
                    )

    def _mapped(self, values: Mapping[str, Value]) -> dict[str, Value]:
        return {column: values.get(column) for column in self._spec.columns}

    def _select(self, fields: Sequence[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys((where.PK, *self._spec.columns, *fields)))

    def _below(self, fields: Sequence[str]) -> Clause:
        """Return the condition that a row holds a path below the folder."""
        if self._folder == "/":
            return where.either([f"{where.name(field)} <> ''" for field in fields])
        return where.either([where.starts_with(field, self._folder + "/") for field in fields])

    def _work(self, file: ListedFile) -> RecordWork:
        holder = self._scratch.holder(file.path)
        record = RecordRef(holder.container, holder.pk) if holder else None
        ref = FileRef(
            source=self._spec.name,
            place=Place.FOLDER,
            container=holder.container if holder else self._folder,
            field=holder.field if holder else "",
            record=record,
            name=posixpath.basename(file.path),
            size_bytes=file.size_bytes,
            listed_date=file.date,
            path=file.path,
        )
        return RecordWork(self._spec.name, record, dict(holder.values) if holder else {}, (ref,))
