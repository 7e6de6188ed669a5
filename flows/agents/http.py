"""The MCP server over HTTP: who may connect, and which account and token a request is for."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import structlog
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_REQUEST
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from flows.agents.accounts import AgentAccount
from flows.agents.server import Authorize, Context, agent_server, in_thread
from flows.agents.tokens import PREFIX, find_token
from pipeline.errors import LedgerUnavailable
from pipeline.model.agents import AgentToken
from pipeline.settings.sections import AgentSettings

PATH = "/mcp"
METADATA = "/.well-known/oauth-protected-resource"
"""Where RFC 9728 has the metadata of a resource: in front of the resource's own path."""
KEY_HEADER = "x-caspio-ingest-operator-key"
MOST_BODY_BYTES = 4 * 2**20

_log = structlog.get_logger()
_LOOPBACK = ("127.0.0.1:*", "localhost:*", "[::1]:*")
_GIVEN = "caspio_ingest.credentials"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request carries to be let in. Never shown."""

    token: str
    key: str
    in_path: bool

    def __repr__(self) -> str:
        return "Credentials(****)"

    def valid(self, account: AgentAccount) -> AgentToken | None:
        """Return the token of this account, None where it is none or not valid now."""
        settings = account.settings.agents
        if self.in_path and not settings.path_tokens:
            return None
        key = settings.operator_key
        return find_token(
            account.ledger,
            account.key,
            self.token,
            clock=account.clock,
            operator_key=key.get_secret_value() if key else "",
            given_key=self.key,
            in_path=self.in_path,
        )


def transport_security(settings: AgentSettings) -> TransportSecuritySettings:
    """Return which Host and Origin headers are accepted: this machine's and the settings'."""
    hosts, origins = list(_LOOPBACK), [f"http://{host}" for host in _LOOPBACK]
    listening = settings.listen.rpartition(":")[0]
    if listening not in {"127.0.0.1", "localhost"}:
        # A server that others reach must say under which name: any other Host is a rebinding.
        hosts, origins = [], []
    if settings.url is not None:
        hosts.append(urlsplit(settings.url).netloc)
        origins.append(settings.url)
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=hosts,
        allowed_origins=[*origins, *settings.origins],
    )


def agents_app(accounts: Mapping[str, AgentAccount], settings: AgentSettings) -> Starlette:
    """Return the application: `/mcp/<account>` for each account, the metadata, and `/health`."""
    security = transport_security(settings)
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
        return JSONResponse(resource_metadata(request, name, settings))

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
    app.add_middleware(_Doorkeeper, security=security)
    return app


def resource_metadata(request: Request, account: str, settings: AgentSettings) -> dict[str, Any]:
    """Return the metadata of RFC 9728: what the resource is, and how a token is carried.

    Tokens are made by the operator (`mcp token`), so no authorization server is named.
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


class _Doorkeeper:
    """Refuses requests with a foreign Host or Origin before anything else looks at them."""

    def __init__(self, app: ASGIApp, security: TransportSecuritySettings) -> None:
        self._app = app
        self._security = TransportSecurityMiddleware(security)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            refused = await self._security.validate_request(Request(scope))
            if refused is not None:
                await refused(scope, receive, send)
                return
        await self._app(scope, receive, send)


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
        if any(value.startswith(PREFIX) for value in request.query_params.values()):
            return _refused(400, "a token is never a part of the query; send it as a header")
        if request.method != "POST":
            return Response(status_code=405, headers={"Allow": "POST"})
        given = credentials_of(request)
        account = self._accounts.get(request.path_params["account"])
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
        name = request.path_params["account"]
        where = f"{_address(request, self._settings)}{METADATA}{PATH}/{name}"
        challenge = f'Bearer error="invalid_token", resource_metadata="{where}", scope="read"'
        return _refused(401, "a valid token is needed", {"WWW-Authenticate": challenge})


def credentials_of(request: Request) -> Credentials:
    """Return the token of the Authorization header or, without one, of the address."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    key = request.headers.get(KEY_HEADER, "")
    if scheme.lower() == "bearer":
        return Credentials(token.strip(), key, in_path=False)
    return Credentials(request.path_params.get("token", ""), key, in_path=True)


def _refused(status: int, why: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"error": why}, status_code=status, headers=dict(headers or {}))
