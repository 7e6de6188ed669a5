"""Who is let in over HTTP: Host and Origin headers, and the token that a request carries."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from flows.agents.accounts import AgentAccount
from flows.agents.tokens import PREFIX, find_token, token_of_subject
from flows.http.server import is_local
from pipeline.model.agents import AgentToken

METADATA = "/.well-known/oauth-protected-resource"
"""Where RFC 9728 has the metadata of a resource: in front of the resource's own path."""
KEY_HEADER = "x-caspio-ingest-operator-key"

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request carries to be let in. Never shown.

    `audience` is the address of the resource that is asked for: access tokens of an authorization
    server are for one.
    """

    token: str
    key: str
    in_path: bool
    audience: str = ""

    def __repr__(self) -> str:
        return "Credentials(****)"

    def valid(self, account: AgentAccount) -> AgentToken | None:
        """Return the token of this account, None where it is none or not valid now."""
        settings = account.settings.agents
        if self.in_path and not settings.path_tokens:
            return None
        key = settings.operator_key
        keys = {
            "operator_key": key.get_secret_value() if key else "",
            "given_key": self.key,
        }
        ledger, clock = account.ledger, account.clock
        if self.token.startswith(PREFIX) or account.oauth is None or self.in_path:
            in_path = self.in_path
            return find_token(ledger, account.key, self.token, clock=clock, in_path=in_path, **keys)
        subject = account.oauth.subject(self.token, audience=self.audience)
        if subject is None:
            return None
        return token_of_subject(ledger, account.key, subject, clock=clock, **keys)


def credentials_of(request: Request, *, audience: str) -> Credentials:
    """Return the token of the Authorization header or, without one, of the address."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    key = request.headers.get(KEY_HEADER, "")
    if scheme.lower() == "bearer":
        return Credentials(token.strip(), key, in_path=False, audience=audience)
    return Credentials(request.path_params.get("token", ""), key, in_path=True)


def has_token_in_query(request: Request) -> bool:
    """Say whether a token is in the query, where histories and logs of proxies keep it."""
    return any(value.startswith(PREFIX) for value in request.query_params.values())


@dataclass(frozen=True, slots=True)
class Allowed:
    """Which Host and Origin headers are accepted.

    Attributes:
        hosts: As `HOST:PORT`; `HOST:*` for any port.
        origins: As browsers name them; `http://HOST:*` for any port.
    """

    hosts: tuple[str, ...]
    origins: tuple[str, ...]

    @classmethod
    def by(cls, *, listen: str, url: str | None, origins: Iterable[str]) -> "Allowed":
        """Return what settings allow: this machine's names, or those of the public address."""
        hosts: list[str] = []
        # A server that others reach must say under which name: any other Host is a rebinding.
        if is_local(listen):
            hosts = [f"{host}:*" for host in _LOOPBACK]
        allowed = [f"http://{host}" for host in hosts]
        if url is not None:
            hosts.append(urlsplit(url).netloc)
            allowed.append(url)
        return cls(tuple(hosts), (*allowed, *origins))

    def host(self, given: str | None) -> bool:
        """Say whether a Host header is accepted; a request without one is not."""
        return given is not None and _matches(given, self.hosts)

    def origin(self, given: str | None) -> bool:
        """Say whether an Origin header is accepted. Programs send none."""
        return given is None or _matches(given, self.origins)


def _matches(given: str, allowed: Iterable[str]) -> bool:
    front, colon, port = given.rpartition(":")
    with_any_port = f"{front}:*" if colon and port.isascii() and port.isdigit() else None
    return any(one in {given, with_any_port} for one in allowed)


class Doorkeeper:
    """Refuses requests with a foreign Host or Origin before anything else looks at them."""

    def __init__(
        self,
        app: ASGIApp,
        allowed: Allowed,
        *,
        refusal: Callable[[int, str], Response] | None = None,
    ) -> None:
        """Keep what is allowed; `refusal` makes the answer from a status and the reason."""
        self._app = app
        self._allowed = allowed
        self._refusal = refusal or problem_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is refused, and pass everything else on."""
        # A probe knows the server by its number only, and learns nothing but that it answers.
        if scope["type"] == "http" and scope["path"] != "/health":
            headers = Headers(scope=scope)
            refused = None
            if not self._allowed.host(headers.get("host")):
                refused = self._refusal(421, "this server is not reached under this Host")
            elif not self._allowed.origin(headers.get("origin")):
                refused = self._refusal(403, "this Origin may not call the server")
            if refused is not None:
                await refused(scope, receive, send)
                return
        await self._app(scope, receive, send)


def problem_of(status: int, why: str) -> Response:
    """Return a refusal as problem details (RFC 9457)."""
    # The type says that there is nothing but the status; its title is then that of the status.
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": why}
    return JSONResponse(body, status, media_type="application/problem+json")
