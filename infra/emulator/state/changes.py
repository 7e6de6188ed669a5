"""Changes of records as they happen, for whoever listens, and what a record was before the first of them."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from infra.emulator.state.store import Store

TYPES = ("table.recordInsert", "table.recordUpdate", "table.recordDelete")
# A change of more rows than this at once leaves no pictures of what they were.
_MOST_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Change:
    """One record that was added, changed or removed.

    Attributes:
        kind: An event type such as `table.recordUpdate`.
        row: The record afterwards; for a removed one, before.
        fields: Names of the fields that have another value than before.
    """

    kind: str
    table: str
    source: str
    row: Mapping[str, Any]
    fields: frozenset[str]


class Watch:
    """Who listens to changes, and from what source they come just now.

    Attributes:
        wants: Says whether anybody listens to a kind of change in a table.
        tell: Is given the changes of one operation together.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.source = "RESTAPIs"
        self.wants: Callable[[str, str], bool] = lambda _kind, _table: False
        self.tell: Callable[[Sequence[Change]], None] = lambda _changes: None
        self._silent = False

    @contextmanager
    def acting(self, source: str) -> Iterator[None]:
        """Let changes come from another source for a while."""
        before, self.source = self.source, source
        try:
            yield
        finally:
            self.source = before

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Tell nobody for a while, as imports do."""
        before, self._silent = self._silent, True
        try:
            yield
        finally:
            self._silent = before

    def listens(self, kind: str, table: str) -> bool:
        """Say whether a change must be told."""
        return not self._silent and self.wants(kind, table)

    def keep(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Remember what records were before they change for the first time."""
        self._store.db.executemany(
            "INSERT OR IGNORE INTO history VALUES (?, ?, ?)",
            [(table, int(row["PK_ID"]), json.dumps(row)) for row in rows[:_MOST_KEPT]],
        )

    def forget(self) -> None:
        """Take what records are now for what they always were."""
        self._store.db.execute("DELETE FROM history")

    def before(self, table: str, pks: Sequence[int]) -> dict[int, dict[str, Any]]:
        """Return what records were before their first change, by PK_ID, as far as they have changed."""
        found: dict[int, dict[str, Any]] = {}
        for pk in pks:
            row = self._store.db.execute(
                "SELECT row FROM history WHERE tbl = ? AND pk = ?", (table, pk)
            ).fetchone()
            if row is not None:
                found[pk] = json.loads(row[0])
        return found

    def count(self, table: str) -> int:
        """Count the records of a table that have changed."""
        return int(
            self._store.db.execute(
                "SELECT count(*) FROM history WHERE tbl = ?", (table,)
            ).fetchone()[0]
        )
