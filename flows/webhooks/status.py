"""What webhooks have told so far, and what they have missed."""

from collections.abc import Mapping
from typing import Any

from flows.app.wiring import Account
from flows.webhooks.sync import kept_id
from pipeline.model.messages import Backlog, Message
from pipeline.settings import Settings
from pipeline.webhooks.incoming import cursor_name


def status(settings: Settings, account: Account) -> Mapping[str, Any]:
    """Return what `webhooks status --json` prints: the webhook at Caspio, messages by source, the latest ones."""
    ledger, hook_id = account.ledger, kept_id(settings, account)
    hook = (
        next((one for one in account.client.webhooks.all() if one.id == hook_id), None)
        if hook_id
        else None
    )
    backlog = ledger.backlog(settings.caspio.account)
    names = [*settings.specs(), *(name for name in backlog if name not in settings.specs())]
    return {
        "webhook": None if hook is None else _hook(hook_id, account),
        "sources": {
            name: _source(backlog.get(name, Backlog()), ledger.cursor(cursor_name(name)))
            for name in names
        },
        "latest": [
            _message(message) for message in ledger.latest_messages(settings.caspio.account)
        ],
    }


def _hook(hook_id: str, account: Account) -> Mapping[str, Any]:
    hook = account.client.webhooks.get(hook_id)
    return {
        "id": hook.id,
        "name": hook.name,
        "status": hook.status,
        "urls": list(hook.urls),
        "messages_30_days": hook.activity.messages,
        "calls_30_days": hook.activity.calls,
        "errors_30_days": hook.activity.errors,
    }


def _source(backlog: Backlog, kept: Mapping[str, Any] | None) -> Mapping[str, Any]:
    kept = kept or {}
    return {
        "on_since": kept.get("since"),
        "waiting": backlog.waiting,
        "begun": backlog.begun,
        "done": backlog.done,
        "oldest_waiting": backlog.oldest.isoformat(timespec="seconds") if backlog.oldest else None,
        "missed_last_run": kept.get("missed_last"),
        "missed": kept.get("missed"),
    }


def _message(message: Message) -> Mapping[str, Any]:
    return {
        "received_at": message.received_at.isoformat(timespec="seconds")
        if message.received_at
        else None,
        "message_id": message.message_id,
        "event": message.event,
        "table": message.table,
        "source": message.source,
        "records": len(message.told),
        "done_at": message.done_at.isoformat(timespec="seconds") if message.done_at else None,
        "run_id": message.run_id,
        "note": message.note,
    }
