"""The Caspio client: usable on its own, safe from many threads, closed by its `with`.

with CaspioClient(url="https://abc12345.caspio.com", client_id=…, client_secret=…) as client:
for page in client.tables.record_pages("Receipts", select=("PK_ID", "Total")):
…
"""

import platform
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import httpx

from pipeline.adapters.caspio.client import generic
from pipeline.adapters.caspio.client.areas.applications import Applications
from pipeline.adapters.caspio.client.areas.containers import Containers
from pipeline.adapters.caspio.client.areas.directories import Directories
from pipeline.adapters.caspio.client.areas.files import Files
from pipeline.adapters.caspio.client.areas.tables import Tables, Views
from pipeline.adapters.caspio.client.areas.tasks import Tasks
from pipeline.adapters.caspio.client.areas.webhooks import Webhooks
from pipeline.adapters.caspio.client.clock import Clock, MachineClock
from pipeline.adapters.caspio.client.errors import CaspioError, Misconfigured
from pipeline.adapters.caspio.client.http.auth import ClientCredentials, KeptToken
from pipeline.adapters.caspio.client.http.call import RETRY, Caller
from pipeline.adapters.caspio.client.http.network import network_transport
from pipeline.adapters.caspio.client.http.rate import PermitPool, RateLimiter
from pipeline.adapters.caspio.client.http.request import Call
from pipeline.adapters.caspio.client.http.sending import Sender
from pipeline.adapters.caspio.client.http.transport import (
    CallCounter,
    Meter,
    MeteredTransport,
    default_timeout,
)
from pipeline.adapters.caspio.client.operations import (
    API_VERSION,
    ME_OF_V4,
    OPERATIONS,
    AnswerKind,
    Operation,
)
from pipeline.adapters.caspio.client.retry import RetryPolicy
from pipeline.adapters.caspio.client.values import Download, Secret, StreamedFile

# The local Caspio speaks http; anything else would send the secret unencrypted.
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class CaspioClient:
    """Talk to one account, with one attribute for each part of it.

    Every call waits for a permit of the rate, is repeated where that is safe, and has a bounded
    answer. Its errors are `CaspioError`s; each class of operations lists which.

    Args:
        url: The account's address only, such as https://abc12345.caspio.com; plain http only for
            loopback.
        client_id: The client id of the Web Services profile.
        client_secret: The client secret of the Web Services profile; never shown.
        clock: Says the time and waits; this machine's unless given. An error raised by its `sleep`
            ends the call that waits.
        rate: Calls that this client may make, as calls/seconds.
        connections: Connections open at the same time at most.
        timeout: The four waits in seconds: to connect, to read, to write, for a free connection.
        transport: Sends requests instead of the network.
        pool: Where all workers of the account take their permits from; None keeps the rate to this
            client.
        meter: Is called for every call and the bytes it moves.
        token: Keeps the token for the clients after this one, with the same address, id and secret.
        retry: How calls are repeated. Change it with `dataclasses.replace(RETRY, attempts=3)`.

    Attributes:
        tables: Tables, their fields, records and attachments.
        views: Views, their fields, records and attachments.
        files: The Files area.
        webhooks: Outgoing webhooks and their events.
        tasks: Import and export tasks.
        applications: Bridge applications and their DataPages.
        directories: Directories and their users.

    Raises:
        Misconfigured: the address, the rate or a credential cannot be used.
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
        token: KeptToken | None = None,
        retry: RetryPolicy = RETRY,
    ) -> None:
        self._url = url = _checked(url, client_id, client_secret)
        self._clock = clock = clock or MachineClock()
        limiter = RateLimiter.parse(rate, clock=clock, pool=pool)
        self._calls = CallCounter()
        auth = ClientCredentials(
            url=url,
            client_id=client_id,
            client_secret=Secret(client_secret),
            clock=clock,
            kept=token,
        )
        self._sender = Sender(
            MeteredTransport(
                transport or network_transport(connections=connections),
                limiter=limiter,
                calls=self._calls,
                meter=meter,
            ),
            auth=auth,
            headers={
                "User-Agent": f"caspio-ingest (Python {platform.python_version()})",
                # What `bound_answer` decodes.
                "Accept-Encoding": "gzip",
            },
            timeout=timeout or default_timeout(),
        )
        self._caller = caller = Caller(
            self._sender,
            url=url,
            clock=clock,
            limiter=limiter,
            redacted=auth.redacted,
            retry=retry,
        )
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

    @property
    def clock(self) -> Clock:
        """Return the clock that this client waits on."""
        return self._clock

    def container(self, *, is_view: bool) -> Containers:
        """Return the operations on views or on tables."""
        return self.views if is_view else self.tables

    def call(
        self,
        operation_id: str,
        parameters: Mapping[str, str] | None = None,
        *,
        json: object = None,
        file: Path | StreamedFile | None = None,
    ) -> object:
        """Make any operation by its `operationId`, with parameters named as Caspio documents them.

        Args:
            operation_id: A key of OPERATIONS.
            parameters: Path and query parameters, as text.
            json: The body, if it takes one.
            file: The file, if it takes one; sent under its own name. One that is still arriving is
                sent as it comes, and not a second time.

        Returns:
            The answer's JSON as it came, a text where it has no JSON, None for an answer without a
                body.

        Raises:
            ValueError: the operation or a parameter is unknown, missing or malformed; lists all
                problems.
        """
        call = generic.build(operation_id, parameters or {}, json=json, file=file)
        # A file does not fit into memory, nor into JSON.
        if call.operation.answer is AnswerKind.BYTES:
            raise ValueError(f"{operation_id} answers with {AnswerKind.BYTES}; open it with `open`")
        return self._caller.any_content(call)

    def open(
        self, operation_id: str, parameters: Mapping[str, str]
    ) -> AbstractContextManager[Download]:
        """Open the bytes of one of the operations that download a file.

        Parameters and errors are those of `call`.
        """
        call = generic.build(operation_id, parameters)
        if call.operation.answer is not AnswerKind.BYTES:
            raise ValueError(
                f"{operation_id} answers with {call.operation.answer}; make it with `call`"
            )
        return self._caller.stream(call)

    def versions(self) -> Mapping[str, bool]:
        """Return which versions of the API answer this account; `API_VERSION` is the one in use.

        It makes two calls.
        """
        asked = {API_VERSION: OPERATIONS["ListTables"], "v4": ME_OF_V4}
        return {version: self._answers(one) for version, one in asked.items()}

    def _answers(self, operation: Operation) -> bool:
        try:
            return isinstance(self._caller.any_content(Call(operation)), dict)
        except CaspioError:
            # What does not know an address may answer it in many ways; only JSON is an answer.
            return False

    def close(self) -> None:
        """Close all connections."""
        self._sender.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"CaspioClient({self._url})"


def _checked(url: str, client_id: str, client_secret: str) -> str:
    """Return the address without a slash at its end, after checking everything."""
    problems = []
    parts = urlsplit(url)
    is_loopback = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if parts.scheme != "https" and not is_loopback:
        problems.append(f"{url!r} must begin with https://; plain http is for this machine only")
    if not parts.hostname or parts.path not in {"", "/"} or parts.query or parts.username:
        problems.append(
            f"{url!r} must be the account's address only, such as https://abc12345.caspio.com"
        )
    if not client_id:
        problems.append("the client id is empty; set CASPIO_CLIENT_ID")
    if not client_secret:
        problems.append("the client secret is empty; set CASPIO_CLIENT_SECRET")
    if problems:
        raise Misconfigured(problems)
    return url.rstrip("/")
