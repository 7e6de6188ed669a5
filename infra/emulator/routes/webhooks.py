"""Outgoing webhooks and their events. No answer is wrapped in `Result` (§2, C)."""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from infra.emulator.errors import bad_body
from infra.emulator.http.answers import answer, result
from infra.emulator.http.bodies import Member, Model, json_body, read_members
from infra.emulator.http.operations import Operations, account_of, profile_of
from infra.emulator.webhooks.definitions import Event, Webhook

OPERATIONS = Operations()
_WEBHOOKS = "/v3/outgoingWebhooks"
_WEBHOOK = f"{_WEBHOOKS}/{{webhookId}}"
_EVENTS = f"{_WEBHOOK}/events"
_EVENT = f"{_EVENTS}/{{eventId}}"

# The request models of SPEC.
_CREATE_WEBHOOK: Model = {
    "Name": Member(str, required=True),
    "Description": Member(str),
    "OutgoingUrls": Member(list, required=True),
    "CallThrottling": Member(int),
}
_UPDATE_WEBHOOK: Model = {
    **{name: Member(member.kind) for name, member in _CREATE_WEBHOOK.items()},
    "Enabled": Member(bool),
}
_EVENT_REQUEST: Model = {
    "EventType": Member(str, required=True),
    "ObjectName": Member(str, required=True),
    "ObjectFields": Member(list),
    "EventSources": Member(list),
    "CustomPayloadFields": Member(list),
    "CustomPayloadTemplate": Member(str),
    "Enabled": Member(bool),
}
# §6.1 (C): members of the list item that creating a webhook does not answer.
_NOT_CREATED = {"Status", "LastModified", "ModifiedBy"}


def _webhook_of(request: Request) -> Webhook:
    return account_of(request).webhooks.definitions.get(request.path_params["webhookId"])


def _event_of(request: Request) -> Event:
    webhook = _webhook_of(request)
    return account_of(request).webhooks.event(webhook, request.path_params["eventId"])


def _list_answer(request: Request, items: Sequence[dict[str, Any]]) -> Response:
    # §2.4: SPEC has a bare array, Caspio's n8n node reads `Result`; the quirk decides.
    is_wrapped = account_of(request).quirks.webhook_envelope == "result"
    return result(items) if is_wrapped else answer(items)


@OPERATIONS.add("ListOutgoingWebhooks", "GET", _WEBHOOKS, right="read")
async def list_webhooks(request: Request) -> Response:
    """Answer with all webhooks."""
    account = account_of(request)
    items = []
    for webhook in account.webhooks.definitions.all():
        item = webhook.to_json()
        # §6.1: whether the list shows the secret is in conflict.
        if account.quirks.webhook_list_secret:
            item["Secret"] = webhook.secret
        items.append(item)
    return _list_answer(request, items)


@OPERATIONS.add("CreateOutgoingWebhook", "POST", _WEBHOOKS, right="insert")
async def create_webhook(request: Request) -> Response:
    """Add a webhook; only this answer has its secret."""
    given = read_members(await json_body(request), _CREATE_WEBHOOK)
    webhook = account_of(request).webhooks.create(given, by=profile_of(request).client_id)
    members = {name: value for name, value in webhook.to_json().items() if name not in _NOT_CREATED}
    return answer({**members, "Secret": webhook.secret}, status=201)


@OPERATIONS.add("GetOutgoingWebhook", "GET", _WEBHOOK, right="read")
async def get_webhook(request: Request) -> Response:
    """Answer with one webhook and its counts."""
    webhook = _webhook_of(request)
    account = account_of(request)
    events = account.webhooks.events(webhook)
    activity = account.deliveries.activity(webhook=webhook.key)
    return answer({**webhook.to_json(), "Events": len(events), **activity})


@OPERATIONS.add("UpdateOutgoingWebhook", "PUT", _WEBHOOK, right="update")
async def update_webhook(request: Request) -> Response:
    """Change a webhook."""
    webhook = _webhook_of(request)
    given = read_members(await json_body(request), _UPDATE_WEBHOOK)
    if not given:
        raise bad_body("give at least one member")
    by = profile_of(request).client_id
    return answer(account_of(request).webhooks.change(webhook, given, by=by).to_json())


@OPERATIONS.add("DeleteOutgoingWebhook", "DELETE", _WEBHOOK, right="delete")
async def delete_webhook(request: Request) -> Response:
    """Remove a webhook and its events."""
    account_of(request).webhooks.delete(_webhook_of(request))
    return Response(status_code=204)


@OPERATIONS.add("ListOutgoingWebhookEvents", "GET", _EVENTS, right="read")
async def list_events(request: Request) -> Response:
    """Answer with a webhook's events."""
    events = account_of(request).webhooks.events(_webhook_of(request))
    return _list_answer(request, [event.item() for event in events])


@OPERATIONS.add("CreateOutgoingWebhookEvent", "POST", _EVENTS, right="insert")
async def create_event(request: Request) -> Response:
    """Add an event."""
    webhook = _webhook_of(request)
    given = read_members(await json_body(request), _EVENT_REQUEST)
    by = profile_of(request).client_id
    event = account_of(request).webhooks.create_event(webhook, given, by=by)
    return answer(event.to_json(), status=201)


@OPERATIONS.add("GetOutgoingWebhookEvent", "GET", _EVENT, right="read")
async def get_event(request: Request) -> Response:
    """Answer with one event and its counts."""
    event = _event_of(request)
    activity = account_of(request).deliveries.activity(event=event.key)
    return answer({**event.item(), **activity})


@OPERATIONS.add("UpdateOutgoingWebhookEvent", "PUT", _EVENT, right="update")
async def update_event(request: Request) -> Response:
    """Replace an event in full."""
    old = _event_of(request)
    given = read_members(await json_body(request), _EVENT_REQUEST)
    webhook = _webhook_of(request)
    by = profile_of(request).client_id
    new = account_of(request).webhooks.replace_event(webhook, old, given, by=by)
    return answer({**new.to_json(), **new.change_to_json()})


@OPERATIONS.add("DeleteOutgoingWebhookEvent", "DELETE", _EVENT, right="delete")
async def delete_event(request: Request) -> Response:
    """Remove an event."""
    account_of(request).webhooks.delete_event(_event_of(request))
    return Response(status_code=204)
