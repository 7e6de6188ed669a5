"""The Files area."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from infra.emulator.errors import ApiError, bad_query, conflict
from infra.emulator.http.answers import file_answer, result
from infra.emulator.http.operations import FILE_LISTING, Operations, account_of
from infra.emulator.http.parameters import Parameters, read_flag, read_page, read_page_size
from infra.emulator.http.uploads import check_name, single_upload, uploads
from infra.emulator.state.files import FolderPage, StoredFile

OPERATIONS = Operations()
# SPEC (C): sortField, in any case.
_FOLDER_SORT = {"name", "datecreated"}
_FILE_SORT = {"name", "size", "contenttype", "datecreated", "lastmodified"}
_PATH = ("filePath",)
_KEY = ("externalKey",)


def _page_of(request: Request, sort_fields: set[str]) -> FolderPage:
    # §2.6 (C): these parameters have no `q.`; with it they are ignored and 25 rows come back.
    parameters = Parameters(request)
    sort = parameters.text("sortField") or "Name"
    if sort.lower() not in sort_fields:
        raise bad_query(f"sortField {sort}")
    return FolderPage(
        sort=sort,
        descending=read_flag(parameters.text("sortDescending")),
        size=read_page_size(parameters.text("pageSize")),
        page=read_page(parameters.text("pageNumber")),
    )


def _page_result(items: list[dict[str, Any]], total: int, page: FolderPage) -> Response:
    pagination = {"TotalCount": total, "PageNumber": page.page, "PageSize": page.size}
    return result(items, Pagination=pagination)


def _folder_of(request: Request) -> str:
    # §3.4 (C): the key of a folder, also for PUT; the root if it is missing.
    return account_of(request).files.check_folder(Parameters(request).text("externalKey"))


def _file_of(request: Request) -> StoredFile:
    files = account_of(request).files
    if "externalKey" in request.path_params:
        return files.by_key(request.path_params["externalKey"])
    path = Parameters(request).text("filePath")
    if not path:
        raise bad_query("filePath")
    return files.by_path(path)


@OPERATIONS.add("ListFilesFolders", "GET", "/v3/files/folders", right="read", query=FILE_LISTING)
async def list_folders(request: Request) -> Response:
    """Answer with a page of a folder's folders."""
    page = _page_of(request, _FOLDER_SORT)
    items, total = account_of(request).files.folders(_folder_of(request), page)
    return _page_result(items, total, page)


@OPERATIONS.add(
    "GetFilesFolderMetadataByKey", "GET", "/v3/files/folders/{externalKey}", right="read"
)
async def get_folder(request: Request) -> Response:
    """Answer with one folder."""
    return result(account_of(request).files.folder(request.path_params["externalKey"]))


@OPERATIONS.add("ListFiles", "GET", "/v3/files", right="read", query=FILE_LISTING)
async def list_files(request: Request) -> Response:
    """Answer with a page of a folder's files."""
    page = _page_of(request, _FILE_SORT)
    items, total = account_of(request).files.files(_folder_of(request), page)
    return _page_result(items, total, page)


@OPERATIONS.add("UploadFiles", "POST", "/v3/files", right="insert", query=_KEY)
async def upload_files(request: Request) -> Response:
    """Add files.

    With several files and a clash, the others are stored (§3.4, C for version 2), or none are:
    the quirk decides. It is 409 if nothing is stored.
    """
    files = account_of(request).files
    folder = _folder_of(request)
    added: list[StoredFile] = []
    clash: ApiError | None = None
    async with uploads(request, "Files") as uploaded:
        if files.atomic:
            for file in uploaded:
                if files.named(folder, file.name) is not None:
                    raise conflict(file.name)
        for file in uploaded:
            check_name(file.name)
            try:
                added.append(files.add(folder, file))
            except ApiError as error:
                clash = error
        if clash is not None and not added:
            raise clash
    return result([{"Name": one.name, "ExternalKey": one.key} for one in added], status=201)


@OPERATIONS.add("UpdateFile", "PUT", "/v3/files", right="update", query=_KEY)
async def update_file(request: Request) -> Response:
    """Add a file, 201, or overwrite the one with its name, 200."""
    files = account_of(request).files
    folder = _folder_of(request)
    async with single_upload(request, "File") as file:
        check_name(file.name)
        old = files.named(folder, file.name)
        if old is None:
            added = files.add(folder, file)
            return result({"Name": added.name, "ExternalKey": added.key}, status=201)
        key = files.overwrite(old, file)
    return result({"Name": old.name, "ExternalKey": key})


@OPERATIONS.add(
    "GetFileMetadataByPath", "GET", "/v3/files/path/fileInfo", right="read", query=_PATH
)
@OPERATIONS.add("GetFileMetadataByKey", "GET", "/v3/files/{externalKey}/fileInfo", right="read")
async def get_file_info(request: Request) -> Response:
    """Answer with a file's item."""
    return result(account_of(request).files.item(_file_of(request)))


@OPERATIONS.add("DownloadFileByPath", "GET", "/v3/files/path", right="read", query=_PATH)
@OPERATIONS.add("DownloadFileByKey", "GET", "/v3/files/{externalKey}", right="read")
async def download_file(request: Request) -> Response:
    """Answer with a file's bytes."""
    found = _file_of(request)
    return file_answer(request, found.content, name=found.name, media_type=found.media_type)


@OPERATIONS.add("DeleteFileByPath", "DELETE", "/v3/files/path", right="delete", query=_PATH)
@OPERATIONS.add("DeleteFileByKey", "DELETE", "/v3/files/{externalKey}", right="delete")
async def delete_file(request: Request) -> Response:
    """Delete a file."""
    account_of(request).files.delete(_file_of(request))
    return Response(status_code=204)
