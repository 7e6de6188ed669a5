"""What tables and views have in common: fields, records and attachments."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from pipeline.adapters.caspio.client import where
from pipeline.adapters.caspio.client.areas import definitions
from pipeline.adapters.caspio.client.areas.definitions import FieldDefinition
from pipeline.adapters.caspio.client.errors import Unavailable
from pipeline.adapters.caspio.client.http.call import Caller
from pipeline.adapters.caspio.client.http.request import Call, Upload
from pipeline.adapters.caspio.client.operations import OPERATIONS, Operation, for_view, operation
from pipeline.adapters.caspio.client.query import Query
from pipeline.adapters.caspio.client.values import Column, Download, Written
from pipeline.adapters.caspio.client.where import Clause
from pipeline.adapters.caspio.client.wire import records as wire
from pipeline.adapters.caspio.client.wire.payload import Payload
from pipeline.adapters.caspio.client.wire.records import (
    Affected,
    Description,
    FileInfo,
    ListPage,
    Record,
    pks_of,
)

PAGE = 1000
"""Records that one call can return at most (caspio-api.md, section 2.6)."""

_FILE_INFO = "GetFileMetadataFromAttachmentTableFields"
_RENAME = "UpdateFileMetadataInAttachmentTableFields"


class Containers:
    """The operations that tables and views share.

    Every method raises NotFound where there is no such table, view, field or record, AccessDenied
    where the profile may not, QueryRefused for a condition that cannot be understood, ValueRefused
    for a value that does not fit, and Unavailable when retries are used up. A writing one raises
    InDoubt where no clear answer came, and ValueError for an empty condition.

    Attributes:
        is_view: True for views, whose PK_ID may be a text.
    """

    def __init__(self, caller: Caller, *, is_view: bool) -> None:
        self._caller = caller
        self.is_view = is_view

    @operation("ListTables", "ListViews")
    def names(self) -> tuple[str, ...]:
        """Return the names of all that the profile may see (ListTables, ListViews)."""
        return wire.names(self._caller.ask(Call(self._operation("ListTables"))))

    @operation("GetTable", "GetView")
    def describe(self, container: str) -> Description:
        """Return the name of one and the note that somebody wrote about it (GetTable, GetView)."""
        return wire.description(self._ask("GetTable", container))

    @operation("ListTableFields", "ListViewFields")
    def fields(self, container: str) -> tuple[Column, ...]:
        """Return the fields as columns, without PK_ID (ListTableFields, ListViewFields)."""
        return wire.columns(self._ask("ListTableFields", container))

    @operation("ListTableFields", "ListViewFields")
    def definitions(self, container: str) -> tuple[FieldDefinition, ...]:
        """Return all about the fields, without PK_ID (ListTableFields, ListViewFields)."""
        answer = self._ask("ListTableFields", container)
        return tuple(map(definitions.definition, answer.member("Result").items()))

    @operation("GetTableField", "GetViewField")
    def definition(self, container: str, field: str) -> FieldDefinition:
        """Return all that is known of one field (GetTableField, GetViewField)."""
        answer = self._ask("GetTableField", container, names={"fieldName": field})
        return definitions.definition(answer.member("Result"))

    @operation("ListTableRecords", "ListViewRecords")
    def query(self, container: str, query: Query) -> ListPage[Record]:
        """Return what a query asks for (ListTableRecords, ListViewRecords).

        That is 100 rows unless the query says otherwise.
        """
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
        """Return records in order of PK_ID (ListTableRecords, ListViewRecords).

        Args:
            container: The table or view.
            select: The columns to return; none means all.
            condition: Which records; "" means all.
            order: By what they are sorted.
            limit: Records at most, 1 to 1,000.
        """
        call = self._records_call(
            container, select=select, condition=condition, order=order, limit=limit
        )
        return wire.records(self._caller.ask(call))

    def record_pages(
        self, container: str, *, select: Sequence[str] = (), condition: str = ""
    ) -> Iterator[tuple[Record, ...]]:
        """Yield all records, 1,000 at a time in order of PK_ID.

        Each page is asked for behind the last PK_ID, so that rows which are inserted or deleted
        meanwhile shift nothing. A page that does not go on is refused.

        Raises:
            Unavailable: a record came twice, or without its PK_ID.
        """
        last: str | None = None
        seen: frozenset[str] = frozenset()
        while True:
            after = None if last is None else where.pk_after(last, is_view=self.is_view)
            page = self.records(container, select=select, condition=where.both(condition, after))
            pks = pks_of(page)
            new = frozenset(pks)
            repeats = len(new) < len(page) or not new.isdisjoint(seen) or last in new
            if repeats or not (self.is_view or _rise(pks, after=last)):
                name = self._operation("ListTableRecords").id
                raise Unavailable(
                    f"{name} ({container}): the page behind PK_ID {last} repeats records or lacks "
                    "their PK_ID. Try again; if this continues, ask Caspio's support."
                )
            if page:
                yield page
            if len(page) < PAGE:
                return
            last = pks[-1]
            seen = new

    @operation("CreateTableRecord", "CreateViewRecord")
    def insert(self, container: str, values: Mapping[str, Written]) -> Record | None:
        """Insert one record and return it as it is now (CreateTableRecord, CreateViewRecord).

        Returns:
            The record; None where the answer does not show it, as when a view's filter leaves it
                out.
        """
        # Without response=rows the answer has no PK_ID.
        answer = self._ask("CreateTableRecord", container, {"response": "rows"}, json=body(values))
        rows = wire.records(answer)
        return rows[0] if rows else None

    @operation("UpdateTableRecords", "UpdateViewRecords")
    def update(
        self, container: str, values: Mapping[str, Written], *, condition: Clause, about: str = ""
    ) -> Affected:
        """Write values to every record that matches (UpdateTableRecords, UpdateViewRecords).

        Returns:
            How many records matched, and those that are still in the view as they are now. An
                answer may have no rows although records matched: accounts were seen to do so.
        """
        # The rows show what is there after the write, and save a call that would read it.
        query = {"q.where": checked(condition), "response": "rows"}
        answer = self._ask("UpdateTableRecords", container, query, json=body(values), about=about)
        return wire.affected(answer)

    @operation("DeleteTableRecords", "DeleteViewRecords")
    def delete(self, container: str, *, condition: Clause) -> int:
        """Delete every record that matches.

        Return how many (DeleteTableRecords, DeleteViewRecords).
        """
        query = {"q.where": checked(condition)}
        return wire.count(self._ask("DeleteTableRecords", container, query))

    def room(
        self,
        container: str,
        name: str = "UpdateTableRecords",
        *,
        field: str | None = None,
    ) -> int:
        """Return how many encoded characters a condition may have in an operation.

        Args:
            container: The table or view.
            name: The operation, by its name for tables.
            field: The attachment field, for an operation on one.
        """
        query = {"response": "rows", "q.where": ""}
        names = {} if field is None else {"attachmentFieldName": field}
        return self._caller.room(self._call(name, container, query, names=names))

    def records_room(self, container: str, select: Sequence[str]) -> int:
        """Return how many encoded characters a condition may have in a call for these columns."""
        call = self._records_call(
            container, select=select, condition=" ", order=where.PK, limit=PAGE
        )
        return self._caller.room(call)

    def file_infos_room(self, container: str, field: str) -> int:
        """Return how many encoded characters a condition on attachments may have."""
        return self.room(container, _RENAME, field=field)

    @operation(_FILE_INFO, for_view(_FILE_INFO))
    def file_infos(
        self, container: str, field: str, *, condition: str = ""
    ) -> tuple[FileInfo, ...]:
        """Return what is known of the attachments of the records that match, in one call.

        Rows without a file may be among them or not. How many rows an answer has at most is not
        documented. (GetFileMetadataFromAttachmentTableFields,
        GetFileMetadataFromAttachmentViewFields)
        """
        query = {"q.where": condition} if condition else {}
        names = {"attachmentFieldName": field}
        return wire.file_infos(self._ask(_FILE_INFO, container, query, names=names))

    @operation(_RENAME, for_view(_RENAME))
    def rename_attachments(
        self,
        container: str,
        field: str,
        name: str,
        *,
        condition: Clause,
        about: str = "",
        until_s: float | None = None,
    ) -> Affected:
        """Set the FileName of the attachments of every record that matches.

        Send the name without extension. The rows returned are records, not what is known of the
        files. `until_s` is when the call has to leave at the latest, by the clock's `monotonic`.
        (UpdateFileMetadataInAttachmentTableFields, UpdateFileMetadataInAttachmentViewFields)

        Raises:
            TooLate: it could not leave by then; nothing was sent.
        """
        query = {"q.where": checked(condition), "response": "rows"}
        call = self._call(
            _RENAME,
            container,
            query,
            json={"FileName": name},
            about=about,
            names={"attachmentFieldName": field},
        )
        return wire.affected(self._caller.ask(replace(call, until_s=until_s)))

    @operation("DownloadFileFromAttachmentTableField", "DownloadFileFromAttachmentViewField")
    def download(self, container: str, field: str, pk: str) -> AbstractContextManager[Download]:
        """Open one record's attachment.

        A record without one is NotFound; before Caspio's release 73.0 it is Refused with status
        400. (DownloadFileFromAttachmentTableField, DownloadFileFromAttachmentViewField)
        """
        # PK_ID, not a column of the table that counts up (caspio-api.md, section 3.2).
        names = {"attachmentFieldName": field, "recordPkId": pk}
        return self._caller.stream(
            self._call("DownloadFileFromAttachmentTableField", container, names=names)
        )

    @operation("UploadFileToAttachmentTableField", "UploadFileToAttachmentViewField")
    def upload(
        self, container: str, field: str, pk: str, *, source: Path, name: str, media_type: str
    ) -> None:
        """Store a file in one record's attachment field, replacing what is there.

        (UploadFileToAttachmentTableField, UploadFileToAttachmentViewField)

        Raises:
            TooLarge: it is larger than Caspio takes.
        """
        names = {"attachmentFieldName": field, "recordPkId": pk}
        upload = Upload("File", source, name, media_type)
        self._ask("UploadFileToAttachmentTableField", container, upload=upload, names=names)

    @operation("DeleteFileFromAttachmentTableFields", "DeleteFileFromAttachmentViewFields")
    def remove_attachments(self, container: str, field: str, *, condition: Clause) -> int:
        """Delete the attachments of every record that matches; return how many records matched.

        (DeleteFileFromAttachmentTableFields, DeleteFileFromAttachmentViewFields)
        """
        query = {"q.where": checked(condition)}
        names = {"attachmentFieldName": field}
        name = "DeleteFileFromAttachmentTableFields"
        return wire.count(self._ask(name, container, query, names=names))

    def _records_call(
        self, container: str, *, select: Sequence[str], condition: str, order: str, limit: int
    ) -> Call:
        query: dict[str, str] = {}
        if select:
            query["q.select"] = ",".join(map(where.name, select))
        if condition:
            query["q.where"] = condition
        query["q.orderBy"] = order
        query["q.limit"] = str(limit)  # never beside paging parameters: they switch it off
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
        parameter = "viewName" if self.is_view else "tableName"
        return Call(
            self._operation(name),
            {parameter: container, **(names or {})},
            query or {},
            json=json,
            upload=upload,
            about=about,
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


def body(values: Mapping[str, Written]) -> dict[str, object]:
    """Return values as a JSON object; the chosen items of a LIST field are an array."""
    scalar = (str, int, float, type(None))
    return {
        name: value if isinstance(value, scalar) else list(value) for name, value in values.items()
    }


def checked(condition: Clause) -> Clause:
    """Return a condition that says something; an empty one could mean every record."""
    # Delete and rename act on every record that matches: a careless condition hits many rows
    # (caspio-api.md, section 9).
    if not condition.strip():
        raise ValueError("the condition is empty; to mean every record write PK_ID > 0")
    return condition


def _rise(pks: Sequence[str], *, after: str | None) -> bool:
    """Say whether a table's PK_IDs, which are numbers, rise; a view's may be texts in any order."""
    numbers = [int(pk) for pk in pks]
    if after is not None:
        numbers.insert(0, int(after))
    return all(number < following for number, following in pairwise(numbers))
