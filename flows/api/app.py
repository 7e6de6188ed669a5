"""The HTTP API: who is let in, which tool a request is for, and what is answered."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import anyio
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from flows.agents.accounts import AgentAccount
from flows.agents.calls import (
    AgentCaller,
    Answered,
    UnknownTool,
    Unsettled,
    arguments_digest,
    perform,
    with_audit,
)
from flows.agents.door import (
    METADATA,
    Allowed,
    Doorkeeper,
    credentials_of,
    has_token_in_query,
)
from flows.agents.threads import CALLS, in_thread
from flows.agents.tools.catalog import covers
from flows.agents.tools.tool import Refusal, Transfer
from flows.api.answers import KINDS, PROBLEMS, ApiReply, problem, success
from flows.api.cursors import Cursors, listing_of
from flows.api.endpoints import ROOT, Endpoint, endpoints, find, segments_of
from flows.api.openapi import document
from flows.api.repeats import beside, key_of, once
from flows.api.requests import (
    Wrong,
    body_arguments,
    declared_size,
    has_body,
    query_arguments,
    refuse_form,
    whole_body,
    wrong,
)
from flows.api.transfers import MOST_FILE_BYTES, IncomingUpload, Sending, send_document
from pipeline.errors import LedgerUnavailable
from pipeline.model.agents import AgentToken, KeptRequest

MOST_ANSWER_CHARS = 64 * 2**20
"""Most characters of an answer: 500 records of 128 KiB. A program can take what an agent cannot."""
TRANSFERS = 16
"""Files that are sent at the same time for one account; each has a thread, and a connection to
Caspio. Slow clients of one account keep nobody else waiting."""
_DOCUMENTS = ("original", "text")

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class AdmittedRequest:
    """A request that was let in: for which account, by which token."""

    request: Request
    send: Send
    account: AgentAccount
    token: AgentToken
    upload: IncomingUpload | None = None

    def caller(self, transfer: Transfer | None = None) -> AgentCaller:
        """Return who makes the call."""
        return AgentCaller(
            self.account,
            self.token,
            transfer=transfer or Transfer(upload=self.upload.file if self.upload else None),
            most_chars=MOST_ANSWER_CHARS,
        )


def api_app(accounts: Mapping[str, AgentAccount], allowed: Allowed, url: str | None) -> ASGIApp:
    """Return the application: `/api/ACCOUNT/…`, the document that describes it, and `/health`."""
    api = _Api(accounts, url)

    async def openapi(_request: Request) -> Response:
        return JSONResponse(document())

    async def explained(request: Request) -> Response:
        known = KINDS.get(request.path_params["kind"])
        if known is None:
            return PlainTextResponse("There is no such problem.", 404)
        return PlainTextResponse(f"{known.title} {known.advice}")

    async def metadata(request: Request) -> Response:
        name = request.path_params["account"]
        if name not in accounts:
            return problem("not_found", "There is no such account.").response()
        return JSONResponse(api.metadata(request, name))

    async def health(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    others = Starlette(
        routes=[
            Route("/openapi.json", openapi, methods=["GET"]),
            Route(f"{PROBLEMS}/{{kind}}", explained, methods=["GET"]),
            Route(f"{METADATA}{ROOT}/{{account}}", metadata, methods=["GET"]),
            Route("/health", health, methods=["GET"]),
        ]
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        # Calls have a table of addresses of their own: routes and middleware would look at each of
        # them for nothing.
        is_call = scope["type"] == "http" and scope["path"].startswith(f"{ROOT}/")
        await (api if is_call else others)(scope, receive, send)

    return Doorkeeper(app, allowed, refusal=_not_let_in)


def _not_let_in(status: int, why: str) -> Response:
    """Return the refusal of a Host or an Origin in the form of all other errors."""
    return problem("host" if status == HTTPStatus.MISDIRECTED_REQUEST else "origin", why).response()


@dataclass(slots=True)
class _Api:
    """Answers requests for all accounts."""

    accounts: Mapping[str, AgentAccount]
    url: str | None
    _cursors: dict[str, Cursors] = field(default_factory=dict)
    _calls: dict[str, anyio.CapacityLimiter] = field(default_factory=dict)
    _transfers: dict[str, anyio.CapacityLimiter] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a file is sent while it is read."""
        request = Request(scope, receive)
        try:
            reply = await self._reply(request, send)
        except Wrong as error:
            reply = error.reply
        except LedgerUnavailable:
            cause = "The ledger cannot be reached or written, so nothing was done."
            reply = problem("try_later", cause)
        if reply is not None:
            await reply.answer(send)

    async def _reply(self, request: Request, send: Send) -> ApiReply | None:
        """Return what is answered; None where a file was sent."""
        _root, name, *segments = (*segments_of(request.scope["raw_path"]), "")
        segments = segments[:-1] if segments else []
        methods = {one.method: (one, values) for one, values in find(segments)}
        endpoint, values = methods.get(request.method, (None, {}))
        if endpoint is not None and endpoint.is_plain and not has_body(request):
            return await self._read(request, send, name, endpoint, values)
        account = self.accounts.get(name)
        asked = await in_thread(self._let_in, request, send, name, account)
        if not segments:
            return self._listing(asked)
        if segments[0] == "documents" and request.method == "GET":
            return await self._document(asked, segments[1:])
        if not methods:
            raise wrong("not_found", "There is no such address; /openapi.json lists all.")
        if endpoint is None:
            allow = {"Allow": ", ".join(methods)}
            cause = f"{request.method[:20]} is not among the methods of this address."
            return problem("method", cause, headers=allow)
        return await self._call(asked, endpoint, values)

    async def _read(
        self,
        request: Request,
        send: Send,
        name: str,
        endpoint: Endpoint,
        values: Mapping[str, str],
    ) -> ApiReply:
        """Answer a call that only reads, and whose arguments are in its address.

        Its token is looked up in the thread of the call: to change threads once more costs as much
        as the look-up.
        """
        account = self.accounts.get(name)

        def run() -> ApiReply:
            asked = self._let_in(request, send, name, account)
            arguments = {**query_arguments(request, endpoint), **values}
            return self._carried_out(asked, endpoint, arguments)

        limiter = None if account is None else self._limiter(account, transfers=False)
        return await in_thread(run, limiter=limiter)

    def _let_in(
        self, request: Request, send: Send, name: str, account: AgentAccount | None
    ) -> AdmittedRequest:
        """Find the token of a request for an account; blocks.

        Raises:
            Wrong: there is no valid token. An account that there is not is answered the same.
        """
        if has_token_in_query(request):
            cause = "A token is never a part of the query; send it as a header."
            raise wrong("arguments", cause)
        given = credentials_of(request, audience=f"{self._base(request)}{ROOT}/{name}")
        token = None
        # One in the address would be in the log of every proxy.
        if account is not None and not given.in_path:
            token = given.valid(account)
        if account is None or token is None:
            _log.info("a request without a valid token was refused", account=bool(account))
            # Encoded again: a header takes neither every character nor a quotation mark.
            where = f"{self._base(request)}{METADATA}{ROOT}/{quote(name, safe='')}"
            challenge = f'Bearer error="invalid_token", resource_metadata="{where}", scope="read"'
            headers = {"WWW-Authenticate": challenge}
            raise Wrong(problem("token", "The token is not valid here.", headers=headers))
        return AdmittedRequest(request, send, account, token)

    def _base(self, request: Request) -> str:
        return self.url or f"{request.url.scheme}://{request.url.netloc}"

    def metadata(self, request: Request, account: str) -> dict[str, Any]:
        """Return the metadata of RFC 9728: what the resource is, and how a token is carried."""
        oauth = self.accounts[account].settings.agents.oauth
        return {
            **({"authorization_servers": [oauth.issuer]} if oauth else {}),
            "resource": f"{self._base(request)}{ROOT}/{account}",
            "resource_name": "caspio-ingest",
            "bearer_methods_supported": ["header"],
            "scopes_supported": ["read", "write", "custom"],
            "resource_documentation": f"{self._base(request)}/openapi.json",
        }

    def _listing(self, asked: AdmittedRequest) -> ApiReply:
        """List what the token covers: methods and addresses, as the tools are listed elsewhere."""
        root = f"{ROOT}/{asked.account.name}"
        listed = [
            {
                "name": one.tool.name,
                "method": one.method,
                "path": f"{root}{one.path}",
                "tag": one.tool.tag,
                "description": one.tool.description,
            }
            for one in endpoints()
            if covers(asked.token.scope, one.tool)
        ]
        return success({"result": listed})

    async def _call(
        self, asked: AdmittedRequest, endpoint: Endpoint, values: Mapping[str, str]
    ) -> ApiReply | None:
        """Carry out the tool of an endpoint."""
        request, tool = asked.request, endpoint.tool
        arguments: dict[str, Any] = {**query_arguments(request, endpoint), **values}
        if endpoint.takes_file:
            refuse_form(request)
            size_bytes = declared_size(request, most=MOST_FILE_BYTES)
            name = arguments.pop("name", "")
            arguments["file"] = {"name": name}
            asked = replace(asked, upload=IncomingUpload(request, name=name, size_bytes=size_bytes))
        else:
            arguments |= await body_arguments(request, endpoint, await whole_body(request))
        if endpoint.sends_file:
            run = functools.partial(perform, name=tool.name, arguments=arguments)
            return await self._send_file(asked, run)

        async def carry_out() -> ApiReply:
            try:
                return await self._performed(asked, endpoint, arguments)
            except Wrong as error:
                return error.reply

        key = None if endpoint.method == "GET" else key_of(request)
        if key is None:
            return await carry_out()
        sent = arguments_digest(
            {"method": endpoint.method, "path": endpoint.path, "sent": arguments}
        )
        intent = KeptRequest(asked.token.id, key, sent)
        is_raw, upload = tool.is_raw, asked.upload
        return await once(asked.account, intent, carry_out, is_raw=is_raw, upload=upload)

    async def _performed(
        self, asked: AdmittedRequest, endpoint: Endpoint, arguments: Mapping[str, Any]
    ) -> ApiReply:
        limiter = self._limiter(asked.account, transfers=endpoint.takes_file)
        return await in_thread(self._carried_out, asked, endpoint, arguments, limiter=limiter)

    def _carried_out(
        self, asked: AdmittedRequest, endpoint: Endpoint, arguments: Mapping[str, Any]
    ) -> ApiReply:
        """Carry out the tool of an endpoint; blocks.

        Raises:
            Wrong: the cursor or the scope does not allow it, or its end is not recorded.
        """
        name = endpoint.tool.name
        account = asked.account
        if account.name not in self._cursors:
            self._cursors[account.name] = Cursors(account.ledger.effects.plan_key())
        cursors = self._cursors[account.name]
        opened = dict(arguments)
        try:
            if "cursor" in arguments:
                listed = listing_of(name, arguments)
                opened["cursor"] = cursors.open(name, listed, str(arguments["cursor"]))
            answered = perform(asked.caller(), name, opened)
        except Refusal as error:
            raise wrong(error.kind, str(error)) from None
        except UnknownTool:
            raise wrong("scope", f"The token does not cover {name}.") from None
        except Unsettled as error:
            # It was carried out, and neither the audit nor the key has it.
            raise Wrong(problem("in_doubt", str(error))) from None
        content = dict(answered.content)
        if content.get("next_cursor") is not None:
            listing, given = answered.next_page or (name, arguments)
            given = listing_of(listing, given)
            content["next_cursor"] = cursors.seal(listing, given, content["next_cursor"])
        return _replied(replace(answered, content=content), asked.account.name)

    async def _document(self, asked: AdmittedRequest, rest: list[str]) -> ApiReply | None:
        """Send the original or the text of a document."""
        if len(rest) != 2 or rest[1] not in _DOCUMENTS:  # noqa: PLR2004 - id and what of it
            raise wrong("not_found", "A document has `original` and `text`.")
        arguments = {"document": rest[0], "what": rest[1]}

        def run(caller: AgentCaller) -> Answered:
            call = functools.partial(send_document, caller.call(arguments))
            return with_audit(caller, f"documents/{rest[1]}", arguments, call)

        return await self._send_file(asked, run)

    async def _send_file(self, asked: AdmittedRequest, run: Any) -> ApiReply | None:
        """Send a file while it is read; an error before its first byte is a problem as any."""
        sending = Sending(asked.request.receive, asked.send)
        caller = asked.caller(Transfer(download=sending))
        limiter = self._limiter(asked.account, transfers=True)
        call = functools.partial(in_thread, run, caller, limiter=limiter)
        try:
            answered = await beside(sending.watch, call)
        except UnknownTool:
            raise wrong("scope", "The token does not cover this file.") from None
        except LedgerUnavailable:
            if not sending.has_begun:
                raise
            return None
        if not sending.has_begun:
            return _replied(answered, asked.account.name)
        # Without its end, no client treats a body that was cut short as a whole file.
        if not answered.is_error:
            await sending.end()
        return None

    def _limiter(self, account: AgentAccount, *, transfers: bool) -> anyio.CapacityLimiter:
        limiters, most = (self._transfers, TRANSFERS) if transfers else (self._calls, CALLS)
        # It belongs to the loop, which there is not when the application is made.
        if account.name not in limiters:
            limiters[account.name] = anyio.CapacityLimiter(most)
        return limiters[account.name]


def _replied(answered: Answered, account: str) -> ApiReply:
    """Return the reply for what a tool answered."""
    if answered.is_error:
        error = answered.content["error"]
        return problem(error["kind"], error["message"], run_id=error.get("run_id", ""))
    links = [
        {
            "href": f"{ROOT}/{account}/{link.place}",
            "name": link.name,
            "media_type": link.media_type,
            "size_bytes": link.size_bytes,
        }
        for link in answered.links
    ]
    return success({**answered.content, **({"links": links} if links else {})})
