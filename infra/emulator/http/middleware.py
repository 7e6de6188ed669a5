"""What every request passes before it reaches a route: its account, limits, faults and token."""

import asyncio
import json
import uuid
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, unquote

from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.emulator.account.account import Account
from infra.emulator.account.edits import apply_edit_if_possible
from infra.emulator.errors import ApiError, bad_query
from infra.emulator.faults import Fault, Faults, first_fault
from infra.emulator.http.answers import error_answer, header, rate_limit_answer
from infra.emulator.http.call_log import Call, CallLog
from infra.emulator.http.connections import Connections
from infra.emulator.http.rate_limit import RateLimit, RateLimiter
from infra.emulator.http.response_faults import ResponseFaults, affects_response
from infra.emulator.http.tokens import Tokens

# §1.1 (C): the root of the API.
API_ROOT = "/integrations/rest"
CONTROL_ROOT = "/_control"
PAGES_ROOT = "/_pages"
_LOCAL_ROOTS = (CONTROL_ROOT, PAGES_ROOT, "/_temporary", "/_activate")
_LOOPBACK = frozenset({"127.0.0.1", "::1"})
# §1.3 (C): the longest URI; its status is inferred.
_MAX_URI = 2047

NamedRoute = tuple[Route, str, str]
"""A route with its operationId and its path template."""


class ApiMiddleware:
    """ASGI middleware around the application."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        routes: Sequence[NamedRoute],
        faults: Faults,
        log: CallLog,
        tokens: Tokens,
        accounts: Mapping[str, Account],
        connections: Connections,
        rate_limit: RateLimit | None,
    ) -> None:
        self._app = app
        self._routes = routes
        self._faults = faults
        self._log = log
        self._tokens = tokens
        self._accounts = accounts
        self._first_account = next(iter(accounts.values()))
        self._quirks = self._first_account.quirks
        self._rate = RateLimiter(rate_limit)
        self._response_faults = ResponseFaults(connections=connections, tokens=tokens)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to the application, or answer in its place."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == "/" or scope["path"].startswith(_LOCAL_ROOTS):
            await self._run_local(scope, receive, send)
        else:
            await self._run_api(scope, receive, send)

    async def _run_local(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request for the control interface or the pages, from this machine only."""
        if scope["client"][0] not in _LOOPBACK:
            await Response(status_code=403)(scope, receive, send)
            return
        account: Account | None = self._first_account
        parameters = parse_qs(scope["query_string"].decode("latin-1"))
        name = parameters.get("account", [""])[0]
        if name:
            account = self._accounts.get(name)
        if account is None:
            await Response(f"There is no account {name}.", status_code=404)(scope, receive, send)
            return
        scope.setdefault("state", {})["account"] = account
        await self._app(scope, receive, send)

    async def _run_api(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = str(uuid.uuid4())
        scope.setdefault("state", {})["request_id"] = request_id
        call = self._logged_call(scope)
        target = unquote(f"{call.path}?{call.query}".replace("+", " "))
        due = self._faults.due(
            operation=call.operation, method=call.method, template=call.template, target=target
        )
        fault = first_fault(due)
        if fault is not None and fault.kind == "stall" and fault.bytes <= 0:
            await asyncio.sleep(fault.seconds)
        # §1.3 (C, observed): chunked bodies get a connection reset.
        is_chunked = bool(header(scope, b"transfer-encoding"))
        if is_chunked or (fault is not None and fault.kind == "reset"):
            await self._response_faults.drop(scope, receive)
            return

        send = _with_log_and_id(send, call, request_id)
        refusal = self._refusal(scope, call, fault)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        call.processed = True
        edits = [one for one in due if one.kind == "edit"]
        self._apply_edits(scope, [one for one in edits if one.when == "before"])
        if fault is not None and affects_response(fault):
            await self._response_faults.run(self._app, scope, receive, send, fault)
        else:
            await self._app(scope, receive, send)
        self._apply_edits(scope, [one for one in edits if one.when == "after"])

    def _logged_call(self, scope: Scope) -> Call:
        path = scope["path"]
        call = Call(
            method=scope["method"],
            template=path,
            operation="",
            path=path,
            query=scope["query_string"].decode("latin-1"),
        )
        for route, operation, template in self._routes:
            if route.matches(scope)[0] is Match.FULL:
                call.template = template
                call.operation = operation
                break
        self._log.calls.append(call)
        return call

    def _apply_edits(self, scope: Scope, faults: Sequence[Fault]) -> None:
        account = scope["state"].get("account") or self._first_account
        for fault in faults:
            for edit in fault.edits:
                apply_edit_if_possible(account, edit, fault.source)

    def _refusal(self, scope: Scope, call: Call, fault: Fault | None) -> Response | None:
        """Return the answer to a call that does not reach the application, None for others."""
        if fault is not None and fault.kind == "status":
            return _scripted_answer(fault)
        question_mark = 1 if call.query else 0
        if len(scope["raw_path"]) + question_mark + len(call.query) > _MAX_URI:
            text = "The request URI is longer than 2,047 characters"
            return error_answer(ApiError(414, "UriTooLong", text), scope)
        if fault is not None and fault.kind == "rate_limited":
            return self._rate_limit_answer(fault.status, fault.retry_after)
        if not call.path.startswith(API_ROOT):
            return None
        try:
            return self._admit(scope, fault)
        except ApiError as error:
            return error_answer(error, scope)

    def _admit(self, scope: Scope, fault: Fault | None) -> Response | None:
        """Check rate, token and profile; give the request its account, or return a refusal."""
        authorization = header(scope, b"authorization")
        profile = self._tokens.profile(authorization)
        # A call without a valid token counts too, for no account.
        if not self._rate.allows("" if profile is None else profile.account):
            return self._rate_limit_answer(0, 0)
        if fault is not None and fault.kind == "expired_token":
            self._tokens.revoke(authorization)
            profile = None
        if profile is None:
            # §1.3: 401 by the documentation, 400 was observed; the quirk decides.
            if self._quirks.stale_token == 400:  # noqa: PLR2004  the quirk is a status
                raise bad_query()
            text = "Authorization has been denied for this request"
            raise ApiError(401, "Unauthorized", text)
        profile.check_caller(scope["client"][0])
        scope["state"] |= {"profile": profile, "account": self._accounts[profile.account]}
        return None

    def _rate_limit_answer(self, status: int, retry_after_s: int) -> Response:
        return rate_limit_answer(
            status=status or self._quirks.rate_limit_status,
            retry_after_s=retry_after_s or self._quirks.rate_limit_retry_after,
        )


def _with_log_and_id(send: Send, call: Call, request_id: str) -> Send:
    """Return a `send` that logs an answer's status and adds the request's id."""

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            call.status = message["status"]
            # §1.3 (C): on every answer, the same as an error's RequestId.
            request_id_header = (b"x-caspio-request-id", request_id.encode())
            message = {**message, "headers": [*message.get("headers", []), request_id_header]}
        await send(message)

    return wrapped


def _scripted_answer(fault: Fault) -> Response:
    """Return the answer that a fault of kind "status" has."""
    status = fault.status or 500
    headers = dict(fault.headers)
    if isinstance(fault.body, str):
        return Response(fault.body, status, headers, "text/html")
    text = "" if fault.body is None else json.dumps(fault.body)
    return Response(text, status, headers, "application/json")
