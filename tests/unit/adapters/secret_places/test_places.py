"""Secrets in Vault and behind KMS, read from small stand-ins for both that speak their protocols."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from pipeline.accounts.references import is_reference, resolve
from pipeline.adapters.secret_places import kms_secret, vault_secret
from pipeline.errors import BadSettings

TOKEN, SECRET = "vault-token-canary", "client-secret-canary"
SEALED = base64.b64encode(b"sealed:" + SECRET.encode())
DATA: dict[str, Any] = {
    "/v1/secret/data/acme": {"data": {"client_secret": SECRET, "number": 1}, "metadata": {}},
    "/v1/old/acme": {"client_secret": SECRET},
    "/v1/strange": [],
}


class StandIn(BaseHTTPRequestHandler):
    """Vault by GET, and the decryption of KMS by POST."""

    def do_GET(self) -> None:
        """Answer as Vault does."""
        if self.headers["X-Vault-Token"] != TOKEN:
            self._answer(403, {"errors": ["permission denied"]})
        elif self.path in DATA:
            self._answer(200, {"data": DATA[self.path]})
        else:
            self._answer(404, {"errors": []})

    def do_POST(self) -> None:
        """Answer as KMS does."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        sealed = base64.b64decode(asked["CiphertextBlob"])
        assert self.headers["X-Amz-Target"] == "TrentService.Decrypt"
        if sealed.startswith(b"sealed:"):
            plain = base64.b64encode(sealed.removeprefix(b"sealed:")).decode()
            self._answer(200, {"Plaintext": plain})
        else:
            self._answer(400, {"__type": "InvalidCiphertextException"})

    def _answer(self, status: int, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of both."""
    with HTTPServer(("127.0.0.1", 0), StandIn) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def aws(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables of the AWS SDK, with the stand-in as its KMS."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "key",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL_KMS": address,
    }.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("name", ["secret/data/acme#client_secret", "/old/acme#client_secret"])
def test_a_secret_of_vault_is_read(address: str, name: str):
    """From both versions of its key/value engine."""
    known = {"VAULT_ADDR": address, "VAULT_TOKEN": TOKEN}

    assert vault_secret(name, environment=known.get) == SECRET


@pytest.mark.parametrize(
    ("name", "token"),
    [
        ("secret/data/acme#client_secret", "wrong"),
        ("secret/data/none#client_secret", TOKEN),
        ("secret/data/acme#none", TOKEN),
        ("secret/data/acme#number", TOKEN),
        ("strange#x", TOKEN),
        ("secret/data/acme", TOKEN),
        ("secret/data/acme#client_secret", ""),
    ],
)
def test_what_vault_does_not_have_is_said(address: str, name: str, token: str):
    """The message has the reference, and neither the token nor any secret."""
    known = {"VAULT_ADDR": address, "VAULT_TOKEN": token}

    with pytest.raises(BadSettings, match="vault:") as caught:
        vault_secret(name, environment=known.get)

    assert not [one for one in (TOKEN, SECRET) if one in str(caught.value)]


def test_a_token_of_vault_is_sent_encrypted():
    """Plain http is for this machine only."""
    known = {"VAULT_ADDR": "http://vault.example.com", "VAULT_TOKEN": TOKEN}

    with pytest.raises(BadSettings, match="https"):
        vault_secret("a#b", environment=known.get)


@pytest.mark.usefixtures("aws")
def test_a_file_is_decrypted_by_kms(tmp_path: Path):
    """The file has the ciphertext as base64; a wrong one, or none, is said by its reference."""
    (tmp_path / "secret").write_bytes(SEALED + b"\n")
    (tmp_path / "wrong").write_bytes(base64.b64encode(b"other"))

    assert kms_secret("secret", folder=tmp_path) == SECRET
    for name in ("wrong", "none"):
        with pytest.raises(BadSettings, match=f"kms:{name}"):
            kms_secret(name, folder=tmp_path)


def test_references_lead_to_the_places_that_are_connected(tmp_path: Path):
    """Each kind of reference is one; without its place it cannot be used."""
    places = {"vault": lambda name, _folder: f"v {name}", "kms": lambda name, _folder: f"k {name}"}

    assert is_reference("vault:a#b")
    assert is_reference("kms:file")
    found = resolve("vault:a#b", folder=tmp_path, environment={}.get, places=places)
    assert found.get_secret_value() == "v a#b"
    with pytest.raises(BadSettings, match="cannot be used here"):
        resolve("kms:file", folder=tmp_path, environment={}.get)
