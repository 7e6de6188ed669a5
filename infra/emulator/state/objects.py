"""Definitions that are neither tables nor views: JSON by kind and key, in the order of creation."""

import hashlib
import json
import secrets
from dataclasses import asdict
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from infra.emulator.errors import existing, no_object
from infra.emulator.state.store import Store

T = TypeVar("T", bound="StoredObject")

# Letters and digits that cannot be confused with each other; the letters come first.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz0123456789"
_LETTERS = _ALPHABET[:23]


class StoredObject(Protocol):
    """A value that is kept: a dataclass with a key."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def key(self) -> str:
        """The key by which it is found, in any case."""
        ...


class Objects(Generic[T]):
    """The account's objects of one kind."""

    def __init__(self, store: Store, kind: type[T]) -> None:
        self._store = store
        self._type = kind
        self._kind = kind.__name__.lower()

    def all(self) -> list[T]:
        """Return every object, the oldest first."""
        statement = "SELECT body FROM objects WHERE kind = ? ORDER BY number"
        rows = self._store.db.execute(statement, (self._kind,)).fetchall()
        return [self._parse(body) for (body,) in rows]

    def find(self, key: str) -> T | None:
        """Return one object, None if it does not exist."""
        statement = "SELECT body FROM objects WHERE kind = ? AND key = ?"
        row = self._store.db.execute(statement, (self._kind, key.lower())).fetchone()
        return None if row is None else self._parse(row[0])

    def get(self, key: str) -> T:
        """Return one object; 404 if it does not exist."""
        return existing(self.find(key), no_object())

    def _parse(self, body: str) -> T:
        members: dict[str, Any] = json.loads(body)
        for name, value in members.items():
            # JSON has no tuples.
            if isinstance(value, list):
                members[name] = tuple(value)
        return self._type(**members)

    def put(self, value: T) -> None:
        """Add an object, or replace it without changing its place in the order."""
        self._store.db.execute(
            "INSERT INTO objects (kind, key, body) VALUES (?, ?, ?) "
            "ON CONFLICT DO UPDATE SET body = excluded.body",
            (self._kind, value.key.lower(), json.dumps(asdict(value))),
        )

    def delete(self, value: T) -> None:
        """Remove an object."""
        statement = "DELETE FROM objects WHERE kind = ? AND key = ?"
        self._store.db.execute(statement, (self._kind, value.key.lower()))


def new_id() -> str:
    """Return a short random id like those of webhooks."""
    # §6.1 (C): six characters such as `b5x49p`, a letter first.
    rest = (secrets.choice(_ALPHABET) for _ in range(5))
    return secrets.choice(_LETTERS) + "".join(rest)


def id_of(name: str) -> str:
    """Return the id of an object that a seed names: the same every time."""
    return hashlib.sha256(name.lower().encode()).hexdigest()[:8]


def key_of(name: str) -> str:
    """Return the ExternalKey of an object that a seed names: 32 hex digits, always the same."""
    return hashlib.sha256(f"key:{name.lower()}".encode()).hexdigest()[:32]
