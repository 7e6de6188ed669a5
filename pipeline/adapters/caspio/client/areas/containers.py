"""Tables and views: their fields, records and attachments. Caspio gives both the same operations."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path

from pipeline.adapters.caspio.client import where, wire
from pipeline.adapters.caspio.client.areas import definitions
from pipeline.adapters.caspio.client.areas.definitions import (
    FieldDefinition,
    FieldOptions,
    NewField,
)
from pipeline.adapters.caspio.client.call import Call, Caller, Upload
from pipeline.adapters.caspio.client.operations import OPERATIONS, Operation, for_view, operation
from pipeline.adapters.caspio.client.query import Query
from pipeline.adapters.caspio.client.where import Clause
from pipeline.adapters.caspio.client.wire import (
    Affected,
    Description,
    FileInfo,
    Page,
    Payload,
    Record,
)
from pipeline.errors import ServiceUnavailable
from pipeline.model import Column, Value
from pipeline.ports import Download

PAGE = 1000  # records a call can return at most
Written = Value | Sequence[str | int | float]
"""What can be written to a column: a scalar, or for a LIST field the numbers or texts of the items to choose."""

_AS_IT_IS = FieldOptions()
_FILE_INFO = "GetFileMetadataFromAttachmentTableFields"
_RENAME = "UpdateFileMetadataInAttachmentTableFields"


class Containers:
    """The operations that tables and views share; `kind` is "tables" or "views".

    Every method raises NotFound where there is no such table, view, field or record, Unauthorized where the profile may
    not, QueryRefused for a clause that cannot be understood, ValueRefused for a value that does not fit, and
    ServiceUnavailable when retries are used up. A writing one raises EffectInDoubt where no clear answer came, and
    ValueError for an empty condition.
    """

    def __init__(self, caller: Caller, *, kind: str, parameter: str) -> None:
        self._caller = caller
        self._parameter = parameter
        self.is_view = kind == "views"

    @operation("ListTables", "ListViews")
    def names(self) -> tuple[str, ...]:
        """Return the names of all there are and the profile may see (ListTables, ListViews)."""
        return wire.names(self._caller.ask(Call(self._operation("ListTables"))))

    @operation("GetTable", "GetView")
    def describe(self, container: str) -> Description:
        """Return the name of one and the note somebody wrote about it (GetTable, GetView)."""
        return wire.description(self._ask("GetTable", container))

    @operation("ListTableFields", "ListViewFields")
    def fields(self, container: str) -> tuple[Column, ...]:
        """Return what the line needs of the fields (ListTableFields, ListViewFields); PK_ID is not among them."""
        return wire.columns(self._ask("ListTableFields", container))

    @operation("ListTableFields", "ListViewFields")
    def definitions(self, container: str) -> tuple[FieldDefinition, ...]:
        """Return all that is known of the fields (ListTableFields, ListViewFields); PK_ID is not among them."""
        answer = self._ask("ListTableFields", container)
        return tuple(map(definitions.definition, answer.member("Result").items()))

    @operation("GetTableField", "GetViewField")
    def definition(self, container: str, field: str) -> FieldDefinition:
        """Return all that is known of one field (GetTableField, GetViewField)."""
        answer = self._ask("GetTableField", container, names={"fieldName": field})
        return definitions.definition(answer.member("Result"))

    @operation("ListTableRecords", "ListViewRecords")
    def query(self, container: str, query: Query) -> Page[Record]:
        """Return what a query asks for, 100 rows unless it says otherwise (ListTableRecords, ListViewRecords)."""
        return wire.record_page(self._ask("ListTableRecords", container, query.parameters()))

    @operation("ListTableRecords", "ListViewRecords")
    def records(
        self,
        container: str,
        *,
        select: Sequence[str] = (),
        condition: str = "",
        order: str = where.PK,
        limit: int = PAGE,
    ) -> tuple[Record, ...]:
        """Return at most `limit` records, 1 to 1,000, in order of PK_ID (ListTableRecords, ListViewRecords).

        No `select` means every column.
        """
        call = self._records_call(
            container, select=select, condition=condition, order=order, limit=limit
        )
        return wire.records(self._caller.ask(call))

    def record_pages(
        self, container: str, *, select: Sequence[str] = (), condition: str = ""
    ) -> Iterator[tuple[Record, ...]]:
        """Yield all records, 1,000 at a time in order of PK_ID, each page asked for behind the last PK_ID.

        Rows that come and go meanwhile shift nothing. A page that does not go on is refused.

        Raises:
            ServiceUnavailable: a record came twice, or without its PK_ID.
        """
        last: str | None = None
        seen: frozenset[str] = frozenset()
        while True:
            after = None if last is None else where.pk_after(last, is_view=self.is_view)
            page = self.records(container, select=select, condition=where.both(condition, after))
            pks = [record.pk for record in page]
            fresh = frozenset(pk for pk in pks if pk is not None)
            if (
                len(fresh) < len(pks)
                or fresh & seen
                or last in fresh
                or not self._goes_on(last, pks)
            ):
                raise ServiceUnavailable(
                    f"{self._operation('ListTableRecords').id} ({container}): the page behind PK_ID {last} repeats "
                    "records or lacks their PK_ID. Try again; if it stays so, ask Caspio's support."
                )
            if page:
                yield page
            if len(page) < PAGE:
                return
            last, seen = pks[-1], fresh

    def _goes_on(self, last: str | None, pks: Sequence[str | None]) -> bool:
        """Say whether PK_IDs rise. A view's may be texts in an order of their own; there, repeats are all we see."""
        if self.is_view:
            return True
        numbers = [int(pk) for pk in [last, *pks] if pk is not None]
        return all(a < b for a, b in pairwise(numbers))

    @operation("CreateTableRecord", "CreateViewRecord")
    def insert(self, container: str, values: Mapping[str, Written]) -> Record | None:
        """Insert one record and return it as it is now (CreateTableRecord, CreateViewRecord).

        None where the answer does not show it, as when a view's filter leaves it out.
        """
        answer = self._ask("CreateTableRecord", container, {"response": "rows"}, json=body(values))
        rows = wire.records(answer)
        return rows[0] if rows else None

    @operation("UpdateTableRecords", "UpdateViewRecords")
    def update(
        self, container: str, values: Mapping[str, Written], *, condition: Clause, about: str = ""
    ) -> Affected:
        """Write values to every record that meets the condition (UpdateTableRecords, UpdateViewRecords).

        Returns how many were met, and those that still meet the view as they are now; a good answer without rows after
        a match has been seen.
        """
        query = {"q.where": checked(condition), "response": "rows"}
        answer = self._ask("UpdateTableRecords", container, query, json=body(values), about=about)
        return wire.affected(answer)

    @operation("DeleteTableRecords", "DeleteViewRecords")
    def delete(self, container: str, *, condition: Clause) -> int:
        """Delete every record that meets the condition; return how many (DeleteTableRecords, DeleteViewRecords)."""
        return wire.count(
            self._ask("DeleteTableRecords", container, {"q.where": checked(condition)})
        )

    def room(
        self,
        container: str,
        name: str = "UpdateTableRecords",
        *,
        field: str | None = None,
        query: Mapping[str, str] | None = None,
    ) -> int:
        """Return how many encoded characters a WHERE may have in an operation, given by its name for tables."""
        query = {"response": "rows", "q.where": "", **(query or {})}
        names = {} if field is None else {"attachmentFieldName": field}
        return self._caller.room(self._call(name, container, query, names=names))

    def records_room(self, container: str, select: Sequence[str]) -> int:
        """Return how many encoded characters a WHERE may have in a call for these columns."""
        return self._caller.room(
            self._records_call(container, select=select, condition=" ", order=where.PK, limit=PAGE)
        )

    def file_infos_room(self, container: str, field: str) -> int:
        """Return how many encoded characters a WHERE may have when attachments are asked for or renamed."""
        return self.room(container, _RENAME, field=field)

    @operation(_FILE_INFO, for_view(_FILE_INFO))
    def file_infos(
        self, container: str, field: str, *, condition: str = ""
    ) -> tuple[FileInfo, ...]:
        """Return what is known of the attachments of the records that meet the condition, in one call.

        Rows without a file may be among them or not. How many rows an answer has at most is not documented.
        (GetFileMetadataFromAttachmentTableFields, GetFileMetadataFromAttachmentViewFields)
        """
        query = {"q.where": condition} if condition else {}
        return wire.file_infos(
            self._ask(_FILE_INFO, container, query, names={"attachmentFieldName": field})
        )

    @operation(_RENAME, for_view(_RENAME))
    def rename_attachments(
        self, container: str, field: str, name: str, *, condition: Clause, about: str = ""
    ) -> Affected:
        """Set the FileName of the attachments of every record that meets the condition.

        The name is best sent without extension. The rows returned are records, not what is known of the files.
        (UpdateFileMetadataInAttachmentTableFields, UpdateFileMetadataInAttachmentViewFields)
        """
        query = {"q.where": checked(condition), "response": "rows"}
        answer = self._ask(
            _RENAME,
            container,
            query,
            json={"FileName": name},
            about=about,
            names={"attachmentFieldName": field},
        )
        return wire.affected(answer)

    @operation("DownloadFileFromAttachmentTableField", "DownloadFileFromAttachmentViewField")
    def download(self, container: str, field: str, pk: str) -> AbstractContextManager[Download]:
        """Open one record's attachment.

        A record without one is NotFound, before Caspio's release 73.0 a plain refusal with status 400.
        (DownloadFileFromAttachmentTableField, DownloadFileFromAttachmentViewField)
        """
        names = {"attachmentFieldName": field, "recordPkId": pk}
        return self._caller.stream(
            self._call("DownloadFileFromAttachmentTableField", container, names=names)
        )

    @operation("UploadFileToAttachmentTableField", "UploadFileToAttachmentViewField")
    def upload(
        self, container: str, field: str, pk: str, *, source: Path, name: str, media_type: str
    ) -> None:
        """Put a file into one record's attachment field, replacing what is there.

        (UploadFileToAttachmentTableField, UploadFileToAttachmentViewField)

        Raises:
            TooLarge: it is larger than Caspio takes.
        """
        names = {"attachmentFieldName": field, "recordPkId": pk}
        upload = Upload("File", source, name, media_type)
        self._ask("UploadFileToAttachmentTableField", container, upload=upload, names=names)

    @operation("DeleteFileFromAttachmentTableFields", "DeleteFileFromAttachmentViewFields")
    def remove_attachments(self, container: str, field: str, *, condition: Clause) -> int:
        """Delete the attachments of every record that meets the condition; return how many records were met.

        (DeleteFileFromAttachmentTableFields, DeleteFileFromAttachmentViewFields)
        """
        query = {"q.where": checked(condition)}
        answer = self._ask(
            "DeleteFileFromAttachmentTableFields",
            container,
            query,
            names={"attachmentFieldName": field},
        )
        return wire.count(answer)

    def _records_call(
        self, container: str, *, select: Sequence[str], condition: str, order: str, limit: int
    ) -> Call:
        query = {"q.select": ",".join(map(where.name, select))} if select else {}
        query |= {"q.where": condition} if condition else {}
        query |= {
            "q.orderBy": order,
            "q.limit": str(limit),
        }  # never beside paging parameters: they switch it off
        return self._call("ListTableRecords", container, query)

    def _operation(self, name: str) -> Operation:
        return OPERATIONS[for_view(name) if self.is_view else name]

    def _call(
        self,
        name: str,
        container: str,
        query: Mapping[str, str] | None = None,
        *,
        json: object = None,
        upload: Upload | None = None,
        about: str = "",
        names: Mapping[str, str] | None = None,
    ) -> Call:
        names = {self._parameter: container, **(names or {})}
        return Call(
            self._operation(name), names, query or {}, json=json, upload=upload, about=about
        )

    def _ask(
        self,
        name: str,
        container: str,
        query: Mapping[str, str] | None = None,
        *,
        json: object = None,
        upload: Upload | None = None,
        about: str = "",
        names: Mapping[str, str] | None = None,
    ) -> Payload:
        return self._caller.ask(
            self._call(name, container, query, json=json, upload=upload, about=about, names=names)
        )


class Tables(Containers):
    """Tables, which unlike views can be made and changed, and whose passwords can be set."""

    def __init__(self, caller: Caller) -> None:
        super().__init__(caller, kind="tables", parameter="tableName")

    @operation("CreateTable")
    def create(self, table: str, fields: Sequence[NewField]) -> None:
        """Make a table of at least one field; there is no way to delete one (CreateTable)."""
        json = {"Name": table, "Fields": [field.as_json() for field in fields]}
        self._caller.ask(Call(OPERATIONS["CreateTable"], json=json))

    @operation("CreateTableField")
    def create_field(self, table: str, field: NewField) -> None:
        """Add a field to a table (CreateTableField)."""
        self._ask("CreateTableField", table, json=field.as_json())

    @operation("UpdateTableField")
    def update_field(
        self,
        table: str,
        field: str,
        *,
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - Caspio's word for it
        options: FieldOptions = _AS_IT_IS,
    ) -> None:
        """Change what is given of a field: its name, its type, its options (UpdateTableField).

        Raises:
            ValueError: nothing is given.
        """
        given = {"Name": name, "Type": type}
        json = {
            member: value for member, value in given.items() if value is not None
        } | options.as_json()
        if not json:
            raise ValueError("name at least one thing to change")
        self._ask("UpdateTableField", table, json=json, names={"fieldName": field})

    @operation("DeleteTableField")
    def delete_field(self, table: str, field: str) -> None:
        """Delete a field with all its values (DeleteTableField)."""
        self._ask("DeleteTableField", table, names={"fieldName": field})

    @operation("ListPasswordTableFields")
    def password_fields(self, table: str) -> tuple[str, ...]:
        """Return the names of the PASSWORD fields (ListPasswordTableFields)."""
        return wire.names(self._ask("ListPasswordTableFields", table))

    @operation("UpdatePasswordTableField")
    def set_password(self, table: str, field: str, password: str, *, condition: Clause) -> int:
        """Set the password of every record that meets the condition; return how many (UpdatePasswordTableField)."""
        query, json = {"q.where": checked(condition)}, {"Value": password}
        return wire.count(
            self._ask(
                "UpdatePasswordTableField",
                table,
                query,
                json=json,
                names={"passwordFieldName": field},
            )
        )

    @operation("ResetPasswordTableField")
    def reset_password(self, table: str, field: str, *, condition: Clause) -> int:
        """Reset the password of every record that meets the condition; return how many (ResetPasswordTableField)."""
        query = {"q.where": checked(condition)}
        return wire.count(
            self._ask("ResetPasswordTableField", table, query, names={"passwordFieldName": field})
        )


class Views(Containers):
    """Views. Writing works where the view has one table or one that may be edited."""

    def __init__(self, caller: Caller) -> None:
        super().__init__(caller, kind="views", parameter="viewName")


def body(values: Mapping[str, Written]) -> dict[str, object]:
    """Return values as a JSON object; what is chosen of a LIST field is an array."""
    scalar = (str, int, float, type(None))
    return {
        name: value if isinstance(value, scalar) else list(value) for name, value in values.items()
    }


def checked(condition: Clause) -> Clause:
    """Return a condition that says something; an empty one could mean every record."""
    if not condition.strip():
        raise ValueError("the condition is empty; to mean every record write PK_ID > 0")
    return condition
