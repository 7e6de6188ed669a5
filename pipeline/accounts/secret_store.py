"""The secrets of one account: references, and values that are sealed with the account's key.

A store is a value: each change returns another one, which `secret_files` writes whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator

from pipeline.accounts.encryption import Key, NotSealedWithThis, place_of
from pipeline.accounts.names import checked_name
from pipeline.accounts.secret_kinds import KINDS
from pipeline.errors import BadSettings

FORMAT = 1
_DATA_KEY = "data-key"


class _StorePart(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WrappedKey(_StorePart):
    """The key of an account, sealed with a master key; `master` is that key's id."""

    version: int
    master: str
    sealed: str


class SecretEntry(_StorePart):
    """A secret: a reference to it, or its value, sealed, with the number of its version."""

    reference: str | None = None
    version: int = 0
    sealed: str | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "SecretEntry":
        if (self.reference is None) == (self.sealed is None):
            raise ValueError("has a reference or a sealed value, one of them")
        return self


class Store(_StorePart):
    """All secrets of an account. `key` is None as long as no value was sealed.

    `removed` keeps the last version of secrets that were removed: the number goes on when one is
    set again, so that an older sealed value never fits a newer place.
    """

    format: int = FORMAT
    account: str
    key: WrappedKey | None = None
    secrets: Mapping[str, SecretEntry] = {}
    removed: Mapping[str, int] = {}

    @model_validator(mode="after")
    def _known(self) -> "Store":
        checked_name(self.account)
        unknown = sorted(set(self.secrets) - set(KINDS))
        if self.format != FORMAT or unknown:
            raise ValueError(f"was written by another version: format {self.format}, {unknown}")
        return self


@dataclass(frozen=True, slots=True)
class MasterKeys:
    """The master key, and the one that is being replaced.

    Attributes:
        where: the settings that name them, for messages.
    """

    present: Key = field(repr=False)
    previous: Key | None = field(default=None, repr=False)
    where: str = "secrets.master_key"

    def opening(self, wrapped: WrappedKey, account: str) -> Key:
        """Return the key of an account.

        Raises:
            BadSettings: it is wrapped with another master key, or was changed.
        """
        # By its id: to try both would not show which one is missing.
        for master in (self.present, self.previous):
            if master is not None and master.id == wrapped.master:
                place = place_of(account, _DATA_KEY, wrapped.version)
                try:
                    return Key(master.unseal(wrapped.sealed, place=place))
                except NotSealedWithThis:
                    raise BadSettings([_damaged(account, "the key of the account")]) from None
        raise BadSettings(
            [
                (
                    f"The secrets of account {account!r} were sealed with master key "
                    f"{wrapped.master}, and {self.where} gives {self.present.id}. Give the key "
                    "that they were sealed with: as secrets.previous_master_key while you replace "
                    "it, else as secrets.master_key. Without it, remove the account's file of "
                    "secrets and set them again."
                )
            ]
        )


def opened(store: Store, masters: MasterKeys) -> Mapping[str, SecretStr]:
    """Return the sealed values of a store; references are left out.

    Raises:
        BadSettings: key and store disagree, or the store was changed.
    """
    if store.key is None:
        return {}
    key = masters.opening(store.key, store.account)
    found = {}
    for kind, entry in store.secrets.items():
        if entry.sealed is None:
            continue
        place = place_of(store.account, kind, entry.version)
        try:
            content = key.unseal(entry.sealed, place=place)
        except NotSealedWithThis:
            raise BadSettings([_damaged(store.account, kind)]) from None
        found[kind] = SecretStr(content.decode())
    return found


def with_value(store: Store, kind: str, value: SecretStr, masters: MasterKeys) -> Store:
    """Return a store with a sealed value; the account gets its key with its first one.

    Raises:
        BadSettings: key and store disagree.
    """
    if store.key is None:
        key = Key.new()
        store = store.model_copy(update={"key": _wrapped(key, store.account, 1, masters)})
    else:
        key = masters.opening(store.key, store.account)
    return _with(store, kind, _sealed(key, store.account, kind, _next_version(store, kind), value))


def with_reference(store: Store, kind: str, reference: str) -> Store:
    """Return a store with a reference in the place of a secret."""
    return _with(store, kind, SecretEntry(reference=reference, version=_next_version(store, kind)))


def without(store: Store, kind: str) -> Store:
    """Return a store without a secret."""
    rest = {name: entry for name, entry in store.secrets.items() if name != kind}
    removed = {**store.removed, kind: _next_version(store, kind) - 1}
    return store.model_copy(update={"secrets": rest, "removed": removed})


def _next_version(store: Store, kind: str) -> int:
    entry = store.secrets.get(kind)
    return max(entry.version if entry else 0, store.removed.get(kind, 0)) + 1


def rotated(store: Store, masters: MasterKeys) -> Store:
    """Return a store with a new key of the account, wrapped with the present master key.

    Raises:
        BadSettings: key and store disagree; nothing is changed then.
    """
    if store.key is None:
        return store
    values = opened(store, masters)
    key = Key.new()
    # Each value gets a new version, so that what the old key has sealed fits no place any more.
    sealed = {
        kind: _sealed(key, store.account, kind, store.secrets[kind].version + 1, value)
        for kind, value in values.items()
    }
    wrapped = _wrapped(key, store.account, store.key.version + 1, replace(masters, previous=None))
    return store.model_copy(update={"key": wrapped, "secrets": {**store.secrets, **sealed}})


def _with(store: Store, kind: str, entry: SecretEntry) -> Store:
    return store.model_copy(update={"secrets": {**store.secrets, kind: entry}})


def _sealed(key: Key, account: str, kind: str, version: int, value: SecretStr) -> SecretEntry:
    content = value.get_secret_value().encode()
    return SecretEntry(
        version=version, sealed=key.seal(content, place=place_of(account, kind, version))
    )


def _wrapped(key: Key, account: str, version: int, masters: MasterKeys) -> WrappedKey:
    place = place_of(account, _DATA_KEY, version)
    sealed = masters.present.seal(key.material, place=place)
    return WrappedKey(version=version, master=masters.present.id, sealed=sealed)


def _damaged(account: str, what: str) -> str:
    return (
        f"The file of secrets of account {account!r} was changed or damaged: {what} cannot be "
        "opened. Restore it from a backup, or remove it and set the secrets again."
    )
