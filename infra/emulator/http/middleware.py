"""What every request passes before it reaches a route: identity, limits, faults, token."""

import asyncio
import json
import time
import uuid
from collections import deque
from collections.abc import Mapping, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.emulator.account.account import Account
from infra.emulator.account.edits import try_apply
from infra.emulator.account.profiles import Profile
from infra.emulator.errors import ApiError, bad_query
from infra.emulator.faults import Fault, Faults
from infra.emulator.http.answers import answer
from infra.emulator.http.connections import Wires
from infra.emulator.http.response_faults import (
    Over,
    Partial,
    drip,
    gone,
    late,
    noticing,
    spoils,
    swallow,
    twice,
)
from infra.emulator.http.tokens import Tokens
from infra.emulator.quirks import Quirks

BASE = "/integrations/rest"
CONTROL = "/_control"
_OWN = (CONTROL, "/_look", "/_temporary", "/_activate")
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

    `processed` says whether it came to the operation: neither refused before it nor dropped; `status` is 0 for one that
    was dropped.
    """

    method: str
    template: str
    operation: str
    path: str
    query: str
    processed: bool = False
    status: int = 0

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
        accounts: Mapping[str, Account],
        wires: Wires,
        quirks: Quirks,
        rate_limit: RateLimit | None,
    ) -> None:
        self._app = app
        self._routes = routes
        self._faults = faults
        self._log = log
        self._tokens = tokens
        self._accounts = accounts
        self._wires = wires
        self._quirks = quirks
        self._rate = rate_limit
        self._recent: dict[str, deque[float]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer in place of the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == "/" or scope["path"].startswith(_OWN):
            await self._control(scope, receive, send)
        else:
            await self._api(scope, receive, send)

    async def _control(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["client"][0] not in _LOOPBACK:
            await Response(status_code=403)(scope, receive, send)
            return
        wanted = parse_qs(scope["query_string"].decode("latin-1")).get("account", [""])[0]
        account = self._accounts.get(wanted) if wanted else next(iter(self._accounts.values()))
        if account is None:
            await Response(f"There is no account {wanted}.", status_code=404)(scope, receive, send)
            return
        scope.setdefault("state", {})["account"] = account
        await self._app(scope, receive, send)

    async def _api(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["request_id"] = str(uuid.uuid4())
        send = _with_id(send, scope["state"]["request_id"])
        call = self._seen(scope)
        target = unquote(f"{call.path}?{call.query}".replace("+", " "))
        struck = self._faults.due(call.operation, call.method, call.template, target)
        fault = next((one for one in struck if one.kind != "edit"), None)
        if fault is not None and fault.kind == "stall" and fault.bytes <= 0:
            await asyncio.sleep(fault.seconds)
        if _header(scope, b"transfer-encoding") or (fault is not None and fault.kind == "reset"):
            await self._drop(scope, receive)
            return
        send = _noting(send, call)
        refusal = self._refusal(scope, call, fault)
        call.processed = refusal is None
        edits = [one for one in struck if one.kind == "edit" and refusal is None]
        self._edit(scope, [one for one in edits if one.when == "before"])
        if refusal is not None:
            await refusal(scope, receive, send)
        elif fault is not None and spoils(fault):
            await self._spoiled(scope, receive, send, fault)
        else:
            await self._app(scope, receive, send)
        self._edit(scope, [one for one in edits if one.when == "after"])

    def _edit(self, scope: Scope, due: Sequence[Fault]) -> None:
        account = scope["state"].get("account") or next(iter(self._accounts.values()))
        for fault in due:
            for edit in fault.edits:
                try_apply(account, edit, fault.source)

    def _seen(self, scope: Scope) -> Call:
        path, query = scope["path"], scope["query_string"].decode("latin-1")
        template, operation = path, ""
        for route, name, shown in self._routes:
            if route.matches(scope)[0] is Match.FULL:
                template, operation = shown, name
                break
        call = Call(
            method=scope["method"], template=template, operation=operation, path=path, query=query
        )
        self._log.calls.append(call)
        return call

    def _refusal(self, scope: Scope, call: Call, fault: Fault | None) -> Response | None:
        if fault is not None and fault.kind == "status":
            return scripted(fault)
        if len(scope["raw_path"]) + len(call.query) + bool(call.query) > LONGEST_URI:
            return refused(
                ApiError(414, "UriTooLong", "The request URI is longer than 2,047 characters"),
                scope,
            )
        if fault is not None and fault.kind == "rate_limited":
            wait_s = fault.retry_after or self._quirks.rate_limit_retry_after
            return rate_answer(fault.status or self._quirks.rate_limit_status, wait_s)
        if not call.path.startswith(BASE):
            return None
        header = _header(scope, b"authorization")
        profile = self._tokens.profile(header)
        if self._over_rate(profile.account if profile is not None else ""):
            return rate_answer(self._quirks.rate_limit_status, self._quirks.rate_limit_retry_after)
        if fault is not None and fault.kind == "expired_token":
            self._tokens.revoke(header)
            profile = None
        return self._stale(scope) if profile is None else self._admitted(scope, profile)

    def _admitted(self, scope: Scope, profile: Profile) -> Response | None:
        try:
            profile.check_caller(scope["client"][0])
        except ApiError as error:
            return refused(error, scope)
        scope["state"] |= {"profile": profile, "account": self._accounts[profile.account]}
        return None

    def _stale(self, scope: Scope) -> Response:
        if self._quirks.stale_token == 400:  # noqa: PLR2004  the quirk is a status
            return refused(bad_query(), scope)
        return refused(
            ApiError(401, "Unauthorized", "Authorization has been denied for this request"), scope
        )

    def _over_rate(self, account: str) -> bool:
        if self._rate is None:
            return False
        now = time.monotonic()
        recent = self._recent.setdefault(account, deque())
        while recent and recent[0] <= now - self._rate.seconds:
            recent.popleft()
        over = len(recent) >= self._rate.calls
        if not over:
            recent.append(now)
        return over

    async def _drop(self, scope: Scope, receive: Receive) -> None:
        self._wires.reset(scope["client"])
        await gone(receive)

    async def _spoiled(self, scope: Scope, receive: Receive, send: Send, fault: Fault) -> None:
        """Let the application do its work, and send less, later or more often than it answers."""
        if fault.kind == "lost":
            await self._app(scope, receive, swallow)
            await self._drop(scope, receive)
            return
        if fault.kind == "duplicate":
            receive, again = await twice(receive)
            await self._app(scope, receive, swallow)
            await self._app({**scope, "state": dict(scope["state"])}, again, send)
            return
        if fault.kind == "drip":
            await self._app(
                scope, receive, drip(send, size=max(1, fault.bytes), seconds=fault.seconds)
            )
            return
        if fault.kind == "latency":
            await self._app(scope, receive, late(send, fault.seconds))
            return
        if fault.kind == "expired_midway":
            header = _header(scope, b"authorization")
            await self._app(
                scope, receive, noticing(send, fault.bytes, lambda: self._tokens.revoke(header))
            )
            return
        part = Partial(self._wires, scope, send, fault)
        with suppress(Over):
            await self._app(scope, receive, part.send)
        if part.closed:
            await gone(receive)


def _noting(send: Send, call: Call) -> Send:
    """Note the status of an answer in the call."""

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            call.status = message["status"]
        await send(message)

    return wrapped


def _with_id(send: Send, request_id: str) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", []), (b"x-caspio-request-id", request_id.encode())]
            message = {**message, "headers": headers}
        await send(message)

    return wrapped


def _header(scope: MutableMapping[str, Any], name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def refused(error: ApiError, scope: MutableMapping[str, Any]) -> Response:
    """Answer with Caspio's error object."""
    body = {
        "Code": error.code,
        "Message": error.message,
        "Resource": scope["path"],
        "RequestId": scope.get("state", {}).get("request_id", ""),
    }
    return answer(body, status=error.status, is_error=True)


def rate_answer(status: int, retry_after: int) -> Response:
    """Answer as the account's rate limit does: an array, unlike every other error."""
    body = [{"name": "api-calls-rate", "message": "You have exceeded your API call rate limits."}]
    headers = {"Retry-After": str(retry_after)} if retry_after else {}
    return answer(body, status=status, headers=headers)


def scripted(fault: Fault) -> Response:
    """Answer what a fault prescribes."""
    text = (
        fault.body
        if isinstance(fault.body, str)
        else json.dumps(fault.body)
        if fault.body is not None
        else ""
    )
    kind = "text/html" if isinstance(fault.body, str) else "application/json"
    return Response(
        text, status_code=fault.status or 500, headers=dict(fault.headers), media_type=kind
    )
