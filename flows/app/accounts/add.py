"""Add an account: check its credentials, store them, create its ledger, write its settings."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from flows.app.accounts.places import PLACES
from flows.app.accounts.secret_changes import change, keys_of
from flows.app.accounts.wiring import create_ledger, open_new_account
from flows.app.onboarding.init import write_settings
from flows.app.settings import load_settings
from flows.app.wiring.account import visible_tables
from flows.app.wiring.ports import open_ledger
from pipeline.accounts.names import (
    FOLDER,
    SHARED_FILE,
    account_names,
    checked_name,
    settings_file,
)
from pipeline.accounts.references import is_reference, resolve
from pipeline.accounts.secret_kinds import LEDGER_PASSWORD, checked_kind
from pipeline.accounts.secret_store import Store, with_reference, with_value
from pipeline.accounts.shared import (
    SharedSettings,
    holds_one_account,
    load_shared,
    uses_shared_postgres,
)
from pipeline.environment import environment
from pipeline.errors import BadSettings
from pipeline.model.users import AuditEntry, Role, User
from pipeline.settings.sections import CaspioSettings

if TYPE_CHECKING:
    from pipeline.adapters.caspio.client import CaspioClient

# 256 bits: nobody types this password, so it can be as long as a key.
_PASSWORD_BYTES = 32


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account that is being added: where its secrets are, or what they are.

    Attributes:
        config: the shared file.
        given: by kind, a reference or a value.
    """

    config: Path
    name: str
    given: Mapping[str, str | SecretStr]

    @property
    def file(self) -> Path:
        """Return its settings file."""
        return settings_file(self.config, self.name)

    def secret(self, kind: str) -> SecretStr:
        """Return a secret as it was given, or what its reference names.

        Raises:
            BadSettings: the reference leads nowhere.
        """
        found = self.given[kind]
        if isinstance(found, SecretStr):
            return found
        folder = self.config.absolute().parent
        return resolve(found, folder=folder, environment=environment, places=PLACES)


def prepare(config: Path, name: str) -> SharedSettings:
    """Return what accounts share; for the first one, the shared file need not exist yet.

    Raises:
        BadSettings: the name is none or is taken, or the file is that of one account.
    """
    # The name becomes part of paths and of a role of the database.
    checked_name(name)
    if config.name != SHARED_FILE:
        raise BadSettings([f"The shared file is called {SHARED_FILE}, not {config.name}."])
    if holds_one_account(config):
        folder = config.absolute().parent / FOLDER
        raise BadSettings(
            [
                (
                    f"{config} holds the settings of one account. Move it to "
                    f"{folder / 'NAME.toml'} as docs/accounts.md describes, then add others."
                )
            ]
        )
    if settings_file(config, name).exists():
        raise BadSettings([f"An account named {name!r} already exists. Nothing was changed."])
    return load_shared(config, is_new=True)


def accounts_at(config: Path, url: str) -> list[str]:
    """Return the accounts that have this address already; one that cannot be loaded has none."""
    wanted, found = CaspioSettings(url=url).account, []
    for name in account_names(config):
        try:
            known = load_settings(settings_file(config, name), credentials=False).caspio.account
        except BadSettings:
            continue
        if known == wanted:
            found.append(name)
    return found


def parsed_references(given: list[str]) -> dict[str, str]:
    """Return references by kind.

    Raises:
        BadSettings: one is no KIND=WHERE; what it says is not repeated.
    """
    found = {}
    for text in given:
        kind, _, reference = text.partition("=")
        checked_kind(kind)
        if not is_reference(reference):
            problem = f"The reference for {kind} is not env:NAME or file:PATH."
            raise BadSettings([problem])
        # Only where it is. That it leads somewhere is seen when the account is opened.
        found[kind] = reference
    return found


def require_master_key(account: NewAccount, shared: SharedSettings) -> None:
    """Make sure that what will be encrypted can be, before anybody is asked for it.

    Raises:
        BadSettings: there is no master key, and not every secret is a reference.
    """
    # References need no key: nothing of theirs is kept here.
    are_all_references = {"client-id", "client-secret"} <= account.given.keys()
    if not are_all_references or uses_shared_postgres(shared, {}):
        keys_of(account.file, shared.secrets)


@contextmanager
def opened(account: NewAccount, url: str) -> "Iterator[CaspioClient]":
    """Open the account with the credentials as they were given."""
    client_id, client_secret = (account.secret(kind) for kind in ("client-id", "client-secret"))
    with open_new_account(url, client_id, client_secret) as client:
        yield client


def store(account: NewAccount, shared: SharedSettings, settings: str) -> None:
    """Store secrets, create the ledger's role, and write the settings file.

    The settings file is the last: with it the account exists. Interrupted before, the command is
    simply given again.

    Raises:
        BadSettings, LedgerUnavailable: with what to do; the account does not exist then.
    """
    given = dict(account.given)
    if uses_shared_postgres(shared, {}):
        given.setdefault(LEDGER_PASSWORD, SecretStr(secrets.token_urlsafe(_PASSWORD_BYTES)))
    # The database never sees a password that a user has chosen or knows.
    account = NewAccount(account.config, account.name, given)
    # Empty at first: everything that accounts share has a default.
    account.config.touch(mode=0o600)
    account.file.parent.mkdir(mode=0o700, exist_ok=True)
    # Whatever an interrupted command has left there is replaced.
    change(shared.secrets, account.name, lambda _old: as_store(account, shared))
    if uses_shared_postgres(shared, {}):
        create_ledger(account.file, shared, account.name, account.secret(LEDGER_PASSWORD))
    write_settings(account.file, without_archive(settings), overwrite=False)


def without_archive(settings: str) -> str:
    """Return the text of settings without `[archive]`: an account has its place in the shared one.

    The proposal is for a settings file alone, and names a folder that accounts would share.
    """
    kept, inside = [], False
    for line in settings.splitlines(keepends=True):
        if line.startswith("["):
            inside = line.strip() == "[archive]"
        if not inside:
            kept.append(line)
    return "".join(kept)


def take_credentials(
    account: NewAccount, url: str, shared: SharedSettings
) -> Callable[[SecretStr, SecretStr], None]:
    """Return what checks credentials with Caspio and stores them, before anybody else sees them.

    Raises:
        BadSettings: there is no master key to encrypt them with.
    """
    # Before the link is shown: the customer must not be the one who learns of it.
    keys_of(account.file, shared.secrets)

    def take(client_id: SecretStr, client_secret: SecretStr) -> None:
        with open_new_account(url, client_id, client_secret) as client:
            # One call that needs a token: wrong credentials are refused before they are stored.
            visible_tables(client)
        given = {**account.given, "client-id": client_id, "client-secret": client_secret}
        own = NewAccount(account.config, account.name, given)
        change(shared.secrets, account.name, lambda _old: as_store(own, shared))

    return take


def record_link(account: NewAccount, *, peer: str, at: datetime) -> None:
    """Record in the ledger of a new account that its credentials came by a link."""
    settings = load_settings(account.file)
    admin = User("accounts add", Role.ADMIN)
    with open_ledger(settings) as ledger:
        detail = f"by a link, from {peer}, at {at:%Y-%m-%d %H:%M:%S} UTC"
        entry = AuditEntry(admin, "enter credentials", account.name, detail)
        ledger.users.record_audit(entry)


def as_store(account: NewAccount, shared: SharedSettings) -> Store:
    """Return the secrets as they are kept: references as they are, values encrypted."""
    made = Store(account=account.name)
    for kind, one in account.given.items():
        if isinstance(one, SecretStr):
            made = with_value(made, kind, one, keys_of(account.file, shared.secrets))
        else:
            made = with_reference(made, kind, one)
    return made
