"""Send a request with its token: what httpx's own client does, without what Caspio does not have.

Cookies, redirects and proxies are looked for by that client with every request, which takes longer
than to authenticate it.
"""

from collections.abc import Mapping
from contextlib import closing
from typing import Any

import httpx


class Sender:
    """Makes and sends requests; safe to share between threads, as its transport is.

    Args:
        transport: Sends them. A redirect is an answer as any: to follow it would carry the token to
            another address.
        auth: Puts the token on each.
        headers: Of every request.
        timeout: The four waits of every request.
    """

    def __init__(
        self,
        transport: httpx.BaseTransport,
        *,
        auth: httpx.Auth,
        headers: Mapping[str, str],
        timeout: httpx.Timeout,
    ) -> None:
        self._transport = transport
        self._auth = auth
        self._headers = dict(headers)
        self._timeout = timeout

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        extensions: Mapping[str, object],
        json: object = None,
        files: Mapping[str, Any] | None = None,
    ) -> httpx.Request:
        """Return a request, ready to be sent once."""
        return httpx.Request(
            method,
            url,
            json=json,
            files=files,
            headers={**self._headers, **headers},
            extensions={"timeout": self._timeout.as_dict(), **extensions},
        )

    def send(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its answer, whose body is still to be read, and to be closed.

        Raises:
            httpx.HTTPError: no answer came; its `request` is the one that got none, which may be
                that for a token.
        """
        with closing(self._auth.sync_auth_flow(request)) as flow:
            outgoing = next(flow)
            while True:
                response = self._answer(outgoing)
                try:
                    outgoing = flow.send(response)
                    # The connection is free for the next request only behind the whole body.
                    response.read()
                except StopIteration:
                    return response
                except BaseException:
                    response.close()
                    raise

    def _answer(self, request: httpx.Request) -> httpx.Response:
        try:
            response = self._transport.handle_request(request)
        except httpx.RequestError as error:
            error.request = request
            raise
        response.request = request
        return response

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()
