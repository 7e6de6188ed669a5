"""PASSWORD fields: ordinary reads leave them out, and ordinary updates refuse them (§3.9, C)."""

from starlette.requests import Request
from starlette.responses import Response

from infra.emulator.errors import no_field
from infra.emulator.http.answers import answer, result
from infra.emulator.http.bodies import Member, json_body, read_members
from infra.emulator.http.operations import WHERE, Operations, account_of, relation_of
from infra.emulator.http.parameters import Parameters
from infra.emulator.state.values import to_stored

OPERATIONS = Operations()
_FIELDS = "/v3/tables/{tableName}/passwordFields"
_FIELD = f"{_FIELDS}/{{passwordFieldName}}"


@OPERATIONS.add("ListPasswordTableFields", "GET", _FIELDS, right="read")
async def list_fields(request: Request) -> Response:
    """Answer with the names of a table's PASSWORD fields."""
    fields = relation_of(request).fields
    return result([field.name for field in fields if field.type == "PASSWORD"])


@OPERATIONS.add("UpdatePasswordTableField", "PUT", _FIELD, right="update", query=WHERE)
async def update_field(request: Request) -> Response:
    """Set the password of the records that match the condition."""
    body = await json_body(request)
    given = read_members(body, {"Value": Member(str, required=True)})
    return _set_password(request, given["Value"])


@OPERATIONS.add("ResetPasswordTableField", "DELETE", _FIELD, right="update", query=WHERE)
async def reset_field(request: Request) -> Response:
    """Clear the password of the records that match the condition."""
    return _set_password(request, None)


def _set_password(request: Request, value: str | None) -> Response:
    relation = relation_of(request)
    where = Parameters(request).where(required=True)
    field = relation.field(request.path_params["passwordFieldName"])
    # §1.4 (C): 404 for a field that is missing or of another type.
    if field.type != "PASSWORD":
        raise no_field(field.name)

    records = account_of(request).records
    pks = records.matching(relation, where)
    records.change(relation.name, pks, {field.name: to_stored(field, value)})
    return answer({"RecordsAffected": len(pks)})
