"""Outgoing webhooks and their events; unlike elsewhere nothing is wrapped in `Result`."""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from infra.emulator.errors import bad_body
from infra.emulator.http.answers import Operation, account_of, answer, json_body, profile_of, result
from infra.emulator.http.bodies import Member, Model, read_members
from infra.emulator.webhooks.definitions import Event, Webhook

_CREATE: Model = {
    "Name": Member(str, required=True),
    "Description": Member(str),
    "OutgoingUrls": Member(list, required=True),
    "CallThrottling": Member(int),
}
_CHANGE: Model = {
    **{name: Member(one.kind) for name, one in _CREATE.items()},
    "Enabled": Member(bool),
}
_EVENT: Model = {
    "EventType": Member(str, required=True),
    "ObjectName": Member(str, required=True),
    "ObjectFields": Member(list),
    "EventSources": Member(list),
    "CustomPayloadFields": Member(list),
    "CustomPayloadTemplate": Member(str),
    "Enabled": Member(bool),
}


def _hook(request: Request) -> Webhook:
    return account_of(request).webhooks.get(request.path_params["webhookId"])


def _event(request: Request) -> Event:
    return account_of(request).webhooks.event(_hook(request), request.path_params["eventId"])


def _items(request: Request, items: Sequence[dict[str, Any]]) -> Response:
    wrapped = account_of(request).store.quirks.webhook_envelope == "result"
    return result(items) if wrapped else answer(items)


async def _list(request: Request) -> Response:
    show_secret = account_of(request).store.quirks.webhook_list_secret
    hooks = account_of(request).webhooks.all()
    return _items(
        request, [one.shown() | ({"Secret": one.secret} if show_secret else {}) for one in hooks]
    )


async def _create(request: Request) -> Response:
    given = read_members(await json_body(request), _CREATE)
    made = account_of(request).webhooks.create(given, profile_of(request).client_id)
    hidden = {"Status", "LastModified", "ModifiedBy"}
    shown = {name: value for name, value in made.shown().items() if name not in hidden}
    return answer(shown | {"Secret": made.secret}, status=201)


async def _get(request: Request) -> Response:
    hook, account = _hook(request), account_of(request)
    events = len(account.webhooks.events(hook))
    return answer(hook.shown() | {"Events": events} | account.deliveries.activity(webhook=hook.id))


async def _update(request: Request) -> Response:
    hook, given = _hook(request), read_members(await json_body(request), _CHANGE)
    if not given:
        raise bad_body("give at least one member")
    return answer(
        account_of(request).webhooks.change(hook, given, profile_of(request).client_id).shown()
    )


async def _delete(request: Request) -> Response:
    account_of(request).webhooks.delete(_hook(request))
    return Response(status_code=204)


async def _list_events(request: Request) -> Response:
    events = account_of(request).webhooks.events(_hook(request))
    return _items(
        request, [one.shown() | one.changed() | {"ObjectId": one.object_id()} for one in events]
    )


async def _create_event(request: Request) -> Response:
    hook, given = _hook(request), read_members(await json_body(request), _EVENT)
    return answer(
        account_of(request).webhooks.set_event(hook, given, profile_of(request).client_id).shown(),
        status=201,
    )


async def _get_event(request: Request) -> Response:
    event = _event(request)
    activity = account_of(request).deliveries.activity(event=event.id)
    return answer(event.shown() | event.changed() | {"ObjectId": event.object_id()} | activity)


async def _update_event(request: Request) -> Response:
    old, given = _event(request), read_members(await json_body(request), _EVENT)
    new = account_of(request).webhooks.set_event(
        _hook(request), given, profile_of(request).client_id, old
    )
    return answer(new.shown() | new.changed())


async def _delete_event(request: Request) -> Response:
    account_of(request).webhooks.delete_event(_event(request))
    return Response(status_code=204)


_ALL = "/v3/outgoingWebhooks"
_ONE = f"{_ALL}/{{webhookId}}"
_EVENTS = f"{_ONE}/events"
_ONE_EVENT = f"{_EVENTS}/{{eventId}}"
OPERATIONS = (
    Operation("ListOutgoingWebhooks", "GET", _ALL, _list, "read"),
    Operation("CreateOutgoingWebhook", "POST", _ALL, _create, "insert"),
    Operation("GetOutgoingWebhook", "GET", _ONE, _get, "read"),
    Operation("UpdateOutgoingWebhook", "PUT", _ONE, _update, "update"),
    Operation("DeleteOutgoingWebhook", "DELETE", _ONE, _delete, "delete"),
    Operation("ListOutgoingWebhookEvents", "GET", _EVENTS, _list_events, "read"),
    Operation("CreateOutgoingWebhookEvent", "POST", _EVENTS, _create_event, "insert"),
    Operation("GetOutgoingWebhookEvent", "GET", _ONE_EVENT, _get_event, "read"),
    Operation("UpdateOutgoingWebhookEvent", "PUT", _ONE_EVENT, _update_event, "update"),
    Operation("DeleteOutgoingWebhookEvent", "DELETE", _ONE_EVENT, _delete_event, "delete"),
)
