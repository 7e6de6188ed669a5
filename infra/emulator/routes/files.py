"""The Files area."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from infra.emulator.errors import ApiError, bad_body, bad_query, conflict
from infra.emulator.http.answers import (
    FILE_LISTING,
    Operation,
    Parameters,
    account_of,
    check_name,
    file_answer,
    result,
    uploads,
)
from infra.emulator.state.files import StoredFile, Window

_FOLDER_SORT = {"name", "datecreated"}
_FILE_SORT = {"name", "size", "contenttype", "datecreated", "lastmodified"}


def _window(request: Request, sorts: set[str]) -> Window:
    parameters = Parameters(request)
    sort = parameters.text("sortField") or "Name"
    if sort.lower() not in sorts:
        raise bad_query(f"sortField {sort}")
    return Window(
        sort=sort,
        descending=parameters.flag(parameters.text("sortDescending")),
        size=parameters.page_size(parameters.text("pageSize")),
        page=parameters.number(
            parameters.text("pageNumber"), lowest=1, highest=2**31 - 1, default=1
        ),
    )


def _page(items: list[dict[str, Any]], total: int, window: Window) -> Response:
    return result(
        items, Pagination={"TotalCount": total, "PageNumber": window.page, "PageSize": window.size}
    )


def _folder(request: Request) -> str:
    return account_of(request).files.check_folder(Parameters(request).text("externalKey"))


async def _list_folders(request: Request) -> Response:
    window = _window(request, _FOLDER_SORT)
    items, total = account_of(request).files.folders(_folder(request), window)
    return _page(items, total, window)


async def _get_folder(request: Request) -> Response:
    return result(account_of(request).files.folder(request.path_params["externalKey"]))


async def _list_files(request: Request) -> Response:
    window = _window(request, _FILE_SORT)
    items, total = account_of(request).files.files(_folder(request), window)
    return _page(items, total, window)


async def _upload(request: Request) -> Response:
    """Add files; of several, those with free names are stored and only a clash of all is an error, or all or none."""
    folder, added, clash, area = _folder(request), [], None, account_of(request).files
    async with uploads(request, "Files") as files:
        if area.atomic:
            taken = next(
                (one.name for one in files if area.named(folder, one.name) is not None), None
            )
            if taken is not None:
                raise conflict(taken)
        for one in files:
            check_name(one.name)
            try:
                added.append(area.add(folder, one))
            except ApiError as error:
                clash = error
        if clash is not None and not added:
            raise clash
    return result([{"Name": one.name, "ExternalKey": one.key} for one in added], status=201)


async def _update(request: Request) -> Response:
    folder, area = _folder(request), account_of(request).files
    async with uploads(request, "File") as files:
        if len(files) != 1:
            raise bad_body("exactly one file is expected")
        check_name(files[0].name)
        old = area.named(folder, files[0].name)
        if old is None:
            added = area.add(folder, files[0])
            return result({"Name": added.name, "ExternalKey": added.key}, status=201)
        key = area.overwrite(old, files[0])
    return result({"Name": old.name, "ExternalKey": key})


def _file(request: Request) -> StoredFile:
    area = account_of(request).files
    if "externalKey" in request.path_params:
        return area.by_key(request.path_params["externalKey"])
    path = Parameters(request).text("filePath")
    if not path:
        raise bad_query("filePath")
    return area.by_path(path)


async def _download(request: Request) -> Response:
    found = _file(request)
    return file_answer(request, found.content, name=found.name, media_type=found.media_type)


async def _info(request: Request) -> Response:
    return result(account_of(request).files.item(_file(request)))


async def _delete(request: Request) -> Response:
    account_of(request).files.delete(_file(request))
    return Response(status_code=204)


OPERATIONS = (
    Operation("ListFilesFolders", "GET", "/v3/files/folders", _list_folders, "read", FILE_LISTING),
    Operation(
        "GetFilesFolderMetadataByKey", "GET", "/v3/files/folders/{externalKey}", _get_folder, "read"
    ),
    Operation("ListFiles", "GET", "/v3/files", _list_files, "read", FILE_LISTING),
    Operation("UploadFiles", "POST", "/v3/files", _upload, "insert", ("externalKey",)),
    Operation("UpdateFile", "PUT", "/v3/files", _update, "update", ("externalKey",)),
    Operation("DownloadFileByPath", "GET", "/v3/files/path", _download, "read", ("filePath",)),
    Operation(
        "GetFileMetadataByPath", "GET", "/v3/files/path/fileInfo", _info, "read", ("filePath",)
    ),
    Operation("DeleteFileByPath", "DELETE", "/v3/files/path", _delete, "delete", ("filePath",)),
    Operation("GetFileMetadataByKey", "GET", "/v3/files/{externalKey}/fileInfo", _info, "read"),
    Operation("DownloadFileByKey", "GET", "/v3/files/{externalKey}", _download, "read"),
    Operation("DeleteFileByKey", "DELETE", "/v3/files/{externalKey}", _delete, "delete"),
)
