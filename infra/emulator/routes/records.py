"""Records of tables and of views."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from infra.emulator.errors import ApiError, bad_body
from infra.emulator.http.answers import answer, listing_result, result
from infra.emulator.http.bodies import json_body
from infra.emulator.http.operations import (
    LISTING,
    WHERE,
    WHERE_AND_RESPONSE,
    Operations,
    account_of,
    relation_of,
)
from infra.emulator.http.parameters import Parameters
from infra.emulator.state.schema import LIST_TYPES

OPERATIONS = Operations()
# The most rows that an answer to an update shows; our choice, the same as for listings.
MAX_SHOWN = 1000


@OPERATIONS.add_for_tables_and_views(
    "List{kind}Records", "GET", "/records", right="read", query=LISTING
)
async def list_records(request: Request) -> Response:
    """Answer with a page of records."""
    query = Parameters(request).query()
    return listing_result(account_of(request).records.page(relation_of(request), query), query)


@OPERATIONS.add_for_tables_and_views(
    "Create{kind}Record", "POST", "/records", right="insert", query=("response",)
)
async def create_record(request: Request) -> Response:
    """Add a record."""
    parameters = Parameters(request)
    relation = relation_of(request)
    body = await json_body(request)
    records = account_of(request).records
    pk = records.insert(relation, body)
    if parameters.rows:
        return result(records.rows(relation, [pk]), status=201)
    # §3.6 (C/I): without rows the body is empty; some clients read a Location header.
    location = f"{request.url.path}?q.where={quote(f'PK_ID={pk}')}"
    return Response(status_code=201, headers={"Location": location})


@OPERATIONS.add_for_tables_and_views(
    "Update{kind}Records", "PUT", "/records", right="update", query=WHERE_AND_RESPONSE
)
async def update_records(request: Request) -> Response:
    """Change the records that match the condition."""
    parameters = Parameters(request)
    relation = relation_of(request)
    body = await json_body(request)
    where = parameters.where(required=True)
    if not body:
        raise bad_body("name at least one field")

    request.state.call.columns = list(body)
    account = account_of(request)
    pks = account.records.update(relation, where, body)
    only_lists = all(relation.field(name).type in LIST_TYPES for name in body)
    if only_lists and account.quirks.list_update == "uncounted":
        # §3.8 (C for version 2): an update of LIST fields alone counts none, and 500 with rows.
        if parameters.rows and pks:
            raise ApiError(500, "InternalError", "Internal error")
        return result([], RecordsAffected=0)

    # §3.6 (C, observed): rows that were asked for were missing once.
    shows_rows = parameters.rows and not account.quirks.empty_result_after_put
    rows = account.records.rows(relation, pks[:MAX_SHOWN]) if shows_rows else []
    return result(rows, RecordsAffected=len(pks))


@OPERATIONS.add_for_tables_and_views(
    "Delete{kind}Records", "DELETE", "/records", right="delete", query=WHERE
)
async def delete_records(request: Request) -> Response:
    """Remove the records that match the condition, with their attachments."""
    account = account_of(request)
    relation = relation_of(request)
    where = Parameters(request).where(required=True)
    pks = account.records.delete(relation, where)
    account.attachments.forget(relation.table.name, pks)
    return answer({"RecordsAffected": len(pks)})
