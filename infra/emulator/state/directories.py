"""Directories: tables of users with a status of their own."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from infra.emulator.clock import to_milliseconds
from infra.emulator.errors import ApiError, no_object
from infra.emulator.state.objects import Objects, id_of
from infra.emulator.state.records import Records
from infra.emulator.state.schema import Field, Relation, Table
from infra.emulator.state.store import Store

_OWN = (
    Field(name="UserGUID", type="GUID", unique=True),
    Field(name="Email", type="STRING", unique=True),
)
_HIDDEN = (
    Field(name="_status", type="STRING", hidden="Inactive"),
    Field(name="_sign_in_method", type="STRING", hidden="Caspio"),
    Field(name="_2fa_status", type="STRING", hidden="Disabled"),
)


@dataclass(frozen=True, slots=True)
class Directory:
    """One directory; its table has the same name."""

    id: str
    name: str
    created: str


class Directories:
    """The account's directories."""

    def __init__(self, store: Store, records: Records) -> None:
        self._store = store
        self._records = records
        self._kept = Objects(store, "directory")
        self._pending: dict[str, tuple[str, int]] = {}

    def add(self, name: str, fields: tuple[Field, ...]) -> Directory:
        """Add a directory with its table: the fields given, UserGUID, Email, and what only its own listing shows."""
        given = {one.name.lower() for one in fields}
        own = tuple(one for one in _OWN if one.name.lower() not in given)
        self._store.create_table(Table(name=name, fields=(*own, *fields, *_HIDDEN)))
        made = Directory(id=id_of(f"directory:{name}"), name=name, created=self._now())
        self._kept.put(made.id, asdict(made))
        return made

    def all(self) -> list[Directory]:
        """Return all directories."""
        return [Directory(**body) for body in self._kept.all()]

    def get(self, key: str) -> Directory:
        """Return a directory; 404 without it."""
        body = self._kept.get(key)
        if body is None:
            raise no_object()
        return Directory(**body)

    def item(self, one: Directory) -> dict[str, Any]:
        """Return the DirectoryItem."""
        users = len(self._records.matching(self.users(one), ""))
        return {
            "Id": one.id, "Name": one.name, "NumberOfUsers": users, "DateCreated": one.created,
            "DateUpdated": one.created, "CreatedBy": "seed", "UpdatedBy": "seed",
        }  # fmt: skip

    def users(self, one: Directory) -> Relation:
        """Return what a listing of users reads: the table with status, sign-in method and second factor."""
        table = self._store.table(one.name)
        return Relation(name=table.name, table=table, fields=table.fields)

    def plain(self, one: Directory) -> Relation:
        """Return what changes of users may name: the table alone."""
        return self._store.relation(one.name, is_view=False)

    def activate(self, one: Directory, guid: str) -> str:
        """Make a user's activation pending and return the path that completes it; 404, or 409 where it is active."""
        quoted = guid.replace("'", "''")
        relation = self.users(one)
        pks = self._records.matching(relation, f"UserGUID = '{quoted}'")
        if not pks:
            raise no_object()
        if self._records.rows(relation, pks)[0]["_status"] == "Active":
            raise ApiError(409, "UserAlreadyActive", "The user is active already")
        self._records.change(one.name, pks, {"_status": "ActivationPending"})
        key = secrets.token_urlsafe(24)
        self._pending[key] = (one.name, pks[0])
        return f"/_activate/{key}"

    def complete(self, key: str) -> bool:
        """Make the user of an activation active, as following its address does; False for an unknown one."""
        found = self._pending.pop(key, None)
        if found is not None:
            self._records.change(found[0], [found[1]], {"_status": "Active"})
        return found is not None

    def _now(self) -> str:
        return to_milliseconds(self._store.clock.now())


def user_values(given: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """Split a seed's user into ordinary values and those a write may not name."""
    hidden = {one.name for one in _HIDDEN} | {"UserGUID"}
    return (
        {n: v for n, v in given.items() if n not in hidden},
        {n: v for n, v in given.items() if n in hidden},
    )
