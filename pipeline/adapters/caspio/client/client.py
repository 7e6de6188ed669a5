"""The Caspio client: usable on its own, safe from many threads, closed by its `with`.

with CaspioClient(url="https://abc12345.caspio.com", client_id=…, client_secret=…) as client:
    for page in client.tables.record_pages("Receipts", select=("PK_ID", "Total")):
        …
"""

import platform
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx

from pipeline.adapters.caspio.client import generic
from pipeline.adapters.caspio.client.areas.applications import Applications
from pipeline.adapters.caspio.client.areas.containers import Containers, Tables, Views
from pipeline.adapters.caspio.client.areas.directories import Directories
from pipeline.adapters.caspio.client.areas.files import Files
from pipeline.adapters.caspio.client.areas.tasks import Tasks
from pipeline.adapters.caspio.client.areas.webhooks import Webhooks
from pipeline.adapters.caspio.client.auth import ClientCredentials, Secret
from pipeline.adapters.caspio.client.call import Caller
from pipeline.adapters.caspio.client.operations import Answer
from pipeline.adapters.caspio.client.rate import PermitPool, RateLimiter
from pipeline.adapters.caspio.client.transport import (
    CallCounter,
    Meter,
    MeteredTransport,
    default_timeout,
    network_transport,
)
from pipeline.adapters.system_clock import SystemClock
from pipeline.errors import BadSettings
from pipeline.ports import Clock, Download

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class CaspioClient:
    """Talk to one account: `tables`, `views`, `files`, `webhooks`, `tasks`, `applications`, `directories`.

    Args:
        url: The account's address alone; plain http only for loopback.
        client_id: Of the Web Services profile.
        client_secret: Of the Web Services profile; never shown.
        clock: Tells the time and waits; this machine's unless given.
        rate: Calls this client may make, as calls/seconds.
        connections: Connections open at the same time at most.
        timeout: The four waits, in seconds.
        transport: Carries requests instead of the network.
        pool: Where all workers of the account take their permits from; None keeps the rate to this client.
        meter: Learns of every call and the bytes it moves.

    Raises:
        BadSettings: the address, the rate or a credential cannot be used.
    """

    def __init__(
        self,
        *,
        url: str,
        client_id: str,
        client_secret: str,
        clock: Clock | None = None,
        rate: str = "2000/300s",
        connections: int = 10,
        timeout: httpx.Timeout | None = None,
        transport: httpx.BaseTransport | None = None,
        pool: PermitPool | None = None,
        meter: Meter | None = None,
    ) -> None:
        url = _checked(url, client_id, client_secret)
        clock = clock or SystemClock()
        limiter = RateLimiter.parse(rate, clock=clock, pool=pool)
        self._calls = CallCounter()
        auth = ClientCredentials(
            url=url, client_id=client_id, client_secret=Secret(client_secret), clock=clock
        )
        self._http = httpx.Client(
            auth=auth,
            transport=MeteredTransport(
                transport or network_transport(connections=connections),
                limiter=limiter,
                calls=self._calls,
                meter=meter,
            ),
            timeout=timeout or default_timeout(),
            headers={"User-Agent": f"caspio-ingest (Python {platform.python_version()})"},
            follow_redirects=False,
        )
        self._caller = caller = Caller(
            self._http, url=url, clock=clock, limiter=limiter, redacted=auth.redacted
        )
        self._url = url
        self.tables = Tables(caller)
        self.views = Views(caller)
        self.files = Files(caller)
        self.webhooks = Webhooks(caller)
        self.tasks = Tasks(caller, clock=clock)
        self.applications = Applications(caller)
        self.directories = Directories(caller)

    @property
    def calls(self) -> Mapping[str, int]:
        """Return the calls made so far by "METHOD /template", repetitions and tokens included."""
        return self._calls.as_dict()

    def container(self, *, is_view: bool) -> Containers:
        """Return the operations on views or on tables."""
        return self.views if is_view else self.tables

    def call(
        self,
        operation_id: str,
        parameters: Mapping[str, str] | None = None,
        *,
        json: object = None,
        file: Path | None = None,
    ) -> object:
        """Make any operation by its `operationId`, with parameters as Caspio's documentation names them.

        Args:
            operation_id: A key of OPERATIONS.
            parameters: Path and query parameters, as text.
            json: The body, where it takes one.
            file: The file, where it takes one; sent under its own name.

        Returns:
            The answer's JSON as it came, a text where it is none, None for an answer without a body.

        Raises:
            ValueError: the operation or a parameter is unknown, missing or misshapen; lists all problems.
        """
        call = generic.build(operation_id, parameters or {}, json=json, file=file)
        if call.operation.answer is Answer.BYTES:
            raise ValueError(f"{operation_id} answers with {Answer.BYTES}; open it with `open`")
        return self._caller.whatever(call)

    def open(
        self, operation_id: str, parameters: Mapping[str, str]
    ) -> AbstractContextManager[Download]:
        """Open the bytes of one of the operations that download a file.

        Parameters and errors are those of `call`.
        """
        call = generic.build(operation_id, parameters)
        if call.operation.answer is not Answer.BYTES:
            raise ValueError(
                f"{operation_id} answers with {call.operation.answer}; make it with `call`"
            )
        return self._caller.stream(call)

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"CaspioClient({self._url})"


def _checked(url: str, client_id: str, client_secret: str) -> str:
    """Return the address without a slash at its end, after checking everything and listing all problems."""
    parts = urlsplit(url)
    problems = []
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        problems.append(f"{url!r} must begin with https://; plain http is for this machine alone")
    if not parts.hostname or parts.path not in {"", "/"} or parts.query or parts.username:
        problems.append(
            f"{url!r} must be the account's address alone, such as https://abc12345.caspio.com"
        )
    if not client_id:
        problems.append("the client id is empty; set CASPIO_CLIENT_ID")
    if not client_secret:
        problems.append("the client secret is empty; set CASPIO_CLIENT_SECRET")
    if problems:
        raise BadSettings(problems)
    return url.rstrip("/")
