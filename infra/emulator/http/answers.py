"""Answers: JSON or XML, `Result` and its pagination, errors, and files."""

import json
from collections.abc import Mapping, MutableMapping
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from infra.emulator.errors import ApiError
from infra.emulator.http.connections import Connections
from infra.emulator.http.operations import account_of
from infra.emulator.http.xml import document_xml, error_xml, prefers_xml
from infra.emulator.state.content import Content
from infra.emulator.state.queries import Listing, Query


class JsonOrXmlResponse(Response):
    """A JSON answer, which is written as XML for a caller that asks for it."""

    def __init__(
        self,
        body: object,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        is_error: bool = False,
    ) -> None:
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        super().__init__(
            text, status_code=status, headers=headers, media_type="application/json; charset=utf-8"
        )
        self._body = body
        self._own_headers = headers
        self._is_error = is_error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer."""
        if not prefers_xml(header(scope, b"accept")):
            await super().__call__(scope, receive, send)
            return
        if self._is_error and isinstance(self._body, dict):
            text = error_xml(self._body)
        else:
            text = document_xml(self._body)
        kind = "application/xml; charset=utf-8"
        await Response(text, self.status_code, self._own_headers, kind)(scope, receive, send)


def header(scope: MutableMapping[str, Any], name: bytes) -> str:
    """Return a request's header, "" if it is missing."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""


def answer(
    body: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with JSON, or with XML if the caller asks for that."""
    return JsonOrXmlResponse(body, status=status, headers=headers)


def result(value: object, *, status: int = 200, **more: object) -> Response:
    """Answer with a `Result`, and further members before it."""
    # §2 (C): every success is wrapped in Result, except those of webhooks and deployment codes.
    return JsonOrXmlResponse({**more, "Result": value}, status=status)


def listing_result(listing: Listing, query: Query) -> Response:
    """Answer with a listing's rows, and with `Pagination` if the query asks for it."""
    if listing.total is None:
        return result(listing.rows)
    # §2.6 (C): the members of Pagination.
    pagination = {
        "TotalCount": listing.total,
        "PageNumber": query.page or 1,
        "PageSize": query.size,
    }
    return result(listing.rows, Pagination=pagination)


def error_answer(error: ApiError, scope: MutableMapping[str, Any]) -> Response:
    """Answer with Caspio's error object."""
    # §8 (C): the members. Whether Resource is an absolute URL is not documented.
    body = {
        "Code": error.code,
        "Message": error.message,
        "Resource": scope["path"],
        "RequestId": scope.get("state", {}).get("request_id", ""),
    }
    return JsonOrXmlResponse(body, status=error.status, is_error=True)


def rate_limit_answer(*, status: int, retry_after_s: int) -> Response:
    """Answer to a call over the rate limit: an array, unlike every other error."""
    # §5 (C, observed): this body, with status 429 or 400; Retry-After was not seen.
    body = [{"name": "api-calls-rate", "message": "You have exceeded your API call rate limits."}]
    headers = {"Retry-After": str(retry_after_s)} if retry_after_s else {}
    return JsonOrXmlResponse(body, status=status, headers=headers)


class FileAnswer(Response):
    """Streams a file as an attachment with its name and length; stops if the client is gone."""

    def __init__(self, content: Content, *, name: str, media_type: str) -> None:
        super().__init__(media_type=media_type)
        # §3.4 (C): Content-Disposition has the name. RFC 6266: in ASCII, and encoded in full.
        is_plain = [" " <= char <= "~" and char not in '"\\' for char in name]
        plain = "".join(char if ok else "_" for char, ok in zip(name, is_plain, strict=True))
        encoded = quote(name, safe="")
        self.headers["content-disposition"] = (
            f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
        )
        self.headers["content-length"] = str(content.size)
        self._content = content

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer."""
        # ASGI's signature; a request for a file has no body.
        del receive
        connections: Connections = scope["app"].state.connections
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        for chunk in self._content.chunks():
            if not connections.is_open(scope["client"]):
                return
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def file_answer(request: Request, content: Content, *, name: str, media_type: str) -> Response:
    """Answer with a file."""
    # §3.4 (C, observed): the Content-Type was sometimes wrong.
    quirk = account_of(request).quirks.download_content_type
    shown = media_type if quirk == "by-name" else quirk
    return FileAnswer(content, name=name, media_type=shown)
