"""The arguments of an operation: their schemas, and the parameters that are made of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.agents.tools import schemas
from flows.agents.tools.conditions import checked_text, condition, names_text, order_text
from flows.agents.tools.paging import cursor_key, cursor_number
from flows.agents.tools.tool import Schema
from pipeline.adapters.caspio.client import where
from pipeline.adapters.caspio.client.bodies import EXAMPLES
from pipeline.adapters.caspio.client.operations import Operation, Parameter, ParameterKind

NAMES: Mapping[str, str] = {
    "tableName": "table",
    "viewName": "view",
    "fieldName": "field",
    "attachmentFieldName": "field",
    "passwordFieldName": "field",
    "recordPkId": "record",
    "externalKey": "key",
    "appKey": "datapage",
    "webhookId": "webhook",
    "eventId": "event",
    "directoryId": "directory",
    "filePath": "path",
    "method": "method",
    "q.select": "fields",
    "q.where": "where",
    "Where": "where",
    "q.groupBy": "group_by",
    "q.orderBy": "order_by",
    "q.pageNumber": "cursor",
    "q.pageSize": "page_size",
    "pageNumber": "cursor",
    "pageSize": "page_size",
    "sortField": "sort_by",
    "sortDescending": "descending",
}
"""The argument that each parameter of Caspio's is made of."""

_QUERY: Mapping[str, Schema] = {
    "fields": schemas.NAMES,
    "where": {"$ref": "#/$defs/filter"},
    "group_by": schemas.NAMES,
    "order_by": schemas.ORDER,
    "cursor": schemas.CURSOR,
    "page_size": schemas.count(most=schemas.MOST_ROWS, default=50),
    "sort_by": schemas.text(),
    "descending": {"type": "boolean"},
    "folder": schemas.text("The folder's key; without it the root."),
    "path": schemas.text("Such as /Invoices/a.pdf."),
}
# Parameters that are not the caller's: `response` asks for the rows that were written,
# `q.getPaginationInfo` changes the form of the answer, `q.limit` is what page_size is for.
_OURS = frozenset({"response", "q.getPaginationInfo", "q.limit"})
KEY_FIELD = "PK_ID"
_LEAST_PAGE = 5  # Caspio refuses smaller pages (caspio-api.md, section 2.6)


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of one operation; `where` is Caspio's name of the condition, or None."""

    operation: Operation
    properties: Mapping[str, Schema]
    required: tuple[str, ...]
    where: str | None

    @classmethod
    def of(cls, operation: Operation) -> "Arguments":
        """Generate the arguments of an operation."""
        properties: dict[str, Schema] = {
            NAMES[name]: schemas.text() for name in operation.path_names
        }
        for parameter in operation.query:
            if parameter.name not in _OURS:
                name = _argument(operation, parameter)
                properties[name] = _QUERY.get(name, schemas.text())
        required = [NAMES[name] for name in operation.path_names]
        required += [_argument(operation, one) for one in operation.query if one.required]
        body = _body(operation)
        properties |= body
        required += body
        where = next((one.name for one in operation.query if NAMES.get(one.name) == "where"), None)
        return cls(operation, properties, tuple(required), where)

    def by_key(self, given: Mapping[str, Any]) -> bool:
        """Say whether pages continue behind a record, and not with the next number.

        A record that is inserted or deleted meanwhile then moves no other to another page. A view
        may show a record more than once, so its pages have numbers.
        """
        ordered = given.get("order_by") or given.get("group_by")
        return self.operation.id == "ListTableRecords" and not ordered

    def parameters(self, given: Mapping[str, Any]) -> dict[str, str]:
        """Return Caspio's parameters; a listing in pages always has both of its numbers.

        Raises:
            Refusal: an argument cannot be sent.
        """
        found = {name: str(given[NAMES[name]]) for name in self.operation.path_names}
        for parameter in self.operation.query:
            if parameter.name in _OURS:
                continue
            name = _argument(self.operation, parameter)
            # The cursor of a page by key is no number; the page's is then always 1.
            if name == "cursor" and self.by_key(given):
                text = "1"
            else:
                by_pk = self.operation.id.endswith("Records")
                text = _text(name, given, parameter, by_pk=by_pk)
            if text:
                found[parameter.name] = text
        if self.by_key(given):
            self._continue(found, given)
        # What is inserted is known by its PK_ID alone, which only the row has.
        names = {one.name for one in self.operation.query}
        if self.operation.id.startswith("Create") and "response" in names:
            found["response"] = "rows"
        return found

    @staticmethod
    def _continue(found: dict[str, str], given: Mapping[str, Any]) -> None:
        """Select what is behind the last record of the page before."""
        last = cursor_key(given.get("cursor", ""))
        fields = found.get("q.select")
        if fields is not None and not has_key(given["fields"]):
            found["q.select"] = f"{fields},{KEY_FIELD}"
        if last is not None:
            rest = f"{KEY_FIELD} > {last}"
            found["q.where"] = where.both(found["q.where"], rest) if "q.where" in found else rest


def has_key(fields: Sequence[str]) -> bool:
    """Say whether the key of records is among fields."""
    return any(name.upper() == KEY_FIELD for name in fields)


def _body(operation: Operation) -> Mapping[str, Schema]:
    """Return the argument that becomes the body of a request, if it has one."""
    if operation.file_part:
        return {"file": schemas.FILE}
    if not operation.takes_json:
        return {}
    # Records and users have fields of the account's own; other bodies have those of the API.
    has_values = "ecord" in operation.id or "User" in operation.id
    name, schema = ("values", schemas.VALUES) if has_values else ("body", _BODY)
    return {name: {**schema, "examples": [EXAMPLES[operation.id]]}}


_BODY: Schema = {
    "type": "object",
    "description": "The body as Caspio's REST API v3 documents it.",
    "minProperties": 1,
}


def _argument(operation: Operation, parameter: Parameter) -> str:
    # In listings and uploads of the Files area, the key is that of a folder.
    if parameter.name == "externalKey" and operation.path_names == ():
        return "folder"
    return NAMES[parameter.name]


def _text(name: str, given: Mapping[str, Any], parameter: Parameter, *, by_pk: bool) -> str:
    """Return an argument as the text of a parameter, "" to leave it out."""
    text = str(given.get(name, ""))
    match name:
        case "where" if "where_text" in given:
            text = checked_text(given["where_text"])
        case "where" if text:
            text = condition(given["where"])
        case "fields":
            # Of groups, no other field can be shown.
            text = names_text(given.get(name) or given.get("group_by", ()))
        case "group_by":
            text = names_text(given.get(name, ()))
        case "order_by":
            text = order_text(_unique_order(given, by_pk=by_pk))
        case "cursor":
            text = str(cursor_number(text or "1", least=1))
        case "page_size":
            text = str(max(_LEAST_PAGE, given.get("page_size", 50)))
    return text.lower() if parameter.kind is ParameterKind.FLAG else text


def _unique_order(given: Mapping[str, Any], *, by_pk: bool) -> list[Mapping[str, Any]]:
    """Return the order of a listing: pages without a unique one lose and repeat rows."""
    order = list(given.get("order_by", ()))
    # A group is unique by what it is grouped by, and has no key.
    unique = given.get("group_by") or ([KEY_FIELD] if by_pk else [])
    # SQL Server refuses an order that names a column twice.
    named = {one["field"].casefold() for one in order}
    return order + [{"field": name} for name in unique if name.casefold() not in named]
