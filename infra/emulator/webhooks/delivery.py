"""Delivery of webhook messages: queued, throttled, tried again, and logged."""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Coroutine, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from infra.emulator.clock import Clock, format_seconds
from infra.emulator.errors import ApiError
from infra.emulator.faults import Faults, first_fault
from infra.emulator.quirks import Quirks
from infra.emulator.state.changes import Change
from infra.emulator.state.schema import PK
from infra.emulator.webhooks.definitions import LOOPBACK, Webhooks
from infra.emulator.webhooks.messages import Message, MessageBuilder, raises

# §6.2 (C): a temporary URL of a template is valid for 300 s.
_TEMPORARY_URL_S = 300
# Limits of one message: Caspio's documented ones are not stored; these are our choice.
_MAX_BYTES = 10 * 1024 * 1024
_MAX_ROWS = 1000
_MAX_LOGGED = 10_000
_EXCERPT = 500
_NOT_SENT = "not sent:"


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """One attempt to deliver a message to one URL; `status` is 0 if there was no answer."""

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
class TemporaryFile:
    """An attachment that can be read without a token until `ends` on the monotonic clock."""

    table: str
    field: str
    pk: int
    ends: float


class Deliveries:
    """The account's outgoing messages.

    Attributes:
        log: The attempts in order.
        url: Address of the emulator, for temporary URLs.
    """

    def __init__(
        self, *, account: str, webhooks: Webhooks, faults: Faults, quirks: Quirks, clock: Clock
    ) -> None:
        self._account = account
        self._webhooks = webhooks
        self._faults = faults
        self._quirks = quirks
        self._clock = clock
        self._messages = MessageBuilder(account, quirks, self._temporary_url)
        self._waiting: dict[str, deque[tuple[str, Change]]] = {}
        self._sending: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._temporary_files: dict[str, TemporaryFile] = {}
        self.log: deque[DeliveryAttempt] = deque(maxlen=_MAX_LOGGED)
        self.url = ""

    def is_wanted(self, change_type: str, table: str) -> bool:
        """Report whether any event is for a type of change in a table."""
        return any(
            event.type == change_type and event.object.lower() == table.lower()
            for event in self._webhooks.active_events()
        )

    def on_changes(self, changes: Sequence[Change]) -> None:
        """Queue a message for each event that the changes raise."""
        for event in self._webhooks.active_events():
            raised = [(event.id, change) for change in changes if raises(event, change)]
            if not raised:
                continue
            self._waiting.setdefault(event.webhook, deque()).extend(raised)
            if event.webhook not in self._sending:
                self._sending.add(event.webhook)
                self._start(self._send_waiting(event.webhook))

    def activity(self, *, webhook: str = "", event: str = "") -> dict[str, int]:
        """Count messages, calls and errors of a webhook or of an event."""
        attempts = [
            attempt for attempt in self.log if webhook == attempt.webhook or event == attempt.event
        ]
        return {
            "Messages": len({attempt.message for attempt in attempts}),
            "Calls": len(attempts),
            "Errors": sum(not attempt.success for attempt in attempts),
        }

    def listed(self) -> list[dict[str, Any]]:
        """Return the log as plain data."""
        return [asdict(attempt) for attempt in self.log]

    def temporary_file(self, key: str) -> TemporaryFile | None:
        """Return what a temporary URL names, None once it has ended."""
        found = self._temporary_files.get(key)
        is_valid = found is not None and found.ends > time.monotonic()
        return found if is_valid else None

    def _temporary_url(self, change: Change, field: str) -> str:
        key = secrets.token_urlsafe(24)
        ends = time.monotonic() + _TEMPORARY_URL_S
        pk = int(change.row[PK])
        self._temporary_files[key] = TemporaryFile(change.table, field, pk, ends)
        return f"{self.url}/_temporary/{key}?account={self._account}"

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        # asyncio itself keeps only a weak reference to a task.
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_waiting(self, key: str) -> None:
        """Send what waits for a webhook, at no more calls per second than it allows."""
        waiting = self._waiting[key]
        # The first message leaves after the operation's own answer, with all rows it changed.
        await asyncio.sleep(0)
        while waiting:
            try:
                webhook = self._webhooks.get(key)
                event = self._webhooks.event(webhook, waiting[0][0])
            except ApiError:
                # The webhook or the event was deleted meanwhile.
                waiting.popleft()
                continue
            # A filled template holds one row only.
            batch = _take_batch(waiting, max_rows=1 if event.template else _MAX_ROWS)
            date = format_seconds(self._clock.now())
            for message in self._messages.build(webhook, event, batch, date=date):
                self._start(self._send(message))
            # §6.2 (C): throttling is calls per second; what waits longer goes in one message.
            await asyncio.sleep(len(webhook.urls) / webhook.throttling)
        self._sending.discard(key)

    async def _send(self, message: Message) -> None:
        """Deliver a message, as far as the active faults let it through."""
        fault = first_fault(
            self._faults.due(
                operation="Delivery",
                method="POST",
                template=message.url,
                target=message.body.decode(),
            )
        )
        kind = "" if fault is None else fault.kind
        if fault is not None and kind == "latency":
            await asyncio.sleep(fault.seconds)
        times = {"lost": 0, "duplicate": 2}.get(kind, 1)
        for _ in range(times):
            await self._deliver(message)

    async def _deliver(self, message: Message) -> None:
        """Send a message until it succeeds or its retries are used up, and log each attempt."""
        # §6.2: retries are observed, their number and spacing are unknown; the quirks set them.
        wait_s = self._quirks.webhook_retry_ms / 1000
        for attempt in range(1, self._quirks.webhook_retries + 2):
            status, response = await self._post(message)
            success = 200 <= status < 300  # noqa: PLR2004  HTTP's successes
            self.log.append(
                DeliveryAttempt(
                    webhook=message.webhook.id,
                    event=message.event.id,
                    message=message.message_id,
                    call=message.call_id,
                    url=message.url,
                    attempt=attempt,
                    status=status,
                    response=response,
                    success=success,
                    at=format_seconds(self._clock.now()),
                )
            )
            if success or response.startswith(_NOT_SENT):
                return
            await asyncio.sleep(wait_s)
            wait_s *= 2

    async def _post(self, message: Message) -> tuple[int, str]:
        """Send a message once; return the status and the start of the answer, or 0 and why not."""
        if urlsplit(message.url).hostname not in LOOPBACK:
            return 0, f"{_NOT_SENT} the emulator delivers to loopback addresses only"
        if len(message.body) > _MAX_BYTES:
            return 0, f"{_NOT_SENT} the message is larger than 10 MB"

        headers = {"Content-Type": "application/json", **self._messages.signature(message)}
        timeout_s = self._quirks.webhook_timeout_ms / 1000
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=timeout_s) as client:
                reply = await client.post(message.url, content=message.body, headers=headers)
        except httpx.HTTPError as error:
            return 0, type(error).__name__
        return reply.status_code, reply.text[:_EXCERPT]


def _take_batch(waiting: deque[tuple[str, Change]], *, max_rows: int) -> list[Change]:
    """Remove and return the first changes of one event that go into one message."""
    # §6.2 (C): a message may report several rows.
    event = waiting[0][0]
    batch: list[Change] = []
    while waiting and waiting[0][0] == event and len(batch) < max_rows:
        batch.append(waiting.popleft()[1])
    return batch
