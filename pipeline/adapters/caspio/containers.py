"""Tables and views: their fields, records and attachments. Caspio gives both the same operations."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path

from pipeline.adapters.caspio import where, wire
from pipeline.adapters.caspio.call import Call, Caller, Upload
from pipeline.adapters.caspio.where import Clause
from pipeline.adapters.caspio.wire import Affected, FileInfo, Payload, Record
from pipeline.errors import ServiceUnavailable
from pipeline.model import Column, Value
from pipeline.ports import Download

PAGE = 1000  # records a call can return at most


class Containers:
    """The operations that tables and views share; `kind` is "tables" or "views"."""

    def __init__(self, caller: Caller, *, kind: str, parameter: str) -> None:
        self._caller = caller
        self._parameter = parameter
        self._root = f"/v3/{kind}"
        self._one = f"/v3/{kind}/{{{parameter}}}"
        self.is_view = kind == "views"
        self._names_with_type: dict[tuple[str, str], bool] = {}

    def names(self) -> tuple[str, ...]:
        """Return the names of all there are and the profile may see."""
        return wire.names(self._ask(Call("GET", self._root)))

    def note(self, container: str) -> str:
        """Return the note somebody wrote about one."""
        answer = self._ask(self._call("GET", "", container))
        return answer.member("Result").member("Note").text("")

    def fields(self, container: str) -> tuple[Column, ...]:
        """Return the fields; PK_ID is not among them."""
        return wire.columns(self._ask(self._call("GET", "/fields", container)))

    def records(
        self,
        container: str,
        *,
        select: Sequence[str] = (),
        condition: str = "",
        order: str = where.PK,
        limit: int = PAGE,
    ) -> tuple[Record, ...]:
        """Return at most `limit` records (1 to 1,000) in order of PK_ID; no `select` means every column."""
        call = self._records_call(container, select=select, condition=condition, order=order, limit=limit)
        return wire.records(self._ask(call))

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
            if len(fresh) < len(pks) or fresh & seen or last in fresh or not self._goes_on(last, pks):
                raise ServiceUnavailable(
                    f"GET {self._one}/records ({container}): the page behind PK_ID {last} repeats records or lacks "
                    "their PK_ID. Try again; if it stays so, ask Caspio's support."
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

    def insert(self, container: str, values: Mapping[str, Value]) -> Record | None:
        """Insert one record and return it as it is now; None where the answer does not show it."""
        rows = wire.records(
            self._ask(self._call("POST", "/records", container, query={"response": "rows"}, json=dict(values)))
        )
        return rows[0] if rows else None

    def update(self, container: str, values: Mapping[str, Value], *, condition: Clause, about: str = "") -> Affected:
        """Write values to every record that meets the condition, and return what was met."""
        query = {"q.where": condition, "response": "rows"}
        call = self._call("PUT", "/records", container, query=query, json=dict(values), about=about)
        return wire.affected(self._ask(call))

    def room(
        self,
        container: str,
        path: str = "/records",
        *,
        field: str | None = None,
        query: Mapping[str, str] | None = None,
    ) -> int:
        """Return how many encoded characters a WHERE may have in a call to `path`."""
        query = {"response": "rows", "q.where": "", **(query or {})}
        return self._caller.room(self._call("PUT", path, container, field=field, query=query))

    def records_room(self, container: str, select: Sequence[str]) -> int:
        """Return how many encoded characters a WHERE may have in a call for these columns."""
        return self._caller.room(
            self._records_call(container, select=select, condition=" ", order=where.PK, limit=PAGE)
        )

    def file_infos(self, container: str, field: str, *, condition: str = "") -> tuple[FileInfo, ...]:
        """Return what is known of the attachments of the records that meet the condition, in one call.

        Rows without a file may be among them or not. How many rows an answer has at most is not documented.
        """
        query = {"q.where": condition} if condition else {}
        infos = wire.file_infos(self._ask(self._call("GET", _FILE_INFO, container, field=field, query=query)))
        for info in infos:
            if info.file_type and not info.is_empty:
                self._names_with_type[container, field] = info.name_has_type
                break
        return infos

    def names_have_type(self, container: str, field: str) -> bool | None:
        """Say whether FileName was seen to carry the extension in this field; None before anything was seen."""
        return self._names_with_type.get((container, field))

    def rename_attachments(
        self, container: str, field: str, name: str, *, condition: Clause, about: str = ""
    ) -> Affected:
        """Set the FileName of the attachments of every record that meets the condition."""
        query = {"q.where": condition, "response": "rows"}
        call = self._call("PUT", _FILE_INFO, container, field=field, query=query, json={"FileName": name}, about=about)
        return wire.affected(self._ask(call))

    def download(self, container: str, field: str, pk: str) -> AbstractContextManager[Download]:
        """Open one record's attachment."""
        return self._caller.stream(self._attachment_call("GET", container, field, pk, binary=True))

    def upload(self, container: str, field: str, pk: str, *, source: Path, name: str, media_type: str) -> None:
        """Put a file into one record's attachment field, replacing what is there."""
        upload = Upload("File", source, name, media_type)
        self._ask(self._attachment_call("PUT", container, field, pk, upload=upload))

    def _attachment_call(
        self, method: str, container: str, field: str, pk: str, *, binary: bool = False, upload: Upload | None = None
    ) -> Call:
        names = {self._parameter: container, "attachmentFieldName": field, "recordPkId": pk}
        template = self._one + "/attachments/{attachmentFieldName}/{recordPkId}"
        return Call(method, template, names, binary=binary, upload=upload)

    def _records_call(self, container: str, *, select: Sequence[str], condition: str, order: str, limit: int) -> Call:
        query = {"q.select": ",".join(map(where.name, select))} if select else {}
        query |= {"q.where": condition} if condition else {}
        query |= {"q.orderBy": order, "q.limit": str(limit)}  # never beside paging parameters: they switch it off
        return self._call("GET", "/records", container, query=query)

    def _call(
        self,
        method: str,
        path: str,
        container: str,
        *,
        field: str | None = None,
        query: Mapping[str, str] | None = None,
        json: object = None,
        about: str = "",
    ) -> Call:
        names = {self._parameter: container}
        if field is not None:
            names["attachmentFieldName"] = field
        return Call(method, self._one + path, names, query or {}, json=json, about=about)

    def _ask(self, call: Call) -> Payload:
        return Payload(self._caller.json(call), what=call.what)


_FILE_INFO = "/attachments/{attachmentFieldName}/fileInfo"


class Tables(Containers):
    """Tables, which unlike views can be made."""

    def __init__(self, caller: Caller) -> None:
        super().__init__(caller, kind="tables", parameter="tableName")

    def create(self, table: str, fields: Sequence[Mapping[str, object]]) -> None:
        """Make a table. Each field is Caspio's FieldModel: Name, Type and the options of the type."""
        self._ask(Call("POST", self._root, json={"Name": table, "Fields": list(map(dict, fields))}))

    def create_field(self, table: str, field: Mapping[str, object]) -> None:
        """Add a field to a table: Caspio's FieldModel."""
        self._ask(self._call("POST", "/fields", table, json=dict(field)))


class Views(Containers):
    """Views. Writing works where the view has one table or one that may be edited."""

    def __init__(self, caller: Caller) -> None:
        super().__init__(caller, kind="views", parameter="viewName")
