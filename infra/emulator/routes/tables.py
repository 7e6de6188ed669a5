"""Tables, views and their fields."""

from starlette.requests import Request
from starlette.responses import Response

from infra.emulator.errors import existing, forbidden, no_field
from infra.emulator.http.answers import result
from infra.emulator.http.bodies import json_body
from infra.emulator.http.operations import Operations, account_of, profile_of, relation_of
from infra.emulator.state.schema import (
    Field,
    Table,
    changed_field,
    field_from_json,
    table_from_json,
)

OPERATIONS = Operations()
_FIELDS = "/v3/tables/{tableName}/fields"
_FIELD = f"{_FIELDS}/{{fieldName}}"
_VIEW_FIELDS = "/v3/views/{viewName}/fields"


def _table_of(request: Request) -> Table:
    return account_of(request).store.table(request.path_params["tableName"])


def _field_of(request: Request, table: Table) -> Field:
    name = request.path_params["fieldName"]
    return existing(table.find(name), no_field(name))


@OPERATIONS.add("ListTables", "GET", "/v3/tables")
async def list_tables(request: Request) -> Response:
    """Answer with the names of the tables that the profile may read."""
    # §1.4 (C): since release 73.0, lists show what may be read and are never 403.
    names = [table.name for table in account_of(request).store.tables()]
    return result([name for name in names if profile_of(request).may("read", name)])


@OPERATIONS.add("CreateTable", "POST", "/v3/tables")
async def create_table(request: Request) -> Response:
    """Add a table."""
    if not profile_of(request).create_objects:
        raise forbidden()
    table = table_from_json(await json_body(request))
    account_of(request).store.create_table(table)
    return Response(status_code=201)


@OPERATIONS.add("GetTable", "GET", "/v3/tables/{tableName}", right="read")
async def get_table(request: Request) -> Response:
    """Answer with a table's name and note."""
    table = relation_of(request).table
    return result({"Name": table.name, "Note": table.note})


@OPERATIONS.add("ListTableFields", "GET", _FIELDS, right="read")
@OPERATIONS.add("ListViewFields", "GET", _VIEW_FIELDS, right="read")
async def list_fields(request: Request) -> Response:
    """Answer with the fields of a table or view."""
    # §3.6 (C): PK_ID is not among them.
    fields = relation_of(request).fields
    return result([field.to_json(display_order=at) for at, field in enumerate(fields, start=1)])


@OPERATIONS.add("CreateTableField", "POST", _FIELDS, right="design")
async def create_field(request: Request) -> Response:
    """Add a field."""
    table = _table_of(request)
    field = field_from_json(await json_body(request))
    account_of(request).store.add_field(table, field)
    return Response(status_code=201)


@OPERATIONS.add("GetTableField", "GET", _FIELD, right="read")
@OPERATIONS.add("GetViewField", "GET", f"{_VIEW_FIELDS}/{{fieldName}}", right="read")
async def get_field(request: Request) -> Response:
    """Answer with one field of a table or view."""
    relation = relation_of(request)
    field = relation.field(request.path_params["fieldName"])
    return result(field.to_json(display_order=relation.fields.index(field) + 1))


@OPERATIONS.add("UpdateTableField", "PUT", _FIELD, right="design")
async def update_field(request: Request) -> Response:
    """Rename or redefine a field."""
    table = _table_of(request)
    body = await json_body(request)
    old = _field_of(request, table)
    account_of(request).store.change_field(table, old, changed_field(old, body))
    return Response(status_code=204)


@OPERATIONS.add("DeleteTableField", "DELETE", _FIELD, right="design")
async def delete_field(request: Request) -> Response:
    """Remove a field with its values."""
    table = _table_of(request)
    account_of(request).store.drop_field(table, _field_of(request, table))
    return Response(status_code=204)


@OPERATIONS.add("ListViews", "GET", "/v3/views")
async def list_views(request: Request) -> Response:
    """Answer with the names of the views that the profile may read."""
    names = [view.name for view in account_of(request).store.views()]
    return result([name for name in names if profile_of(request).may("read", name)])


@OPERATIONS.add("GetView", "GET", "/v3/views/{viewName}", right="read")
async def get_view(request: Request) -> Response:
    """Answer with a view's name and note."""
    view = account_of(request).store.view(request.path_params["viewName"])
    return result({"Name": view.name, "Note": view.note})
