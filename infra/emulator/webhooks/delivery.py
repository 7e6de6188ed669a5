"""Delivery of webhook messages: queued, throttled, signed, tried again, logged."""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import time
import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from infra.emulator.clock import Clock, to_seconds
from infra.emulator.errors import ApiError
from infra.emulator.faults import Faults
from infra.emulator.quirks import Quirks
from infra.emulator.state.changes import TYPES, Change
from infra.emulator.state.schema import PK
from infra.emulator.webhooks.definitions import LOOPBACK, Event, Webhook, Webhooks

_LARGEST_BYTES = 10 * 1024 * 1024
_ROWS_A_MESSAGE = 1000
_LINK_S = 300
_NOT_SENT = "not sent:"
_LOG_LENGTH = 10_000


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to deliver a message to one address; `status` is 0 where no answer came."""

    webhook: str
    event: str
    message: str
    call: str
    url: str
    attempt: int
    status: int
    response: str
    success: bool
    at: str


@dataclass(frozen=True, slots=True)
class Link:
    """An attachment that can be fetched without a token for a while; `ends` is on the monotonic clock."""

    table: str
    field: str
    pk: int
    ends: float


@dataclass(frozen=True, slots=True)
class _Parcel:
    """One message on its way to one address."""

    hook: Webhook
    event: str
    message: str
    call: str
    url: str
    body: bytes


class Deliveries:
    """The account's outgoing messages.

    Attributes:
        log: Attempts in order.
        url: Address of the emulator, for temporary links.
    """

    def __init__(
        self, *, account: str, webhooks: Webhooks, faults: Faults, quirks: Quirks, clock: Clock
    ) -> None:
        self._account = account
        self._webhooks = webhooks
        self._faults = faults
        self._quirks = quirks
        self._clock = clock
        self._pending: dict[str, deque[tuple[str, Change]]] = {}
        self._draining: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._links: dict[str, Link] = {}
        self.log: deque[Attempt] = deque(maxlen=_LOG_LENGTH)
        self.url = ""

    def wants(self, kind: str, table: str) -> bool:
        """Say whether any event listens to a kind of change in a table."""
        return any(
            one.type == kind and one.object.lower() == table.lower()
            for one in self._webhooks.active()
        )

    def changed(self, changes: Sequence[Change]) -> None:
        """Queue what events are raised by changes."""
        for event in self._webhooks.active():
            due = [change for change in changes if _raises(event, change)]
            if not due:
                continue
            self._pending.setdefault(event.webhook, deque()).extend(
                (event.id, change) for change in due
            )
            if event.webhook not in self._draining:
                self._draining.add(event.webhook)
                self._start(self._drain(event.webhook))

    def activity(self, *, webhook: str = "", event: str = "") -> dict[str, int]:
        """Count messages, calls and errors of a webhook or an event."""
        mine = [one for one in self.log if webhook == one.webhook or event == one.event]
        messages = {one.message for one in mine}
        return {
            "Messages": len(messages),
            "Calls": len(mine),
            "Errors": sum(not one.success for one in mine),
        }

    def listed(self) -> list[dict[str, Any]]:
        """Return the log as plain data."""
        return [asdict(one) for one in self.log]

    def link(self, key: str) -> Link | None:
        """Return what a temporary address leads to, None once it is over."""
        found = self._links.get(key)
        return found if found is not None and found.ends > time.monotonic() else None

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drain(self, key: str) -> None:
        """Send what waits for a webhook, at most so many calls a second; what waits longer goes in one message."""
        waiting = self._pending[key]
        # The first message leaves after the operation's own answer, with all rows it changed.
        await asyncio.sleep(0)
        while waiting:
            try:
                hook = self._webhooks.get(key)
                event = self._webhooks.event(hook, waiting[0][0])
            except ApiError:
                waiting.popleft()
                continue
            batch = _batch(waiting, single=bool(event.template))
            for _ in batch:
                waiting.popleft()
            message = str(uuid.uuid4())
            for number, url in enumerate(hook.urls, start=1):
                call = f"{message}-{number}"
                body = self._body(hook, event, message, call, batch)
                self._start(self._send(_Parcel(hook, event.id, message, call, url, body)))
            await asyncio.sleep(len(hook.urls) / hook.throttling)
        self._draining.discard(key)

    def _body(
        self, hook: Webhook, event: Event, message: str, call: str, batch: Sequence[Change]
    ) -> bytes:
        envelope = {
            "eventId": event.id, "messageId": message, "webhookId": hook.id, "accountId": self._account,
            "secret": hook.secret, "eventDate": to_seconds(self._clock.now()), "eventType": event.type,
            "objectName": event.object,
        }  # fmt: skip
        if event.template:
            return self._filled(event.template, {**envelope, "callId": call}, batch[0]).encode()
        if not self._quirks.webhook_secret_in_body:
            del envelope["secret"]
        data = [self._shown(event, change) for change in batch]
        return json.dumps({**envelope, "data": data}, ensure_ascii=False).encode()

    def _shown(self, event: Event, change: Change) -> dict[str, Any]:
        if event.payload_fields:
            return {name: change.row.get(name) for name in (PK, *event.payload_fields)}
        return dict(change.row) if self._quirks.webhook_fields == "all" else {PK: change.row[PK]}

    def _filled(self, template: str, envelope: Mapping[str, str], change: Change) -> str:
        """Fill a template in; what it names and nobody knows stays as it is."""
        text = template.replace("'", '"')
        for name, value in envelope.items():
            text = text.replace(f"[@out-hook:{name}]", json.dumps(value)[1:-1])
        for name, value in change.row.items():
            text = text.replace(
                f"[@field:{name}]", json.dumps("" if value is None else str(value))[1:-1]
            )
            if f"[@field:{name}/]" in text:
                text = text.replace(f"[@field:{name}/]", self._temporary(change, name))
        return text

    def _temporary(self, change: Change, field: str) -> str:
        key = secrets.token_urlsafe(24)
        link = Link(
            table=change.table, field=field, pk=int(change.row[PK]), ends=time.monotonic() + _LINK_S
        )
        self._links[key] = link
        return f"{self.url}/_temporary/{key}?account={self._account}"

    async def _send(self, parcel: "_Parcel") -> None:
        target = parcel.body.decode()
        fault = self._faults.next(
            operation="Delivery", method="POST", template=parcel.url, target=target
        )
        kind = fault.kind if fault is not None else ""
        if fault is not None and fault.kind == "latency":
            await asyncio.sleep(fault.seconds)
        for _ in range({"lost": 0, "duplicate": 2}.get(kind, 1)):
            await self._insist(parcel)

    async def _insist(self, parcel: "_Parcel") -> None:
        for attempt in range(1, self._quirks.webhook_retries + 2):
            status, response = await self._post(parcel)
            success = 200 <= status < 300  # noqa: PLR2004  HTTP's successes
            self.log.append(
                Attempt(
                    webhook=parcel.hook.id, event=parcel.event, message=parcel.message, call=parcel.call,
                    url=parcel.url, attempt=attempt, status=status, response=response, success=success,
                    at=to_seconds(self._clock.now()),
                )
            )  # fmt: skip
            if success or response.startswith(_NOT_SENT):
                return
            await asyncio.sleep(self._quirks.webhook_retry_ms / 1000 * 2 ** (attempt - 1))

    async def _post(self, parcel: "_Parcel") -> tuple[int, str]:
        """Send a message once and return the status and the begin of the answer; status 0 without one."""
        if urlsplit(parcel.url).hostname not in LOOPBACK:
            return 0, f"{_NOT_SENT} the emulator delivers to loopback addresses only"
        if len(parcel.body) > _LARGEST_BYTES:
            return 0, f"{_NOT_SENT} the message is larger than 10 MB"
        headers = {"Content-Type": "application/json"} | self._signature(parcel.hook, parcel.body)
        try:
            async with httpx.AsyncClient(
                trust_env=False, timeout=self._quirks.webhook_timeout_ms / 1000
            ) as client:
                reply = await client.post(parcel.url, content=parcel.body, headers=headers)
        except httpx.HTTPError as error:
            return 0, type(error).__name__
        return reply.status_code, reply.text[:500]

    def _signature(self, hook: Webhook, body: bytes) -> dict[str, str]:
        if self._quirks.webhook_signature == "none":
            return {}
        digest = hmac.new(hook.secret.encode(), body, hashlib.sha256).digest()
        encoded = (
            digest.hex()
            if self._quirks.webhook_signature == "hex"
            else base64.b64encode(digest).decode()
        )
        return {self._quirks.webhook_signature_header: encoded}


def _raises(event: Event, change: Change) -> bool:
    if not event.watches(kind=change.kind, table=change.table, source=change.source):
        return False
    return change.kind != TYPES[1] or not event.fields or bool(change.fields & set(event.fields))


def _batch(waiting: deque[tuple[str, Change]], *, single: bool) -> list[Change]:
    """Return the first changes of one event that may go in one message, leaving them in the queue."""
    first = waiting[0][0]
    batch: list[Change] = []
    for event, change in waiting:
        if event != first or len(batch) >= (1 if single else _ROWS_A_MESSAGE):
            break
        batch.append(change)
    return batch
