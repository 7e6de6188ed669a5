"""Directories: tables of users, each with a status of its own."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.emulator.clock import format_milliseconds
from infra.emulator.errors import ApiError, no_object
from infra.emulator.state.objects import Objects, id_of
from infra.emulator.state.records import Records
from infra.emulator.state.schema import Field, Relation, Table
from infra.emulator.state.store import Store

# The columns of every directory, and those that only the list of users shows (§7, C).
_OWN_FIELDS = (
    Field(name="UserGUID", type="GUID", unique=True),
    Field(name="Email", type="STRING", unique=True),
)
_HIDDEN_FIELDS = (
    Field(name="_status", type="STRING", hidden="Inactive"),
    Field(name="_sign_in_method", type="STRING", hidden="Caspio"),
    Field(name="_2fa_status", type="STRING", hidden="Disabled"),
)
_NOT_WRITABLE = {"UserGUID", *(field.name for field in _HIDDEN_FIELDS)}


@dataclass(frozen=True, slots=True)
class Directory:
    """One directory; its table has the same name (§7, C)."""

    key: str
    name: str
    created: str


class Directories:
    """The account's directories.

    Attributes:
        definitions: The directories by key.
    """

    def __init__(self, store: Store, records: Records) -> None:
        self._store = store
        self._records = records
        self.definitions = Objects(store, Directory)
        self._pending: dict[str, tuple[str, int]] = {}

    def add(self, name: str, fields: tuple[Field, ...]) -> Directory:
        """Add a directory and its table; the fields of every directory are added where missing."""
        given = {field.name.lower() for field in fields}
        own = tuple(field for field in _OWN_FIELDS if field.name.lower() not in given)
        self._store.create_table(Table(name=name, fields=(*own, *fields, *_HIDDEN_FIELDS)))

        created = format_milliseconds(self._store.clock.now())
        directory = Directory(key=id_of(f"directory:{name}"), name=name, created=created)
        self.definitions.put(directory)
        return directory

    def item(self, directory: Directory) -> dict[str, Any]:
        """Return the DirectoryItem."""
        return {
            "Id": directory.key,
            "Name": directory.name,
            "NumberOfUsers": len(self._records.matching(self.users(directory), "")),
            "DateCreated": directory.created,
            "DateUpdated": directory.created,
            "CreatedBy": "seed",
            "UpdatedBy": "seed",
        }

    def users(self, directory: Directory) -> Relation:
        """Return what a list of users reads: the table, and status, sign-in method and 2FA."""
        table = self._store.table(directory.name)
        return Relation(name=table.name, table=table, fields=table.fields)

    def table(self, directory: Directory) -> Relation:
        """Return what changes of users may name: the table alone."""
        # §7 (C): a condition of an update or a deletion must not name the three other columns.
        return self._store.relation(directory.name, is_view=False)

    def activate(self, directory: Directory, guid: str) -> str:
        """Make a user's activation pending and return the path that completes it.

        ApiError 404 if the user does not exist, 409 if the user is active.
        """
        quoted = guid.replace("'", "''")
        relation = self.users(directory)
        pks = self._records.matching(relation, f"UserGUID = '{quoted}'")
        if not pks:
            raise no_object()
        # SPEC has 409 here; that it means an active user is inferred (§7, I).
        if self._records.rows(relation, pks)[0]["_status"] == "Active":
            raise ApiError(409, "UserAlreadyActive", "The user is active already")

        # SPEC (C): the status of a user who has not followed the URL yet.
        self._records.change(directory.name, pks, {"_status": "ActivationPending"})
        key = secrets.token_urlsafe(24)
        self._pending[key] = (directory.name, pks[0])
        return f"/_activate/{key}"

    def complete_activation(self, key: str) -> bool:
        """Activate the user of an activation; return False for an unknown or used one."""
        pending = self._pending.pop(key, None)
        if pending is None:
            return False
        name, pk = pending
        self._records.change(name, [pk], {"_status": "Active"})
        return True


def split_user(given: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """Split a seed's user into ordinary values and those that a write must not name."""
    ordinary = {name: value for name, value in given.items() if name not in _NOT_WRITABLE}
    hidden = {name: value for name, value in given.items() if name in _NOT_WRITABLE}
    return ordinary, hidden
