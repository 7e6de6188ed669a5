"""Change the secrets of an account; each change replaces its file whole."""

from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from flows.app.accounts.places import PLACES
from pipeline.accounts.names import account_of, shared_file
from pipeline.accounts.references import is_reference, resolve
from pipeline.accounts.secret_files import changing, master_keys, read_store, write_store
from pipeline.accounts.secret_kinds import KINDS, checked_kind
from pipeline.accounts.secret_store import (
    MasterKeys,
    Store,
    opened,
    rotated,
    with_reference,
    with_value,
    without,
)
from pipeline.accounts.shared import SecretSettings, load_shared
from pipeline.environment import environment
from pipeline.errors import BadSettings


def set_value(config: Path, account: str, kind: str, value: SecretStr) -> None:
    """Keep the value of a secret, encrypted; `config` is the account's settings file.

    Raises:
        BadSettings: the value is empty, or there is no master key to wrap the account's key with.
    """
    checked_kind(kind)
    if not value.get_secret_value().strip():
        raise BadSettings([f"The value of {kind} is empty. Nothing was changed."])
    settings = settings_of(config)
    # Asked for first: without a master key nothing is changed.
    masters = keys_of(config, settings)
    change(settings, account, lambda store: with_value(store, kind, value, masters))


def set_reference(config: Path, account: str, kind: str, reference: str) -> None:
    """Keep a reference in the place of a secret.

    Raises:
        BadSettings: it is none. It is not repeated, because it may be a secret.
    """
    checked_kind(kind)
    if not is_reference(reference):
        raise BadSettings(
            [
                (
                    "A reference is env:NAME or file:PATH. Give a value on stdin instead, without "
                    "--reference. Nothing was changed."
                )
            ]
        )
    change(settings_of(config), account, lambda store: with_reference(store, kind, reference))


def remove(config: Path, account: str, kind: str) -> None:
    """Remove a secret, if it is there."""
    checked_kind(kind)
    change(settings_of(config), account, lambda store: without(store, kind))


def rotate(config: Path) -> str:
    """Give an account a new key, and seal its secrets with it; return what was done."""
    account = account_of(config)
    assert account is not None
    settings = settings_of(config)
    # The key is made with the first value that is sealed with it.
    if read_store(settings.folder, account).key is None:
        return f"{account}: it has references only; nothing to rotate"
    masters = keys_of(config, settings)
    new = change(settings, account, lambda store: rotated(store, masters))
    assert new.key is not None
    return f"{account}: key {new.key.version}, wrapped by master key {new.key.master}"


def described(config: Path) -> list[dict[str, str]]:
    """Return every kind of secret that is set, where it is, and why it cannot be opened.

    A settings file alone has none: it takes its secrets from the environment or from blocks.
    """
    account = account_of(config)
    if account is None:
        return []
    settings = settings_of(config)
    store = read_store(settings.folder, account)
    sealed_problem = ""
    if any(entry.sealed for entry in store.secrets.values()):
        try:
            opened(store, keys_of(config, settings))
        except BadSettings as error:
            sealed_problem = " ".join(error.problems)
    listed = []
    for kind, known in KINDS.items():
        entry = store.secrets.get(kind)
        if entry is None:
            continue
        # A value is sealed with the account's key, so one problem is that of all of them.
        where, problem = f"encrypted, version {entry.version}", sealed_problem
        if entry.reference is not None:
            where = entry.reference
            problem = reference_problem(config, entry.reference)
        listed.append({"secret": kind, "about": known.about, "where": where, "problem": problem})
    return listed


def reference_problem(config: Path, reference: str) -> str:
    """Return why a reference leads nowhere, "" if it does not."""
    try:
        folder = shared_file(config).parent
        resolve(reference, folder=folder, environment=environment, places=PLACES)
    except BadSettings as error:
        return " ".join(error.problems)
    return ""


def settings_of(config: Path) -> SecretSettings:
    """Return where the secrets of all accounts are."""
    return load_shared(shared_file(config)).secrets


def keys_of(config: Path, settings: SecretSettings) -> MasterKeys:
    """Return the master key, and the one that is being replaced."""
    folder = shared_file(config).parent
    return master_keys(settings, folder=folder, environment=environment, places=PLACES)


def change(settings: SecretSettings, account: str, act: Callable[[Store], Store]) -> Store:
    """Replace the file of an account, as the only process that does."""
    with changing(settings.folder):
        store = act(read_store(settings.folder, account))
        write_store(settings.folder, store)
    return store
