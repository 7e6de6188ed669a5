"""Definitions that are neither tables nor views, kept as JSON by kind and key, in the order they were made."""

import hashlib
import json
import secrets
from typing import Any

from infra.emulator.state.store import Store

_ALPHABET = "abcdefghjkmnpqrstuvwxyz0123456789"


class Objects:
    """The account's documents of one kind."""

    def __init__(self, store: Store, kind: str) -> None:
        self._store = store
        self._kind = kind

    def all(self) -> list[dict[str, Any]]:
        """Return every document, the oldest first."""
        rows = self._store.db.execute(
            "SELECT body FROM objects WHERE kind = ? ORDER BY number", (self._kind,)
        )
        return [json.loads(row[0]) for row in rows.fetchall()]

    def get(self, key: str) -> dict[str, Any] | None:
        """Return one document, None without it."""
        statement = "SELECT body FROM objects WHERE kind = ? AND key = ?"
        row = self._store.db.execute(statement, (self._kind, key.lower())).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, key: str, body: dict[str, Any]) -> None:
        """Add a document or replace it in its place."""
        self._store.db.execute(
            "INSERT INTO objects (kind, key, body) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
            (self._kind, key.lower(), json.dumps(body)),
        )

    def delete(self, key: str) -> None:
        """Remove a document."""
        self._store.db.execute(
            "DELETE FROM objects WHERE kind = ? AND key = ?", (self._kind, key.lower())
        )


def new_id() -> str:
    """Return a short id such as webhooks have."""
    return secrets.choice(_ALPHABET[:23]) + "".join(secrets.choice(_ALPHABET) for _ in range(5))


def id_of(name: str) -> str:
    """Return the id of an object a seed names: the same every time."""
    return hashlib.sha256(name.lower().encode()).hexdigest()[:8]


def key_of(name: str) -> str:
    """Return the ExternalKey of an object a seed names: 32 hex digits, the same every time."""
    return hashlib.sha256(f"key:{name.lower()}".encode()).hexdigest()[:32]
