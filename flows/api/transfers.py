"""Files as they come and go: a chunk at a time, between this server's loop and a tool's thread."""

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import anyio
import anyio.from_thread
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Send

from flows.agents.resources import archived_key
from flows.agents.tools.tool import Answer, Refusal, ToolCall
from pipeline.adapters.caspio.client import IncompleteDownload
from pipeline.adapters.caspio.client.values import Download, StreamedFile
from pipeline.errors import StopRequested

MOST_FILE_BYTES = 4 * 2**30
CHUNK_S = 60.0
"""Seconds for the next chunk of an upload, and for the client to take one of a download."""
_PIECE = 64 * 2**10


class IncomingUpload:
    """The body of a request as a file that is sent on while it arrives; nothing of it is kept."""

    def __init__(self, request: Request, *, name: str, size_bytes: int) -> None:
        self._chunks = request.stream()
        self._digest = hashlib.sha256()
        self._left = size_bytes
        self.file = StreamedFile(name, size_bytes, self._arriving)

    @property
    def sha256(self) -> str:
        """Return the digest of what has arrived."""
        return self._digest.hexdigest()

    async def drain(self) -> None:
        """Read what is left, for its digest."""
        while await self._next():
            pass

    def _arriving(self) -> bytes:
        """Return the next chunk; called in the thread that sends the file on."""
        return anyio.from_thread.run(self._next)

    async def _next(self) -> bytes:
        chunk = b""
        try:
            with anyio.fail_after(CHUNK_S):
                while self._left and not chunk:
                    chunk = await anext(self._chunks)
        except (StopAsyncIteration, TimeoutError, ClientDisconnect):
            # Caspio gets fewer bytes than were declared, and takes none of them.
            raise Refusal("The file was cut short. Nothing was changed; send it again.") from None
        self._left -= len(chunk)
        self._digest.update(chunk)
        return chunk


class Sending:
    """Sends a download on; knows whether it began, since an error then cannot be said any more."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._is_gone = False
        self.has_begun = False

    def __call__(self, opened: Download, name: str) -> None:
        """Send a download; called in the thread that reads it.

        Raises:
            StopRequested: the client has gone, or does not take the file.
            IncompleteDownload: other bytes came than were declared.
        """
        anyio.from_thread.run(self._begin, name, opened.declared_bytes)
        sent_bytes = 0
        for chunk in opened.chunks:
            if self._is_gone:
                raise StopRequested("The client has gone.")
            anyio.from_thread.run(self._pass_on, chunk)
            sent_bytes += len(chunk)
        if opened.declared_bytes not in {None, sent_bytes}:
            raise IncompleteDownload(
                f"{sent_bytes:,} bytes arrived, {opened.declared_bytes:,} were announced."
            )

    async def watch(self) -> None:
        """Wait for the client to go; the next chunk then ends the download."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._is_gone = True

    async def end(self) -> None:
        """Say that the file was sent whole; a client that does not take it sees it break off."""
        with anyio.move_on_after(CHUNK_S):
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _begin(self, name: str, size_bytes: int | None) -> None:
        headers = [
            (b"content-type", b"application/octet-stream"),
            # Never shown as a page: it is a file of a stranger.
            (b"content-disposition", f"attachment; filename*=UTF-8''{quote(name)}".encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"cache-control", b"no-store"),
        ]
        if size_bytes is not None:
            headers.append((b"content-length", str(size_bytes).encode()))
        self.has_begun = True
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    async def _pass_on(self, chunk: bytes) -> None:
        try:
            with anyio.fail_after(CHUNK_S):
                await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
        except TimeoutError:
            # Raised here, since this may be the last chunk: a file without it is not whole.
            raise StopRequested("The client does not take the file.") from None


def send_document(call: ToolCall) -> Answer:
    """Send the original or the text of a document from the archive."""
    version, what = call.arguments["document"], call.arguments["what"]
    send = call.transfer.download
    assert send is not None
    key = archived_key(call, version, what)
    with tempfile.TemporaryDirectory(prefix="caspio-ingest-") as folder:
        path = Path(folder) / "file"
        call.account.archive.get(key, path)
        state = call.account.ledger.files.state(version)
        name = state.ref.name if state is not None and what == "original" else f"{version}.txt"
        send(Download(_pieces(path), path.stat().st_size), name)
    return Answer({"result": {}}, records=1)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
