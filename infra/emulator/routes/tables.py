"""Tables, views and their fields."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from infra.emulator.errors import forbidden, no_field
from infra.emulator.http.answers import (
    Operation,
    account_of,
    json_body,
    profile_of,
    relation_of,
    result,
)
from infra.emulator.state.schema import (
    Relation,
    Table,
    changed_field,
    field_from_json,
    table_from_json,
)


async def _list_tables(request: Request) -> Response:
    return result(
        [
            one.name
            for one in account_of(request).store.tables()
            if profile_of(request).may("read", one.name)
        ]
    )


async def _list_views(request: Request) -> Response:
    return result(
        [
            one.name
            for one in account_of(request).store.views()
            if profile_of(request).may("read", one.name)
        ]
    )


async def _create_table(request: Request) -> Response:
    if not profile_of(request).create_objects:
        raise forbidden()
    account_of(request).store.create_table(table_from_json(await json_body(request)))
    return Response(status_code=201)


async def _get(request: Request) -> Response:
    relation, store = relation_of(request), account_of(request).store
    note = store.view(relation.name).note if relation.is_view else relation.table.note
    return result({"Name": relation.name, "Note": note})


def _shown(relation: Relation) -> list[dict[str, Any]]:
    return [
        one.shown() | {"DisplayOrder": number}
        for number, one in enumerate(relation.fields, start=1)
    ]


async def _list_fields(request: Request) -> Response:
    return result(_shown(relation_of(request)))


async def _get_field(request: Request) -> Response:
    relation = relation_of(request)
    field = relation.field(request.path_params["fieldName"])
    return result(next(one for one in _shown(relation) if one["Name"] == field.name))


async def _create_field(request: Request) -> Response:
    table, body = _table(request), await json_body(request)
    account_of(request).store.add_field(table, field_from_json(body))
    return Response(status_code=201)


async def _update_field(request: Request) -> Response:
    table, body = _table(request), await json_body(request)
    old = table.find(request.path_params["fieldName"])
    if old is None:
        raise no_field(request.path_params["fieldName"])
    account_of(request).store.change_field(table, old, changed_field(old, body))
    return Response(status_code=204)


async def _delete_field(request: Request) -> Response:
    table = _table(request)
    field = table.find(request.path_params["fieldName"])
    if field is None:
        raise no_field(request.path_params["fieldName"])
    account_of(request).store.drop_field(table, field)
    return Response(status_code=204)


def _table(request: Request) -> Table:
    return account_of(request).store.table(request.path_params["tableName"])


OPERATIONS = (
    Operation("ListTables", "GET", "/v3/tables", _list_tables),
    Operation("CreateTable", "POST", "/v3/tables", _create_table),
    Operation("GetTable", "GET", "/v3/tables/{tableName}", _get, "read"),
    Operation("ListTableFields", "GET", "/v3/tables/{tableName}/fields", _list_fields, "read"),
    Operation("CreateTableField", "POST", "/v3/tables/{tableName}/fields", _create_field, "design"),
    Operation(
        "GetTableField", "GET", "/v3/tables/{tableName}/fields/{fieldName}", _get_field, "read"
    ),
    Operation(
        "UpdateTableField",
        "PUT",
        "/v3/tables/{tableName}/fields/{fieldName}",
        _update_field,
        "design",
    ),
    Operation(
        "DeleteTableField",
        "DELETE",
        "/v3/tables/{tableName}/fields/{fieldName}",
        _delete_field,
        "design",
    ),
    Operation("ListViews", "GET", "/v3/views", _list_views),
    Operation("GetView", "GET", "/v3/views/{viewName}", _get, "read"),
    Operation("ListViewFields", "GET", "/v3/views/{viewName}/fields", _list_fields, "read"),
    Operation("GetViewField", "GET", "/v3/views/{viewName}/fields/{fieldName}", _get_field, "read"),
)
