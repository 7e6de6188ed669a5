"""Files as resources: `caspio://<account>/…`, read in pieces that a client can take."""

import base64
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from flows.agents.tools.catalog import all_tools, covers
from flows.agents.tools.tool import Answer, Json, Refusal, ToolCall
from pipeline.adapters.caspio.client.operations import OPERATIONS, AnswerKind
from pipeline.archive_layout import original_key
from pipeline.ports.ledger import latest_reading

SCHEME = "caspio"
# Digits of an offset: enough for a gigabyte, and converted at once.
_DIGITS = 9
PIECE_BYTES = 256 * 2**10
"""Bytes in one answer; base64 makes a third more of it."""
MOST_PIECE_CHARS = 7 * PIECE_BYTES
"""Characters of such an answer: JSON writes six for a byte that is no printable character."""
MOST_OFFSET = 32 * 2**20
"""Where the last piece of a file at Caspio may begin: each piece downloads all before it."""

TEMPLATES = (
    ("documents/{document}/original{?offset}", "An archived original", "read_document"),
    ("documents/{document}/text{?offset}", "The text of a document", "read_document"),
    (
        "tables/{table}/attachments/{field}/{record}{?offset}",
        "The file in an ATTACHMENT field of a record",
        "get_single_caspio_attachment_by_id",
    ),
    (
        "views/{view}/attachments/{field}/{record}{?offset}",
        "The file in an ATTACHMENT field of a view's record",
        "get_single_caspio_view_attachment_by_id",
    ),
    ("files/{key}{?offset}", "A file of the Files area", "get_single_caspio_file_by_id"),
    ("files/path{?path,offset}", "A file of the Files area", "list_all_caspio_files_paths"),
)
"""What can be read: the place below the account, what it is, and the tool that covers it."""

_DOWNLOADS = {
    "tables": "DownloadFileFromAttachmentTableField",
    "views": "DownloadFileFromAttachmentViewField",
}


@dataclass(frozen=True, slots=True)
class FilePiece:
    """A piece of a file; `next_offset` is None for the last one."""

    data: bytes
    is_text: bool
    next_offset: int | None


def read_piece(call: ToolCall) -> Answer:
    """Return the piece of a file that `uri` names.

    Raises:
        Refusal: the address is of another account, or the token does not cover it.
    """
    uri = call.arguments["uri"]
    parts = urlsplit(uri)
    if parts.scheme != SCHEME or parts.netloc != call.account.name:
        raise Refusal("There is no such resource in this account.", kind="not_found")
    query = parse_qs(parts.query)
    offset_text = query.get("offset", ["0"])[0]
    if not (offset_text.isascii() and offset_text.isdigit() and len(offset_text) <= _DIGITS):
        raise Refusal("offset is a number of bytes.")
    steps = [unquote(step) for step in parts.path.removeprefix("/").split("/")]
    path = query.get("path", [""])[0]
    match steps:
        case ["documents", version, "original" | "text" as what]:
            piece = _archived(call, version, what, int(offset_text))
        case ["tables" | "views" as kind, container, "attachments", field, record]:
            piece = _attachment(call, kind, (container, field, record), int(offset_text))
        case ["files", "path"] if path:
            piece = _download(call, "DownloadFileByPath", {"filePath": path}, int(offset_text))
        case ["files", key]:
            piece = _download(call, "DownloadFileByKey", {"externalKey": key}, int(offset_text))
        case _:
            raise Refusal(
                "There is no such resource. See resources/templates/list.", kind="not_found"
            )
    return Answer({"result": _content(uri, piece)}, records=1)


def _content(uri: str, piece: FilePiece) -> Json:
    content: Json = {"uri": uri, "next_offset": piece.next_offset}
    if piece.is_text:
        # A character that the end of the piece cuts is shown as a replacement in both pieces.
        return {**content, "text": piece.data.decode(errors="replace")}
    return {**content, "blob": base64.b64encode(piece.data).decode()}


def _require_tool(call: ToolCall, name: str) -> None:
    if not covers(call.scope, all_tools()[name]):
        raise Refusal(f"The token does not cover {name}, so not its files.", kind="scope")


def archived_key(call: ToolCall, version: str, what: str) -> str:
    """Return where the archive has a document's original or text.

    Raises:
        Refusal: the token does not cover it, or there is none.
    """
    _require_tool(call, "read_document")
    state = call.account.ledger.files.state(version)
    names = {spec.name for spec in call.sources()}
    if state is None or state.sha256 is None or state.ref.source not in names:
        raise Refusal("There is no such document.", kind="not_found")
    key = original_key(state.sha256)
    if what == "text":
        reading = latest_reading(call.account.ledger.files, state)
        if reading is None:
            raise Refusal("The document is not read yet. See read_document.", kind="not_found")
        key = f"{reading[1]}/text.txt"
    if call.account.archive.head(key) is None:
        raise Refusal("The archive does not have it.", kind="not_found")
    return key


def _archived(call: ToolCall, version: str, what: str, offset: int) -> FilePiece:
    key = archived_key(call, version, what)
    with tempfile.TemporaryDirectory(prefix="caspio-ingest-") as name:
        path = Path(name) / "file"
        call.account.archive.get(key, path)
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read(PIECE_BYTES)
        is_last = offset + len(data) >= path.stat().st_size
    return FilePiece(data, what == "text", None if is_last else offset + len(data))


def _attachment(call: ToolCall, kind: str, place: tuple[str, str, str], offset: int) -> FilePiece:
    container, field, record = place
    is_view = kind == "views"
    part = "view_" if is_view else ""
    _require_tool(call, f"get_single_caspio_{part}attachment_by_id")
    covered = call.scope.views if is_view else call.scope.tables
    if call.scope.is_narrowed and container not in covered:
        raise Refusal("The token does not cover this table or view.", kind="scope")
    names = OPERATIONS[_DOWNLOADS[kind]].path_names
    parameters = dict(zip(names, (container, field, record), strict=True))
    return _download(call, _DOWNLOADS[kind], parameters, offset)


def _download(call: ToolCall, operation: str, parameters: dict[str, str], offset: int) -> FilePiece:
    if operation.startswith("DownloadFileBy"):
        by_path = operation.endswith("Path")
        _require_tool(
            call, "list_all_caspio_files_paths" if by_path else "get_single_caspio_file_by_id"
        )
    assert OPERATIONS[operation].answer is AnswerKind.BYTES
    if offset > MOST_OFFSET:
        raise Refusal(f"A file at Caspio can be read up to byte {MOST_OFFSET:,}.")
    with call.account.client.open(operation, parameters) as opened:
        data, is_last = _cut(opened.chunks, offset)
    return FilePiece(data, is_text=False, next_offset=None if is_last else offset + len(data))


def _cut(chunks: Iterator[bytes], offset: int) -> tuple[bytes, bool]:
    """Return a piece, and whether the file ends with it; only the piece is kept in memory."""
    skipped, kept = 0, bytearray()
    for chunk in chunks:
        start = max(0, offset - skipped)
        skipped += len(chunk)
        kept += chunk[start:]
        if len(kept) > PIECE_BYTES:
            return bytes(kept[:PIECE_BYTES]), False
    return bytes(kept), True
