"""Caspio in dictionaries, for unit tests; `tests/contracts/caspio` holds it to what adapters do."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from posixpath import basename, dirname

from pipeline.decide.naming import join_name
from pipeline.errors import EffectInDoubt, FileGone, TooLate
from pipeline.model import Column, FileRef, Place, RecordRef, RecordWork, SourceSpec, Value
from pipeline.ports.source import Download
from pipeline.ports.target import Referrer, ShownFile, Updated
from tests.fakes.clock import START, FakeClock

PAGE = 2  # so that paging is always exercised
FILES_DATE = "2026-01-01"
RENAMED_DATE = START.replace(tzinfo=None).isoformat()
"""When everything is renamed: the tests' clock does not move."""


@dataclass
class Attachment:
    """A file inside a record."""

    name: str
    data: bytes
    date: str = "2026-01-01T00:00:00"
    created: str = "2026-01-01T00:00:00"

    @property
    def extension(self) -> str:
        """What follows the last dot, as Caspio lists it."""
        return self.name.rpartition(".")[2] if "." in self.name else ""


@dataclass
class FakeCaspio:
    """Caspio in dictionaries: both ports over one state. It has no views and no WHERE clauses.

    `tables` has rows by table and PK_ID, `attachments` files by (table, field, PK_ID), `files`
    bytes by path, `file_dates` their dates where they are not FILES_DATE. `calls` lists the calls.
    `before_call` gets each call before it happens, to let a user change something in between.
    `lose_answers` names calls whose answer is lost after they were carried out, each once.
    """

    columns_of: dict[str, dict[str, Column]] = field(default_factory=dict)
    tables: dict[str, dict[str, dict[str, Value]]] = field(default_factory=dict)
    attachments: dict[tuple[str, str, str], Attachment] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    file_dates: dict[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    before_call: Callable[[str], None] = field(default=lambda _: None)
    lose_answers: set[str] = field(default_factory=set)
    cut: dict[str, int] = field(default_factory=dict)
    clock: FakeClock = field(default_factory=FakeClock)

    def table(self, name: str, **types: str) -> None:
        """Add a table with columns of the given Caspio types ("DATE_TIME" for DATE/TIME)."""
        self.columns_of[name] = {
            column: Column(column, kind.replace("_", "/")) for column, kind in types.items()
        }
        self.tables[name] = {}

    def row(self, table: str, pk: str, **values: Value) -> None:
        """Add a row; columns left out are empty as Caspio returns them."""
        blank: dict[str, Value] = {"STRING": "", "TEXT": "", "YES/NO": False}
        empty = {name: blank.get(column.type) for name, column in self.columns_of[table].items()}
        self.tables[table][pk] = {**empty, **values}

    # FileSource

    def pages(self, spec: SourceSpec) -> Iterator[Sequence[RecordWork]]:
        """List everything."""
        self._call("list")
        works = list(self._works(spec))
        for start in range(0, len(works), PAGE):
            yield works[start : start + PAGE]

    def records(
        self, spec: SourceSpec, pks: Sequence[str], *, matching: bool = False
    ) -> Sequence[RecordWork]:
        """List some records again."""
        self._call("list some")
        if spec.folder is None:
            works = self._works(spec)
            return [work for work in works if work.record is not None and work.record.pk in pks]
        paths = [path for path in sorted(self.files) if path in pks]
        if matching:
            paths = [path for path in paths if path.startswith(f"{spec.folder.rstrip('/')}/")]
        return [self._folder_work(spec, path) for path in paths]

    def reprocess_requests(self, spec: SourceSpec) -> Mapping[str, RecordRef]:
        """Return the rows whose reprocess column is Yes."""
        if spec.reprocess_column is None:
            return {}
        self._call("list requested")
        table = spec.index.table if spec.index is not None else spec.container
        requested: dict[str, RecordRef] = {}
        for pk, row in self.tables[table].items():
            if row[spec.reprocess_column]:
                key = pk if spec.index is None else str(row[spec.index.path_column])
                requested[key] = RecordRef(table, pk)
        return requested

    def _works(self, spec: SourceSpec) -> Iterator[RecordWork]:
        if spec.folder is not None:
            for path in sorted(self.files):
                if path.startswith(f"{spec.folder.rstrip('/')}/"):
                    yield self._folder_work(spec, path)
            return
        for pk, row in self.tables[spec.container].items():
            record = RecordRef(spec.container, pk)
            refs = [*self._attached(spec, record), *self._pointed_at(spec, record, row)]
            if refs:
                values = {name: row[name] for name in spec.columns}
                yield RecordWork(spec.name, record, values, tuple(refs))

    def _attached(self, spec: SourceSpec, record: RecordRef) -> Iterator[FileRef]:
        for (table, name, pk), attachment in self.attachments.items():
            if (table, pk) == (record.container, record.pk):
                yield FileRef(
                    spec.name,
                    Place.ATTACHMENT,
                    table,
                    name,
                    record,
                    attachment.name,
                    len(attachment.data),
                    attachment.date,
                    extension=attachment.extension,
                    created=attachment.created,
                )

    def _pointed_at(
        self, spec: SourceSpec, record: RecordRef, row: Mapping[str, Value]
    ) -> Iterator[FileRef]:
        for name, column in self.columns_of[record.container].items():
            path = row.get(name)
            if column.type == "FILE" and isinstance(path, str) and path in self.files:
                yield self._ref(spec, Place.FILE, name, record, path)

    def _folder_work(self, spec: SourceSpec, path: str) -> RecordWork:
        """Return a folder's file with the row that has its path: a FILE field comes first."""
        record, values = None, {}
        for referrer in self._rows_with(spec, path):
            record = RecordRef(referrer.table, referrer.pk)
            values = {name: self.tables[referrer.table][referrer.pk][name] for name in spec.columns}
            break
        return RecordWork(
            spec.name, record, values, (self._ref(spec, Place.FOLDER, "", record, path),)
        )

    def _rows_with(self, spec: SourceSpec, path: str) -> Iterator[Referrer]:
        for referrer in self._referrers(path):
            if spec.columns.keys() <= self.columns_of[referrer.table].keys():
                yield referrer
        if spec.index is not None:
            for pk in self._find(spec.index.table, spec.index.path_column, path):
                yield Referrer(spec.index.table, spec.index.path_column, pk)

    def _ref(
        self, spec: SourceSpec, place: Place, field: str, record: RecordRef | None, path: str
    ) -> FileRef:
        container = record.container if record is not None else spec.container
        size = len(self.files[path])
        date = self.file_dates.get(path, FILES_DATE)
        return FileRef(spec.name, place, container, field, record, basename(path), size, date, path)

    @contextmanager
    def open(self, ref: FileRef) -> Iterator[Download]:
        """Open a file; `cut` shortens the body of a name so many times."""
        self._call("download")
        data: bytes | None
        if ref.path is not None:
            data = self.files.get(ref.path)
        else:
            assert ref.record is not None
            attachment = self.attachments.get((ref.container, ref.field, ref.record.pk))
            data = attachment.data if attachment is not None else None
        if data is None:
            raise FileGone(f"{ref.name!r} is no longer there.")
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
        row = self._guarded(record, guard)
        if row is None:
            return Updated(0, None)
        row.update(values)
        self._answer("update")
        return Updated(1, {name: row[name] for name in (*columns, *values)})

    def attachment(self, record: RecordRef, field: str) -> ShownFile | None:
        """Look at an attachment."""
        self._call("attachment name")
        kept = self.attachments.get((record.container, field, record.pk))
        if kept is None:
            return None
        return ShownFile(kept.name, len(kept.data), kept.date, kept.extension)

    def attachments_of(
        self, records: Sequence[RecordRef], field: str
    ) -> Mapping[RecordRef, ShownFile]:
        """Look at several attachments."""
        self._call("attachment names")
        return {
            record: ShownFile(kept.name, len(kept.data), kept.date, kept.extension)
            for record in records
            if (kept := self.attachments.get((record.container, field, record.pk))) is not None
        }

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
        """Rename an attachment, which changes its date."""
        del extension  # it has no quirks: a name's extension is never lost
        self._call("rename")
        if until_s is not None and self.clock.monotonic() > until_s:
            raise TooLate("the rename could not leave in time")
        attachment = self.attachments.get((record.container, field, record.pk))
        if attachment is None or self._guarded(record, guard) is None:
            return Updated(0, None)
        attachment.name = join_name(base_name, attachment.extension)
        attachment.date = RENAMED_DATE
        self._answer("rename")
        return Updated(1, None)

    def file(self, path: str) -> ShownFile | None:
        """Look for a path."""
        self._call("file exists")
        return self._shown(path) if path in self.files else None

    def _shown(self, path: str) -> ShownFile:
        date = self.file_dates.get(path, FILES_DATE)
        return ShownFile(basename(path), len(self.files[path]), date)

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

    def folder_files(self, folder: str) -> Mapping[str, ShownFile] | None:
        """List a folder."""
        self._call("list folder")
        paths = [path for path in self.files if dirname(path) == folder]
        return {path.casefold(): self._shown(path) for path in paths}

    def referrers(
        self, paths: Sequence[str], index: tuple[str, str] | None = None
    ) -> Mapping[str, Sequence[Referrer]]:
        """Look through every FILE column, and the index."""
        self._call("referrers")
        rows = {path: list(self._referrers(path)) for path in paths}
        for path in paths if index else ():
            rows[path] += [Referrer(*index, pk) for pk in self._find(*index, path)]
        return rows

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

    def insert(self, table: str, values: Mapping[str, Value]) -> str:
        """Insert a row."""
        self._call("insert")
        pk = str(max(map(int, self.tables[table]), default=0) + 1)
        self.row(table, pk, **dict(values))
        self._answer("insert")
        return pk

    def delete(self, record: RecordRef, *, guard: Mapping[str, Value]) -> Updated:
        """Delete a row."""
        self._call("delete row")
        if self._guarded(record, guard) is None:
            return Updated(0, None)
        del self.tables[record.container][record.pk]
        self._answer("delete row")
        return Updated(1, None)

    def tables_with_files(self) -> Sequence[str]:
        """Return the tables that have a FILE column."""
        return [
            table
            for table, columns in self.columns_of.items()
            if any(column.type == "FILE" for column in columns.values())
        ]

    def copy(self) -> "FakeCaspio":
        """Return the same account again, for comparing what two runs leave."""
        return replace(
            self,
            tables={
                table: {pk: dict(row) for pk, row in rows.items()}
                for table, rows in self.tables.items()
            },
            attachments={key: replace(one) for key, one in self.attachments.items()},
            files=dict(self.files),
            calls=[],
        )

    def _referrers(self, path: str) -> Iterator[Referrer]:
        for table, rows in self.tables.items():
            for name, column in self.columns_of[table].items():
                for pk, row in rows.items() if column.type == "FILE" else ():
                    if row[name] == path:
                        yield Referrer(table, name, pk)

    def _find(self, table: str, column: str, value: Value) -> list[str]:
        return [pk for pk, row in self.tables[table].items() if row[column] == value]

    def _guarded(self, record: RecordRef, guard: Mapping[str, Value]) -> dict[str, Value] | None:
        """Return a row if it has these values.

        Texts are compared as SQL Server does, without case.
        """
        row = self.tables[record.container].get(record.pk)
        if row is None:
            return None
        for name, value in guard.items():
            current = row[name]
            if isinstance(current, str) and isinstance(value, str):
                current, value = current.casefold(), value.casefold()  # noqa: PLW2901 - to compare
            if current != value:
                return None
        return row

    def _call(self, name: str) -> None:
        self.before_call(name)
        self.calls.append(name)

    def _answer(self, name: str) -> None:
        if name in self.lose_answers:
            self.lose_answers.discard(name)
            raise EffectInDoubt(f"the answer to {name} was lost")
