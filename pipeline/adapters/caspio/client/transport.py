"""The one place where requests leave: each waits for its permit and is counted."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Protocol

import httpx

from pipeline.adapters.caspio.client.rate import RateLimiter

TEMPLATE = "caspio_template"  # request extension that carries the path template


class CallCounter:
    """Count calls by "METHOD /template"; safe from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def add(self, name: str) -> None:
        """Count one call."""
        with self._lock:
            self._counts[name] += 1

    def as_dict(self) -> Mapping[str, int]:
        """Return a copy of the counts, in order of name."""
        with self._lock:
            return dict(sorted(self._counts.items()))

    @property
    def total(self) -> int:
        """Return how many calls were made in all."""
        with self._lock:
            return self._counts.total()


class Meter(Protocol):
    """Learns of every call and of the bytes it moves."""

    def call(self) -> None:
        """Count a call that is about to be made."""

    def moved(self, size_bytes: int) -> None:
        """Count bytes received or sent."""


class MeteredTransport(httpx.BaseTransport):
    """Hand requests to another transport, one permit and one count each: retries and token requests too."""

    def __init__(
        self,
        inner: httpx.BaseTransport,
        *,
        limiter: RateLimiter,
        calls: CallCounter,
        meter: Meter | None = None,
    ) -> None:
        self._inner = inner
        self._limiter = limiter
        self._calls = calls
        self._meter = meter

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Wait for a permit, count the call and send it."""
        self._limiter.wait()
        if self._meter is not None:
            self._meter.call()
            self._meter.moved(int(request.headers.get("Content-Length", "0")))
        self._calls.add(f"{request.method} {request.extensions.get(TEMPLATE, request.url.path)}")
        response = self._inner.handle_request(request)
        if self._meter is not None and isinstance(response.stream, httpx.SyncByteStream):
            response.stream = _Counted(response.stream, self._meter)
        return response

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


class _Counted(httpx.SyncByteStream):
    """A body whose bytes are counted as they arrive."""

    def __init__(self, inner: httpx.SyncByteStream, meter: Meter) -> None:
        self._inner = inner
        self._meter = meter

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._inner:
            self._meter.moved(len(chunk))
            yield chunk

    def close(self) -> None:
        self._inner.close()


def network_transport(*, connections: int) -> httpx.HTTPTransport:
    """Return a transport with a bounded pool that repeats nothing by itself.

    An idle connection is dropped after 5 s, before the far side is likely to: a write on a connection that was just
    closed would leave its effect in doubt.
    """
    limits = httpx.Limits(
        max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=5.0
    )
    return httpx.HTTPTransport(limits=limits, retries=0)


def default_timeout() -> httpx.Timeout:
    """Return the four waits in seconds: to connect, between two pieces read or written, and for a free connection."""
    return httpx.Timeout(connect=10.0, read=60.0, write=60.0, pool=60.0)
