"""Delivery of webhook messages: queued, throttled, and counted."""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Coroutine, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from infra.emulator.clock import Clock, format_seconds
from infra.emulator.errors import ApiError
from infra.emulator.faults import Faults
from infra.emulator.quirks import Quirks
from infra.emulator.state.changes import Change
from infra.emulator.state.schema import PK
from infra.emulator.webhooks.definitions import Webhooks
from infra.emulator.webhooks.messages import MessageBuilder, raises
from infra.emulator.webhooks.sender import MessageSender

# §6.2 (C): a temporary URL of a template is valid for 300 s.
_TEMPORARY_URL_S = 300
# §6.2 (C): a message may report several rows; the largest number is our choice.
_MAX_ROWS = 1000


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
        url: Address of the emulator, for temporary URLs.
    """

    def __init__(
        self, *, account: str, webhooks: Webhooks, faults: Faults, quirks: Quirks, clock: Clock
    ) -> None:
        self._account = account
        self._webhooks = webhooks
        self._clock = clock
        self._messages = MessageBuilder(account, quirks, self.temporary_url)
        self._sender = MessageSender(faults=faults, quirks=quirks, clock=clock)
        self._waiting: dict[str, deque[tuple[str, Change]]] = {}
        self._sending: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._temporary_files: dict[str, TemporaryFile] = {}
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
            raised = [(event.key, change) for change in changes if raises(event, change)]
            if not raised:
                continue
            self._waiting.setdefault(event.webhook, deque()).extend(raised)
            if event.webhook not in self._sending:
                self._sending.add(event.webhook)
                self._start(self._send_waiting(event.webhook))

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
            event_id = waiting[0][0]
            try:
                webhook = self._webhooks.definitions.get(key)
                event = self._webhooks.event(webhook, event_id)
            except ApiError:
                # The webhook or the event was deleted meanwhile.
                waiting.popleft()
                continue

            # A filled template holds one row only.
            max_rows = 1 if event.template else _MAX_ROWS
            batch: list[Change] = []
            while waiting and waiting[0][0] == event_id and len(batch) < max_rows:
                batch.append(waiting.popleft()[1])
            date = format_seconds(self._clock.now())
            for message in self._messages.build(webhook, event, batch, date=date):
                self._start(self._sender.send(message))
            # §6.2 (C): throttling is calls per second; what waits longer goes in one message.
            await asyncio.sleep(len(webhook.urls) / webhook.throttling)
        self._sending.discard(key)

    def activity(self, *, webhook: str = "", event: str = "") -> dict[str, int]:
        """Count messages, calls and errors of a webhook or of an event."""
        messages: set[str] = set()
        calls = 0
        errors = 0
        for attempt in self._sender.log:
            if webhook == attempt.webhook or event == attempt.event:
                messages.add(attempt.message)
                calls += 1
                errors += not attempt.success
        return {"Messages": len(messages), "Calls": calls, "Errors": errors}

    def attempts(self) -> list[dict[str, Any]]:
        """Return the attempts in order, as plain data; see `webhooks.sender.DeliveryAttempt`."""
        return [asdict(attempt) for attempt in self._sender.log]

    def clear_attempts(self) -> None:
        """Clear the log of attempts."""
        self._sender.log.clear()

    def temporary_url(self, change: Change, field: str) -> str:
        """Return a URL at which a changed record's attachment can be read for a while."""
        key = secrets.token_urlsafe(24)
        ends = time.monotonic() + _TEMPORARY_URL_S
        pk = int(change.row[PK])
        self._temporary_files[key] = TemporaryFile(change.table, field, pk, ends)
        return f"{self.url}/_temporary/{key}?account={self._account}"

    def temporary_file(self, key: str) -> TemporaryFile | None:
        """Return what a temporary URL names, None once it has ended."""
        found = self._temporary_files.get(key)
        if found is None or found.ends <= time.monotonic():
            return None
        return found
