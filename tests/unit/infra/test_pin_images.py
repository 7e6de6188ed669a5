import hashlib
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from infra.pin_images import FILES, OWN, ROOT, Reference, Registries, pin_files, references

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
NOT_PINNED = {"mcr.microsoft.com/devcontainers/python"}
"""For work on the code only; nothing that runs is made from it."""


def every_reference() -> list[Reference]:
    """Return every image of others that the repository names."""
    return [one for name in FILES for one in references((ROOT / name).read_text(encoding="utf-8"))]


def test_every_image_has_a_tag_and_a_digest():
    """An image is named by what it is and by its bytes: no tag that moves decides what is built or run."""
    found = every_reference()

    assert {one.name for one in found} >= {"python", "postgres", "redis", "docker/dockerfile"}
    assert [one for one in found if not one.tag or one.tag == "latest"] == []
    assert {one.name for one in found if not one.digest} == NOT_PINNED
    assert [one for one in found if one.digest and not DIGEST.fullmatch(one.digest)] == []


def test_one_tag_has_one_digest():
    """The same tag in several files is the same image."""
    digests: dict[tuple[str, str], set[str]] = {}
    for one in every_reference():
        digests.setdefault((one.name, one.tag), set()).add(one.digest)

    assert {key: found for key, found in digests.items() if len(found) > 1} == {}


def test_every_line_that_names_an_image_is_understood():
    """No `image:` and no `FROM` in infra is missed, except those of the image that is built here."""
    line = re.compile(r'^\s*(?:FROM|image:|# syntax|"image":)', re.MULTILINE)
    own = re.compile(rf"(?:FROM|image:) *(?:{OWN}|\$\{{)", re.MULTILINE)
    files = {
        path
        for folder in ("infra", ".devcontainer")
        for path in (ROOT / folder).rglob("*")
        if path.name == "Dockerfile" or path.suffix in {".yaml", ".yml", ".json"}
    }
    naming = {
        str(path.relative_to(ROOT)): len(line.findall(text)) - len(own.findall(text))
        for path in files
        if line.search(text := path.read_text(encoding="utf-8"))
    }

    assert set(naming) <= set(FILES)
    assert naming == {
        name: len(list(references((ROOT / name).read_text(encoding="utf-8")))) for name in naming
    }


@pytest.fixture
def registry() -> Iterator[tuple[str, dict[str, tuple[str, bytes]]]]:
    """A registry on this machine that asks for a token, and what it has by path."""
    stored: dict[str, tuple[str, bytes]] = {}

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            if self.path.startswith("/token?"):
                self.answer(200, "application/json", b'{"token": "let-me-in"}')
            elif self.headers.get("Authorization") != "Bearer let-me-in":
                realm = f"http://{self.headers['Host']}/token"
                self.answer(401, "", b"", f'Bearer realm="{realm}",service="s",scope="pull"')
            elif self.path in stored and stored[self.path][0] in self.headers["Accept"]:
                self.answer(200, *stored[self.path])
            else:
                self.answer(200, MANIFEST, b"{}")

        def answer(self, status: int, kind: str, body: bytes, challenge: str = "") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if challenge:
                self.send_header("WWW-Authenticate", challenge)
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", stored
        server.shutdown()
        thread.join()


def test_files_get_the_digests_that_registries_have(
    registry: tuple[str, dict[str, tuple[str, bytes]]], tmp_path: Path
):
    """Each tag gets the digest of the list that its registry returns now; what is built here stays as it is."""
    address, stored = registry
    stored["/v2/library/python/manifests/3.11-slim"] = (INDEX, b'{"python": 1}')
    stored["/v2/team/tool/manifests/2"] = (INDEX, b'{"tool": 2}')
    old = "sha256:" + "0" * 64
    (tmp_path / "Dockerfile").write_text(f"FROM python:3.11-slim@{old} AS build\nFROM {OWN}\n")
    (tmp_path / "compose.yaml").write_text(
        "services:\n  a:\n    image: ghcr.io/team/tool:2\n  b:\n    image: ${X:-caspio-ingest}\n"
    )
    addresses = {"registry-1.docker.io": address, "ghcr.io": address}

    with httpx.Client() as client:
        changes = pin_files(tmp_path, ["Dockerfile", "compose.yaml"], Registries(client, addresses))

    python, tool = (hashlib.sha256(body).hexdigest() for _, body in stored.values())
    assert (tmp_path / "Dockerfile").read_text() == (
        f"FROM python:3.11-slim@sha256:{python} AS build\nFROM {OWN}\n"
    )
    assert f"image: ghcr.io/team/tool:2@sha256:{tool}\n" in (tmp_path / "compose.yaml").read_text()
    assert "image: ${X:-caspio-ingest}" in (tmp_path / "compose.yaml").read_text()
    assert len(changes) == 2


def test_the_image_of_one_processor_is_no_pin(
    registry: tuple[str, dict[str, tuple[str, bytes]]], tmp_path: Path
):
    """A digest that would fit one kind of processor alone is refused, and no file is changed."""
    address, _ = registry
    (tmp_path / "Dockerfile").write_text("FROM python:3.11-slim\n")

    with (
        httpx.Client() as client,
        pytest.raises(ValueError, match=r"python:3\.11-slim is not a list of images"),
    ):
        pin_files(tmp_path, ["Dockerfile"], Registries(client, {"registry-1.docker.io": address}))

    assert (tmp_path / "Dockerfile").read_text() == "FROM python:3.11-slim\n"
