"""The MCP server over HTTP: who may connect, and which account and token a request is for."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from urllib.parse import quote

import structlog
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_REQUEST
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from flows.agents.accounts import AgentAccount
from flows.agents.door import (
    METADATA,
    Allowed,
    Credentials,
    Doorkeeper,
    credentials_of,
    has_token_in_query,
)
from flows.agents.server import Authorize, Context, agent_server
from flows.agents.threads import in_thread
from pipeline.errors import LedgerUnavailable
from pipeline.model.agents import AgentToken
from pipeline.settings.agents import AgentSettings

PATH = "/mcp"
# A file in base64 takes a third more than `MOST_UPLOAD_BYTES` of `tools/operations.py`; the rest is
# room for its other arguments.
MOST_BODY_BYTES = 4 * 2**20

_log = structlog.get_logger()
_GIVEN = "caspio_ingest.credentials"


def allowed_by(settings: AgentSettings) -> Allowed:
    """Return which Host and Origin headers are accepted: this machine's and the settings'."""
    return Allowed.by(listen=settings.listen, url=settings.url, origins=settings.origins)


def agents_app(accounts: Mapping[str, AgentAccount], settings: AgentSettings) -> Starlette:
    """Return the application: `/mcp/<account>` for each account, the metadata, and `/health`."""
    allowed = allowed_by(settings)
    security = TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=list(allowed.hosts),
        allowed_origins=list(allowed.origins),
    )
    managers = {
        name: StreamableHTTPSessionManager(
            app=agent_server(account, _authorize(account)),
            # No session: a token is looked up at each request, and none can be taken over.
            stateless=True,
            security_settings=security,
            max_request_body_size=MOST_BODY_BYTES,
        )
        for name, account in accounts.items()
    }
    endpoint = _Endpoint(accounts, managers, settings)

    async def metadata(request: Request) -> Response:
        name = request.path_params["account"]
        if name not in accounts:
            return _refused(404, "there is no such account")
        oauth = accounts[name].settings.agents.oauth
        found = resource_metadata(request, name, settings)
        return JSONResponse(found | ({"authorization_servers": [oauth.issuer]} if oauth else {}))

    async def health(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for manager in managers.values():
                await stack.enter_async_context(manager.run())
            yield

    app = Starlette(
        routes=[
            Route(f"{METADATA}{PATH}/{{account}}", metadata, methods=["GET"]),
            Route("/health", health, methods=["GET"]),
            Route(f"{PATH}/{{account}}", endpoint),
            Route(f"{PATH}/{{account}}/{{token}}", endpoint),
        ],
        lifespan=lifespan,
    )
    app.add_middleware(Doorkeeper, allowed=allowed)
    return app


def resource_metadata(request: Request, account: str, settings: AgentSettings) -> dict[str, Any]:
    """Return the metadata of RFC 9728: what the resource is, and how a token is carried.

    Tokens are made by the operator (`mcp token`); `agents.oauth` adds an authorization server.
    """
    return {
        "resource": f"{_address(request, settings)}{PATH}/{account}",
        "resource_name": "caspio-ingest",
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["read", "write", "custom"],
    }


def _address(request: Request, settings: AgentSettings) -> str:
    return settings.url or f"{request.url.scheme}://{request.url.netloc}"


def _authorize(account: AgentAccount) -> Authorize:
    """Return what looks the token of a request up again, in the account's own ledger."""

    def authorize(context: Context) -> AgentToken:
        given = context.request.scope.get(_GIVEN) if context.request is not None else None
        token = given.valid(account) if isinstance(given, Credentials) else None
        if token is None:
            raise MCPError(INVALID_REQUEST, "The token is not valid.")
        return token

    return authorize


class _Endpoint:
    """Finds account and token of a request, and hands it to the account's server."""

    def __init__(
        self,
        accounts: Mapping[str, AgentAccount],
        managers: Mapping[str, StreamableHTTPSessionManager],
        settings: AgentSettings,
    ) -> None:
        self._accounts = accounts
        self._managers = managers
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        response = await self._refusal(request, scope)
        if response is not None:
            await response(scope, receive, send)
            return
        await self._managers[request.path_params["account"]].handle_request(scope, receive, send)

    async def _refusal(self, request: Request, scope: Scope) -> Response | None:
        """Return why a request is not let in, or None; its credentials are then in its scope."""
        if has_token_in_query(request):
            return _refused(400, "a token is never a part of the query; send it as a header")
        if request.method != "POST":
            return Response(status_code=405, headers={"Allow": "POST"})
        name = request.path_params["account"]
        audience = f"{_address(request, self._settings)}{PATH}/{name}"
        given = credentials_of(request, audience=audience)
        account = self._accounts.get(name)
        try:
            token = await in_thread(given.valid, account) if account is not None else None
        except LedgerUnavailable:
            return _refused(503, "the ledger is not available; try again later")
        if token is None:
            # The same answer for an account that there is not: it is not said which there are.
            _log.info("a request without a valid token was refused", account=bool(account))
            return self._unauthorized(request)
        scope[_GIVEN] = given
        return None

    def _unauthorized(self, request: Request) -> Response:
        # Encoded again: a header takes neither every character nor a quotation mark.
        name = quote(request.path_params["account"], safe="")
        where = f"{_address(request, self._settings)}{METADATA}{PATH}/{name}"
        challenge = f'Bearer error="invalid_token", resource_metadata="{where}", scope="read"'
        return _refused(401, "a valid token is needed", {"WWW-Authenticate": challenge})


def _refused(status: int, why: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"error": why}, status_code=status, headers=dict(headers or {}))
