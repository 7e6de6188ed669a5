"""Records of tables and of views."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from infra.emulator.errors import ApiError, bad_body
from infra.emulator.http.answers import (
    CHANGING,
    LISTING,
    WHERE,
    Operation,
    Parameters,
    account_of,
    answer,
    json_body,
    listed,
    relation_of,
    result,
)
from infra.emulator.state.schema import LIST_TYPES


async def _list(request: Request) -> Response:
    query = Parameters(request).query()
    return listed(account_of(request).records.page(relation_of(request), query), query)


async def _create(request: Request) -> Response:
    parameters, relation, body = Parameters(request), relation_of(request), await json_body(request)
    records = account_of(request).records
    pk = records.insert(relation, body)
    if parameters.rows:
        return result(records.rows(relation, [pk]), status=201)
    location = f"{request.url.path}?q.where={quote(f'PK_ID={pk}')}"
    return Response(status_code=201, headers={"Location": location})


async def _update(request: Request) -> Response:
    parameters, relation, body = Parameters(request), relation_of(request), await json_body(request)
    where = parameters.where(required=True)
    if not body:
        raise bad_body("name at least one field")
    records = account_of(request).records
    pks = records.update(relation, where, body)
    quirks = account_of(request).store.quirks
    if quirks.list_update == "uncounted" and all(
        relation.field(name).type in LIST_TYPES for name in body
    ):
        if parameters.rows and pks:
            raise ApiError(500, "InternalError", "Internal error")
        return result([], RecordsAffected=0)
    hidden = quirks.empty_result_after_put
    shown = records.rows(relation, pks[:1000]) if parameters.rows and not hidden else []
    return result(shown, RecordsAffected=len(pks))


async def _delete(request: Request) -> Response:
    relation = relation_of(request)
    account = account_of(request)
    pks = account.records.delete(relation, Parameters(request).where(required=True))
    account.attachments.forget(relation.table.name, pks)
    return answer({"RecordsAffected": len(pks)})


def _operations(kind: str, holder: str) -> tuple[Operation, ...]:
    path = f"/v3/{holder}/records"
    return (
        Operation(f"List{kind}Records", "GET", path, _list, "read", LISTING),
        Operation(f"Create{kind}Record", "POST", path, _create, "insert", ("response",)),
        Operation(f"Update{kind}Records", "PUT", path, _update, "update", CHANGING),
        Operation(f"Delete{kind}Records", "DELETE", path, _delete, "delete", WHERE),
    )


OPERATIONS = (*_operations("Table", "tables/{tableName}"), *_operations("View", "views/{viewName}"))
