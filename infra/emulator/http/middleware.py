"""What every request passes before it reaches a route: its account, limits, faults and token."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, unquote

from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.emulator.account.account import Account
from infra.emulator.account.edits import apply_edit_if_possible
from infra.emulator.faults import Fault, Faults, first_fault
from infra.emulator.http.admission import Admission
from infra.emulator.http.answers import header
from infra.emulator.http.call_log import Call, CallLog
from infra.emulator.http.response_faults import ResponseFaults, affects_response

CONTROL_ROOT = "/_control"
PAGES_ROOT = "/_pages"
_LOCAL_ROOTS = (CONTROL_ROOT, PAGES_ROOT, "/_temporary", "/_activate", "/dp/")
_LOOPBACK = frozenset({"127.0.0.1", "::1"})

NamedRoute = tuple[Route, str, str]
"""A route with its operationId and its path template."""


class ApiMiddleware:
    """ASGI middleware around the application."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        routes: Sequence[NamedRoute],
        accounts: Mapping[str, Account],
        admission: Admission,
        faults: Faults,
        response_faults: ResponseFaults,
        log: CallLog,
    ) -> None:
        self._app = app
        self._routes = routes
        self._accounts = accounts
        self._first_account = next(iter(accounts.values()))
        self._admission = admission
        self._faults = faults
        self._response_faults = response_faults
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to the application, or answer in its place."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == "/" or scope["path"].startswith(_LOCAL_ROOTS):
            refusal = self._admit_local(scope)
            await (refusal or self._app)(scope, receive, send)
        else:
            await self._run_api(scope, receive, send)

    def _admit_local(self, scope: Scope) -> Response | None:
        """Give a request for the control interface or the pages its account, or refuse it."""
        if scope["client"][0] not in _LOOPBACK:
            return Response(status_code=403)
        parameters = parse_qs(scope["query_string"].decode("latin-1"))
        name = parameters.get("account", [""])[0]
        account = self._accounts.get(name) if name else self._first_account
        if account is None:
            return Response(f"There is no account {name}.", status_code=404)
        scope.setdefault("state", {})["account"] = account
        return None

    async def _run_api(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = str(uuid.uuid4())
        scope.setdefault("state", {})["request_id"] = request_id
        call = scope["state"]["call"] = self._logged_call(scope)
        target = unquote(f"{call.path}?{call.query}".replace("+", " "))
        due = self._faults.due(
            operation=call.operation, method=call.method, template=call.template, target=target
        )
        fault = first_fault(due)
        kind = "" if fault is None else fault.kind
        if fault is not None and kind == "stall" and fault.bytes <= 0:
            # What arrived is processed, though its caller may have left meanwhile.
            receive = await with_whole_body(receive)
            await asyncio.sleep(fault.seconds)
        # §1.3 (C, observed): chunked bodies get a connection reset.
        if header(scope, b"transfer-encoding") or kind == "reset":
            await self._response_faults.drop(scope, receive)
            return

        send = with_log_and_id(send, call, request_id)
        refusal = self._admission.refusal(scope, call, fault)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        call.processed = True
        receive = with_disconnect_in_log(receive, call)
        self._apply_edits(scope, due, when="before")
        if fault is not None and affects_response(fault):
            await self._response_faults.run(self._app, scope, receive, send, fault)
        else:
            await self._app(scope, receive, send)
        self._apply_edits(scope, due, when="after")

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

    def _apply_edits(self, scope: Scope, due: Sequence[Fault], *, when: str) -> None:
        account = scope["state"].get("account", self._first_account)
        for fault in due:
            if fault.kind == "edit" and fault.when == when:
                for edit in fault.edits:
                    apply_edit_if_possible(account, edit, fault.source)


def with_log_and_id(send: Send, call: Call, request_id: str) -> Send:
    """Return a `send` that logs an answer's status and adds the request's id."""

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            call.status = message["status"]
            # §1.3 (C): on every answer, the same as an error's RequestId.
            request_id_header = (b"x-caspio-request-id", request_id.encode())
            message = {**message, "headers": [*message.get("headers", []), request_id_header]}
        await send(message)

    return wrapped


async def with_whole_body(receive: Receive) -> Receive:
    """Wait for the body of a request; return a `receive` that has it, whoever disconnects then."""
    messages = [await receive()]
    while messages[-1].get("more_body", False):
        messages.append(await receive())

    async def wrapped() -> Message:
        return messages.pop(0) if messages else await receive()

    return wrapped


def with_disconnect_in_log(receive: Receive, call: Call) -> Receive:
    """Return a `receive` that logs a call whose body ends early as not processed."""
    is_whole = False

    async def wrapped() -> Message:
        nonlocal is_whole
        message = await receive()
        if message["type"] == "http.request":
            is_whole = not message.get("more_body", False)
        elif not is_whole:
            call.processed = False
        return message

    return wrapped
