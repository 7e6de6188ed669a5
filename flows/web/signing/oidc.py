"""Sign in at an identity provider: OpenID Connect, the code flow with PKCE.

See OpenID Connect Core 1.0, section 3.1, and RFC 9700. A browser that begins gets a cookie with one
random secret. State, nonce and code verifier are made of it, so nothing is kept here, and only the
browser that began can finish.
"""

import base64
import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import structlog

from flows.web.signing.roles import named
from pipeline.model.users import User
from pipeline.ports import Clock
from pipeline.settings.web import OidcSettings

CALLBACK = "/login/oidc/callback"
BEGUN_S = 600
"""Seconds that a user may take at the provider."""

KEPT = timedelta(hours=1)
"""How long the provider's addresses and keys count. A token with another key fetches them again."""

FAILED = timedelta(seconds=30)
"""How long a provider that failed is not asked again: each caller waits for it in a thread."""

# A user waits at the sign-in meanwhile.
_TIMEOUT_S = 10.0
_LEEWAY_S = 60  # that the clocks of provider and page may differ
_ALGORITHMS = [f"{kind}{bits}" for kind in ("RS", "PS", "ES") for bits in (256, 384, 512)]
"""Signatures that only the provider can make: none, and HMAC with a shared key, are no proof."""

_log = structlog.get_logger()


class SignInFailed(Exception):
    """Nobody is signed in. The text is for the user, without anything that a stranger sent."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that has begun: where the browser goes, and what it keeps meanwhile."""

    address: str
    kept: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProviderIdentity:
    """Who somebody is at the provider, and which page is shown next.

    `subject` never changes, other than a name.
    """

    user: User
    subject: str
    to: str


@dataclass(frozen=True, slots=True)
class _Known:
    """What the provider says of itself, and its keys."""

    addresses: Mapping[str, Any]
    keys: Any
    at: datetime


def _client() -> httpx.Client:
    # A redirect could lead the client secret elsewhere.
    return httpx.Client(timeout=_TIMEOUT_S, follow_redirects=False)


@dataclass(slots=True)
class Provider:
    """An identity provider."""

    settings: OidcSettings
    clock: Clock
    open_client: Callable[[], httpx.Client] = _client
    _known: _Known | None = None
    _failed: tuple[datetime, str] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def host(self) -> str:
        """Return the provider's name for users."""
        return urlsplit(self.settings.issuer).netloc

    def begin(self, *, callback: str, to: str) -> Begun:
        """Begin a sign-in that ends at `callback`; after it the page `to` is shown.

        Raises:
            SignInFailed: the provider does not answer.
        """
        from authlib.common.urls import add_params_to_uri
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        secret = secrets.token_urlsafe(32)
        parameters = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": callback,
            "scope": " ".join(self.settings.scopes),
            "state": _derived(secret, "state", to),
            "nonce": _derived(secret, "nonce"),
            "code_challenge": create_s256_code_challenge(_derived(secret, "verifier")),
            "code_challenge_method": "S256",
        }
        endpoint = self._provider().addresses["authorization_endpoint"]
        # The page is kept here, because a provider knows the address of the callback to the letter.
        page = base64.urlsafe_b64encode(to.encode()).decode()
        return Begun(str(add_params_to_uri(endpoint, parameters)), f"{secret}.{page}")

    def finish(self, query: Mapping[str, str], *, kept: str, callback: str) -> ProviderIdentity:
        """Return who came back from the provider, by the address that the browser was sent to.

        `kept` is what the browser kept since `begin`, "" if it has nothing.

        Raises:
            SignInFailed: it did not begin here, the provider refused, or its token is not right.
        """
        secret, _, page = kept.partition(".")
        try:
            to = base64.urlsafe_b64decode(page).decode()
        except ValueError:
            to = "/"
        state = query.get("state", "").encode()
        # Without a cookie there is no secret, and what is made of none anybody can make.
        if not secret or not hmac.compare_digest(state, _derived(secret, "state", to).encode()):
            raise SignInFailed("This sign-in did not begin in this browser, or it took too long.")
        # RFC 9207: an answer of another provider is refused.
        if query.get("iss", self.settings.issuer) != self.settings.issuer:
            raise SignInFailed("A different identity provider answered.")
        if not query.get("code"):
            _log.warning("the identity provider refused a sign-in", error=query.get("error", ""))
            raise SignInFailed(f"{self.host} did not sign you in.")
        token = self._token(query["code"], verifier=_derived(secret, "verifier"), callback=callback)
        claims = self._claims(token, nonce=_derived(secret, "nonce"))
        listed = claims.get(self.settings.groups_claim, [])
        groups = listed if isinstance(listed, list) else [listed]
        name = claims.get(self.settings.name_claim)
        user = named(name, [str(group) for group in groups], self.settings.roles)
        if user is None:
            _log.warning("a user has no role here", subject=str(claims["sub"]))
            raise SignInFailed(
                f"Your account at {self.host} has no name, or is in no group that may use this "
                "page."
            )
        return ProviderIdentity(user, str(claims["sub"]), to)

    def sign_out_address(self, back: str) -> str | None:
        """Return where a user signs out at the provider; None if it has no such page."""
        from authlib.common.urls import add_params_to_uri

        endpoint = self._provider().addresses.get("end_session_endpoint")
        if endpoint is None:
            return None
        asked = {"client_id": self.settings.client_id, "post_logout_redirect_uri": back}
        return str(add_params_to_uri(endpoint, asked))

    def check(self) -> str:
        """Read the provider's addresses and keys; return what was found.

        Raises:
            SignInFailed: it cannot be used, and why.
        """
        known = self._provider(again=True)
        return f"{self.settings.issuer}: {len(known.keys.keys)} keys"

    def _token(self, code: str, *, verifier: str, callback: str) -> Mapping[str, Any]:
        """Exchange the code for tokens."""
        assert self.settings.client_secret is not None
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback,
            "code_verifier": verifier,
        }
        # RFC 6749, section 2.3.1: both are encoded before they are joined.
        name = quote(self.settings.client_id, safe="")
        secret = quote(self.settings.client_secret.get_secret_value(), safe="")
        endpoint = self._provider().addresses["token_endpoint"]
        return self._ask("POST", endpoint, data=form, auth=(name, secret))

    def _claims(self, token: Mapping[str, Any], *, nonce: str) -> Mapping[str, Any]:
        """Return what the ID token says, after everything about it has been checked."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError, JoseError
        from joserfc.jws import JWSRegistry

        registry = JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)
        text = str(token.get("id_token", ""))
        try:
            try:
                signed = jwt.decode(text, self._provider().keys, registry=registry)
            except InvalidKeyIdError:  # the provider may have a new key since
                signed = jwt.decode(text, self._provider(again=True).keys, registry=registry)
            issuer = {"essential": True, "value": self.settings.issuer}
            audience = {"essential": True, "value": self.settings.client_id}
            parameters = {
                "nonce": nonce,
                "client_id": self.settings.client_id,
                "access_token": token.get("access_token"),
            }
            options = {"iss": issuer, "aud": audience}
            claims = CodeIDToken(signed.claims, signed.header, options, parameters)
            claims.validate(now=int(self.clock.now().timestamp()), leeway=_LEEWAY_S)
        # ValueError and TypeError: what is not a token at all, and claims of other types.
        except (JoseError, ValueError, TypeError) as error:
            _log.warning("an ID token was refused", reason=f"{type(error).__name__}: {error}")
            raise SignInFailed(f"What {self.host} sent does not prove who you are.") from error
        checked: Mapping[str, Any] = claims
        return checked

    def _provider(self, *, again: bool = False) -> _Known:
        """Return what the provider says of itself, as it was in the last hour."""
        with self._lock:
            now = self.clock.now()
            if self._known is not None and not again and now - self._known.at < KEPT:
                return self._known
            # Who has waited for the lock meanwhile does not wait for the provider as well.
            if self._failed is not None and now - self._failed[0] < FAILED:
                raise SignInFailed(self._failed[1])
            try:
                self._known = self._fetch(now)
            except SignInFailed as failed:
                self._failed = self.clock.now(), str(failed)
                raise
            self._failed = None
            return self._known

    def _fetch(self, now: datetime) -> _Known:
        """Read the provider's addresses and keys."""
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        issuer = self.settings.issuer
        known = self._ask("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if known.get("issuer") != issuer:
            raise SignInFailed(f"{issuer} names itself {known.get('issuer')!r}.")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if urlsplit(str(known.get(name))).scheme not in {"https", urlsplit(issuer).scheme}:
                raise SignInFailed(f"{issuer} has no {name} that can be used.")
        methods = known.get("code_challenge_methods_supported", ["S256"])
        if "S256" not in methods:
            raise SignInFailed(f"{issuer} does not know PKCE with S256.")
        try:
            keys = KeySet.import_key_set(self._ask("GET", known["jwks_uri"]))
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise SignInFailed(f"The keys of {issuer} cannot be read.") from error
        return _Known(known, keys, now)

    def _ask(self, method: str, address: str, **options: Any) -> Mapping[str, Any]:
        """Make a call and return the parsed reply. Neither codes nor tokens are logged."""
        try:
            with self.open_client() as client:
                reply = client.request(method, address, **options)
            known = reply.json() if reply.is_success else None
        except (httpx.HTTPError, ValueError) as error:
            _log.warning("the identity provider failed", address=address, error=repr(error))
            raise SignInFailed(f"{self.host} does not answer. Try again later.") from error
        if not isinstance(known, dict):
            _log.warning("the identity provider refused", address=address, status=reply.status_code)
            raise SignInFailed(f"{self.host} answered with an error. Sign in again.")
        return known


def _derived(secret: str, *purpose: str) -> str:
    """Return 256 bits for one purpose, from which the secret cannot be found."""
    made = hmac.digest(secret.encode(), "\n".join(purpose).encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()
