"""The trial table, and one step for each thing that is found out in it."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from pipeline.adapters.caspio.client import (
    CaspioClient,
    CaspioError,
    Clock,
    FieldOptions,
    FileInfo,
    Misconfigured,
    NewField,
    Refused,
    where,
)
from pipeline.adapters.caspio.probes.values import Found, refusal, yes_no
from pipeline.model.probes import PROBE_ROWS, PROBE_TABLE as TABLE, Probed

MARK = "caspio-ingest doctor"
ROWS = PROBE_ROWS  # sibling operations return 25 by default, so one more shows a row cap

_FIELDS = (
    NewField("Mark", "STRING"),
    NewField("Note", "STRING"),
    NewField("Doc", "ATTACHMENT"),
)
_UNIQUE = NewField("UniqueNote", "STRING", FieldOptions(unique=True, unique_allow_nulls=True))
_STAMP = NewField("Stamp", "TIMESTAMP", FieldOptions(on_insert=True, on_update=True))
_LIST = NewField("Choice", "LIST-STRING", FieldOptions(list_values=("one", "two")))
_STAMP_S = 1.1  # stamps are shown in whole seconds
_LONG = 256  # characters; a STRING holds one less


class TrialTable:
    """A table of our own with a few records.

    Args:
        client: Talks to the account.
        clock: Waits for stamps to change.
        file: A small file to upload.

    Attributes:
        ready: True once the table and its records are there.
        steps: What to find out, in order.
        names: The names of everything that is found out.
    """

    def __init__(self, client: CaspioClient, clock: Clock, file: Path) -> None:
        self._client = client
        self._tables = client.tables
        self._clock = clock
        self._file = file
        self._exists = False
        self._pk = self._bare = ""
        self._with_extension = False
        self.ready = False
        self.steps: Mapping[Callable[[], Found], Sequence[str]] = {
            self.listing: [
                "fileinfo_filename",
                "fileinfo_filetype",
                "fileinfo_dates",
                "fileinfo_empty_rows",
            ],
            self.column: ["attachment_column"],
            self.unset: ["unset_text"],
            self.answer: ["empty_result_after_put"],
            self.stamps: ["attachment_stamps"],
            self.rename: ["rename_filename"],
            self.list_update: ["list_update"],
            self.refusals: ["error_long_text", "error_no_file", "error_unique"],
            self.cap: ["fileinfo_row_cap"],
        }
        self.names = [name for names in self.steps.values() for name in names]

    def prepare(self) -> Found:
        """Create the table, or use the one that an earlier examination left.

        Add a record with a file and one without.
        """
        known = {name.casefold() for name in self._tables.names()}
        if TABLE.casefold() not in known:
            self._tables.create(TABLE, _FIELDS)
        else:
            columns = {column.name for column in self._tables.fields(TABLE)}
            if not {field.name for field in _FIELDS} <= columns:
                problem = f"there is a table {TABLE} that is not this program's"
                raise Misconfigured([f"{problem}; rename it and run again"])
        # From here on there is something to clean up, whatever fails.
        self._exists = True
        for field in (_UNIQUE, _STAMP, _LIST):  # an examination that was killed may have left them
            self._drop(field)
        self._pk, self._bare = self._row(), self._row()
        self._attach(self._pk)
        self.ready = True
        yield from ()

    def clean_up(self) -> list[str]:
        """Remove our records with their files; return what is left, and what to do about it."""
        if not self._exists:
            return []
        try:
            self._tables.delete(TABLE, condition=where.equals("Mark", MARK))
        except CaspioError as error:
            problem = f"The rows of table {TABLE} could not be removed ({error})."
            return [f"{problem} Delete the table in Caspio."]
        left = f"Table {TABLE} is left without rows: Caspio's API cannot delete a table."
        return [f"{left} Delete it in Caspio under Tables, or keep it for the next examination."]

    def _row(self) -> str:
        record = self._tables.insert(TABLE, {"Mark": MARK})
        if record is None or record.pk is None:
            raise Refused("the row that was inserted was not shown with its PK_ID", status=200)
        return record.pk

    def _attach(self, pk: str) -> None:
        self._tables.upload(
            TABLE, "Doc", pk, source=self._file, name=self._file.name, media_type="text/plain"
        )

    def _infos(self) -> list[FileInfo]:
        both = where.either([where.pk_equals(pk, is_view=False) for pk in (self._pk, self._bare)])
        return list(self._tables.file_infos(TABLE, "Doc", condition=both))

    def _info(self) -> FileInfo:
        for info in self._infos():
            if info.pk == self._pk and not info.is_empty:
                return info
        raise Refused("the attachment just uploaded is not listed", status=200)

    def listing(self) -> Found:
        """Find out how fileInfo lists a file, and a row without one."""
        info = self._info()
        self._with_extension = info.name_has_type
        name = "with-extension" if info.name_has_type else "base"
        yield Probed("fileinfo_filename", name, repr(info.file_name))
        kind = "with-dot" if info.file_type.startswith(".") else "no-dot"
        yield Probed("fileinfo_filetype", kind, repr(info.file_type))
        date = "z" if info.listed_date.endswith("Z") else "no-zone"
        yield Probed("fileinfo_dates", date, repr(info.listed_date))
        has_bare = any(one.pk == self._bare for one in self._infos())
        rows = "null-rows" if has_bare else "absent"
        yield Probed("fileinfo_empty_rows", rows, "the row without a file")

    def column(self) -> Found:
        """Find out what a record shows in its attachment column."""
        (row,) = self._tables.records(TABLE, condition=where.pk_equals(self._pk, is_view=False))
        if "Doc" not in row.values:
            yield Probed("attachment_column", "absent", "the record does not have the column")
            return
        value = row.values["Doc"]
        kind = "null" if value is None else "name"
        yield Probed("attachment_column", kind, f"the record shows {value!r}")

    def unset(self) -> Found:
        """Find out what a text column has that nobody ever set."""
        condition = where.both(
            where.pk_equals(self._bare, is_view=False), where.equals("Note", None)
        )
        null = bool(self._tables.records(TABLE, select=(where.PK,), condition=condition))
        yield Probed("unset_text", "null" if null else "blank", "a text column nobody set")

    def answer(self) -> Found:
        """Find out whether the answer to a write shows the rows."""
        answer = self._tables.update(
            TABLE, {"Note": "x"}, condition=where.pk_equals(self._bare, is_view=False)
        )
        yield yes_no(
            "empty_result_after_put",
            answer.count == 1 and not answer.rows,
            f"rows shown: {len(answer.rows)}",
        )

    def stamps(self) -> Found:
        """Find out whether an upload changes a time stamp."""
        with self._field(_STAMP):
            self._tables.update(
                TABLE, {"Note": "y"}, condition=where.pk_equals(self._pk, is_view=False)
            )
            before = self._stamp()
            self._clock.sleep(_STAMP_S)
            self._attach(self._pk)
            after = self._stamp()
        yield yes_no(
            "attachment_stamps", before != after, f"{before} before an upload, {after} after it"
        )

    def _stamp(self) -> object:
        (row,) = self._tables.records(
            TABLE, select=(where.PK, "Stamp"), condition=where.pk_equals(self._pk, is_view=False)
        )
        return row.values.get("Stamp")

    def rename(self) -> Found:
        """Send a name that repeats the extension, then one that has another.

        Together they distinguish the three ways in which Caspio may treat an extension.
        """
        repeated = self._renamed("one.txt")
        if repeated == "one.txt.txt":
            yield Probed("rename_filename", "base", f"'one.txt' became {repeated!r}")
            return
        other = self._renamed("two.log")
        value = {"two.log": "full", "two.log.txt": "strip-same"}.get(other)
        yield Probed(
            "rename_filename", value, f"'one.txt' became {repeated!r}, 'two.log' became {other!r}"
        )

    def _renamed(self, name: str) -> str:
        self._tables.rename_attachments(
            TABLE, "Doc", name, condition=where.pk_equals(self._pk, is_view=False)
        )
        info = self._info()
        if self._with_extension:
            return info.file_name
        return f"{info.file_name}.{info.file_type.lstrip('.')}"

    def refusals(self) -> Found:
        """Find out how three requests are refused that must be."""
        yield refusal(
            "error_long_text",
            lambda: self._tables.insert(TABLE, {"Mark": MARK, "Note": "x" * _LONG}),
        )
        yield refusal("error_no_file", lambda: self._download(self._bare))
        # Added for this step only: a Unique field would refuse the other steps' rows.
        with self._field(_UNIQUE):
            values = {"Mark": MARK, _UNIQUE.name: uuid.uuid4().hex}
            self._tables.insert(TABLE, values)
            yield refusal("error_unique", lambda: self._tables.insert(TABLE, values))

    def _download(self, pk: str) -> None:
        with self._tables.download(TABLE, "Doc", pk):
            return

    def cap(self) -> Found:
        """Find out whether fileInfo lists more files than sibling operations do."""
        for _ in range(ROWS - 1):
            self._attach(self._row())
        condition = where.both(where.equals("Mark", MARK), f"{where.PK} >= {self._pk}")
        infos = self._tables.file_infos(TABLE, "Doc", condition=condition)
        listed = sum(not info.is_empty for info in infos)
        value = "0" if listed >= ROWS else str(len(infos))
        yield Probed(
            "fileinfo_row_cap",
            value,
            f"{listed} of {ROWS} files in one answer; more were not tried",
        )

    def list_update(self) -> Found:
        """Find out whether a write to a LIST field is counted."""
        with self._field(_LIST):
            where_is = {"tableName": TABLE, "q.where": where.pk_equals(self._bare, is_view=False)}
            answer = self._client.call("UpdateTableRecords", where_is, json={_LIST.name: ["one"]})
        count = answer.get("RecordsAffected") if isinstance(answer, dict) else None
        yield Probed("list_update", "counted" if count else "uncounted", f"RecordsAffected {count}")

    @contextmanager
    def _field(self, field: NewField) -> Iterator[None]:
        """Add a field to the table for a while."""
        self._tables.create_field(TABLE, field)
        try:
            yield
        finally:
            self._drop(field)

    def _drop(self, field: NewField) -> None:
        if field.name in {column.name for column in self._tables.fields(TABLE)}:
            self._tables.delete_field(TABLE, field.name)
