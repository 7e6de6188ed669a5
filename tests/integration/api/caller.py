"""The HTTP API in front of the same two accounts as the MCP server, and a client for it."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import httpx
from starlette.applications import Starlette

from flows.agents.door import Allowed
from flows.api.app import api_app
from flows.api.endpoints import ROOT, Endpoint
from tests.integration.agents.desk import Desk

HOST = "http://127.0.0.1:8769"


@dataclass
class ApiDesk:
    """The API; calls are for `here`, by `token`, unless they say otherwise."""

    desk: Desk
    app: Starlette
    token: str = ""
    here: str = "main"

    def by(self, token: str, account: str = "") -> "ApiDesk":
        """Return the same API for another token."""
        return replace(self, token=token, here=account or self.here)

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        **content: Any,
    ) -> httpx.Response:
        """Send a request below `/api/ACCOUNT`; an absolute path begins with two slashes."""
        address = path[1:] if path.startswith("//") else f"{ROOT}/{self.here}{path}"
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url=HOST) as http:
                return await http.request(
                    method, address, headers={**sent, **(headers or {})}, **content
                )

        return self.desk.portal.call(ask)

    def result(self, method: str, path: str, **content: Any) -> Any:
        """Send a request that succeeds, and return the result in its answer."""
        answer = self.send(method, path, **content)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert (body["errors"], body["untrusted"]) == ([], True)
        return body["result"]

    def problem(self, method: str, path: str, **content: Any) -> tuple[int, str]:
        """Send a request that does not succeed, and return status and kind of the problem."""
        answer = self.send(method, path, **content)
        body = answer.json()
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        assert body["status"] == answer.status_code
        (error,) = body["errors"]
        assert error["cause"]
        assert error["advice"]
        assert body["result"] is None
        return answer.status_code, error["kind"]


@contextmanager
def api_of(desk: Desk) -> Iterator[ApiDesk]:
    """Put the API in front of the accounts of a desk."""
    allowed = Allowed.by(listen="127.0.0.1:8769", url=None, origins=("https://desk.example.com",))
    yield ApiDesk(desk, api_app(desk.accounts, allowed, None))


def request_of(endpoint: Endpoint, arguments: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Return method, path and content of the request that has these arguments of the tool."""
    rest = dict(arguments)
    path = "/".join(
        quote(str(rest.pop(part[1:-1])), safe="") if part.startswith("{") else part
        for part in endpoint.segments
    )
    content: dict[str, Any] = {}
    if endpoint.body == "*":
        content["json"], rest = rest, {}
    elif endpoint.body:
        content["json"] = rest.pop(endpoint.body)
    if endpoint.takes_file:
        content["content"] = b"new"
        rest["name"] = rest.pop("file")["name"]
    content["params"] = {
        name: httpx_json(value) if isinstance(value, dict) else value
        for name, value in rest.items()
    }
    return endpoint.method, f"/{path}", content


def httpx_json(value: Any) -> str:
    """Return a value as JSON, as the query has it."""
    import json

    return json.dumps(value)


async def pieces(*data: bytes) -> AsyncIterator[bytes]:
    """Yield a body in pieces, so that it is not sent as one."""
    for one in data:
        yield one
