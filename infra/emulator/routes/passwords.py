"""PASSWORD fields, which ordinary reads hide and ordinary updates refuse."""

from starlette.requests import Request
from starlette.responses import Response

from infra.emulator.errors import no_field
from infra.emulator.http.answers import (
    WHERE,
    Operation,
    Parameters,
    account_of,
    answer,
    json_body,
    relation_of,
    result,
)
from infra.emulator.http.bodies import Member, read_members
from infra.emulator.state.values import stored


async def _list(request: Request) -> Response:
    return result([field.name for field in relation_of(request).fields if field.type == "PASSWORD"])


async def _update(request: Request) -> Response:
    given = read_members(await json_body(request), {"Value": Member(str, required=True)})
    return _set(request, given["Value"])


async def _reset(request: Request) -> Response:
    return _set(request, None)


def _set(request: Request, value: str | None) -> Response:
    relation, where = relation_of(request), Parameters(request).where(required=True)
    field = relation.field(request.path_params["passwordFieldName"])
    if field.type != "PASSWORD":
        raise no_field(field.name)
    records = account_of(request).records
    pks = records.matching(relation, where)
    records.change(relation.name, pks, {field.name: stored(field, value)})
    return answer({"RecordsAffected": len(pks)})


_ALL = "/v3/tables/{tableName}/passwordFields"
_ONE = f"{_ALL}/{{passwordFieldName}}"
OPERATIONS = (
    Operation("ListPasswordTableFields", "GET", _ALL, _list, "read"),
    Operation("UpdatePasswordTableField", "PUT", _ONE, _update, "update", WHERE),
    Operation("ResetPasswordTableField", "DELETE", _ONE, _reset, "update", WHERE),
)
