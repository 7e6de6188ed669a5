"""Definitions that are neither tables nor views: JSON by kind and key, in the order of creation."""

import hashlib
import json
import secrets
from typing import Any

from infra.emulator.state.store import Store

# Letters and digits that cannot be mistaken for each other; the letters come first.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz0123456789"
_LETTERS = _ALPHABET[:23]


class Objects:
    """The account's objects of one kind."""

    def __init__(self, store: Store, kind: str) -> None:
        self._store = store
        self._kind = kind

    def all(self) -> list[dict[str, Any]]:
        """Return every object, the oldest first."""
        statement = "SELECT body FROM objects WHERE kind = ? ORDER BY number"
        rows = self._store.db.execute(statement, (self._kind,)).fetchall()
        return [json.loads(body) for (body,) in rows]

    def get(self, key: str) -> dict[str, Any] | None:
        """Return one object, None if it does not exist."""
        statement = "SELECT body FROM objects WHERE kind = ? AND key = ?"
        row = self._store.db.execute(statement, (self._kind, key.lower())).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, key: str, body: dict[str, Any]) -> None:
        """Add an object, or replace it without changing its place in the order."""
        self._store.db.execute(
            "INSERT INTO objects (kind, key, body) VALUES (?, ?, ?) "
            "ON CONFLICT DO UPDATE SET body = excluded.body",
            (self._kind, key.lower(), json.dumps(body)),
        )

    def delete(self, key: str) -> None:
        """Remove an object."""
        statement = "DELETE FROM objects WHERE kind = ? AND key = ?"
        self._store.db.execute(statement, (self._kind, key.lower()))


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
