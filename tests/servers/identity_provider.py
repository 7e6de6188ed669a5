"""A small OpenID provider on this machine: it signs everybody in, and can be made to lie."""

import base64
import hashlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from flows.app.drain import Drain
from flows.http.server import Running, listening, server_of

CLIENT_ID = "caspio-ingest"
CLIENT_SECRET = "a secret: with/signs"


@dataclass
class IdentityProvider:
    """What the provider says. `lie` changes the claims, and `lie_about_itself` its own addresses.

    Attributes:
        signed: makes the ID token of the claims.
        asked: the query of each browser that was sent here.
    """

    issuer: str
    now: Callable[[], int] = lambda: 0
    claims: dict[str, Any] = field(default_factory=dict)
    lie: Callable[[dict[str, Any]], None] = lambda _claims: None
    lie_about_itself: Callable[[dict[str, Any]], None] = lambda _known: None
    signed: Callable[[dict[str, Any]], str] | None = None
    key: RSAKey = field(default_factory=lambda: new_key("one"))
    asked: list[dict[str, str]] = field(default_factory=list)
    is_down: bool = False
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def reset(self, now: Callable[[], int], claims: dict[str, Any]) -> None:
        """Begin again, with another clock."""
        fresh = IdentityProvider(self.issuer, now, claims)
        for name, value in vars(fresh).items():
            setattr(self, name, value)

    def known(self, _request: Request) -> Response:
        """Answer what this provider is."""
        if self.is_down:
            return Response(status_code=503)
        known = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/end",
            "code_challenge_methods_supported": ["S256"],
        }
        self.lie_about_itself(known)
        return JSONResponse(known)

    def keys(self, _request: Request) -> Response:
        """Answer the public key."""
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    def authorize(self, request: Request) -> Response:
        """Sign a user in at once, and send the browser back with a code."""
        asked = dict(request.query_params)
        self.asked.append(asked)
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"], "iss": self.issuer})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}", status_code=302)

    async def token(self, request: Request) -> Response:
        """Exchange a code, once, for who proves to have begun."""
        form = {
            name: values[0] for name, values in parse_qs((await request.body()).decode()).items()
        }
        asked = self._codes.pop(form.get("code", ""), None)
        given = base64.b64decode(
            request.headers.get("authorization", " ").split(" ", 1)[1]
        ).decode()
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        fits = (
            asked is not None
            and tuple(map(unquote, given.split(":", 1))) == (CLIENT_ID, CLIENT_SECRET)
            and form["redirect_uri"] == asked["redirect_uri"]
            and asked["code_challenge_method"] == "S256"
            and base64.urlsafe_b64encode(challenge).rstrip(b"=").decode() == asked["code_challenge"]
        )
        if asked is None or not fits:
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        claims = {
            "iss": self.issuer,
            "sub": "user-1",
            "aud": CLIENT_ID,
            "iat": self.now(),
            "exp": self.now() + 300,
            "nonce": asked["nonce"],
            **self.claims,
        }
        self.lie(claims)
        signed = self.signed or self.sign
        return JSONResponse(
            {"access_token": "at", "token_type": "Bearer", "id_token": signed(claims)}
        )

    def sign(self, claims: dict[str, Any]) -> str:
        """Return an ID token as it should be."""
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)


@cache
def new_key(name: str) -> RSAKey:
    """Return a key pair; the same one for a name, since it takes a while to find one."""
    return RSAKey.generate_key(2048, {"kid": name.partition(" ")[0], "use": "sig"})


@contextmanager
def identity_provider() -> Iterator[IdentityProvider]:
    """Run a provider on a free port."""
    with listening("127.0.0.1:0", what="The identity provider") as door:
        provider = IdentityProvider("http://{}:{}".format(*door.getsockname()[:2]))
        app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", provider.known),
                Route("/keys", provider.keys),
                Route("/authorize", provider.authorize),
                Route("/token", provider.token, methods=["POST"]),
            ]
        )
        running = Running(server_of(app, connections=20), door, Drain(), name="identity provider")
        with running.running():
            yield provider
