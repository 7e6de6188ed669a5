"""A user of a hosted chat signs in elsewhere, and may do here what the operator's token says."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipeline.model.agents import Scope
from pipeline.settings.agents import OAuthSettings
from processors.sandbox.reader import SandboxedReader
from tests.integration.agents.desk import Desk, desk_of
from tests.integration.agents.test_http import headers, status
from tests.integration.api.caller import HOST, ApiDesk, api_of
from tests.integration.pipeline.workspace import CREDENTIALS

pytestmark = pytest.mark.integration

KEY = Ed25519PrivateKey.generate()
MCP = "http://127.0.0.1:8768"


class Keys(BaseHTTPRequestHandler):
    """The keys of a small authorization server."""

    def do_GET(self) -> None:
        """Answer with the one that there is."""
        jwk = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(KEY.public_key()))
        body = json.dumps({"keys": [jwk | {"kid": "one", "use": "sig"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The address of the authorization server."""
    with HTTPServer(("127.0.0.1", 0), Keys) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def signed_in(tmp_path_factory: pytest.TempPathFactory, issuer: str) -> Iterator[Desk]:
    """Two accounts at which users of the authorization server sign in."""
    oauth = OAuthSettings(issuer=issuer, keys=f"{issuer}/keys")
    with pytest.MonkeyPatch.context() as environment, SandboxedReader(workers=1) as reader:
        for name, value in CREDENTIALS.items():
            environment.setenv(name, value)
        with desk_of(tmp_path_factory.mktemp("oauth"), reader, oauth=oauth) as desk:
            yield desk


@pytest.fixture(scope="module")
def api(signed_in: Desk) -> Iterator[ApiDesk]:
    """The API in front of them."""
    with api_of(signed_in) as opened:
        yield opened


def token(issuer: str, audience: str, subject: str = "anna") -> str:
    """Return an access token of a user."""
    claims = {"iss": issuer, "aud": audience, "sub": subject, "exp": time.time() + 300}
    return jwt.encode(claims, KEY, algorithm="EdDSA", headers={"kid": "one"})


def test_a_user_may_do_what_the_operator_allowed(api: ApiDesk, issuer: str):
    """Once the operator has made a token for this user: with its scope, and until it is revoked."""
    anna = api.by(token(issuer, f"{HOST}/api/main"))
    assert anna.problem("GET", "/pipeline/budget") == (401, "token")
    made = api.desk.token("main", Scope(methods=("budget",), per_minute=100, subject="anna"))

    assert anna.result("GET", "/pipeline/budget")["used"] >= 0
    assert anna.problem("GET", "/tables") == (403, "scope")
    assert api.by(made).problem("GET", "/pipeline/budget") == (401, "token")
    mine = api.desk.accounts["main"]
    mine.ledger.agents.revoke(mine.key, mine.ledger.agents.tokens(mine.key)[-1].id)
    assert anna.problem("GET", "/pipeline/budget") == (401, "token")


def test_a_token_is_for_one_resource(api: ApiDesk, issuer: str):
    """One for another account, for MCP or for another server is refused, whoever it is of."""
    for name in ("main", "other"):
        api.desk.token(name, Scope(per_minute=100, subject="ben"))

    for audience in (f"{HOST}/api/other", f"{MCP}/mcp/main", "https://else.example/api/main"):
        assert api.by(token(issuer, audience, "ben")).problem("GET", "/tables") == (401, "token")
    here = api.by(token(issuer, f"{HOST}/api/main", "ben"))
    assert here.send("GET", "/tables").status_code == 200


def test_the_same_user_signs_in_at_the_mcp_server(signed_in: Desk, issuer: str):
    """The audience is then the address of the account at the MCP server."""
    signed_in.token("main", Scope(per_minute=100, subject="carl"))

    good, wrong = (token(issuer, f"{MCP}/mcp/{name}", "carl") for name in ("main", "other"))

    assert status(signed_in, headers=headers(good)) == 200
    assert status(signed_in, headers=headers(wrong)) == 401


def test_the_metadata_names_where_to_sign_in(api: ApiDesk, issuer: str):
    """A client that was refused finds the authorization server (RFC 9728), for API and MCP."""
    where = "/.well-known/oauth-protected-resource"

    for path in (f"/{where}/api/main",):
        assert api.send("GET", path).json()["authorization_servers"] == [issuer]
    answer = api.desk.request("GET", f"{where}/mcp/main")
    assert answer.json()["authorization_servers"] == [issuer]
