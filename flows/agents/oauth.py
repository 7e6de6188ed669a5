"""Access tokens of an authorization server (OAuth 2.1): who they are of, if they are for us.

Hosted chats cannot send a header that a user gives them; they sign a user in at the server that the
metadata of a resource names (RFC 9728) and bring its access token. What such a token may do is not
in it: it names a user, and the operator has made a token for this user, with scope, rate and share.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import structlog

from pipeline.errors import BadSettings
from pipeline.ports import Clock
from pipeline.settings.agents import OAuthSettings

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""Signatures of public keys only: with a shared secret, whoever verifies could also sign."""
# A set of keys has a few kilobytes; who sends more does not send keys.
MOST_KEY_BYTES = 2**20
# A provider that takes a key back wants it to be refused soon.
KEYS_KEPT_S = 600.0
ASK_AGAIN_S = 60.0
"""Seconds between two requests for the keys, however many tokens name one that is not known."""
# The clocks of the provider and of this machine may differ by so much.
_LEEWAY_S = 30
# A token is parsed before it is trusted: what is longer is refused unread.
_MOST_CHARS = 8_192
# A call of an agent waits meanwhile.
_TIMEOUT_S = 5.0

_log = structlog.get_logger()

Fetch = Callable[[str], Mapping[str, Any]]


def fetch_json(url: str) -> Mapping[str, Any]:
    """Return a small JSON document of the authorization server.

    Raises:
        httpx.HTTPError: it does not answer.
        ValueError: it is no JSON object, or too large.
    """
    # Redirects are not followed: the address is the operator's choice, and not the server's.
    with httpx.stream("GET", url, timeout=_TIMEOUT_S) as answer:
        answer.raise_for_status()
        body = bytearray()
        for chunk in answer.iter_bytes():
            body += chunk
            if len(body) > MOST_KEY_BYTES:
                raise ValueError("the keys are too large")
    found = json.loads(bytes(body))
    if not isinstance(found, dict):
        raise ValueError("the answer is not a JSON object")  # noqa: TRY004 - of the data, not the code
    return found


@dataclass(slots=True)
class AccessTokens:
    """Verifies access tokens of one authorization server.

    Raises, when it is made:
        BadSettings: the library that verifies signatures is not installed.
    """

    settings: OAuthSettings
    clock: Clock
    fetch: Fetch = fetch_json
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _keys: dict[str, Any] = field(default_factory=dict)
    _read_s: float | None = None

    def __post_init__(self) -> None:
        try:
            import jwt  # noqa: F401 - only whether it is there
        except ModuleNotFoundError as error:
            problem = "agents.oauth needs PyJWT. Install `caspio-ingest[mcp]`."
            raise BadSettings([problem]) from error

    def subject(self, token: str, *, audience: str) -> str | None:
        """Return who an access token is of; None if it is not valid for this audience.

        Args:
            token: What the request carries.
            audience: The address of the resource, as its metadata has it (RFC 8707).
        """
        import jwt

        if not 0 < len(token) <= _MOST_CHARS:
            return None
        try:
            head = jwt.get_unverified_header(token)
            key = self._key(str(head.get("kid", "")))
            if key is None or head.get("alg") not in ALGORITHMS:
                return None
            claims = jwt.decode(
                token,
                key.key,
                algorithms=[head["alg"]],
                audience=audience,
                issuer=self.settings.issuer,
                leeway=_LEEWAY_S,
                options={"require": ["exp", "iss", "aud", "sub"], "verify_exp": False},
            )
        except (jwt.PyJWTError, TypeError, ValueError):
            return None
        # By our clock, which tests can move.
        if float(claims["exp"]) + _LEEWAY_S <= self.clock.now().timestamp():
            return None
        return str(claims["sub"]) or None

    def _key(self, kid: str) -> Any:
        """Return the key of this name, asking for the keys again where it is not known."""
        with self._lock:
            now_s = self.clock.monotonic()
            age_s = None if self._read_s is None else now_s - self._read_s
            is_old = age_s is None or age_s > KEYS_KEPT_S
            if is_old or (kid not in self._keys and age_s is not None and age_s > ASK_AGAIN_S):
                self._read_s = now_s
                self._keys = self._read() or self._keys
            return self._keys.get(kid)

    def _read(self) -> dict[str, Any]:
        import jwt

        try:
            found = jwt.PyJWKSet.from_dict(dict(self.fetch(self.settings.keys)))
        except (httpx.HTTPError, ValueError, jwt.PyJWTError) as error:
            # Signed in or not is decided by the keys that are known.
            _log.warning("the keys of the authorization server cannot be read", why=str(error))
            return {}
        return {str(key.key_id or ""): key for key in found.keys if key.public_key_use != "enc"}
