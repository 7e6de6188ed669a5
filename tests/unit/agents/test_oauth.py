"""Access tokens of an authorization server: for us, signed by it, and not expired, or refused."""

import json
from collections.abc import Mapping
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from flows.agents.oauth import ASK_AGAIN_S, KEYS_KEPT_S, AccessTokens
from pipeline.settings.agents import OAuthSettings
from tests.fakes.clock import FakeClock

ISSUER = "https://login.example.com"
HERE = "https://agents.example.com/mcp/acme"
KEY, OTHER_KEY = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())


def public(key: Any, kid: str) -> dict[str, Any]:
    """Return a key as the server publishes it."""
    return json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key())) | {
        "kid": kid,
        "use": "sig",
    }


class Server:
    """An authorization server's keys; `asked` counts how often they were read."""

    def __init__(self) -> None:
        self.keys = [public(KEY, "one")]
        self.asked = 0
        self.is_down = False

    def fetch(self, url: str) -> Mapping[str, Any]:
        """Return the keys."""
        assert url == f"{ISSUER}/keys"
        self.asked += 1
        if self.is_down:
            raise httpx.ConnectError("down")
        return {"keys": self.keys}


@pytest.fixture
def server() -> Server:
    """A server with one key."""
    return Server()


@pytest.fixture
def clock() -> FakeClock:
    """A clock that only a test moves."""
    return FakeClock()


@pytest.fixture
def tokens(server: Server, clock: FakeClock) -> AccessTokens:
    """What verifies its tokens."""
    return AccessTokens(OAuthSettings(issuer=ISSUER, keys=f"{ISSUER}/keys"), clock, server.fetch)


def signed(
    clock: FakeClock, *, key: Any = KEY, kid: str = "one", alg: str = "ES256", **claims: Any
) -> str:
    """Return a token; a claim that is None is left out."""
    now = clock.now().timestamp()
    usual = {"iss": ISSUER, "aud": HERE, "sub": "anna", "exp": now + 300}
    kept = {name: value for name, value in (usual | claims).items() if value is not None}
    return jwt.encode(kept, key, algorithm=alg, headers={"kid": kid})


def test_a_token_for_this_resource_has_a_subject(tokens: AccessTokens, clock: FakeClock):
    """Signed by a key of the server, for our address, by this server, and not expired."""
    assert tokens.subject(signed(clock), audience=HERE) == "anna"
    several = signed(clock, aud=["https://else.example", HERE])
    assert tokens.subject(several, audience=HERE) == "anna"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://agents.example.com/mcp/other"},
        {"aud": "https://agents.example.com"},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"sub": None},
        {"exp": None},
        {"exp": 1},
        {"key": OTHER_KEY},
        {"kid": "two"},
        {"key": "x" * 32, "alg": "HS256"},
        {"key": None, "alg": "none"},
    ],
)
def test_any_other_token_is_refused(tokens: AccessTokens, clock: FakeClock, claims: dict[str, Any]):
    """Another audience, issuer, key or algorithm, or a claim too few."""
    assert tokens.subject(signed(clock, **claims), audience=HERE) is None


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "x" * 9_000, "é.é.é"])
def test_what_is_no_token_is_refused(tokens: AccessTokens, token: str):
    """Whatever a stranger sends is no error."""
    assert tokens.subject(token, audience=HERE) is None


def test_a_token_ends(tokens: AccessTokens, clock: FakeClock):
    """After its time, with some seconds for clocks that differ."""
    token = signed(clock)
    clock.advance(320)
    assert tokens.subject(token, audience=HERE) == "anna"
    clock.advance(20)
    assert tokens.subject(token, audience=HERE) is None


def test_a_new_key_is_found(tokens: AccessTokens, clock: FakeClock, server: Server):
    """A key that is not known is asked for, and not more often than once in a minute."""
    tokens.subject(signed(clock), audience=HERE)
    server.keys.append(public(OTHER_KEY, "two"))
    clock.advance(ASK_AGAIN_S + 1)

    assert tokens.subject(signed(clock, key=OTHER_KEY, kid="two"), audience=HERE) == "anna"
    for number in range(20):
        tokens.subject(signed(clock, kid=f"unknown {number}"), audience=HERE)
    assert server.asked == 2


def test_a_server_that_is_down_keeps_its_keys(
    tokens: AccessTokens, clock: FakeClock, server: Server
):
    """Who is signed in stays so; a key that was withdrawn is gone when the server answers."""
    tokens.subject(signed(clock), audience=HERE)
    server.is_down = True
    clock.advance(KEYS_KEPT_S + 1)
    assert tokens.subject(signed(clock), audience=HERE) == "anna"

    server.is_down, server.keys = False, [public(OTHER_KEY, "two")]
    clock.advance(KEYS_KEPT_S + 1)

    assert tokens.subject(signed(clock), audience=HERE) is None
