"""The one place where requests leave: each waits for a permit, is counted, has a bounded answer."""

import threading
from collections import Counter
from collections.abc import Mapping
from typing import Protocol

import httpx

from pipeline.adapters.caspio.client.http.answers import (
    MAX_BYTES,
    MAX_JSON_BYTES,
    bound_answer,
)
from pipeline.adapters.caspio.client.http.rate import RateLimiter

TEMPLATE = "caspio_template"
"""Request extension: the path template, by which calls are counted."""

UNTIL_S = "caspio_until_s"
"""Request extension: when the call has to leave at the latest; None for no limit."""

_SHORTEST_S = 0.01  # none at all would fail although a connection is free


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
    """Is called for every call and the bytes it moves. An error it raises ends the call unsent."""

    def call(self) -> None:
        """Count a call that is about to be made."""

    def moved(self, size_bytes: int) -> None:
        """Count bytes received or sent."""


class MeteredTransport(httpx.BaseTransport):
    """Hand requests to another transport, with a permit and a count each, also for tokens."""

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
        """Wait for a permit, count the call, send it, and bound its answer."""
        # Failed calls count, too (caspio-api.md, section 9), so a retry needs a permit of its own.
        until_s: float | None = request.extensions.get(UNTIL_S)
        self._limiter.wait(until_s=until_s)
        if until_s is not None:
            _connect_within(request, max(self._limiter.left_s(until_s), _SHORTEST_S))
        if self._meter is not None:
            self._meter.call()
            self._meter.moved(int(request.headers.get("Content-Length", "0")))
        self._calls.add(f"{request.method} {request.extensions.get(TEMPLATE, request.url.path)}")
        response = self._inner.handle_request(request)

        # A refusal is a short text, whatever the operation; only a good answer may be a whole file.
        max_bytes = request.extensions.get(MAX_BYTES, MAX_JSON_BYTES)
        if not response.is_success:
            max_bytes = min(max_bytes, MAX_JSON_BYTES)
        count = self._meter.moved if self._meter is not None else None
        try:
            bound_answer(response, max_bytes=max_bytes, count=count)
        except httpx.DecodingError as error:
            response.close()
            error.request = request
            raise
        return response

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


def _connect_within(request: httpx.Request, seconds: float) -> None:
    """Let a request wait so long at most until it is sent: for a connection, free or new."""
    waits = dict(request.extensions.get("timeout", {}))
    for name in ("connect", "pool"):
        given = waits.get(name)
        waits[name] = seconds if given is None else min(given, seconds)
    request.extensions["timeout"] = waits


def default_timeout() -> httpx.Timeout:
    """Return the four waits in seconds.

    They are: to connect, between two pieces read or written, and for a free connection.
    """
    return httpx.Timeout(connect=10.0, read=60.0, write=60.0, pool=60.0)
