"""Create or update the account's webhook and its events; leave every other webhook alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flows.app.accounts.own_ledger import check_owner
from flows.app.wiring.account import Account
from flows.webhooks.desired_events import DesiredEvents, WatchedTable, desired_events
from pipeline.adapters.caspio.client import EventDefinition, Refused, Webhook, WebhookEvent
from pipeline.errors import BadSettings, raise_problems
from pipeline.ports.ledger import WatchedSource
from pipeline.settings import Settings

MARK = "Managed by caspio-ingest: `webhooks sync` reverts changes made here."
"""Description of our webhook, by which it is found when the ledger was lost."""


@dataclass(frozen=True, slots=True)
class WebhookStep:
    """One change that was made or, in a dry run, would be made.

    `action` is created, changed, unchanged, removed, skipped or refused.
    """

    what: str
    about: str
    action: str
    detail: str = ""


@dataclass(slots=True)
class Synced:
    """The changes. `secret` is set once, when the webhook is created."""

    steps: list[WebhookStep] = field(default_factory=list)
    webhook_id: str = ""
    secret: str = ""

    @property
    def refused(self) -> bool:
        """Return whether Caspio refused anything."""
        return any(step.action == "refused" for step in self.steps)


def sync(
    settings: Settings, account: Account, *, dry_run: bool = False, new_secret: bool = False
) -> Synced:
    """Bring the account's webhook to what the settings require; idempotent.

    Raises:
        BadSettings: webhooks.url is not set, a table does not exist, or another webhook has the
            name or the address.
        ForeignLedger: the ledger, which keeps what is reported, belongs to another account.
    """
    check_owner(settings, account.ledger)
    if settings.webhooks.url is None:
        raise BadSettings(
            ["webhooks.url is not set: the https address at which Caspio reaches the receiver."]
        )
    specs = settings.specs().values()
    syncs = [one.spec() for one in settings.sync]
    desired = desired_events(
        specs, lambda table: account.target.columns(table, is_view=False), syncs
    )
    work = _Sync(settings, account, settings.webhooks.url, dry_run=dry_run)
    work.done.steps += [
        WebhookStep("source", name, "skipped", why) for name, why in desired.skipped.items()
    ]
    hook = work.webhook(new_secret=new_secret)
    watched = work.events(hook, desired)
    if not dry_run:
        save_watched(settings, account, watched)
    return work.done


def kept_id(settings: Settings, account: Account) -> str:
    """Return the id of the webhook that this program created in the account; "" if none."""
    return account.ledger.messages.webhook_id(settings.caspio.account)


@dataclass(slots=True)
class _Sync:
    """One synchronization; a dry run changes nothing."""

    settings: Settings
    account: Account
    url: str
    dry_run: bool
    done: Synced = field(default_factory=Synced)

    def webhook(self, *, new_secret: bool) -> Webhook | None:
        """Create or update the webhook; None if a dry run would create it."""
        hook, name = self._ours(), self.settings.webhooks.name
        # Caspio gives a webhook its secret when it is created, and this API cannot change it.
        if hook is not None and new_secret:
            self._step("webhook", hook.name, "removed", "to be created again with a new secret")
            if not self.dry_run:
                self.account.client.webhooks.delete(hook.id)
            hook = None
        if hook is None:
            self._step("webhook", name, "created", self.url)
            return None if self.dry_run else self._create()
        self.done.webhook_id = hook.id
        members: dict[str, tuple[Any, Any]] = {
            "name": (self.settings.webhooks.name, hook.name),
            "description": (MARK, hook.description),
            "urls": ((self.url,), hook.urls),
            "enabled": (True, hook.status != "Inactive"),
        }
        wrong = {word: value for word, (value, now) in members.items() if value != now}
        self._step("webhook", name, "changed" if wrong else "unchanged", ", ".join(wrong))
        if wrong and not self.dry_run:
            self.account.client.webhooks.update(hook.id, **wrong)
        return hook

    def _step(self, what: str, about: str, action: str, detail: str = "") -> None:
        self.done.steps.append(WebhookStep(what, about, action, detail))

    def _ours(self) -> Webhook | None:
        """Find our webhook by the id in the ledger, or by its mark if the ledger was lost."""
        hooks = self.account.client.webhooks.all()
        by_id = {hook.id: hook for hook in hooks}
        ours = by_id.get(kept_id(self.settings, self.account)) or self._marked(hooks)
        self._refuse_conflicts([hook for hook in hooks if hook is not ours])
        return ours

    def _marked(self, hooks: Iterable[Webhook]) -> Webhook | None:
        """Return the webhook with our name and mark."""
        for hook in hooks:
            if hook.description == MARK and _same(hook.name, self.settings.webhooks.name):
                return hook
        return None

    def _refuse_conflicts(self, others: list[Webhook]) -> None:
        problems = []
        for hook in others:
            if _same(hook.name, self.settings.webhooks.name):
                problems.append(
                    f"Another webhook is named {hook.name!r}. Set another webhooks.name."
                )
            if any(_same(url, self.url) for url in hook.urls):
                problems.append(
                    f"Another webhook, {hook.name!r}, uses {self.url}. Set another webhooks.url."
                )
        raise_problems(problems)

    def _create(self) -> Webhook:
        try:
            hook = self.account.client.webhooks.create(
                self.settings.webhooks.name, [self.url], description=MARK
            )
        except Refused as error:
            problem = (
                f"Caspio did not create the webhook for {self.url}: {error} "
                "The address must be https, and the account's plan must include webhooks."
            )
            raise BadSettings([problem]) from error
        # At once: if the process died before, the next run would have only the mark to find it by.
        self.account.ledger.messages.save_webhook_id(self.settings.caspio.account, hook.id)
        self.done.webhook_id = hook.id
        self.done.secret = hook.secret.reveal() if hook.secret else ""
        return hook

    def events(self, hook: Webhook | None, desired: DesiredEvents) -> list[WatchedTable]:
        """Remove other events, create or update ours; return the tables that are watched."""
        definitions = {
            table.name: table.events(self.settings.webhooks.event_sources)
            for table in desired.tables
        }
        known = {_key(one.type, one.table) for some in definitions.values() for one in some}
        keep: dict[tuple[str, str], WebhookEvent] = {}
        for event in self.account.client.webhooks.events(hook.id) if hook else ():
            key = _key(event.type, event.table)
            if key in known and key not in keep:
                keep[key] = event
            elif hook is not None:
                self._remove(hook, event)
        watched = []
        for table in desired.tables:
            actions = [
                self._event(hook, keep.get(_key(one.type, one.table)), one)
                for one in definitions[table.name]
            ]
            # A table counts as watched only if all events exist: otherwise missed messages would
            # be expected.
            if "refused" not in actions:
                watched.append(table)
        return watched

    def _remove(self, hook: Webhook, event: WebhookEvent) -> None:
        self._step(event.type, event.table, "removed", "no source or sync needs it")
        if not self.dry_run:
            self.account.client.webhooks.delete_event(hook.id, event.id)

    def _event(self, hook: Webhook | None, now: WebhookEvent | None, want: EventDefinition) -> str:
        """Create or update one event; return the action."""
        action, detail = ("created" if now is None else "changed"), ", ".join(want.fields)
        if now is not None and is_as_desired(now, want):
            action = "unchanged"
        elif hook is not None and not self.dry_run:
            try:
                if now is None:
                    self.account.client.webhooks.create_event(hook.id, want)
                else:
                    self.account.client.webhooks.replace_event(hook.id, now.id, want)
            # One refused event must not prevent the others; the result names it.
            except Refused as error:
                action, detail = "refused", str(error)
        self._step(want.type, want.table, action, detail)
        return action


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def _key(kind: str, table: str) -> tuple[str, str]:
    return kind.casefold(), table.casefold()


def is_as_desired(now: WebhookEvent, want: EventDefinition) -> bool:
    """Return whether an event is as the settings require."""
    return (
        now.status != "Inactive"
        # A template of a user's own would leave out the columns that the receiver needs.
        and not now.payload_template
        and set(now.fields) == set(want.fields)
        and set(now.sources) == set(want.sources)
        and set(now.payload_fields) == set(want.payload_fields)
    )


def save_watched(settings: Settings, account: Account, watched: list[WatchedTable]) -> None:
    """Keep by source and sync since when messages report its changes, and what they carry."""
    types = {name: dict(of_one) for table in watched for name, of_one in table.carried.items()}
    ledger, now = account.ledger.messages, account.clock.now()
    for name in [*settings.specs(), *(one.spec().source for one in settings.sync)]:
        if name in types:
            # The date stays: what was missed can be counted only from the first day on.
            known = ledger.watched(name) or WatchedSource(now)
            ledger.save_watched(name, replace(known, column_types=types[name]))
        else:
            ledger.save_watched(name, None)


def as_json(done: Synced, *, dry_run: bool) -> Mapping[str, Any]:
    """Return what `webhooks sync --json` prints; with the secret when the webhook is created."""
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
