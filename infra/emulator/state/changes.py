"""Changes of records, for the webhooks; and what records were before their first change."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from infra.emulator.state.store import Store

# EventType of a webhook's event (§6.1, C).
INSERT = "table.recordInsert"
UPDATE = "table.recordUpdate"
DELETE = "table.recordDelete"
CHANGE_TYPES = (INSERT, UPDATE, DELETE)

# A change of more rows than this at once keeps no earlier state for the pages: that would slow down
# changes of a whole table, and nobody reads so many rows.
_MAX_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Change:
    """One record that was added, changed or removed.

    Attributes:
        type: One of CHANGE_TYPES.
        row: The record afterwards; for a removed one, before.
        fields: Names of the fields whose value changed.
    """

    type: str
    table: str
    source: str
    row: Mapping[str, Any]
    fields: frozenset[str] = frozenset()


class ChangeFeed:
    """Reports changes to one listener, and keeps what records were before their first change.

    Attributes:
        is_wanted: Reports whether the listener wants changes of a type in a table.
        on_changes: Receives the changes of one operation together.
        source: Where changes come from now, as EventSources names it.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._silent = False
        self.source = "RESTAPIs"
        self.is_wanted: Callable[[str, str], bool] = lambda _type, _table: False
        self.on_changes: Callable[[Sequence[Change]], None] = lambda _changes: None

    @contextmanager
    def from_source(self, source: str) -> Iterator[None]:
        """Report changes as coming from another source until the block ends."""
        before, self.source = self.source, source
        try:
            yield
        finally:
            self.source = before

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Report no changes until the block ends."""
        # §6.2 (C): imports, and import and export tasks, raise no events.
        before, self._silent = self._silent, True
        try:
            yield
        finally:
            self._silent = before

    def wants(self, change_type: str, table: str) -> bool:
        """Report whether a change would reach the listener."""
        return not self._silent and self.is_wanted(change_type, table)

    def keep_before(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep what records are now, before they change for the first time."""
        self._store.db.executemany(
            "INSERT OR IGNORE INTO history VALUES (?, ?, ?)",
            [(table, int(row["PK_ID"]), json.dumps(row)) for row in rows[:_MAX_KEPT]],
        )

    def reset(self) -> None:
        """Treat all records as unchanged."""
        self._store.db.execute("DELETE FROM history")

    def before(self, table: str, pks: Sequence[int]) -> dict[int, dict[str, Any]]:
        """Return what the changed ones among records were before their first change, by PK_ID."""
        statement = "SELECT row FROM history WHERE tbl = ? AND pk = ?"
        before: dict[int, dict[str, Any]] = {}
        for pk in pks:
            row = self._store.db.execute(statement, (table, pk)).fetchone()
            if row is not None:
                before[pk] = json.loads(row[0])
        return before

    def count(self, table: str) -> int:
        """Count the changed records of a table."""
        statement = "SELECT count(*) FROM history WHERE tbl = ?"
        return int(self._store.db.execute(statement, (table,)).fetchone()[0])
