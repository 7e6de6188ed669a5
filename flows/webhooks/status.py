"""What webhook messages have reported so far, and what they have missed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flows.app.wiring.account import Account
from flows.webhooks.sync import kept_id
from pipeline.model.messages import Backlog, Message
from pipeline.ports.ledger import WatchedSource
from pipeline.settings import Settings


def status(settings: Settings, account: Account) -> Mapping[str, Any]:
    """Return what `webhooks status --json` prints: the webhook, messages by source, the latest."""
    ledger, hook_id = account.ledger, kept_id(settings, account)
    # The ledger may know a webhook that somebody has deleted in Caspio.
    exists = bool(hook_id) and any(hook.id == hook_id for hook in account.client.webhooks.all())
    backlog = ledger.messages.backlog(settings.caspio.account)
    # Messages of a source that was removed from the settings still wait, so they are shown.
    present = [*settings.specs(), *(one.spec().source for one in settings.sync)]
    names = [*present, *(name for name in backlog if name not in present)]
    sources = {
        name: source_json(backlog.get(name, Backlog()), ledger.messages.watched(name))
        for name in names
    }
    latest = [message_json(message) for message in ledger.messages.latest(settings.caspio.account)]
    return {
        "webhook": webhook_json(hook_id, account) if exists else None,
        "sources": sources,
        "latest": latest,
    }


def webhook_json(hook_id: str, account: Account) -> Mapping[str, Any]:
    """Return the webhook for --json."""
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


def source_json(backlog: Backlog, watched: WatchedSource | None) -> Mapping[str, Any]:
    """Return the messages of a source for --json."""
    return {
        "on_since": _iso(watched.since) if watched else None,
        "waiting": backlog.waiting,
        "started": backlog.started,
        "done": backlog.done,
        "oldest_waiting": _iso(backlog.oldest),
        "missed_last_run": watched.missed_last if watched else None,
        "missed": watched.missed if watched else None,
    }


def message_json(message: Message) -> Mapping[str, Any]:
    """Return a message for --json."""
    return {
        "received_at": _iso(message.received_at),
        "message_id": message.message_id,
        "event": message.event,
        "table": message.table,
        "source": message.source,
        "records": len(message.records),
        "done_at": _iso(message.done_at),
        "run_id": message.run_id,
        "note": message.note,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
