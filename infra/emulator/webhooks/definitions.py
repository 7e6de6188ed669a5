"""Outgoing webhooks and their events: definitions, and the rules they must meet."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from infra.emulator.clock import format_seconds
from infra.emulator.errors import bad_body, no_object
from infra.emulator.state.changes import CHANGE_TYPES, UPDATE
from infra.emulator.state.objects import Objects, id_of, new_id
from infra.emulator.state.schema import PK
from infra.emulator.state.store import Store

# EventSources (§6.1, C): those of SPEC and two newer ones.
SOURCES = (
    "Datasheet",
    "DataPages",
    "RESTAPIs",
    "TriggeredActions",
    "Tasks",
    "DataParts",
    "Extensions",
)
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
# §6.1 (C): at most the plan's maximum, which is also the default; the number is our choice.
_MAX_CALLS_PER_SECOND = 100

# SPEC: member of the request -> attribute of Webhook.
_ATTRIBUTES = {
    "Name": "name",
    "Description": "description",
    "OutgoingUrls": "urls",
    "CallThrottling": "throttling",
}
_TYPES_BY_LOWER_NAME = {change_type.lower(): change_type for change_type in CHANGE_TYPES}
_SOURCES_BY_LOWER_NAME = {source.lower(): source for source in SOURCES}


@dataclass(frozen=True, slots=True)
class Webhook:
    """One webhook. `throttling` is calls per second; dates are UTC."""

    key: str
    name: str
    description: str
    urls: tuple[str, ...]
    throttling: int
    secret: str
    enabled: bool
    created: str
    created_by: str
    modified: str | None = None
    modified_by: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the list item."""
        return {
            "Id": self.key,
            "Status": "Active" if self.enabled else "Inactive",
            "Name": self.name,
            "Description": self.description,
            "OutgoingUrls": self.urls,
            "CallThrottling": self.throttling,
            "LastModified": self.modified,
            "ModifiedBy": self.modified_by,
            "DateCreated": self.created,
            "CreatedBy": self.created_by,
        }


@dataclass(frozen=True, slots=True)
class Event:
    """Which changes a webhook reports. Empty `fields` and `sources` mean any."""

    key: str
    webhook: str
    type: str
    object: str
    fields: tuple[str, ...]
    sources: tuple[str, ...]
    payload_fields: tuple[str, ...]
    template: str
    enabled: bool
    created: str
    created_by: str
    modified: str | None = None
    modified_by: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the members that creating an event answers."""
        return {
            "Id": self.key,
            # §6.1 (C): the request says EventType, the answer Type.
            "Type": self.type,
            "Status": "Active" if self.enabled else "Inactive",
            "ObjectName": self.object,
            "ObjectFields": self.fields,
            "EventSources": self.sources,
            "CustomPayloadFields": self.payload_fields,
            "CustomPayloadTemplate": self.template,
            "DateCreated": self.created,
            "CreatedBy": self.created_by,
        }

    def clashes_with(self, other: "Event") -> bool:
        """Report whether another event of the same webhook reports the same changes.

        §6.1 (C): a table may have several update events, for different fields.
        """
        if self.type != other.type or self.object.lower() != other.object.lower():
            return False
        if not self.fields or not other.fields:
            return True
        return bool(set(self.fields) & set(other.fields))

    def change_to_json(self) -> dict[str, Any]:
        """Return the members for the last change: when, and by whom."""
        return {"LastModified": self.modified, "ModifiedBy": self.modified_by}

    def item(self) -> dict[str, Any]:
        """Return the list item."""
        return {**self.to_json(), **self.change_to_json(), "ObjectId": id_of(self.object)}


class Webhooks:
    """The account's webhooks and events.

    Attributes:
        definitions: The webhooks by key.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.definitions = Objects(store, Webhook)
        self._events = Objects(store, Event)
        self._active_events: list[Event] | None = None

    def create(self, given: Mapping[str, Any], *, by: str) -> Webhook:
        """Add a webhook with its own secret; 400 if a name or a URL is taken or not allowed."""
        webhook = Webhook(
            key=new_id(),
            name=given["Name"],
            description=given.get("Description", ""),
            urls=given["OutgoingUrls"],
            throttling=given.get("CallThrottling", _MAX_CALLS_PER_SECOND),
            secret=secrets.token_hex(16),
            enabled=True,
            created=self._now(),
            created_by=by,
        )
        self._put(webhook)
        return webhook

    def change(self, old: Webhook, given: Mapping[str, Any], *, by: str) -> Webhook:
        """Change a webhook; 400 as in `create`."""
        values: dict[str, Any] = {}
        for member, value in given.items():
            if member in _ATTRIBUTES:
                values[_ATTRIBUTES[member]] = value
        enabled = given.get("Enabled", old.enabled)
        new = replace(old, **values, enabled=enabled, modified=self._now(), modified_by=by)
        self._put(new)
        # §6.1 (C): `Enabled` switches all events of the webhook.
        if "Enabled" in given:
            for event in self.events(old):
                self._put_event(replace(event, enabled=enabled))
        return new

    def _put(self, webhook: Webhook) -> None:
        """Check a webhook's rules (§6.1, C) and keep it."""
        names = {""}
        taken: set[str] = set()
        for other in self.definitions.all():
            if other.key != webhook.key:
                names.add(other.name.lower())
                taken.update(url.lower() for url in other.urls)
        if webhook.name.strip().lower() in names or webhook.name.lower() in names:
            raise bad_body("Name")

        # At least one URL, none of them twice or in another webhook.
        urls = {url.lower() for url in webhook.urls}
        is_repeated = len(urls) < len(webhook.urls)
        if not urls or is_repeated or urls & taken:
            raise bad_body("OutgoingUrls")
        if not all(map(is_valid_url, webhook.urls)):
            raise bad_body("OutgoingUrls")
        if not 0 < webhook.throttling <= _MAX_CALLS_PER_SECOND:
            raise bad_body("CallThrottling")
        self.definitions.put(webhook)

    def delete(self, webhook: Webhook) -> None:
        """Remove a webhook and its events."""
        for event in self.events(webhook):
            self.delete_event(event)
        self.definitions.delete(webhook)

    def events(self, webhook: Webhook) -> list[Event]:
        """Return a webhook's events."""
        return [event for event in self._events.all() if event.webhook == webhook.key]

    def event(self, webhook: Webhook, key: str) -> Event:
        """Return one of a webhook's events; 404 if it does not exist."""
        event = self._events.get(key)
        if event.webhook != webhook.key:
            raise no_object()
        return event

    def create_event(self, webhook: Webhook, given: Mapping[str, Any], *, by: str) -> Event:
        """Add an event; 400 if a rule refuses it, 404 for an unknown table or field."""
        event = self._event_from_request(webhook, given, created=self._now(), created_by=by)
        self._check_and_put_event(webhook, event)
        return event

    def replace_event(
        self, webhook: Webhook, old: Event, given: Mapping[str, Any], *, by: str
    ) -> Event:
        """Replace an event in full; 400 and 404 as in `create_event`."""
        event = self._event_from_request(
            webhook, given, created=old.created, created_by=old.created_by
        )
        event = replace(event, key=old.key, modified=self._now(), modified_by=by)
        self._check_and_put_event(webhook, event)
        return event

    def _event_from_request(
        self, webhook: Webhook, given: Mapping[str, Any], *, created: str, created_by: str
    ) -> Event:
        """Read a WebhookEventRequest, with all names as they are written in the account."""
        event_type = _TYPES_BY_LOWER_NAME.get(given["EventType"].lower())
        sources = [source.lower() for source in given.get("EventSources", ())]
        if event_type is None or not set(sources) <= set(_SOURCES_BY_LOWER_NAME):
            raise bad_body("EventType or EventSources")

        relation = self._store.relation(given["ObjectName"], is_view=False)
        fields = given.get("ObjectFields", ())
        # §6.1 (C): only updates have ObjectFields.
        if fields and event_type != UPDATE:
            raise bad_body("ObjectFields: only for updates")
        payload_fields: list[str] = []
        for name in given.get("CustomPayloadFields", ()):
            is_pk = name.upper() == PK
            payload_fields.append(name if is_pk else relation.field(name).name)
        return Event(
            key=new_id(),
            webhook=webhook.key,
            type=event_type,
            object=relation.name,
            fields=tuple(relation.field(name).name for name in fields),
            sources=tuple(_SOURCES_BY_LOWER_NAME[source] for source in sources),
            payload_fields=tuple(payload_fields),
            template=given.get("CustomPayloadTemplate", ""),
            enabled=given.get("Enabled", True),
            created=created,
            created_by=created_by,
        )

    def _check_and_put_event(self, webhook: Webhook, event: Event) -> None:
        others = [other for other in self.events(webhook) if other.key != event.key]
        if any(event.clashes_with(other) for other in others):
            raise bad_body("EventType: the webhook has such an event for this table")
        self._put_event(event)

    def delete_event(self, event: Event) -> None:
        """Remove an event."""
        self._events.delete(event)
        self._active_events = None

    def _put_event(self, event: Event) -> None:
        self._events.put(event)
        self._active_events = None

    def active_events(self) -> list[Event]:
        """Return all events that are switched on."""
        # Each change of a record asks for them, so they are read only after they changed.
        if self._active_events is None:
            self._active_events = [event for event in self._events.all() if event.enabled]
        return self._active_events

    def _now(self) -> str:
        return format_seconds(self._store.clock.now()) + "Z"


def is_valid_url(url: str) -> bool:
    """Report whether messages may be sent to a URL: HTTPS (§6.1, C), or HTTP on this machine."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    if not host or set(url) & set(" \t\r\n"):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
