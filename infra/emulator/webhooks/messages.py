"""The messages of webhooks: which changes they report, and their bytes."""

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.emulator.quirks import Quirks
from infra.emulator.state.changes import UPDATE, Change
from infra.emulator.state.schema import PK
from infra.emulator.webhooks.definitions import Event, Webhook

TemporaryUrl = Callable[[Change, str], str]
"""Returns a URL at which a changed record's attachment in a field can be read for a while."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one URL."""

    webhook: Webhook
    event: Event
    message_id: str
    call_id: str
    url: str
    body: bytes


def raises(event: Event, change: Change) -> bool:
    """Report whether a change raises an event."""
    is_watched = event.type == change.type and event.object.lower() == change.table.lower()
    # §6.1 (C): no EventSources means all.
    is_from_source = not event.sources or change.source in event.sources
    if not event.enabled or not is_watched or not is_from_source:
        return False
    # §6.2 (C): an update event for named fields needs a change of one of them.
    if change.type == UPDATE and event.fields:
        return bool(change.fields & set(event.fields))
    return True


@dataclass(frozen=True, slots=True)
class MessageBuilder:
    """Writes messages in the account's format."""

    account: str
    quirks: Quirks
    temporary_url: TemporaryUrl

    def build(
        self, webhook: Webhook, event: Event, changes: Sequence[Change], *, date: str
    ) -> list[Message]:
        """Return one message for each URL of the webhook, all with the same messageId."""
        message_id = str(uuid.uuid4())
        # §6.2 (C): the members of a recorded message, in their order.
        envelope = {
            "eventId": event.key,
            "messageId": message_id,
            "webhookId": webhook.key,
            "accountId": self.account,
            "secret": webhook.secret,
            "eventDate": date,
            "eventType": event.type,
            "objectName": event.object,
        }
        messages: list[Message] = []
        for number, url in enumerate(webhook.urls, start=1):
            call_id = f"{message_id}-{number}"
            if event.template:
                tokens = {**envelope, "callId": call_id}
                body = fill_template(event.template, tokens, changes[0], self.temporary_url)
            else:
                body = default_body(event, envelope, changes, self.quirks)
            messages.append(Message(webhook, event, message_id, call_id, url, body.encode()))
        return messages


def default_body(
    event: Event, envelope: Mapping[str, str], changes: Sequence[Change], quirks: Quirks
) -> str:
    """Write the body of a message without a template."""
    body: dict[str, Any] = dict(envelope)
    if not quirks.webhook_secret_in_body:
        # §6.2: since release 73.0 the secret in the body is a compatibility mode.
        del body["secret"]
    data: list[dict[str, Any]] = []
    for change in changes:
        row = dict(change.row)
        if event.payload_fields:
            # §6.2 (C): PK_ID comes with the chosen fields.
            row = {name: row.get(name) for name in (PK, *event.payload_fields)}
        elif quirks.webhook_fields == "key":
            row = {PK: row[PK]}
        data.append(row)
    return json.dumps({**body, "data": data}, ensure_ascii=False)


def fill_template(
    template: str, tokens: Mapping[str, str], change: Change, temporary_url: TemporaryUrl
) -> str:
    """Fill in a template; unknown tokens stay as they are (§6.2, C, observed)."""
    # §6.1 (C): a template has single quotes in place of double quotes.
    text = template.replace("'", '"')
    for name, value in tokens.items():
        text = text.replace(f"[@out-hook:{name}]", _json_text(value))
    # §6.2 (C): [@field:F] is the value, [@field:F/] a temporary URL of an attachment.
    for name, value in change.row.items():
        text = text.replace(f"[@field:{name}]", _json_text("" if value is None else value))
        if f"[@field:{name}/]" in text:
            text = text.replace(f"[@field:{name}/]", temporary_url(change, name))
    return text


def signature(message: Message, quirks: Quirks) -> dict[str, str]:
    """Return the header with a message's HMAC-SHA256, none where the quirk says so."""
    # §6.2: the header's name and the exact bytes are unknown; the body's bytes are assumed.
    if quirks.webhook_signature == "none":
        return {}
    key = message.webhook.secret.encode()
    digest = hmac.new(key, message.body, hashlib.sha256).digest()
    encoded = digest.hex()
    if quirks.webhook_signature == "base64":
        encoded = base64.b64encode(digest).decode()
    return {quirks.webhook_signature_header: encoded}


def _json_text(value: object) -> str:
    """Return a value as it is written between the quotes of a JSON text."""
    return json.dumps(str(value))[1:-1]
