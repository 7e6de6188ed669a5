"""A plain client of the emulator: httpx and a token, without the project's own client."""

import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from infra.emulator import Control, Emulator

BASE = "/integrations/rest/v3"
_numbers = itertools.count(1)
Json = dict[str, Any]


def token(url: str, client_id: str = "id") -> str:
    """Fetch an access token."""
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": "secret"}
    reply = httpx.post(f"{url}/oauth/token", data=form, trust_env=False)
    return str(reply.json()["access_token"])


class Api:
    """Calls `/integrations/rest/v3`, with short forms for what most tests prepare."""

    def __init__(self, http: httpx.Client, control: Control) -> None:
        self.http = http
        self.control = control

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send a request as it is."""
        return self.http.request(method, BASE + path, **more)

    def get(self, path: str, **params: object) -> httpx.Response:
        """GET; the names of clauses are given without their `q.`."""
        return self.call("GET", path, params=_plain(params))

    def put(self, path: str, body: object, **params: object) -> httpx.Response:
        """PUT a JSON body."""
        return self.call("PUT", path, json=body, params=_plain(params))

    def post(self, path: str, body: object, **params: object) -> httpx.Response:
        """POST a JSON body."""
        return self.call("POST", path, json=body, params=_plain(params))

    def delete(self, path: str, **params: object) -> httpx.Response:
        """DELETE."""
        return self.call("DELETE", path, params=_plain(params))

    def table(
        self, *fields: Mapping[str, object] | str, rows: Sequence[Json] = (), name: str = ""
    ) -> str:
        """Create a table for one test and return its name; a field given as text is a STRING."""
        name = name or f"T{next(_numbers)}"
        given = [
            {"Name": one, "Type": "STRING"} if isinstance(one, str) else dict(one) for one in fields
        ]
        assert self.post("/tables", {"Name": name, "Fields": given}).status_code == 201
        for row in rows:
            assert self.post(f"/tables/{name}/records", row).status_code == 201
        return name

    def rows(self, table: str, where: str = "", **params: object) -> list[Json]:
        """List records in order; `params` without their `q.`."""
        given = {"orderBy": "PK_ID", "where": where} | params
        reply = self.get(f"/tables/{table}/records", **given)
        assert reply.status_code == 200, reply.text
        return list(reply.json()["Result"])

    def pks(self, table: str, where: str) -> list[int]:
        """List the PK_IDs that match a condition."""
        return [row["PK_ID"] for row in self.rows(table, where)]

    def attach(
        self, table: str, pk: int, name: str, data: bytes, *, field: str = "Scan"
    ) -> httpx.Response:
        """Upload a file to an attachment field."""
        files = {"File": (name, data)}
        return self.call("PUT", f"/tables/{table}/attachments/{field}/{pk}", files=files)

    def info(self, table: str, where: str = "", *, field: str = "Scan") -> list[Json]:
        """List fileInfo."""
        reply = self.get(f"/tables/{table}/attachments/{field}/fileInfo", where=where)
        return list(reply.json()["Result"])


def _plain(params: Mapping[str, object]) -> dict[str, str]:
    bare = {"response", "externalKey", "filePath", "sortField", "sortDescending", "method", "Where"}
    return {
        name if name in bare else f"q.{name}": str(value)
        for name, value in params.items()
        if value != ""
    }


def eventually(look: Callable[[], bool], timeout_s: float = 120) -> None:
    """Wait until a condition is true; AssertionError if it stays false."""
    deadline = time.monotonic() + timeout_s
    while not look():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.01)


@contextmanager
def connected(emulator: Emulator, client_id: str = "id") -> Iterator[Api]:
    """Open a client with a token."""
    headers = {"Authorization": f"Bearer {token(emulator.url, client_id)}"}
    with httpx.Client(base_url=emulator.url, headers=headers, trust_env=False, timeout=120) as http:
        yield Api(http, emulator.control)


@contextmanager
def serving(**settings: Any) -> Iterator[Api]:
    """Run an emulator for one test and open a client."""
    with Emulator(**settings) as emulator, connected(emulator) as api:
        yield api


def seed(
    folder: Path, account: Mapping[str, object], files: Mapping[str, bytes] | None = None
) -> Path:
    """Write a seed folder."""
    for name, data in (files or {}).items():
        (folder / name).write_bytes(data)
    (folder / "account.json").write_text(json.dumps(account), encoding="utf-8")
    return folder
