import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from posixpath import basename, dirname

from pipeline.decide.naming import join_name, split_name
from pipeline.errors import EffectInDoubt, FileGone
from pipeline.model import Column, FileRef, Place, RecordRef, RecordWork, SourceSpec, Value
from pipeline.ports import Download, Referrer, Updated


@dataclass
class Attachment:
    """A file inside a record."""

    name: str
    data: bytes
    date: str = "2026-01-01T00:00:00"


@dataclass
class FakeCaspio:
    """Caspio in dictionaries: both ports over one state.

    `tables` holds rows by table and PK_ID, `attachments` files by (table, field, PK_ID), `files` bytes by path.
    `calls` lists what was asked for. `before_call` is told each call before it happens: a person editing in between.
    `lose_answers` names calls that are carried out and whose answer then gets lost, each once.
    """

    columns_of: dict[str, dict[str, Column]] = field(default_factory=dict)
    tables: dict[str, dict[str, dict[str, Value]]] = field(default_factory=dict)
    attachments: dict[tuple[str, str, str], Attachment] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    before_call: Callable[[str], None] = field(default=lambda _: None)
    lose_answers: set[str] = field(default_factory=set)
    cut: dict[str, int] = field(default_factory=dict)

    def table(self, name: str, **types: str) -> None:
        """Add a table with columns of the given Caspio types ("DATE_TIME" for DATE/TIME)."""
        self.columns_of[name] = {
            column: Column(column, kind.replace("_", "/")) for column, kind in types.items()
        }
        self.tables[name] = {}

    def row(self, table: str, pk: str, **values: Value) -> None:
        """Add a row; columns left out are empty text or None, as Caspio returns them."""
        empty = {
            n: ("" if c.type in {"STRING", "TEXT"} else None)
            for n, c in self.columns_of[table].items()
        }
        self.tables[table][pk] = {**empty, **values}

    # FileSource

    def pages(self, spec: SourceSpec) -> Iterator[Sequence[RecordWork]]:
        """List everything in pages of two, so that paging is always exercised."""
        self._call("list")
        works = list(self._works(spec))
        for start in range(0, len(works), 2):
            yield works[start : start + 2]

    def records(
        self,
        spec: SourceSpec,
        pks: Sequence[str],
        *,
        matching: bool = False,  # noqa: ARG002 - no source of it has a condition
    ) -> Sequence[RecordWork]:
        """List some records again."""
        self._call("list some")
        return [
            work
            for work in self._works(spec)
            if (work.record and work.record.pk in pks) or work.files[0].path in pks
        ]

    def ticked(self, spec: SourceSpec) -> Mapping[str, RecordRef]:
        """Return the rows that a person has ticked."""
        if spec.reprocess_column is None:
            return {}
        self._call("list ticked")
        rows = self.tables[spec.container].items()
        return {pk: RecordRef(spec.container, pk) for pk, row in rows if row[spec.reprocess_column]}

    def _works(self, spec: SourceSpec) -> Iterator[RecordWork]:
        if spec.folder is not None:
            for path in sorted(self.files):
                if path.startswith(spec.folder):
                    yield self._folder_work(spec, path)
            return
        for pk, row in self.tables[spec.container].items():
            refs = [*self._attachment_refs(spec, pk), *self._file_refs(spec, pk, row)]
            if refs:
                values = {name: row[name] for name in spec.columns}
                yield RecordWork(spec.name, RecordRef(spec.container, pk), values, tuple(refs))

    def _attachment_refs(self, spec: SourceSpec, pk: str) -> Iterator[FileRef]:
        for (table, name, owner), held in self.attachments.items():
            if table == spec.container and owner == pk:
                record = RecordRef(table, pk)
                place = Place.ATTACHMENT
                yield FileRef(
                    spec.name, place, table, name, record, held.name, len(held.data), held.date
                )

    def _file_refs(self, spec: SourceSpec, pk: str, row: Mapping[str, Value]) -> Iterator[FileRef]:
        for name, column in self.columns_of[spec.container].items():
            path = row.get(name)
            if column.type == "FILE" and isinstance(path, str) and path in self.files:
                record = RecordRef(spec.container, pk)
                yield self._ref(
                    spec, Place.FILE, container=spec.container, field=name, record=record, path=path
                )

    def _folder_work(self, spec: SourceSpec, path: str) -> RecordWork:
        record, values = None, {}
        if spec.index is not None:
            for pk in self._find(spec.index.table, spec.index.path_column, path):
                record = RecordRef(spec.index.table, pk)
                values = {name: self.tables[spec.index.table][pk][name] for name in spec.columns}
        container = record.container if record else spec.container
        return RecordWork(
            spec.name,
            record,
            values,
            (
                self._ref(
                    spec, Place.FOLDER, container=container, field="", record=record, path=path
                ),
            ),
        )

    def _ref(
        self,
        spec: SourceSpec,
        place: Place,
        *,
        container: str,
        field: str,
        record: RecordRef | None,
        path: str,
    ) -> FileRef:
        size = len(self.files[path])
        return FileRef(
            spec.name, place, container, field, record, basename(path), size, "2026-01-01", path
        )

    @contextmanager
    def open(self, ref: FileRef) -> Iterator[Download]:
        """Open a file; `cut` shortens the body of a name so many times."""
        self._call("download")
        if ref.path is not None:
            if ref.path not in self.files:
                raise FileGone(f"There is no file at {ref.path}.")
            data = self.files[ref.path]
        else:
            assert ref.record is not None
            data = self.attachments[ref.container, ref.field, ref.record.pk].data
        if self.cut.get(ref.name):
            self.cut[ref.name] -= 1
            data = data[:-1]
        yield Download(iter([data[:3], data[3:]]), None)

    # RecordTarget

    def columns(self, container: str, *, is_view: bool) -> Mapping[str, Column]:
        """Return a table's schema."""
        assert not is_view
        return self.columns_of[container]

    def read(self, record: RecordRef, columns: Sequence[str]) -> Mapping[str, Value] | None:
        """Read a row."""
        self._call("read")
        row = self.tables[record.container].get(record.pk)
        return None if row is None else {name: row[name] for name in columns}

    def update(
        self,
        record: RecordRef,
        *,
        guard: Mapping[str, Value],
        values: Mapping[str, Value],
        columns: Sequence[str] = (),
    ) -> Updated:
        """Compare and set."""
        self._call("update")
        row = self.tables[record.container].get(record.pk)
        if row is None or any(
            _folded(row[name]) != _folded(value) for name, value in guard.items()
        ):
            return Updated(0, None)
        row.update(values)
        self._answer("update")
        return Updated(1, {name: row[name] for name in (*columns, *values)})

    def attachment_name(self, record: RecordRef, field: str) -> str | None:
        """Return an attachment's name."""
        self._call("attachment name")
        held = self.attachments.get((record.container, field, record.pk))
        return held.name if held else None

    def rename_attachment(
        self, record: RecordRef, field: str, *, base_name: str, guard: Mapping[str, Value]
    ) -> Updated:
        """Rename an attachment, which dates it anew."""
        self._call("rename")
        row = self.tables[record.container].get(record.pk)
        if row is None or any(row[name] != value for name, value in guard.items()):
            return Updated(0, None)
        held = self.attachments[record.container, field, record.pk]
        held.name = join_name(base_name, split_name(held.name)[1])
        held.date = "2026-02-02T00:00:00"
        self._answer("rename")
        return Updated(1, None)

    def file_exists(self, path: str) -> bool:
        """Look for a path."""
        self._call("file exists")
        return path in self.files

    def file_sha256(self, path: str) -> str:
        """Digest a Files-area file."""
        self._call("file digest")
        if path not in self.files:
            raise FileGone(f"There is no file at {path}.")
        return hashlib.sha256(self.files[path]).hexdigest()

    def put_file(self, path: str, source: Path, *, media_type: str) -> bool:
        """Add a file, never over another."""
        assert media_type
        assert any(dirname(known) == dirname(path) for known in self.files)
        self._call("put")
        if path in self.files:
            return False
        self.files[path] = source.read_bytes()
        self._answer("put")
        return True

    def referrers(self, path: str) -> Sequence[Referrer]:
        """Look through every FILE column."""
        self._call("referrers")
        return [
            Referrer(table, name, pk)
            for table, rows in self.tables.items()
            for name, column in self.columns_of[table].items()
            if column.type == "FILE"
            for pk, row in rows.items()
            if row[name] == path
        ]

    def delete_file(self, path: str) -> None:
        """Delete a file."""
        self._call("delete")
        if path not in self.files:
            raise FileGone(f"There is no file at {path}.")
        del self.files[path]
        self._answer("delete")

    def find(self, table: str, column: str, value: Value) -> Sequence[str]:
        """Look rows up."""
        self._call("find")
        return self._find(table, column, value)

    def _find(self, table: str, column: str, value: Value) -> list[str]:
        return [pk for pk, row in self.tables[table].items() if row[column] == value]

    def rows(
        self, table: str, columns: Sequence[str], *, equal: Mapping[str, Value], filled: str
    ) -> Mapping[str, Mapping[str, Value]]:
        """Look rows up by several columns."""
        self._call("rows")
        return {
            pk: {name: row[name] for name in columns}
            for pk, row in self.tables[table].items()
            if row[filled] and all(row[name] == value for name, value in equal.items())
        }

    def delete(self, record: RecordRef, *, guard: Mapping[str, Value]) -> Updated:
        """Delete a row."""
        self._call("delete row")
        row = self.tables[record.container].get(record.pk)
        if row is None or any(row[name] != value for name, value in guard.items()):
            return Updated(0, None)
        del self.tables[record.container][record.pk]
        self._answer("delete row")
        return Updated(1, None)

    def tables_with_files(self) -> Sequence[str]:
        """Return the tables that have a FILE column."""
        return [
            t
            for t, columns in self.columns_of.items()
            if any(c.type == "FILE" for c in columns.values())
        ]

    def insert(self, table: str, values: Mapping[str, Value]) -> str:
        """Insert a row."""
        self._call("insert")
        pk = str(max(map(int, self.tables[table]), default=0) + 1)
        self.row(table, pk, **dict(values))
        self._answer("insert")
        return pk

    def _call(self, name: str) -> None:
        self.before_call(name)
        self.calls.append(name)

    def _answer(self, name: str) -> None:
        if name in self.lose_answers:
            self.lose_answers.discard(name)
            raise EffectInDoubt(f"the answer to {name} was lost")

    def copy(self) -> "FakeCaspio":
        """Return the same account apart, for comparing what two runs leave."""
        return replace(
            self,
            tables={
                table: {pk: dict(row) for pk, row in rows.items()}
                for table, rows in self.tables.items()
            },
            attachments={key: replace(held) for key, held in self.attachments.items()},
            files=dict(self.files),
            calls=[],
        )


def _folded(value: Value) -> Value:
    """Return a value as SQL Server compares it: without regard to case."""
    return value.casefold() if isinstance(value, str) else value
