"""Create the account's webhook and its events for all sources, or repair them; touch no other webhook."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flows.app.wiring import Account
from flows.webhooks.wanted import Wanted, WatchedTable, wanted
from pipeline.adapters.caspio.client.areas.webhooks import EventDefinition
from pipeline.adapters.caspio.client.wire_account import Webhook, WebhookEvent
from pipeline.errors import BadSettings, RefusedByCaspio
from pipeline.settings import Settings
from pipeline.webhooks.incoming import cursor_name

MARK = "Made and kept by caspio-ingest: `webhooks sync` puts back what is changed here."


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done, or on a dry run would be: `action` is created, changed, removed, …."""

    what: str
    about: str
    action: str
    detail: str = ""


@dataclass(slots=True)
class Synced:
    """What was done. `secret` is there once: when the webhook was made."""

    steps: list[Step] = field(default_factory=list)
    webhook_id: str = ""
    secret: str = ""

    @property
    def refused(self) -> bool:
        """Say whether Caspio refused anything."""
        return any(step.action == "refused" for step in self.steps)


def sync(
    settings: Settings, account: Account, *, dry_run: bool = False, new_secret: bool = False
) -> Synced:
    """Bring the account's webhook to what the settings want; a second time there is nothing to do.

    Raises:
        BadSettings: there is no address, a table is not there, or another webhook has the name or the address.
    """
    if settings.webhooks.url is None:
        raise BadSettings(
            ["webhooks.url is not set: the https address at which Caspio reaches the receiver."]
        )
    want = wanted(
        settings.specs().values(), lambda table: account.target.columns(table, is_view=False)
    )
    work = _Sync(settings, account, settings.webhooks.url, dry_run=dry_run)
    work.done.steps += [Step("source", name, "skipped", why) for name, why in want.skipped.items()]
    hook = work.webhook(new_secret=new_secret)
    watched = work.events(hook, want)
    if not dry_run:
        _remember(settings, account, watched)
    return work.done


def kept_id(settings: Settings, account: Account) -> str:
    """Return the id of the webhook this program has made in the account, "" where it has made none."""
    return str((account.ledger.cursor(_cursor(settings)) or {}).get("id", ""))


def _cursor(settings: Settings) -> str:
    return f"webhook of {settings.caspio.account}"


@dataclass(slots=True)
class _Sync:
    """One bringing about; on a dry run it only looks."""

    settings: Settings
    account: Account
    url: str
    dry_run: bool
    done: Synced = field(default_factory=Synced)

    def webhook(self, *, new_secret: bool) -> Webhook | None:
        """Create or repair the webhook; None where a dry run would create it."""
        hook, name = self._ours(), self.settings.webhooks.name
        if hook is not None and new_secret:
            self._step("webhook", hook.name, "removed", "to be made anew with another secret")
            if not self.dry_run:
                self.account.client.webhooks.delete(hook.id)
            hook = None
        if hook is None:
            self._step("webhook", name, "created", self.url)
            return None if self.dry_run else self._create()
        self.done.webhook_id = hook.id
        wrong = self._wrong(hook)
        self._step("webhook", name, "changed" if wrong else "unchanged", ", ".join(wrong))
        if wrong and not self.dry_run:
            self.account.client.webhooks.update(hook.id, **wrong)
        return hook

    def _step(self, what: str, about: str, action: str, detail: str = "") -> None:
        self.done.steps.append(Step(what, about, action, detail))

    def _ours(self) -> Webhook | None:
        """Find our webhook by what the ledger has kept, or by its mark where a ledger was lost."""
        hooks, name = self.account.client.webhooks.all(), self.settings.webhooks.name
        known = kept_id(self.settings, self.account)
        ours = next((hook for hook in hooks if hook.id == known), None)
        ours = ours or next(
            (hook for hook in hooks if hook.description == MARK and _same(hook.name, name)), None
        )
        problems = []
        for hook in hooks:
            if ours is not None and hook.id == ours.id:
                continue
            if _same(hook.name, name):
                problems.append(
                    f"A webhook {hook.name!r} is not this program's. Set another webhooks.name."
                )
            if any(_same(one, self.url) for one in hook.urls):
                problems.append(
                    f"The webhook {hook.name!r}, not this program's, uses {self.url}. Set another."
                )
        if problems:
            raise BadSettings(problems)
        return ours

    def _wrong(self, hook: Webhook) -> dict[str, Any]:
        """Return what of a webhook has to be changed."""
        wanted_now: dict[str, tuple[Any, Any]] = {
            "name": (self.settings.webhooks.name, hook.name),
            "description": (MARK, hook.description),
            "urls": ((self.url,), hook.urls),
            "enabled": (True, hook.status != "Inactive"),
        }
        return {word: value for word, (value, now) in wanted_now.items() if value != now}

    def _create(self) -> Webhook:
        try:
            hook = self.account.client.webhooks.create(
                self.settings.webhooks.name, [self.url], description=MARK
            )
        except RefusedByCaspio as error:
            said = f"Caspio did not make the webhook for {self.url}: {error} It must be https, and the plan allow it."
            raise BadSettings([said]) from error
        self.account.ledger.keep_cursor(_cursor(self.settings), {"id": hook.id})
        self.done.webhook_id = hook.id
        self.done.secret = hook.secret.reveal() if hook.secret else ""
        return hook

    def events(self, hook: Webhook | None, want: Wanted) -> list[WatchedTable]:
        """Remove events that are not wanted, create or repair the rest; return the tables that are watched."""
        definitions = {
            table.name: table.events(self.settings.webhooks.event_sources) for table in want.tables
        }
        known = {_key(one.type, one.table) for pair in definitions.values() for one in pair}
        keep: dict[tuple[str, str], WebhookEvent] = {}
        for event in self.account.client.webhooks.events(hook.id) if hook else ():
            key = _key(event.type, event.table)
            if key in known and key not in keep:
                keep[key] = event
            elif hook is not None:
                self._remove(hook, event)
        watched = []
        for table in want.tables:
            actions = [
                self._event(hook, keep.get(_key(one.type, one.table)), one)
                for one in definitions[table.name]
            ]
            if "refused" not in actions:
                watched.append(table)
        return watched

    def _remove(self, hook: Webhook, event: WebhookEvent) -> None:
        self._step(event.type, event.table, "removed", "no source asks for it")
        if not self.dry_run:
            self.account.client.webhooks.delete_event(hook.id, event.id)

    def _event(self, hook: Webhook | None, now: WebhookEvent | None, want: EventDefinition) -> str:
        """Create or repair one event; return what was done."""
        action, detail = ("created" if now is None else "changed"), ", ".join(want.fields)
        if now is not None and _is_as(now, want):
            action = "unchanged"
        elif hook is not None and not self.dry_run:
            try:
                self._put(hook.id, now, want)
            except RefusedByCaspio as error:
                action, detail = "refused", str(error)
        self._step(want.type, want.table, action, detail)
        return action

    def _put(self, hook_id: str, now: WebhookEvent | None, want: EventDefinition) -> None:
        if now is None:
            self.account.client.webhooks.create_event(hook_id, want)
        else:
            self.account.client.webhooks.replace_event(hook_id, now.id, want)


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def _key(kind: str, table: str) -> tuple[str, str]:
    return kind.casefold(), table.casefold()


def _is_as(now: WebhookEvent, want: EventDefinition) -> bool:
    return (
        now.status != "Inactive"
        and not now.payload_template
        and set(now.fields) == set(want.fields)
        and set(now.sources) == set(want.sources)
        and set(now.payload_fields) == set(want.payload_fields)
    )


def _remember(settings: Settings, account: Account, watched: list[WatchedTable]) -> None:
    """Keep, by source, since when its changes are told and what their messages carry."""
    types = {source: dict(table.types) for table in watched for source in table.sources}
    since = account.clock.now().isoformat(timespec="seconds")
    for name in settings.specs():
        before = account.ledger.cursor(cursor_name(name)) or {"since": since}
        account.ledger.keep_cursor(
            cursor_name(name), {**before, "types": types[name]} if name in types else None
        )


def as_json(done: Synced, *, dry_run: bool) -> Mapping[str, Any]:
    """Return what `webhooks sync --json` prints; the secret is in it once, when the webhook was made."""
    steps = [
        {"what": s.what, "about": s.about, "action": s.action, "detail": s.detail}
        for s in done.steps
    ]
    return {
        "webhook_id": done.webhook_id,
        "dry_run": dry_run,
        "secret": done.secret or None,
        "steps": steps,
    }
