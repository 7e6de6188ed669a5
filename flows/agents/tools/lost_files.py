"""Archive what a raw write replaces or deletes: no file is lost, whoever asks for it."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from flows.agents.tools.tool import ToolCall
from flows.app.accounts.own_archive import claim_archive
from pipeline.adapters.caspio.client import FileMissing, NotFound, save
from pipeline.adapters.caspio.client.operations import Operation
from pipeline.archive_layout import original_key, replaced_key

FILES_LOST: Mapping[str, str] = {
    "UploadFileToAttachmentTableField": "DownloadFileFromAttachmentTableField",
    "UploadFileToAttachmentViewField": "DownloadFileFromAttachmentViewField",
    "DeleteFileFromAttachmentTableFields": "DownloadFileFromAttachmentTableField",
    "DeleteFileFromAttachmentViewFields": "DownloadFileFromAttachmentViewField",
    "UpdateFile": "DownloadFileByKey",
    "DeleteFileByKey": "DownloadFileByKey",
    "DeleteFileByPath": "DownloadFileByPath",
}
"""The operations that replace or delete a file, and the one that downloads it."""

# The most that Caspio lists in one call.
_PAGE = 1_000


def keep_originals(
    operation: Operation, parameters: Mapping[str, str], call: ToolCall, *, folder: Path
) -> tuple[str, ...]:
    """Archive the files that an operation is about to lose; return their SHA-256.

    Nothing is returned for an operation that loses none, and where there is no file yet.

    Raises:
        ArchiveUnavailable: a file cannot be archived, so nothing may be changed.
        ForeignLedger: the archive belongs to another account, so nothing may be changed either.
    """
    download = FILES_LOST.get(operation.id)
    if download is None:
        return ()
    account = call.account
    claim_archive(account.settings, account.archive, account.ledger, folder)
    kept = []
    for number, (place, name) in enumerate(_places(operation, parameters, call)):
        path = folder / f"lost-{number}"
        try:
            with call.account.client.open(download, place) as opened:
                saved = save(opened, path)
        except (FileMissing, NotFound):
            continue
        key, media_type = original_key(saved.sha256), "application/octet-stream"
        call.account.archive.put(key, path, sha256=saved.sha256, media_type=media_type)
        path.unlink()
        named = _named(operation, place, name, call)
        _note(saved.sha256, operation, named, call, folder=folder)
        kept.append(saved.sha256)
    return tuple(kept)


def _note(
    sha256: str,
    operation: Operation,
    place: Mapping[str, str],
    call: ToolCall,
    *,
    folder: Path,
) -> None:
    """Note beside an original which file it was: its digest alone leads nobody back to it."""
    account = call.account
    note = {
        "sha256": sha256,
        "operation": operation.id,
        "place": dict(place),
        "token": call.token,
        "kept_at": account.clock.now().isoformat(),
    }
    data = json.dumps(note, indent=1, sort_keys=True).encode()
    digest, path = hashlib.sha256(data).hexdigest(), folder / "note.json"
    path.write_bytes(data)
    key = replaced_key(sha256, digest)
    account.archive.put(key, path, sha256=digest, media_type="application/json")
    path.unlink()


def _named(
    operation: Operation, place: Mapping[str, str], name: str, call: ToolCall
) -> Mapping[str, str]:
    """Return a place with the file's name: once the file is gone, its key leads nobody to it."""
    if operation.id == "DeleteFileByKey":
        answer = call.account.client.call("GetFileMetadataByKey", place)
        name = answer["Result"].get("Name", "") if isinstance(answer, dict) else ""
    return {**place, "name": name} if name else place


def _places(
    operation: Operation, parameters: Mapping[str, str], call: ToolCall
) -> Iterator[tuple[Mapping[str, str], str]]:
    """Yield the parameters that download each file in question, and its name where it is seen."""
    names = {name: parameters[name] for name in operation.path_names}
    if operation.id == "UpdateFile":
        yield from _namesakes(parameters, call)
    elif operation.id == "DeleteFileByPath":
        yield {"filePath": parameters["filePath"]}, ""
    elif "q.where" not in parameters:
        yield names, ""
    else:
        # As many records as were counted before: their number is bounded.
        is_view = "viewName" in names
        container = "viewName" if is_view else "tableName"
        query = {
            container: names[container],
            "q.where": parameters["q.where"],
            "q.select": "PK_ID",
            "q.pageNumber": "1",
            "q.pageSize": str(_PAGE),
        }
        rows = _rows(call, "ListViewRecords" if is_view else "ListTableRecords", query)
        yield from (({**names, "recordPkId": str(row["PK_ID"])}, "") for row in rows)


def _namesakes(
    parameters: Mapping[str, str], call: ToolCall
) -> Iterator[tuple[Mapping[str, str], str]]:
    """Yield the file of a folder that has the name of the new one: it is replaced."""
    wanted = call.arguments["file"]["name"].casefold()
    folder = {name: parameters[name] for name in ("externalKey",) if name in parameters}
    for page in count(1):
        query = {**folder, "pageNumber": str(page), "pageSize": str(_PAGE)}
        files = _rows(call, "ListFiles", query)
        found = [one for one in files if one["Name"].casefold() == wanted]
        yield from (({"externalKey": one["ExternalKey"]}, one["Name"]) for one in found)
        if found or len(files) < _PAGE:
            return


def _rows(call: ToolCall, listing: str, query: Mapping[str, str]) -> list[Any]:
    answer = call.account.client.call(listing, query)
    rows: list[Any] = answer["Result"] if isinstance(answer, dict) else []
    return rows
