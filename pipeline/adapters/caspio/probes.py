"""Find out how an account behaves where the documents are silent, in a table and with files of our own.

The names and values are those of the local Caspio's quirks, so that it can be started to behave like the account.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.adapters.caspio.client import where
from pipeline.adapters.caspio.client.areas.definitions import FieldOptions, NewField
from pipeline.adapters.caspio.client.areas.files import ROOT
from pipeline.adapters.caspio.client.client import CaspioClient
from pipeline.adapters.caspio.client.wire import FileInfo
from pipeline.errors import BadSettings, FileGone, IngestError, RefusedByCaspio
from pipeline.ports import Clock

TABLE = "caspio_ingest_probe"
MARK = "caspio-ingest doctor"
ROWS = 26
"""Attachments listed in one answer to find a row cap; 25 is what sibling operations return unasked."""

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

NOT_PROBED: Mapping[str, str] = {
    "rate_limit_status": "it would use up the account's rate; 429 and 400 with the documented body are both understood",
    "rate_limit_retry_after": "the same; the header is obeyed where it comes",
    "stale_token": "a token lasts for hours; 401 and 400 are both answered with one fresh token",
    "download_content_type": "never relied on: the type is found by content",
    "unknown_parameters": "none is sent",
    "bare_clauses": "every parameter is sent under its full name",
    "files_upload": "one file a call is sent",
    "attachment_event": "it takes a receiver that Caspio can reach",
    "webhook_fields": "it takes a receiver that Caspio can reach",
    "webhook_secret_in_body": "it takes a receiver that Caspio can reach",
    "webhook_signature": "it takes a receiver that Caspio can reach",
    "webhook_signature_header": "it takes a receiver that Caspio can reach",
    "webhook_retries": "it takes a receiver that Caspio can reach",
    "webhook_retry_ms": "it takes a receiver that Caspio can reach",
    "webhook_timeout_ms": "it takes a receiver that Caspio can reach",
    "task_ms": "it would run one of your tasks",
    "max_upload_bytes": "it takes very large uploads; 413 rejects the one file",
}
"""What is left alone, and why that does no harm."""


@dataclass(frozen=True, slots=True)
class Probed:
    """One behaviour: its name, its value (None where it could not be learnt), and what was seen or why not."""

    name: str
    value: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found out; `left` says, a sentence each, what is still there and what to do about it."""

    probed: tuple[Probed, ...]
    left: tuple[str, ...]


_Found = Iterator[Probed]


def probe_account(client: CaspioClient, *, clock: Clock, folder: Path, may_write: bool) -> Examined:
    """Probe everything that can be probed, and remove what was made for it, whatever happens meanwhile.

    Args:
        client: Talks to the account.
        clock: Waits for stamps to move.
        folder: Where the files to upload are written.
        may_write: Whether a table may be made and files uploaded; without, only what is there is looked at.
    """
    probed = list(_looked_at(client))
    left: list[str] = []
    if may_write:
        probed += _in_files_area(client, folder, left)
        probed += _in_a_table(client, clock, folder, left)
    probed += [Probed(name, None, f"not probed: {why}") for name, why in NOT_PROBED.items()]
    return Examined(tuple(probed), tuple(left))


def as_quirks(probed: Sequence[Probed]) -> list[str]:
    """Return the options with which the local Caspio behaves like the account."""
    learnt = [one for one in probed if one.value is not None and not one.name.startswith("error_")]
    return [f"--quirk {one.name}={one.value}" for one in learnt]


def _each(steps: Mapping[Callable[[], _Found], Sequence[str]]) -> _Found:
    """Take the steps one after another; one that fails says so for its names and stops no other."""
    for step, names in steps.items():
        told: set[str] = set()
        try:
            for found in step():
                told.add(found.name)
                yield found
        except IngestError as error:
            yield from (Probed(name, None, str(error)) for name in names if name not in told)


def _looked_at(client: CaspioClient) -> _Found:
    """Probe what is there already."""
    return _each(
        {
            lambda: _view_pk(client): ["view_pk"],
            lambda: _webhooks(client): ["webhook_envelope", "webhook_list_secret"],
        }
    )


def _view_pk(client: CaspioClient) -> _Found:
    for view in client.views.names():
        answer = client.call("ListViewRecords", {"viewName": view, "q.limit": "1"})
        rows = answer.get("Result") if isinstance(answer, dict) else None
        if rows and "PK_ID" in rows[0]:
            pk = rows[0]["PK_ID"]
            yield Probed(
                "view_pk",
                "text" if isinstance(pk, str) else "number",
                f"PK_ID {pk!r} in view {view}",
            )
            return
    yield Probed("view_pk", None, "not probed: no view with a record can be read")


def _webhooks(client: CaspioClient) -> _Found:
    answer = client.call("ListOutgoingWebhooks")
    wrapped = isinstance(answer, dict)
    yield Probed("webhook_envelope", "result" if wrapped else "bare", "the list of webhooks")
    items = answer.get("Result") if isinstance(answer, dict) else answer
    if isinstance(items, list) and items:
        shown = any(isinstance(item, dict) and item.get("Secret") for item in items)
        yield _yes_no("webhook_list_secret", shown, f"{len(items)} webhooks listed")
    else:
        yield Probed("webhook_list_secret", None, "not probed: there is no webhook")


def _in_files_area(client: CaspioClient, folder: Path, left: list[str]) -> _Found:
    name = f"caspio-ingest-probe-{uuid.uuid4().hex[:8]}.txt"
    file = _file(folder, name)
    names = ["files_dates", "files_case", "overwrite_key", "error_name_taken"]
    try:
        yield from _each({lambda: _stored_file(client, file): names})
    finally:
        try:
            client.files.delete(f"/{name}")
        except FileGone:
            pass  # it was never stored
        except IngestError as error:
            left.append(
                f"/{name} in the Files area could not be removed ({error}). Delete it there."
            )


def _stored_file(client: CaspioClient, file: Path) -> _Found:
    files, path = client.files, f"/{file.name}"
    first = files.add(ROOT, source=file, name=file.name, media_type="text/plain")
    info = files.info(path)
    if info is not None:
        yield Probed(
            "files_dates",
            "us" if "/" in info.modified else "iso",
            f"LastModified {info.modified!r}",
        )
    met = files.info(path.upper()) is not None
    yield Probed(
        "files_case",
        "insensitive" if met else "sensitive",
        f"{path.upper()} {'is' if met else 'is not'} it",
    )
    second = files.put(ROOT, source=file, name=file.name, media_type="text/plain")
    if first and second and first.key and second.key:
        yield Probed(
            "overwrite_key",
            "kept" if first.key == second.key else "new",
            "ExternalKey after a second PUT",
        )
    taken = files.add(ROOT, source=file, name=file.name, media_type="text/plain") is None
    yield Probed(
        "error_name_taken",
        "409" if taken else None,
        "a second POST of a name" + " is refused" * taken,
    )


def _in_a_table(client: CaspioClient, clock: Clock, folder: Path, left: list[str]) -> _Found:
    trial = _Trial(client, clock, _file(folder, "probe.txt"))
    try:
        yield from _each({trial.begin: list(trial.names)})
        if trial.ready:
            yield from _each(trial.steps)
    finally:
        left += trial.removed()


class _Trial:
    """The scratch table, and one step for each thing to be learnt in it."""

    def __init__(self, client: CaspioClient, clock: Clock, file: Path) -> None:
        self._client = client
        self._tables = client.tables
        self._clock = clock
        self._file = file
        self._exists = False
        self._pk = self._bare = ""
        self._with_extension = False
        self.ready = False
        self.steps: Mapping[Callable[[], _Found], Sequence[str]] = {
            self._listing: [
                "fileinfo_filename",
                "fileinfo_filetype",
                "fileinfo_dates",
                "fileinfo_empty_rows",
            ],
            self._column: ["attachment_column"],
            self._unset: ["unset_text"],
            self._answer: ["empty_result_after_put"],
            self._stamps: ["attachment_stamps"],
            self._rename: ["rename_filename"],
            self._list_update: ["list_update"],
            self._refusals: ["error_long_text", "error_no_file", "error_unique"],
            self._cap: ["fileinfo_row_cap"],
        }
        self.names = [name for names in self.steps.values() for name in names]

    def begin(self) -> _Found:
        """Make the table, or take the one an earlier examination left; add a row with a file and one without."""
        known = {name.casefold() for name in self._tables.names()}
        if TABLE.casefold() not in known:
            self._tables.create(TABLE, _FIELDS)
        elif not {field.name for field in _FIELDS} <= {
            column.name for column in self._tables.fields(TABLE)
        }:
            raise BadSettings(
                [f"there is a table {TABLE} that is not this program's; rename it and run again"]
            )
        self._exists = True
        for field in (_UNIQUE, _STAMP, _LIST):  # a killed examination may have left them
            self._drop(field)
        self._pk, self._bare = self._row(), self._row()
        self._attach(self._pk)
        self.ready = True
        yield from ()

    def removed(self) -> list[str]:
        """Remove all rows of ours with their files; return what stays, and what to do about it."""
        if not self._exists:
            return []
        try:
            self._tables.delete(TABLE, condition=where.equals("Mark", MARK))
        except IngestError as error:
            return [
                f"The rows of table {TABLE} could not be removed ({error}). Delete the table in Caspio."
            ]
        stays = f"Table {TABLE} stays, without rows: Caspio's API cannot delete a table."
        return [f"{stays} Delete it in Caspio under Tables, or keep it for the next examination."]

    def _row(self) -> str:
        record = self._tables.insert(TABLE, {"Mark": MARK})
        if record is None or record.pk is None:
            raise RefusedByCaspio(
                "the row that was inserted was not shown with its PK_ID", status=200
            )
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
        raise RefusedByCaspio("the attachment just uploaded is not listed", status=200)

    def _listing(self) -> _Found:
        info, others = self._info(), [one for one in self._infos() if one.pk == self._bare]
        self._with_extension = info.name_has_type
        yield Probed(
            "fileinfo_filename",
            "with-extension" if info.name_has_type else "base",
            repr(info.file_name),
        )
        yield Probed(
            "fileinfo_filetype",
            "with-dot" if info.file_type[:1] == "." else "no-dot",
            repr(info.file_type),
        )
        yield Probed(
            "fileinfo_dates",
            "z" if info.listed_date[-1:] == "Z" else "no-zone",
            repr(info.listed_date),
        )
        yield Probed(
            "fileinfo_empty_rows", "null-rows" if others else "absent", "the row without a file"
        )

    def _column(self) -> _Found:
        (row,) = self._tables.records(TABLE, condition=where.pk_equals(self._pk, is_view=False))
        if "Doc" not in row.values:
            yield Probed("attachment_column", "absent", "the column is not among the record's")
            return
        value = row.values["Doc"]
        yield Probed(
            "attachment_column", "null" if value is None else "name", f"the record shows {value!r}"
        )

    def _unset(self) -> _Found:
        condition = where.both(
            where.pk_equals(self._bare, is_view=False), where.equals("Note", None)
        )
        null = bool(self._tables.records(TABLE, select=(where.PK,), condition=condition))
        yield Probed("unset_text", "null" if null else "blank", "a text column nobody set")

    def _answer(self) -> _Found:
        answer = self._tables.update(
            TABLE, {"Note": "x"}, condition=where.pk_equals(self._bare, is_view=False)
        )
        yield _yes_no(
            "empty_result_after_put",
            answer.count == 1 and not answer.rows,
            f"{len(answer.rows)} rows shown",
        )

    def _stamps(self) -> _Found:
        with self._field(_STAMP):
            self._tables.update(
                TABLE, {"Note": "y"}, condition=where.pk_equals(self._pk, is_view=False)
            )
            before = self._stamp()
            self._clock.sleep(_STAMP_S)
            self._attach(self._pk)
            after = self._stamp()
        yield _yes_no(
            "attachment_stamps", before != after, f"{before} before an upload, {after} after it"
        )

    def _stamp(self) -> object:
        (row,) = self._tables.records(
            TABLE, select=(where.PK, "Stamp"), condition=where.pk_equals(self._pk, is_view=False)
        )
        return row.values.get("Stamp")

    def _rename(self) -> _Found:
        """Give a name that repeats the extension, then one that has another: that tells the three ways apart."""
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
        return (
            info.file_name
            if self._with_extension
            else f"{info.file_name}.{info.file_type.lstrip('.')}"
        )

    def _refusals(self) -> _Found:
        yield _refusal(
            "error_long_text",
            lambda: self._tables.insert(TABLE, {"Mark": MARK, "Note": "x" * _LONG}),
        )
        yield _refusal("error_no_file", lambda: self._download(self._bare))
        with self._field(_UNIQUE):
            values = {"Mark": MARK, _UNIQUE.name: uuid.uuid4().hex}
            self._tables.insert(TABLE, values)
            yield _refusal("error_unique", lambda: self._tables.insert(TABLE, values))

    def _download(self, pk: str) -> None:
        with self._tables.download(TABLE, "Doc", pk):
            return

    def _cap(self) -> _Found:
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

    def _list_update(self) -> _Found:
        with self._field(_LIST):
            where_is = {"tableName": TABLE, "q.where": where.pk_equals(self._bare, is_view=False)}
            answer = self._client.call("UpdateTableRecords", where_is, json={_LIST.name: ["one"]})
        count = answer.get("RecordsAffected") if isinstance(answer, dict) else None
        yield Probed("list_update", "counted" if count else "uncounted", f"RecordsAffected {count}")

    @contextmanager
    def _field(self, field: NewField) -> Iterator[None]:
        """Let the table have a field for a while."""
        self._tables.create_field(TABLE, field)
        try:
            yield
        finally:
            self._drop(field)

    def _drop(self, field: NewField) -> None:
        if field.name in {column.name for column in self._tables.fields(TABLE)}:
            self._tables.delete_field(TABLE, field.name)


def _refusal(name: str, attempt: Callable[[], object]) -> Probed:
    try:
        attempt()
    except RefusedByCaspio as error:
        return Probed(name, f"{error.status} {error.code}".strip(), "how it is refused")
    except FileGone as error:
        return Probed(name, "404", str(error))
    return Probed(name, "taken", "it is not refused")


def _yes_no(name: str, value: bool, detail: str) -> Probed:  # noqa: FBT001 - what was found out
    return Probed(name, "true" if value else "false", detail)


def _file(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text("Made by `caspio-ingest doctor --deep`; it may be deleted.\n", encoding="utf-8")
    return path
