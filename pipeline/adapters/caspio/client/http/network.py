"""Open connections, and end an answer that does not come in time.

httpx has time-outs for each single read: a server that sends one byte every five seconds is never
late, and keeps a call open for ever. So every read also has a deadline for the whole answer,
headers included.
"""

import ssl
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import httpcore
import httpx

from pipeline.adapters.caspio.client.clock import Clock, MachineClock

TOTAL_S = "caspio_total_s"
"""Request extension: seconds within which the answer must have come."""

ANSWER_S = 120.0
"""Seconds for an answer, if the request does not say otherwise.

Caspio's slowest answers, those that make tables, took tens of seconds.
"""

BYTES_PER_S = 16 << 10
"""Every so many bytes moved add one second: slower than any line fit for a large file."""

# httpx has the same names; every transport of its own maps them like this.
_ERRORS: dict[type[Exception], type[httpx.TransportError]] = {
    httpcore.ConnectTimeout: httpx.ConnectTimeout,
    httpcore.ReadTimeout: httpx.ReadTimeout,
    httpcore.WriteTimeout: httpx.WriteTimeout,
    httpcore.PoolTimeout: httpx.PoolTimeout,
    httpcore.ConnectError: httpx.ConnectError,
    httpcore.ReadError: httpx.ReadError,
    httpcore.WriteError: httpx.WriteError,
    httpcore.UnsupportedProtocol: httpx.UnsupportedProtocol,
    httpcore.LocalProtocolError: httpx.LocalProtocolError,
    httpcore.RemoteProtocolError: httpx.RemoteProtocolError,
    httpcore.ProxyError: httpx.ProxyError,
}


class NetworkTransport(httpx.BaseTransport):
    """Send requests over a bounded pool of connections, each answer within its time.

    Args:
        connections: Connections open at the same time at most.
    """

    def __init__(self, *, connections: int) -> None:
        self._deadlines = _Deadlines(MachineClock())
        self._pool = httpcore.ConnectionPool(
            ssl_context=_trusted(),
            max_connections=connections,
            max_keepalive_connections=connections,
            # Dropped before the far side is likely to: a write on a connection that was just closed
            # would leave its effect in doubt.
            keepalive_expiry=5.0,
            retries=0,
            network_backend=_Backend(self._deadlines),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the answer with an open body."""
        deadline = _Deadline(request.extensions.get(TOTAL_S, ANSWER_S), self._deadlines.clock)
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        sent = httpcore.Request(
            method=request.method,
            url=url,
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _mapped(), self._deadlines.using(deadline):
            answer = self._pool.handle_request(sent)
        # The body is read later, perhaps by another thread: it takes the deadline along.
        body = _Body(answer, self._deadlines, deadline)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=body, extensions=answer.extensions
        )

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


@cache
def _trusted() -> ssl.SSLContext:
    """Return the authorities that are trusted: read once, since a set of them has a megabyte."""
    return httpx.create_ssl_context()


class _Deadline:
    """When an answer must have come; each byte that is moved puts it off a little."""

    def __init__(self, total_s: float, clock: Clock) -> None:
        self._clock = clock
        self._total_s = total_s
        self._at = clock.monotonic() + total_s

    def moved(self, size_bytes: int) -> None:
        self._at += size_bytes / BYTES_PER_S

    def limit(self, timeout: float | None, late: type[Exception]) -> float:
        """Return how long the next read may take; raise `late` when the deadline is over."""
        left_s = self._at - self._clock.monotonic()
        if left_s <= 0:
            raise late(f"the answer was not complete within {self._total_s:.0f} s")
        return left_s if timeout is None else min(timeout, left_s)


class _Deadlines(threading.local):
    """The deadline of the request that this thread is working on.

    A connection does not know which request it serves, but a request is served by one thread at a
    time.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.current: _Deadline | None = None

    @contextmanager
    def using(self, deadline: _Deadline) -> Iterator[None]:
        # Nested for a token that is fetched while another request is prepared.
        before, self.current = self.current, deadline
        try:
            yield
        finally:
            self.current = before


class _Backend(httpcore.NetworkBackend):
    """Opens connections that keep deadlines."""

    def __init__(self, deadlines: _Deadlines) -> None:
        self._inner = httpcore.SyncBackend()
        self._deadlines = deadlines

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        opened = self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(opened, self._deadlines)

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _Stream(httpcore.NetworkStream):
    """A connection whose reads and writes end at the deadline of the request."""

    def __init__(self, inner: httpcore.NetworkStream, deadlines: _Deadlines) -> None:
        self._inner = inner
        self._deadlines = deadlines

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        deadline = self._deadlines.current
        if deadline is None:
            return self._inner.read(max_bytes, timeout)
        data = self._inner.read(max_bytes, deadline.limit(timeout, httpcore.ReadTimeout))
        deadline.moved(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        deadline = self._deadlines.current
        if deadline is None:
            self._inner.write(buffer, timeout)
            return
        self._inner.write(buffer, deadline.limit(timeout, httpcore.WriteTimeout))
        deadline.moved(len(buffer))

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        secured = self._inner.start_tls(ssl_context, server_hostname, timeout)
        return _Stream(secured, self._deadlines)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    def close(self) -> None:
        self._inner.close()


class _Body(httpx.SyncByteStream):
    """An answer's body, read within the deadline of its request, by whichever thread reads it."""

    def __init__(
        self, answer: httpcore.Response, deadlines: _Deadlines, deadline: _Deadline
    ) -> None:
        self._answer = answer
        self._deadlines = deadlines
        self._deadline = deadline

    def __iter__(self) -> Iterator[bytes]:
        chunks = iter(self._answer.iter_stream())
        while True:
            with _mapped(), self._deadlines.using(self._deadline):
                chunk = next(chunks, None)
            if chunk is None:
                return
            yield chunk

    def close(self) -> None:
        self._answer.close()


@contextmanager
def _mapped() -> Iterator[None]:
    """Raise httpx's errors for httpcore's, so that everything above knows one family."""
    try:
        yield
    except Exception as error:
        for kind in type(error).__mro__:
            if kind in _ERRORS:
                raise _ERRORS[kind](str(error)) from error
        raise


def network_transport(*, connections: int) -> httpx.BaseTransport:
    """Return a transport to the network that repeats nothing by itself."""
    return NetworkTransport(connections=connections)
