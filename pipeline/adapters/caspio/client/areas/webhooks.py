"""Outgoing webhooks and their events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.adapters.caspio.client.http.call import Caller
from pipeline.adapters.caspio.client.http.request import Call
from pipeline.adapters.caspio.client.operations import OPERATIONS, operation
from pipeline.adapters.caspio.client.wire import account as wire
from pipeline.adapters.caspio.client.wire.account import Webhook, WebhookEvent
from pipeline.adapters.caspio.client.wire.payload import Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDefinition:
    """What a webhook is to report.

    Attributes:
        type: table.recordInsert, table.recordUpdate or table.recordDelete.
        table: The table to watch. For a table, a webhook has at most one insert, one delete, and
            one update of any field.
        fields: The fields whose update is reported; empty means any.
        sources: Datasheet, DataPages, RESTAPIs, TriggeredActions, Tasks; empty means all. Without
            RESTAPIs a program gets no messages about its own writes.
        payload_fields: Fields to send along.
        payload_template: Body of the message, with single quotes where JSON has double ones; "" is
            Caspio's own.
        enabled: Whether it is Active.
    """

    type: str
    table: str
    fields: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    payload_fields: tuple[str, ...] = ()
    payload_template: str = ""
    enabled: bool = True

    def as_json(self) -> dict[str, object]:
        """Return Caspio's WebhookEventRequest; what is empty is left out."""
        given: dict[str, object] = {
            "EventType": self.type,
            "ObjectName": self.table,
            "ObjectFields": list(self.fields),
            "EventSources": list(self.sources),
            "CustomPayloadFields": list(self.payload_fields),
            "CustomPayloadTemplate": self.payload_template,
        }
        # What is missing means "all", as an empty list does (caspio-api.md, section 6.1).
        filled = {name: value for name, value in given.items() if value}
        return filled | {"Enabled": self.enabled}


class Webhooks:
    """Operations on outgoing webhooks. A name, and an address, can be used by one webhook only.

    Every method raises AccessDenied where the profile may not manage webhooks, and NotFound for an
    unknown id.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    @operation("ListOutgoingWebhooks")
    def all(self) -> tuple[Webhook, ...]:
        """Return all webhooks, without their secrets and counts (ListOutgoingWebhooks)."""
        return tuple(map(wire.webhook, wire.many(self._ask("ListOutgoingWebhooks"))))

    @operation("CreateOutgoingWebhook")
    def create(
        self,
        name: str,
        urls: Sequence[str],
        *,
        description: str = "",
        throttling: int | None = None,
    ) -> Webhook:
        """Create a webhook and return it with its secret (CreateOutgoingWebhook).

        No other answer has the secret: keep it.

        Args:
            name: Not used by another webhook.
            urls: https addresses; more than one where the plan has multicast.
            description: Anything.
            throttling: Calls a second at most, 1 up to what the plan allows; None is that.
        """
        body: dict[str, object] = {
            "Name": name,
            "Description": description,
            "OutgoingUrls": list(urls),
        }
        # Caspio's default is the most that the plan allows.
        if throttling is not None:
            body["CallThrottling"] = throttling
        return wire.webhook(wire.one(self._ask("CreateOutgoingWebhook", json=body)))

    @operation("GetOutgoingWebhook")
    def get(self, webhook_id: str) -> Webhook:
        """Return a webhook with its counts of the last 30 days (GetOutgoingWebhook)."""
        return wire.webhook(wire.one(self._ask("GetOutgoingWebhook", webhookId=webhook_id)))

    @operation("UpdateOutgoingWebhook")
    def update(
        self,
        webhook_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        urls: Sequence[str] | None = None,
        throttling: int | None = None,
        enabled: bool | None = None,
    ) -> Webhook:
        """Change what is given, at least one thing, and return the webhook (UpdateOutgoingWebhook).

        `enabled` switches all its events.

        Raises:
            ValueError: nothing is given.
        """
        given: dict[str, object] = {
            "Name": name,
            "Description": description,
            "OutgoingUrls": None if urls is None else list(urls),
            "CallThrottling": throttling,
            "Enabled": enabled,
        }
        body = {member: value for member, value in given.items() if value is not None}
        if not body:
            raise ValueError("name at least one property to change")
        answer = self._ask("UpdateOutgoingWebhook", json=body, webhookId=webhook_id)
        return wire.webhook(wire.one(answer))

    @operation("DeleteOutgoingWebhook")
    def delete(self, webhook_id: str) -> None:
        """Delete a webhook and its events (DeleteOutgoingWebhook)."""
        self._ask("DeleteOutgoingWebhook", webhookId=webhook_id)

    @operation("ListOutgoingWebhookEvents")
    def events(self, webhook_id: str) -> tuple[WebhookEvent, ...]:
        """Return a webhook's events, without their counts (ListOutgoingWebhookEvents)."""
        answer = self._ask("ListOutgoingWebhookEvents", webhookId=webhook_id)
        return tuple(map(wire.event, wire.many(answer)))

    @operation("CreateOutgoingWebhookEvent")
    def create_event(self, webhook_id: str, definition: EventDefinition) -> WebhookEvent:
        """Add an event to a webhook; an identical one is refused (CreateOutgoingWebhookEvent)."""
        answer = self._ask(
            "CreateOutgoingWebhookEvent", json=definition.as_json(), webhookId=webhook_id
        )
        return wire.event(wire.one(answer))

    @operation("GetOutgoingWebhookEvent")
    def event(self, webhook_id: str, event_id: str) -> WebhookEvent:
        """Return an event with its counts of the last 30 days (GetOutgoingWebhookEvent)."""
        answer = self._ask("GetOutgoingWebhookEvent", webhookId=webhook_id, eventId=event_id)
        return wire.event(wire.one(answer))

    @operation("UpdateOutgoingWebhookEvent")
    def replace_event(
        self, webhook_id: str, event_id: str, definition: EventDefinition
    ) -> WebhookEvent:
        """Replace the whole definition of an event (UpdateOutgoingWebhookEvent)."""
        body = definition.as_json()
        answer = self._ask(
            "UpdateOutgoingWebhookEvent", json=body, webhookId=webhook_id, eventId=event_id
        )
        return wire.event(wire.one(answer))

    @operation("DeleteOutgoingWebhookEvent")
    def delete_event(self, webhook_id: str, event_id: str) -> None:
        """Delete an event (DeleteOutgoingWebhookEvent)."""
        self._ask("DeleteOutgoingWebhookEvent", webhookId=webhook_id, eventId=event_id)

    def _ask(self, name: str, *, json: Mapping[str, object] | None = None, **names: str) -> Payload:
        return self._caller.ask(Call(OPERATIONS[name], names, json=json))
