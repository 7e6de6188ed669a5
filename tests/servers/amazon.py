"""A small S3 that keeps checksums as Amazon's does, which the local Swift does not.

It has what the archive asks for and no more: objects, uploads in parts, and SHA-256 of both. It
checks no signature.
"""

import base64
import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

BUCKET = "checked"
_META = "x-amz-meta-"


@dataclass
class Stored:
    """An object: its bytes, its user metadata, and the checksum made when it arrived."""

    data: bytes
    metadata: dict[str, str]
    checksum: str | None = None


@dataclass
class Amazon:
    """What the store has; tests look into it and change it.

    With `refuses`, options about checksums are refused, as by stores that do not know them.
    """

    refuses: bool = False
    objects: dict[str, Stored] = field(default_factory=dict)
    uploads: dict[str, tuple[dict[str, str], bool, dict[int, bytes]]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    endpoint_url: str = ""

    def keywords(self) -> dict[str, Any]:
        """Return arguments of S3Archive."""
        return {
            "endpoint_url": self.endpoint_url,
            "region": "us-east-1",
            "access_key_id": "any",
            "secret_access_key": "any",
        }

    def damage(self, key: str) -> None:
        """Overwrite an object as a careless copy does: same length, same metadata, other bytes."""
        stored = self.objects[key]
        data = bytes([stored.data[0] ^ 1]) + stored.data[1:]
        self.objects[key] = Stored(data, stored.metadata, _sha(data) if stored.checksum else None)

    def rot(self, key: str) -> None:
        """Change an object's bytes below everything that the store says of it."""
        stored = self.objects[key]
        stored.data = bytes([stored.data[0] ^ 1]) + stored.data[1:]


def _sha(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: Amazon

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _refuse(self, status: int, code: str) -> None:
        self._answer(
            status, f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()
        )

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        key = unquote(parts.path).removeprefix(f"/{BUCKET}").lstrip("/")
        query = {
            name: values[0]
            for name, values in parse_qs(parts.query, keep_blank_values=True).items()
        }
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.store.requests.append(f"{self.command} {key}{'?' if query else ''}{'&'.join(query)}")
        options = [name for name in self.headers if "checksum" in name.lower()]
        if self.store.refuses and options:
            self._refuse(501, "NotImplemented")
        elif not key:
            self._answer(200)
        else:
            getattr(self, f"_{self.command.lower()}")(key, query, body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815 - the names of http.server

    def _metadata(self) -> dict[str, str]:
        return {
            name.lower().removeprefix(_META): value
            for name, value in self.headers.items()
            if name.lower().startswith(_META)
        }

    def _head(self, key: str, query: dict[str, str], _body: bytes) -> None:
        self._get(key, query, b"")

    def _get(self, key: str, _query: dict[str, str], _body: bytes) -> None:
        stored = self.store.objects.get(key)
        if stored is None:
            self._refuse(404, "NoSuchKey")
            return
        headers = {f"{_META}{name}": value for name, value in stored.metadata.items()}
        if self.headers.get("x-amz-checksum-mode") == "ENABLED" and stored.checksum:
            headers["x-amz-checksum-sha256"] = stored.checksum
        self._answer(200, stored.data, Content_Length=str(len(stored.data)), **headers)

    def _put(self, key: str, query: dict[str, str], body: bytes) -> None:
        sent = self.headers.get("x-amz-checksum-sha256")
        if sent and sent != _sha(body):
            self._refuse(400, "BadDigest")
        elif "uploadId" in query:
            _, wants, parts = self.store.uploads[query["uploadId"]]
            if wants and not sent:
                self._refuse(400, "InvalidRequest")
                return
            parts[int(query["partNumber"])] = body
            self._answer(200, ETag='"part"')
        elif self.headers.get("If-None-Match") == "*" and key in self.store.objects:
            self._refuse(412, "PreconditionFailed")
        else:
            self.store.objects[key] = Stored(body, self._metadata(), sent)
            self._answer(200, ETag='"whole"')

    def _post(self, key: str, query: dict[str, str], body: bytes) -> None:
        if "uploads" in query:
            upload = str(len(self.store.uploads) + 1)
            wants = self.headers.get("x-amz-checksum-algorithm") == "SHA256"
            self.store.uploads[upload] = (self._metadata(), wants, {})
            said = {"x-amz-checksum-algorithm": "SHA256"} if wants else {}
            text = f"<R><UploadId>{upload}</UploadId></R>"
            self._answer(200, text.encode(), **said)
            return
        metadata, wants, parts = self.store.uploads.pop(query["uploadId"])
        data = [parts[number] for number in sorted(parts)]
        named = re.findall(r"<ChecksumSHA256>([^<]+)<", body.decode())
        if wants and named != [_sha(part) for part in data]:
            self._refuse(400, "InvalidPart")
            return
        digests = b"".join(hashlib.sha256(part).digest() for part in data)
        checksum = f"{_sha(digests)}-{len(data)}" if wants else None
        self.store.objects[key] = Stored(b"".join(data), metadata, checksum)
        self._answer(200, b"<R><Key>k</Key></R>")

    def _delete(self, key: str, _query: dict[str, str], _body: bytes) -> None:
        self.store.objects.pop(key, None)
        self._answer(204)


@contextmanager
def run_amazon(*, refuses: bool = False) -> Iterator[Amazon]:
    """Serve a store on loopback until the context ends."""
    store = Amazon(refuses)
    handler = type("Handler", (_Handler,), {"store": store})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        store.endpoint_url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield store
        finally:
            server.shutdown()
            thread.join()
