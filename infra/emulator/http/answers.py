"""What the routes share: reading parameters and bodies, writing answers, streaming files."""

import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from infra.emulator.account.account import Account
from infra.emulator.account.profiles import Profile
from infra.emulator.errors import bad_body, bad_query, no_object, too_large, wrong_media_type
from infra.emulator.http.connections import Wires
from infra.emulator.http.xml import document_xml, error_xml, prefers_xml
from infra.emulator.state.content import CHUNK, Content, Named, on_disk
from infra.emulator.state.records import Listing, Query
from infra.emulator.state.schema import Relation

Handler = Callable[[Request], Awaitable[Response]]
LISTING = (
    "q.select",
    "q.where",
    "q.groupBy",
    "q.orderBy",
    "q.limit",
    "q.pageNumber",
    "q.pageSize",
    "q.getPaginationInfo",
)
FILE_LISTING = ("externalKey", "pageNumber", "pageSize", "sortField", "sortDescending")
WHERE = ("q.where",)
CHANGING = ("q.where", "response")
_LARGEST = 1000
_SMALLEST_PAGE = 5
_DEFAULT_PAGE = 25
_DEFAULT_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the specification: its id, method and path template from `/v3` on.

    `right` is what a profile needs for the object the path names; "" leaves that to the handler. `query` names the
    parameters the specification knows.
    """

    id: str
    method: str
    template: str
    handler: Handler
    right: str = ""
    query: tuple[str, ...] = ()


def account_of(request: Request) -> Account:
    """Return the account whose token the caller has."""
    return cast("Account", request.state.account)


def profile_of(request: Request) -> Profile:
    """Return the caller's profile."""
    return cast("Profile", request.state.profile)


def check_parameters(request: Request, known: Iterable[str]) -> None:
    """Refuse unknown query parameters where the account does so; 400."""
    if account_of(request).store.quirks.unknown_parameters == "ignored":
        return
    allowed = {name.lower() for name in known}
    allowed |= {name.removeprefix("q.") for name in allowed}
    for name in request.query_params:
        if name.lower() not in allowed:
            raise bad_query(name)


def relation_of(request: Request) -> Relation:
    """Return the table or view that the path names; 404 without one."""
    names = request.path_params
    is_view = "viewName" in names
    return account_of(request).store.relation(
        names["viewName" if is_view else "tableName"], is_view=is_view
    )


def result(value: object, *, status: int = 200, **more: object) -> Response:
    """Answer with a `Result` and further members beside it."""
    return answer(
        {**{name: one for name, one in more.items() if one is not None}, "Result": value},
        status=status,
    )


def listed(listing: Listing, query: Query) -> Response:
    """Answer with a listing's rows, and `Pagination` where that was asked for."""
    if listing.total is None:
        return result(listing.rows)
    size = query.page_size if query.page else query.limit
    pages = {"TotalCount": listing.total, "PageNumber": query.page or 1, "PageSize": size}
    return result(listing.rows, Pagination=pages)


class Answer(Response):
    """A JSON answer that is written as XML for a caller who asks for it."""

    def __init__(
        self, body: object, *, status: int, headers: Mapping[str, str] | None, is_error: bool
    ) -> None:
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        super().__init__(
            text, status_code=status, headers=headers, media_type="application/json; charset=utf-8"
        )
        self._given = body
        self._extra = headers
        self._is_error = is_error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer."""
        accept = next((value for name, value in scope["headers"] if name == b"accept"), b"").decode(
            "latin-1"
        )
        if not prefers_xml(accept):
            await super().__call__(scope, receive, send)
            return
        is_error = self._is_error and isinstance(self._given, dict)
        text = (
            error_xml(cast("dict[str, object]", self._given))
            if is_error
            else document_xml(self._given)
        )
        written = Response(text, self.status_code, self._extra, "application/xml; charset=utf-8")
        await written(scope, receive, send)


def answer(
    body: object,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    is_error: bool = False,
) -> Response:
    """Answer with JSON, or XML where that is asked for."""
    return Answer(body, status=status, headers=headers, is_error=is_error)


class Parameters:
    """Query parameters by name in any case; `q.` may be left out where no parameter has it."""

    def __init__(self, request: Request) -> None:
        self._given = {name.lower(): value for name, value in request.query_params.multi_items()}
        self._prefixed = any(name.startswith("q.") for name in self._given)
        self._prefixed |= account_of(request).store.quirks.bare_clauses == "ignored"

    def text(self, name: str) -> str:
        """Return a parameter, "" without it."""
        return self._given.get(name.lower(), "")

    def clause(self, name: str) -> str:
        """Return a `q.` parameter."""
        return self.text(f"q.{name}" if self._prefixed else name)

    def number(self, text: str, *, lowest: int, highest: int, default: int) -> int:
        """Read a whole number in bounds, the default for a blank; 400 otherwise."""
        if not text.strip():
            return default
        try:
            number = int(text)
        except ValueError as error:
            raise bad_query(text) from error
        if not lowest <= number <= highest:
            raise bad_query(text)
        return number

    def flag(self, text: str) -> bool:
        """Read true or false; 400 otherwise."""
        if text.strip().lower() not in {"", "true", "false"}:
            raise bad_query(text)
        return text.strip().lower() == "true"

    @property
    def rows(self) -> bool:
        """Say whether the answer shall show the rows."""
        return self.text("response").lower() == "rows"

    def where(self, *, required: bool) -> str:
        """Return the condition; 400 where it is required and blank."""
        clause = self.clause("where")
        if required and not clause.strip():
            raise bad_query("q.where")
        return clause

    def query(self) -> Query:
        """Return a listing's query: `limit` counts only without page parameters."""
        size, page = self.clause("pageSize"), self.clause("pageNumber")
        paged = bool(size.strip() or page.strip())
        return Query(
            select=self.clause("select"),
            where=self.clause("where"),
            group_by=self.clause("groupBy"),
            order_by=self.clause("orderBy"),
            limit=_DEFAULT_LIMIT
            if paged
            else self.number(
                self.clause("limit"), lowest=1, highest=_LARGEST, default=_DEFAULT_LIMIT
            ),
            page=self.number(page, lowest=1, highest=2**31 - 1, default=1) if paged else 0,
            page_size=self.page_size(size),
            total=self.flag(self.clause("getPaginationInfo")),
        )

    def page_size(self, text: str) -> int:
        """Read a page size from 5 to 1,000; 25 for a blank."""
        return self.number(text, lowest=_SMALLEST_PAGE, highest=_LARGEST, default=_DEFAULT_PAGE)


async def json_body(request: Request) -> dict[str, Any]:
    """Read a JSON object; 415 for another media type, 400 for another shape."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise wrong_media_type()
    try:
        body = json.loads(await request.body(), parse_constant=_no_constant)
    except ValueError as error:
        raise bad_body() from error
    if not isinstance(body, dict):
        raise bad_body()
    return body


def _no_constant(name: str) -> None:
    raise ValueError(name)


def record_pk(request: Request) -> int:
    """Return the PK_ID in the path; 404 where it cannot be one."""
    text = str(request.path_params["recordPkId"])
    if not text.isascii() or not text.isdigit():
        raise no_object()
    return int(text)


@asynccontextmanager
async def uploads(request: Request, part: str) -> AsyncIterator[list[Named]]:
    """Store the multipart parts of a name on disk and yield them; without one 400, 415 for another media type.

    They are deleted again where the `with` block raises.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise wrong_media_type()
    limit = account_of(request).store.quirks.max_upload_bytes
    if limit and int(request.headers.get("content-length", "0")) > limit:
        raise too_large()
    async with request.form() as form:
        named = [_keep(one, account_of(request).store.data_dir) for one in _parts(form, part)]
    try:
        yield named
    except BaseException:
        _drop(named)
        raise


def _drop(files: Iterable[Named]) -> None:
    for one in files:
        Path(one.content.path).unlink(missing_ok=True)


def check_name(name: str) -> None:
    """Refuse a file name that would be a path; 400."""
    if "/" in name or "\\" in name or "\0" in name:
        raise bad_body(f"the file name {name!r}")


def _parts(form: FormData, part: str) -> list[UploadFile]:
    found = [one for one in form.getlist(part) if isinstance(one, UploadFile) and one.filename]
    if not found:
        raise bad_body(f"a file part called '{part}'")
    return found


def _keep(upload: UploadFile, folder: Path) -> Named:
    target = folder / uuid.uuid4().hex
    with target.open("wb") as stream:
        while chunk := upload.file.read(CHUNK):
            stream.write(chunk)
    return Named(
        name=upload.filename or "", content=on_disk(target), media_type=upload.content_type or ""
    )


class FileAnswer(Response):
    """Stream a file's bytes as an attachment with its name and length; stops when the client is gone."""

    def __init__(self, content: Content, *, name: str, media_type: str) -> None:
        super().__init__(media_type=media_type)
        ascii_name = "".join(
            char if " " <= char <= "~" and char not in '"\\' else "_" for char in name
        )
        disposition = (
            f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"
        )
        self.headers["content-disposition"] = disposition
        self.headers["content-length"] = str(content.size)
        self._content = content

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  ASGI's shape
        """Send the answer."""
        wires: Wires = scope["app"].state.wires
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        for chunk in self._content.chunks():
            if not wires.is_open(scope["client"]):
                return
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def file_answer(request: Request, content: Content, *, name: str, media_type: str) -> Response:
    """Answer with a file; the quirk may give it a wrong Content-Type, as was seen."""
    quirk = account_of(request).store.quirks.download_content_type
    return FileAnswer(content, name=name, media_type=media_type if quirk == "by-name" else quirk)
