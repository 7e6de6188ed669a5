"""Attachment fields of tables and of views."""

from starlette.requests import Request
from starlette.responses import Response

from infra.emulator.errors import bad_body, no_file
from infra.emulator.http.answers import (
    CHANGING,
    WHERE,
    Operation,
    Parameters,
    account_of,
    answer,
    file_answer,
    json_body,
    record_pk,
    relation_of,
    result,
    uploads,
)
from infra.emulator.state.schema import Field, Relation


def _place(request: Request) -> tuple[Relation, Field]:
    relation = relation_of(request)
    return relation, relation.attachment(request.path_params["attachmentFieldName"])


async def _download(request: Request) -> Response:
    (relation, field), pk = _place(request), record_pk(request)
    if not account_of(request).records.rows(relation, [pk]):
        raise no_file()
    found = account_of(request).attachments.get(relation.table.name, field.name, pk)
    return file_answer(request, found.content, name=found.name, media_type=found.media_type)


async def _upload(request: Request) -> Response:
    (relation, field), pk = _place(request), record_pk(request)
    async with uploads(request, "File") as files:
        if len(files) != 1:
            raise bad_body("exactly one file is expected")
        account_of(request).attachments.put(relation, field, pk, files[0])
    return Response(status_code=204)


async def _delete(request: Request) -> Response:
    relation, field = _place(request)
    where = Parameters(request).where(required=True)
    return answer(
        {"RecordsAffected": account_of(request).attachments.remove(relation, field, where)}
    )


async def _info(request: Request) -> Response:
    relation, field = _place(request)
    return result(
        account_of(request).attachments.listing(
            relation, field, Parameters(request).where(required=False)
        )
    )


async def _rename(request: Request) -> Response:
    (relation, field), parameters, body = (
        _place(request),
        Parameters(request),
        await json_body(request),
    )
    where = parameters.where(required=True)
    new = body.get("FileName")
    if set(body) != {"FileName"} or not isinstance(new, str) or not new:
        raise bad_body("FileName")
    account = account_of(request)
    pks = account.attachments.rename(relation, field, where, new)
    shown = account.records.rows(relation, pks[:1000]) if parameters.rows else []
    return result(
        [] if account.store.quirks.empty_result_after_put else shown, RecordsAffected=len(pks)
    )


def _operations(kind: str, holder: str) -> tuple[Operation, ...]:
    field = f"/v3/{holder}/attachments/{{attachmentFieldName}}"
    return (
        Operation(
            f"GetFileMetadataFromAttachment{kind}Fields",
            "GET",
            f"{field}/fileInfo",
            _info,
            "read",
            WHERE,
        ),
        Operation(
            f"UpdateFileMetadataInAttachment{kind}Fields",
            "PUT",
            f"{field}/fileInfo",
            _rename,
            "update",
            CHANGING,
        ),
        Operation(
            f"DownloadFileFromAttachment{kind}Field",
            "GET",
            f"{field}/{{recordPkId}}",
            _download,
            "read",
        ),
        Operation(
            f"UploadFileToAttachment{kind}Field",
            "PUT",
            f"{field}/{{recordPkId}}",
            _upload,
            "update",
        ),
        Operation(
            f"DeleteFileFromAttachment{kind}Fields", "DELETE", field, _delete, "update", WHERE
        ),
    )


OPERATIONS = (*_operations("Table", "tables/{tableName}"), *_operations("View", "views/{viewName}"))
