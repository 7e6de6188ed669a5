"""A browser without a network: it calls an application, keeps cookies, and follows where it is sent."""

import asyncio
from typing import Any

import httpx
from starlette.types import ASGIApp


class AsgiClient:
    """Asks an application. What it raises becomes an answer, as it does in a server."""

    def __init__(self, app: ASGIApp, *, base_url: str) -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url=base_url, trust_env=False)

    @property
    def cookies(self) -> httpx.Cookies:
        """Return the cookies that were set."""
        return self._client.cookies

    def request(
        self, method: str, path: str, *, follow_redirects: bool = True, **options: Any
    ) -> httpx.Response:
        """Make a request, and return the answer at the end of the way."""
        asked = self._client.request(method, path, follow_redirects=follow_redirects, **options)
        return asyncio.run(asked)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Open a page."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        """Send something."""
        return self.request("POST", path, **options)
