"""Outgoing webhooks and their events: definitions and the rules they keep."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from infra.emulator.clock import to_seconds
from infra.emulator.errors import bad_body, no_object
from infra.emulator.state.changes import TYPES
from infra.emulator.state.objects import Objects, id_of, new_id
from infra.emulator.state.store import Store

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
_PLAN_CALLS = 100


@dataclass(frozen=True, slots=True)
class Webhook:
    """One webhook. `throttling` is calls a second; dates are UTC."""

    id: str
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

    def shown(self) -> dict[str, Any]:
        """Return the list item."""
        return {
            "Id": self.id, "Status": _status(enabled=self.enabled), "Name": self.name, "Description": self.description,
            "OutgoingUrls": self.urls, "CallThrottling": self.throttling, "LastModified": self.modified,
            "ModifiedBy": self.modified_by, "DateCreated": self.created, "CreatedBy": self.created_by,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """What a webhook listens to. `fields` and `sources` empty mean any."""

    id: str
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

    def shown(self) -> dict[str, Any]:
        """Return what creating one answers."""
        return {
            "Id": self.id, "Type": self.type, "Status": _status(enabled=self.enabled), "ObjectName": self.object,
            "ObjectFields": self.fields, "EventSources": self.sources, "CustomPayloadFields": self.payload_fields,
            "CustomPayloadTemplate": self.template, "DateCreated": self.created, "CreatedBy": self.created_by,
        }  # fmt: skip

    def changed(self) -> dict[str, Any]:
        """Return who changed it, and when."""
        return {"LastModified": self.modified, "ModifiedBy": self.modified_by}

    def object_id(self) -> str:
        """Return the table's id."""
        return id_of(self.object)

    def watches(self, *, kind: str, table: str, source: str) -> bool:
        """Say whether a change of this kind, from this source, is one this event is about."""
        return (
            self.enabled
            and self.type == kind
            and self.object.lower() == table.lower()
            and (not self.sources or source in self.sources)
        )


def _status(*, enabled: bool) -> str:
    return "Active" if enabled else "Inactive"


class Webhooks:
    """The account's webhooks and events."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._hooks = Objects(store, "webhook")
        self._events = Objects(store, "event")
        self._active: list[Event] | None = None

    def all(self) -> list[Webhook]:
        """Return all webhooks."""
        return [_webhook(body) for body in self._hooks.all()]

    def get(self, key: str) -> Webhook:
        """Return a webhook; 404 without it."""
        body = self._hooks.get(key)
        if body is None:
            raise no_object()
        return _webhook(body)

    def create(self, given: Mapping[str, Any], by: str) -> Webhook:
        """Add a webhook with a secret of its own; 400 where a name or an address is taken or not allowed."""
        made = Webhook(
            id=new_id(), name=given["Name"], description=given.get("Description", ""),
            urls=given["OutgoingUrls"], throttling=given.get("CallThrottling", _PLAN_CALLS),
            secret=secrets.token_hex(16), enabled=True, created=self._now(), created_by=by,
        )  # fmt: skip
        return self._keep(made)

    def change(self, old: Webhook, given: Mapping[str, Any], by: str) -> Webhook:
        """Change a webhook; `Enabled` switches all its events."""
        names = {
            "Name": "name",
            "Description": "description",
            "OutgoingUrls": "urls",
            "CallThrottling": "throttling",
        }
        values = {names[member]: value for member, value in given.items() if member in names}
        new = replace(
            old,
            **values,
            modified=self._now(),
            modified_by=by,
            enabled=given.get("Enabled", old.enabled),
        )
        kept = self._keep(new)
        if "Enabled" in given:
            for event in self.events(old):
                self._put(replace(event, enabled=given["Enabled"]))
        return kept

    def delete(self, gone: Webhook) -> None:
        """Remove a webhook and its events."""
        for event in self.events(gone):
            self.delete_event(event)
        self._hooks.delete(gone.id)

    def _keep(self, one: Webhook) -> Webhook:
        others = [other for other in self.all() if other.id != one.id]
        taken = {url.lower() for other in others for url in other.urls}
        if not one.name.strip() or one.name.lower() in {other.name.lower() for other in others}:
            raise bad_body("Name")
        lowered = [url.lower() for url in one.urls]
        if (
            not lowered
            or taken & set(lowered)
            or len(set(lowered)) < len(lowered)
            or not all(map(_valid, one.urls))
        ):
            raise bad_body("OutgoingUrls")
        if not 0 < one.throttling <= _PLAN_CALLS:
            raise bad_body("CallThrottling")
        self._hooks.put(one.id, asdict(one))
        return one

    def events(self, hook: Webhook) -> list[Event]:
        """Return a webhook's events."""
        return [event for event in map(_event, self._events.all()) if event.webhook == hook.id]

    def event(self, hook: Webhook, key: str) -> Event:
        """Return one of a webhook's events; 404 without it."""
        body = self._events.get(key)
        if body is None or body["webhook"] != hook.id:
            raise no_object()
        return _event(body)

    def set_event(
        self, hook: Webhook, given: Mapping[str, Any], by: str, old: Event | None = None
    ) -> Event:
        """Add an event or replace one in full; 400 where the rules refuse it, 404 for a table or field that is not."""
        made = Event(
            id=old.id if old else new_id(), webhook=hook.id, type=given["EventType"], object=given["ObjectName"],
            fields=given.get("ObjectFields", ()), sources=given.get("EventSources", ()),
            payload_fields=given.get("CustomPayloadFields", ()), template=given.get("CustomPayloadTemplate", ""),
            enabled=given.get("Enabled", True), created=old.created if old else self._now(),
            created_by=old.created_by if old else by, modified=self._now() if old else None,
            modified_by=by if old else None,
        )  # fmt: skip
        made = self._checked(made)
        if any(_clash(made, other) for other in self.events(hook) if other.id != made.id):
            raise bad_body("EventType: the webhook has such an event for this table")
        self._put(made)
        return made

    def delete_event(self, gone: Event) -> None:
        """Remove an event."""
        self._events.delete(gone.id)
        self._active = None

    def _put(self, event: Event) -> None:
        self._events.put(event.id, asdict(event))
        self._active = None

    def _checked(self, event: Event) -> Event:
        kinds = {kind.lower(): kind for kind in TYPES}
        sources = {source.lower(): source for source in SOURCES}
        if event.type.lower() not in kinds or any(
            one.lower() not in sources for one in event.sources
        ):
            raise bad_body("EventType or EventSources")
        relation = self._store.relation(event.object, is_view=False)
        if event.fields and kinds[event.type.lower()] != TYPES[1]:
            raise bad_body("ObjectFields: only for updates")
        return replace(
            event, type=kinds[event.type.lower()], object=relation.name,
            sources=tuple(sources[one.lower()] for one in event.sources),
            fields=tuple(relation.field(one).name for one in event.fields),
            payload_fields=tuple(one if one.upper() == "PK_ID" else relation.field(one).name
                                 for one in event.payload_fields),
        )  # fmt: skip

    def active(self) -> list[Event]:
        """Return all events that are switched on."""
        if self._active is None:
            self._active = [event for event in map(_event, self._events.all()) if event.enabled]
        return self._active

    def _now(self) -> str:
        return to_seconds(self._store.clock.now()) + "Z"


def _clash(one: Event, other: Event) -> bool:
    """Say whether two events of a webhook are for the same; updates may share a table when their fields differ."""
    if one.type != other.type or one.object.lower() != other.object.lower():
        return False
    return not one.fields or not other.fields or bool(set(one.fields) & set(other.fields))


def _valid(url: str) -> bool:
    """Say whether a message may be sent there: HTTPS, or anything on this machine."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    return bool(host) and not set(url) & set(" \t\r\n") and (
        parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
    )  # fmt: skip


def _webhook(body: dict[str, Any]) -> Webhook:
    return Webhook(**_tuples(body))


def _event(body: dict[str, Any]) -> Event:
    return Event(**_tuples(body))


def _tuples(body: dict[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in body.items()
    }
