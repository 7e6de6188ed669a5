"""Sending one webhook message: scripted faults, attempts, and their log."""

import asyncio
from collections import deque
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from infra.emulator.clock import Clock, format_seconds
from infra.emulator.faults import Faults, first_fault
from infra.emulator.quirks import Quirks
from infra.emulator.webhooks.definitions import LOOPBACK
from infra.emulator.webhooks.messages import Message, signature

# The largest message: Caspio's own limit is not stored, this one is our choice.
_MAX_BYTES = 10 * 1024 * 1024
_MAX_LOGGED = 10_000
_EXCERPT = 500
_SUCCESS = range(200, 300)
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


class MessageSender:
    """Sends messages to loopback addresses.

    Attributes:
        log: The attempts in order.
    """

    def __init__(self, *, faults: Faults, quirks: Quirks, clock: Clock) -> None:
        self._faults = faults
        self._quirks = quirks
        self._clock = clock
        self.log: deque[DeliveryAttempt] = deque(maxlen=_MAX_LOGGED)

    async def send(self, message: Message) -> None:
        """Deliver a message, as the active faults let it through."""
        due = self._faults.due(
            operation="Delivery",
            method="POST",
            template=message.url,
            target=message.body.decode(),
        )
        fault = first_fault(due)
        times = 1
        if fault is not None and fault.kind == "latency":
            await asyncio.sleep(fault.seconds)
        elif fault is not None:
            times = {"lost": 0, "duplicate": 2}.get(fault.kind, 1)
        for _ in range(times):
            await self._deliver(message)

    async def _deliver(self, message: Message) -> None:
        """Send a message until it succeeds or its retries are used up, and log each attempt."""
        # §6.2: retries are observed, their number and spacing are unknown; the quirks set them.
        wait_s = self._quirks.webhook_retry_ms / 1000
        for attempt in range(1, self._quirks.webhook_retries + 2):
            status, response = await self._post(message)
            success = status in _SUCCESS
            self.log.append(
                DeliveryAttempt(
                    webhook=message.webhook.key,
                    event=message.event.key,
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

        headers = {"Content-Type": "application/json"}
        headers |= signature(message, self._quirks)
        timeout_s = self._quirks.webhook_timeout_ms / 1000
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=timeout_s) as client:
                reply = await client.post(message.url, content=message.body, headers=headers)
        except httpx.HTTPError as error:
            return 0, type(error).__name__
        return reply.status_code, reply.text[:_EXCERPT]
