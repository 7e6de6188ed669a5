"""What every request passes before it reaches a route: identity, limits, faults, token."""

import asyncio
import json
import time
import uuid
from collections import deque
from collections.abc import MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.emulator.errors import ApiError, bad_query
from infra.emulator.faults import Fault, Faults
from infra.emulator.http import answer
from infra.emulator.quirks import Quirks
from infra.emulator.tokens import Tokens
from infra.emulator.wire import Wires

BASE = "/integrations/rest"
CONTROL = "/_control"
LONGEST_URI = 2047
_LOOPBACK = {"127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How many API calls the account may make in any stretch of `seconds`."""

    calls: int
    seconds: float


@dataclass(slots=True)
class Call:
    """One request that reached the emulator; `template` is the raw path where none matched.

    `processed` says whether it came to the operation: neither refused before it nor dropped.
    """

    method: str
    template: str
    operation: str
    path: str
    query: str
    processed: bool = False

    @property
    def key(self) -> str:
        """Return "METHOD /template"."""
        return f"{self.method} {self.template}"


class Log:
    """The requests seen, in order."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def counts(self) -> dict[str, int]:
        """Return calls by "METHOD /template"."""
        found: dict[str, int] = {}
        for call in self.calls:
            found[call.key] = found.get(call.key, 0) + 1
        return found


class Gate:
    """ASGI middleware round the application."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        routes: Sequence[tuple[Route, str, str]],
        faults: Faults,
        log: Log,
        tokens: Tokens,
        wires: Wires,
        quirks: Quirks,
        rate_limit: RateLimit | None,
    ) -> None:
        self._app = app
        self._routes = routes
        self._faults = faults
        self._log = log
        self._tokens = tokens
        self._wires = wires
        self._quirks = quirks
        self._rate = rate_limit
        self._recent: deque[float] = deque()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer in place of the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"].startswith(CONTROL):
            await self._control(scope, receive, send)
        else:
            await self._api(scope, receive, send)

    async def _control(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["client"][0] not in _LOOPBACK:
            await Response(status_code=403)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _api(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["request_id"] = str(uuid.uuid4())
        send = _with_id(send, scope["state"]["request_id"])
        call = self._seen(scope)
        target = unquote(f"{call.path}?{call.query}".replace("+", " "))
        fault = self._faults.next(operation=call.operation, method=call.method, template=call.template, target=target)
        if fault is not None and fault.kind == "stall" and fault.bytes <= 0:
            await asyncio.sleep(fault.seconds)
        if _header(scope, b"transfer-encoding") or (fault is not None and fault.kind == "reset"):
            await self._drop(scope, receive)
            return
        refusal = self._refusal(scope, call, fault)
        call.processed = refusal is None
        if refusal is not None:
            await refusal(scope, receive, send)
        elif fault is not None and (fault.kind in {"lost", "cut"} or fault.bytes > 0):
            await self._spoiled(scope, receive, send, fault)
        else:
            await self._app(scope, receive, send)

    def _seen(self, scope: Scope) -> Call:
        path, query = scope["path"], scope["query_string"].decode("latin-1")
        template, operation = path, ""
        for route, name, shown in self._routes:
            if route.matches(scope)[0] is Match.FULL:
                template, operation = shown, name
                break
        call = Call(method=scope["method"], template=template, operation=operation, path=path, query=query)
        self._log.calls.append(call)
        return call

    def _refusal(self, scope: Scope, call: Call, fault: Fault | None) -> Response | None:
        if fault is not None and fault.kind == "status":
            return scripted(fault)
        if len(scope["raw_path"]) + len(call.query) + bool(call.query) > LONGEST_URI:
            return refused(ApiError(414, "UriTooLong", "The request URI is longer than 2,047 characters"), scope)
        if fault is not None and fault.kind == "rate_limited":
            return rate_answer(fault.status or self._quirks.rate_limit_status, fault.retry_after)
        if not call.path.startswith(BASE):
            return None
        if self._over_rate():
            return rate_answer(self._quirks.rate_limit_status, self._quirks.rate_limit_retry_after)
        header = _header(scope, b"authorization")
        if fault is not None and fault.kind == "expired_token":
            self._tokens.revoke(header)
        return None if self._tokens.valid(header) else self._stale(scope)

    def _stale(self, scope: Scope) -> Response:
        if self._quirks.stale_token == 400:  # noqa: PLR2004  the quirk is a status
            return refused(bad_query(), scope)
        return refused(ApiError(401, "Unauthorized", "Authorization has been denied for this request"), scope)

    def _over_rate(self) -> bool:
        if self._rate is None:
            return False
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - self._rate.seconds:
            self._recent.popleft()
        over = len(self._recent) >= self._rate.calls
        if not over:
            self._recent.append(now)
        return over

    async def _drop(self, scope: Scope, receive: Receive) -> None:
        self._wires.reset(scope["client"])
        await _gone(receive)

    async def _spoiled(self, scope: Scope, receive: Receive, send: Send, fault: Fault) -> None:
        """Let the application do its work, and send less or later than it answers."""
        if fault.kind == "lost":
            await self._app(scope, receive, _swallow)
            await self._drop(scope, receive)
            return
        part = _Partial(self._wires, scope, send, fault)
        with suppress(_Over):
            await self._app(scope, receive, part.send)
        if part.closed:
            await _gone(receive)


async def _swallow(_: Message) -> None:
    """Take a part of an answer and send nothing."""


class _Over(Exception):
    """The fault has ended the answer; nothing more of it is wanted."""


class _Partial:
    """Passes on the first bytes of an answer, then waits or ends it as the fault says."""

    def __init__(self, wires: Wires, scope: Scope, send: Send, fault: Fault) -> None:
        self._wires = wires
        self._client = scope["client"]
        self._send = send
        self._fault = fault
        self._left = fault.bytes
        self._struck = False
        self.closed = False

    @property
    def _raw(self) -> bool:
        return self._fault.kind == "cut" and not self._fault.declared and self._fault.ending == "close"

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._start(message)
            return
        body, more = message.get("body", b""), bool(message.get("more_body"))
        if self._struck or (len(body) <= self._left and more):
            self._left -= len(body)
            await self._pass(body, more=more)
            return
        self._struck = True
        await self._strike(body[: self._left], body[self._left :], more=more)

    async def _start(self, message: Message) -> None:
        headers = list(message["headers"])
        if self._left < 0:
            self._left = int(next((value for name, value in headers if name.lower() == b"content-length"), b"0")) // 2
        if self._fault.kind == "cut" and not self._fault.declared:
            headers = [one for one in headers if one[0].lower() != b"content-length"]
        if not self._raw:
            await self._send({**message, "headers": headers})
            return
        lines = [b"HTTP/1.1 %d OK" % message["status"], *(b": ".join(one) for one in headers), b"connection: close"]
        self._wires.write(self._client, b"\r\n".join([*lines, b"", b""]))

    async def _pass(self, body: bytes, *, more: bool) -> None:
        if self._raw:
            self._wires.write(self._client, body)
            return
        await self._send({"type": "http.response.body", "body": body, "more_body": more})

    async def _strike(self, first: bytes, rest: bytes, *, more: bool) -> None:
        if self._fault.kind == "stall":
            await self._pass(first, more=True)
            await asyncio.sleep(self._fault.seconds)
            await self._pass(rest, more=more)
            return
        clean = not self._fault.declared and self._fault.ending == "chunked"
        await self._pass(first, more=not clean)
        if not clean:
            self.closed = True
            self._wires.close(self._client)
        raise _Over


def _with_id(send: Send, request_id: str) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", []), (b"x-caspio-request-id", request_id.encode())]
            message = {**message, "headers": headers}
        await send(message)

    return wrapped


def _header(scope: MutableMapping[str, Any], name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


async def _gone(receive: Receive) -> None:
    """Wait until the server has noticed that the connection is over, so that it does not complain about the answer."""
    while (await receive())["type"] != "http.disconnect":
        pass


def refused(error: ApiError, scope: MutableMapping[str, Any]) -> Response:
    """Answer with Caspio's error object."""
    body = {
        "Code": error.code,
        "Message": error.message,
        "Resource": scope["path"],
        "RequestId": scope.get("state", {}).get("request_id", ""),
    }
    return answer(body, status=error.status)


def rate_answer(status: int, retry_after: int) -> Response:
    """Answer as the account's rate limit does: an array, unlike every other error."""
    body = [{"name": "api-calls-rate", "message": "You have exceeded your API call rate limits."}]
    headers = {"Retry-After": str(retry_after)} if retry_after else {}
    return answer(body, status=status, headers=headers)


def scripted(fault: Fault) -> Response:
    """Answer what a fault prescribes."""
    text = fault.body if isinstance(fault.body, str) else json.dumps(fault.body) if fault.body is not None else ""
    kind = "text/html" if isinstance(fault.body, str) else "application/json"
    return Response(text, status_code=fault.status or 500, headers=dict(fault.headers), media_type=kind)
