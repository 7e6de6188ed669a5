"""What webhook messages have reported so far, and what they have missed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flows.app.wiring import Account
from flows.webhooks.sync import kept_id
from pipeline.model.messages import Backlog, Message
from pipeline.settings import Settings
from pipeline.webhooks.incoming import cursor_name


def status(settings: Settings, account: Account) -> Mapping[str, Any]:
    """Return what `webhooks status --json` prints: the webhook, messages by source, the latest."""
    ledger, hook_id = account.ledger, kept_id(settings, account)
    exists = bool(hook_id) and any(hook.id == hook_id for hook in account.client.webhooks.all())
    backlog = ledger.backlog(settings.caspio.account)
    names = [*settings.specs(), *(name for name in backlog if name not in settings.specs())]
    sources = {
        name: _source(backlog.get(name, Backlog()), ledger.cursor(cursor_name(name)))
        for name in names
    }
    latest = [_message(message) for message in ledger.latest_messages(settings.caspio.account)]
    return {
        "webhook": _hook(hook_id, account) if exists else None,
        "sources": sources,
        "latest": latest,
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
        "started": backlog.begun,
        "done": backlog.done,
        "oldest_waiting": _iso(backlog.oldest),
        "missed_last_run": kept.get("missed_last"),
        "missed": kept.get("missed"),
    }


def _message(message: Message) -> Mapping[str, Any]:
    return {
        "received_at": _iso(message.received_at),
        "message_id": message.message_id,
        "event": message.event,
        "table": message.table,
        "source": message.source,
        "records": len(message.told),
        "done_at": _iso(message.done_at),
        "run_id": message.run_id,
        "note": message.note,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
