"""The network with something that happens just before a request is sent."""

from collections.abc import Callable

import httpx

from pipeline.adapters.caspio.client.http.network import network_transport


class Meanwhile(httpx.BaseTransport):
    """Lets `happens` run before each of the first `times` requests that match.

    What it raises is the network's fault.
    A request matches by its method and a text that its address contains.
    """

    def __init__(
        self, happens: Callable[[], object], *, method: str, contains: str = "", times: int = 1
    ) -> None:
        self._inner = network_transport(connections=4)
        self._happens = happens
        self._method = method
        self._contains = contains
        self._left = times

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, after what happens meanwhile."""
        if self._left > 0 and request.method == self._method and self._contains in str(request.url):
            self._left -= 1
            self._happens()
        return self._inner.handle_request(request)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()
