"""Attachment fields of tables and of views."""

from starlette.requests import Request
from starlette.responses import Response

from infra.emulator.errors import bad_body, no_file
from infra.emulator.http.answers import answer, file_answer, result
from infra.emulator.http.bodies import json_body
from infra.emulator.http.operations import (
    WHERE,
    WHERE_AND_RESPONSE,
    Operations,
    account_of,
    relation_of,
)
from infra.emulator.http.parameters import Parameters, record_pk
from infra.emulator.http.uploads import single_upload
from infra.emulator.routes.records import MAX_SHOWN
from infra.emulator.state.schema import Field, Relation

OPERATIONS = Operations()
_FIELD = "/attachments/{attachmentFieldName}"
_FILE_INFO = f"{_FIELD}/fileInfo"
_FILE = f"{_FIELD}/{{recordPkId}}"


def _field_of(request: Request) -> tuple[Relation, Field]:
    relation = relation_of(request)
    return relation, relation.attachment(request.path_params["attachmentFieldName"])


@OPERATIONS.add_for_tables_and_views(
    "GetFileMetadataFromAttachment{kind}Fields", "GET", _FILE_INFO, right="read", query=WHERE
)
async def list_file_info(request: Request) -> Response:
    """Answer with the fileInfo items of the records that match the condition, or of all."""
    relation, field = _field_of(request)
    # §3.3 (C): the condition is optional.
    where = Parameters(request).where(required=False)
    return result(account_of(request).attachments.file_info(relation, field, where))


@OPERATIONS.add_for_tables_and_views(
    "UpdateFileMetadataInAttachment{kind}Fields",
    "PUT",
    _FILE_INFO,
    right="update",
    query=WHERE_AND_RESPONSE,
)
async def rename_files(request: Request) -> Response:
    """Rename the files of the records that match the condition."""
    relation, field = _field_of(request)
    parameters = Parameters(request)
    body = await json_body(request)
    where = parameters.where(required=True)
    # SPEC (C): one member, with at least one character.
    new = body.get("FileName")
    if set(body) != {"FileName"} or not isinstance(new, str) or not new:
        raise bad_body("FileName")

    account = account_of(request)
    pks = account.attachments.rename(relation, field, where, new)
    # §3.3 (I): the rows are the records, not fileInfo items.
    shows_rows = parameters.rows and not account.quirks.empty_result_after_put
    rows = account.records.rows(relation, pks[:MAX_SHOWN]) if shows_rows else []
    return result(rows, RecordsAffected=len(pks))


@OPERATIONS.add_for_tables_and_views(
    "DownloadFileFromAttachment{kind}Field", "GET", _FILE, right="read"
)
async def download_file(request: Request) -> Response:
    """Answer with the bytes of a record's file."""
    relation, field = _field_of(request)
    pk = record_pk(request)
    # §3.2 (C): since release 73.0, no file and no record are 404.
    if not account_of(request).records.rows(relation, [pk]):
        raise no_file()
    found = account_of(request).attachments.get(relation.table.name, field.name, pk)
    return file_answer(request, found.content, name=found.name, media_type=found.media_type)


@OPERATIONS.add_for_tables_and_views(
    "UploadFileToAttachment{kind}Field", "PUT", _FILE, right="update"
)
async def upload_file(request: Request) -> Response:
    """Add or replace a record's file."""
    relation, field = _field_of(request)
    pk = record_pk(request)
    # §3.2 (C): exactly one part, called File.
    async with single_upload(request, "File") as file:
        account_of(request).attachments.put(relation, field, pk, file)
    return Response(status_code=204)


@OPERATIONS.add_for_tables_and_views(
    "DeleteFileFromAttachment{kind}Fields", "DELETE", _FIELD, right="update", query=WHERE
)
async def delete_files(request: Request) -> Response:
    """Clear the field of the records that match the condition."""
    relation, field = _field_of(request)
    where = Parameters(request).where(required=True)
    count = account_of(request).attachments.remove(relation, field, where)
    return answer({"RecordsAffected": count})
